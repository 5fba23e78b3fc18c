/** The figures printed of a latency: count, mean, percentiles, maximum, and whether the percentiles are exact. */
import type { Distribution, QuantileForm } from './distribution.ts'

/** Milliseconds; null where there are no values. */
export interface LatencySummary {
  readonly count: number
  readonly meanMs: number | null
  readonly minimumMs: number | null
  readonly p50Ms: number | null
  readonly p90Ms: number | null
  readonly p95Ms: number | null
  readonly p99Ms: number | null
  readonly maximumMs: number | null
  /** approximate: percentiles are within 0.4 % (log-histogram.ts); the other figures are always exact. */
  readonly percentiles: QuantileForm
}

export function latencySummary(distribution: Distribution): LatencySummary {
  return {
    count: distribution.count,
    meanMs: orNull(distribution.mean),
    minimumMs: orNull(distribution.minimum),
    p50Ms: orNull(distribution.quantile(0.5)),
    p90Ms: orNull(distribution.quantile(0.9)),
    p95Ms: orNull(distribution.quantile(0.95)),
    p99Ms: orNull(distribution.quantile(0.99)),
    maximumMs: orNull(distribution.maximum),
    percentiles: distribution.form,
  }
}

/** JSON has no NaN and no Infinity: what is undefined is null. */
export function orNull(value: number): number | null {
  return Number.isFinite(value) ? value : null
}

/** numerator ÷ denominator; null when the denominator is zero or unknown. */
export function ratioOrNull(numerator: number, denominator: number | null): number | null {
  return denominator === null || !(denominator > 0) ? null : orNull(numerator / denominator)
}
