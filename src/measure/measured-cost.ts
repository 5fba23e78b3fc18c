/** What the measured tokens cost: the bill of the time they took, by class, at other load factors, and against buying them. */
import type { Allocation, AllocationMethod, CostLine, CostPerMillionTokens } from '../cost/types.ts'

export interface MeasuredCost {
  /** e.g. "8 × h200-sxm reserved, market survey". */
  readonly hardware: string
  readonly usdPerHour: number
  readonly lines: readonly Omit<CostLine, 'nanoUsdPerHour'>[]
  /** Source and date of the price. */
  readonly priceSource: string
  /** Seconds billed: the steady window of the measurement. */
  readonly billedSeconds: number
  /** Parts add up to the bill of that time exactly. */
  readonly allocation: AllocationJson
  readonly allocationMethod: AllocationMethod
  /** The ratios, or where the engine's time comes from; ready to print. */
  readonly allocationBasis: string
  readonly perMillionTokens: CostPerMillionTokens
  /** Bill ÷ tokens of requests within every objective; null without objectives or when none met them. */
  readonly usdPerMillionGoodTokens: number | null
  readonly usdPerRequest: number | null
  /** What the same deployment costs when it is used at such a share of this load, the rest of the time idle. */
  readonly byLoadFactor: readonly { readonly loadFactor: number; readonly usdPerMillionTokens: number }[]
  /** Against list prices of APIs that sell the same model; empty when none is known. */
  readonly breakEven: readonly ApiComparison[]
  /** What the bill leaves out, ready to print. */
  readonly notCounted: readonly string[]
}

/** Nano-dollars as decimal strings: JSON numbers would round them. */
export type AllocationJson = {
  readonly [Key in Exclude<keyof Allocation, 'method'>]: string
}

export interface ApiComparison {
  readonly provider: string
  readonly model: string
  /** The same mix of tokens at list price. */
  readonly usdPerMillionTokens: number
  /** Share of this load at which owning costs the same; above 1: not even when full. Null: at no load, energy alone costs more. */
  readonly breakEvenLoadFactor: number | null
  readonly source: string
}
