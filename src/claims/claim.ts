/** A public claim about cost, speed or scale, with what is needed to recompute it. */
import type { Provenance } from '../core/provenance.ts'

/**
 * reproduced: the figures follow from their inputs. conditional: they hold for a point or an assumption that the claim does
 * not name. refuted: they do not hold as worded. projection: nobody has measured it. not-testable: there is nothing to compute.
 */
export const verdictKinds = ['reproduced', 'conditional', 'refuted', 'projection', 'not-testable'] as const
export type VerdictKind = (typeof verdictKinds)[number]

export interface ClaimInput {
  readonly name: string
  readonly value: number
  /** Empty for shares and counts. */
  readonly unit: string
  readonly note?: string
}

export interface ClaimStep {
  readonly name: string
  /** Over inputs and earlier steps: + − × ÷ as + - * /, parentheses, numbers. */
  readonly formula: string
  readonly unit: string
  /** What the claim says it is; null where it says nothing. */
  readonly stated: number | null
}

/** Where the claim sits on a curve of ratios over interactivity. */
export interface ClaimCurve {
  readonly model: string
  readonly isl: number
  readonly osl: number
  readonly baseline: string
  /** The baseline ran without speculation and separate pools. */
  readonly baselinePlain: boolean
  readonly against: readonly string[]
  readonly quantity: 'cost'
  /** The multiple claimed; null where the claim names points only. */
  readonly stated: number | null
  /** Points that sources give. */
  readonly marks: readonly { readonly speed: number; readonly ratio: number; readonly text: string }[]
}

export interface Claim {
  readonly id: string
  readonly claim: string
  readonly statedBy: string
  readonly verdict: { readonly kind: VerdictKind; readonly text: string }
  /** The assumptions under which it holds. */
  readonly holdsFor: readonly string[]
  readonly inputs: readonly ClaimInput[]
  readonly steps: readonly ClaimStep[]
  readonly curve: ClaimCurve | null
  readonly provenance: Provenance
}

export interface ClaimList {
  readonly schema: 'claims/1'
  readonly asOf: string
  readonly entries: readonly Claim[]
}
