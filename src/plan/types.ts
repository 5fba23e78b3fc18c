/** The planner's question and answer. Report and command line print these and nothing else. */
import type { PriceTier } from '../catalog/types.ts'
import type { PredictionBasis } from '../core/provenance.ts'
import type { CostPerMillionTokens, CostRate } from '../cost/types.ts'
import type { Objective } from '../metrics/objective.ts'
import type { Deployment, Engine, Load, Performance, RequestShape } from '../perf/deployment.ts'

export type { Objective, ObjectiveMetric, ObjectiveStatistic } from '../metrics/objective.ts'

export interface PlanRequest {
  readonly modelId: string
  readonly shape: RequestShape
  readonly objectives: readonly Objective[]
  /** Demand to meet; null = size one replica group and report unit cost. */
  readonly requestsPerSecond: number | null
  /** Accelerator ids to search; empty = whole catalog. */
  readonly acceleratorIds: readonly string[]
  readonly engines: readonly Engine[]
  readonly precisions: readonly string[]
  readonly tier: PriceTier
  readonly region: string | null
  readonly maximumDevices: number
  readonly allowDisaggregated: boolean
  readonly allowSpeculation: boolean
  /** Mean demand ÷ provisioned capacity over a day, in (0, 1]; 1 = always full. */
  readonly loadFactor: number
  /** Coefficient of variation of arrivals when a rate is given; 1 (Poisson) when absent. */
  readonly arrivalVariation?: number
  /** Share of every objective kept free for errors of the prediction, in [0, 1); 0 when absent. */
  readonly safetyMargin?: number
  /** Requests in flight over the whole deployment, instead of as many as the objectives and memory allow. */
  readonly concurrency?: number
}

/** Relative band around a prediction: the value lies in [value × low, value × high] with 80 % confidence. */
export interface ErrorBand {
  readonly low: number
  readonly high: number
}

export interface NearestMeasurement {
  readonly label: string
  readonly file: string
  readonly date: string | null
  /** 0 = same configuration and load; grows with differing accelerator, model, engine, lengths. */
  readonly distance: number
  readonly predictedTpotMs: number | null
  readonly measuredTpotMs: number | null
}

export interface Candidate {
  readonly id: string
  readonly deployment: Deployment
  readonly load: Load
  readonly performance: Performance
  readonly costRate: CostRate
  readonly cost: CostPerMillionTokens
  readonly tokensPerSecondPerMegawatt: number
  /** Power basis of the line above. */
  readonly powerBasis: 'board' | 'it-all-in' | 'utility'
  /** Averaged over the hours bought: full-load watts for the load factor's share of them, idle watts for the rest. */
  readonly itWatts: number
  readonly joulesPerToken: number
  readonly carbonGramsPerMillionTokens: number | null
  readonly basis: PredictionBasis
  readonly band: { readonly tpot: ErrorBand; readonly ttft: ErrorBand; readonly cost: ErrorBand }
  /** Probability that all objectives hold, from the bands. */
  readonly feasibilityProbability: number
  readonly nearest: readonly NearestMeasurement[]
  /** Facts of low confidence that this answer rests on, ready to print. */
  readonly lowConfidenceFacts: readonly string[]
  readonly priceId: string
  /** Price of the prefill pool's devices when they are of another kind. */
  readonly prefillPriceId?: string
  /** Price of the processors that hold the feed-forward layers, in hybrid deployments. */
  readonly offloadPriceId?: string
  /** The objective that stops the load from growing, and value ÷ limit; null when memory does. */
  readonly bindingObjective?: { readonly objective: Objective; readonly ratio: number } | null
}

/** What one technique contributes: cost with it ÷ cost of the best candidate without it. */
export interface TechniqueContribution {
  readonly technique: string
  /** The world without it, where that is no choice of deployment but another model or workload. */
  readonly without?: string
  /** Null where nothing meets the objectives without it. */
  readonly costRatio: number | null
  readonly withoutUsdPerMillionTokens: number | null
}

/** Why nothing (or nothing better) is feasible, and what would change that. */
export interface BindingConstraint {
  readonly constraint: string
  readonly candidatesExcluded: number
  readonly relaxation: string | null
}

export interface PlanResult {
  readonly request: PlanRequest
  readonly modelId: string
  /** Cheapest first; the best operating point of each distinct deployment shape. */
  readonly ranking: readonly Candidate[]
  /** Non-dominated in (blended cost low, tokens/s/user high). */
  readonly costFront: readonly Candidate[]
  /** Non-dominated in (tokens/s/device high, tokens/s/user high). */
  readonly throughputFront: readonly Candidate[]
  readonly contributions: readonly TechniqueContribution[]
  readonly binding: readonly BindingConstraint[]
  readonly counts: { readonly considered: number; readonly predicted: number; readonly feasible: number }
  readonly skippedAccelerators: readonly { readonly acceleratorId: string; readonly reason: string }[]
  readonly warnings: readonly string[]
}
