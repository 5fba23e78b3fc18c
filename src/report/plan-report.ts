/** All that a printed plan says: the planner's result and what belongs beside it. Every format prints this. */
import type { Price } from '../catalog/types.ts'
import type { Candidate, PlanResult } from '../plan/types.ts'
import type { Verification } from '../plan/verify.ts'

/** A file of the chosen deployment, relative to the folder given with --save-dir. */
export interface ReportFile {
  readonly path: string
  readonly text: string
  readonly executable: boolean
}

export interface PlanReport {
  readonly result: PlanResult
  /** Files that launch the cheapest deployment; empty when nothing is feasible. */
  readonly files: readonly ReportFile[]
  /** The benchmark that would show the prediction wrong. */
  readonly benchmarkCommand: string | null
  /** Prices the ranking rests on. */
  readonly prices: readonly Price[]
  /** What was assumed and not asked for: electricity, PUE, demand. */
  readonly assumptions: readonly { readonly name: string; readonly value: string }[]
  readonly version: string
  /** The twin's second opinion on the cheapest deployments; absent without --verify. */
  readonly verifications?: readonly Verification[]
}

/** The cheapest feasible deployment, or undefined. */
export function chosenCandidate(report: PlanReport): Candidate | undefined {
  return report.result.ranking[0]
}

/** Prices of one candidate: of its devices, and of the prefill pool's when they are of another kind. */
export function pricesOf(report: PlanReport, candidate: Candidate): readonly Price[] {
  return report.prices.filter(
    price =>
      price.id === candidate.priceId ||
      price.id === candidate.prefillPriceId ||
      price.id === candidate.offloadPriceId,
  )
}
