/** What every peer's report is made of here: a metric by its name for it, a statistic, a unit, and how it is defined. */
import { mean, quantile } from '../core/statistics.ts'
import type { RequestObservation } from './observation.ts'

export type ReportedStatistic = 'mean' | 'p50' | 'p90' | 'p95' | 'p99' | 'total'

/** Which of our metrics it is that the peer means, so that peers can be laid side by side. */
export type ReportedKind = 'ttft' | 'tpot' | 'itl' | 'e2e' | 'output-throughput' | 'request-throughput'

export interface ReportedFigure {
  readonly kind: ReportedKind
  /** The peer's own name of it. */
  readonly metric: string
  readonly statistic: ReportedStatistic
  /** Null where the peer would print nothing. */
  readonly value: number | null
  readonly unit: string
  /** The peer's formula, in words. */
  readonly definition: string
}

export interface MetricNames {
  readonly kind: ReportedKind
  readonly metric: string
  readonly unit: string
  readonly definition: string
}

const quantiles = [
  ['p50', 0.5],
  ['p90', 0.9],
  ['p95', 0.95],
  ['p99', 0.99],
] as const

/** Mean and percentiles by linear interpolation (numpy.percentile's default); `whenEmpty` without values. */
export function distributionFigures(
  names: MetricNames,
  values: readonly number[],
  whenEmpty: number | null = null,
): ReportedFigure[] {
  const known = values.filter(value => !Number.isNaN(value))
  const of = (value: number) => (known.length === 0 ? whenEmpty : value)
  return [
    { ...names, statistic: 'mean', value: of(mean(known)) },
    ...quantiles.map(([statistic, q]) => ({ ...names, statistic, value: of(quantile(known, q)) })),
  ]
}

/** The same of values that count more or less; a percentile is the first value at which the weights reach that share. */
export function weightedFigures(
  names: MetricNames,
  values: readonly { readonly value: number; readonly weight: number }[],
): ReportedFigure[] {
  const counted = values.filter(({ weight }) => weight > 0).sort((a, b) => a.value - b.value)
  const total = counted.reduce((sum, { weight }) => sum + weight, 0)
  if (total === 0) return distributionFigures(names, [], 0)
  const at = (q: number): number => {
    let reached = 0
    for (const { value, weight } of counted) {
      reached += weight
      if (reached >= q * total) return value
    }
    return counted.at(-1)!.value
  }
  const weightedMean = counted.reduce((sum, { value, weight }) => sum + value * weight, 0) / total
  return [
    { ...names, statistic: 'mean', value: weightedMean },
    ...quantiles.map(([statistic, q]) => ({ ...names, statistic, value: at(q) })),
  ]
}

/** A total over a time: one figure. Null without a time. */
export function rateFigure(names: MetricNames, amount: number, seconds: number): ReportedFigure {
  return { ...names, statistic: 'total', value: seconds > 0 ? amount / seconds : null }
}

/** Peers' statistics are of measured requests that were served; warm-up is thrown away by all of them. */
export function servedOf(observations: readonly RequestObservation[]): RequestObservation[] {
  return observations.filter(({ phase, outcome }) => phase === 'measured' && outcome === 'served')
}

/** Milliseconds between two times of the run; NaN when one did not happen. */
export function spanMs(fromUs: number, toUs: number): number {
  return (toUs - fromUs) / 1000
}

/** Seconds from the earliest of one time to the latest of another; 0 without requests. */
export function spanSeconds(
  requests: readonly RequestObservation[],
  from: (request: RequestObservation) => number,
  to: (request: RequestObservation) => number,
): number {
  let first = Number.POSITIVE_INFINITY
  let last = Number.NEGATIVE_INFINITY
  for (const request of requests) {
    const start = from(request)
    const end = to(request)
    if (start < first) first = start
    if (end > last) last = end
  }
  return last > first ? (last - first) / 1e6 : 0
}

/** Milliseconds between successive times. */
export function gapsMs(timesUs: ArrayLike<number>): number[] {
  const gaps: number[] = []
  for (let index = 1; index < timesUs.length; index++) {
    gaps.push(spanMs(timesUs[index - 1]!, timesUs[index]!))
  }
  return gaps
}

export function sumOf<T>(values: readonly T[], amount: (value: T) => number): number {
  return values.reduce((sum, value) => sum + amount(value), 0)
}
