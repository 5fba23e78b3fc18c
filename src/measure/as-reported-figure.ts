/** What every peer's report is made of here: a metric by its name for it, a statistic, a unit, and how it is defined. */
import { mean, quantile } from '../core/statistics.ts'
import type { RequestObservation } from './observation.ts'

export type ReportedStatistic = 'mean' | 'p50' | 'p90' | 'p95' | 'p99' | 'total'

const latencyKinds = ['ttft', 'tpot', 'itl', 'e2e'] as const
const rateKinds = ['output-throughput', 'request-throughput'] as const

/** Which of our metrics it is that the peer means, so that peers can be laid side by side. */
export type ReportedKind = (typeof latencyKinds | typeof rateKinds)[number]

interface MetricNames {
  /** The peer's own name of it. */
  readonly metric: string
  readonly unit: string
  /** The peer's formula, in words. */
  readonly definition: string
}

export interface ReportedFigure extends MetricNames {
  readonly kind: ReportedKind
  readonly statistic: ReportedStatistic
  /** Null where the peer would print nothing. */
  readonly value: number | null
}

/** Of requests or of gaps; NaN where there is no value. */
interface PlainLatency extends MetricNames {
  readonly values: readonly number[]
  /** What the peer prints of no values at all, where it prints something. */
  readonly whenEmpty?: 0
}

/** Values that count more or less; 0 is printed of none. */
interface WeightedLatency extends MetricNames {
  readonly weighted: readonly { readonly value: number; readonly weight: number }[]
}

interface Rate extends MetricNames {
  /** Divided by the time of the run. */
  readonly amount: number
}

/** All that a peer reports, by our names of it. */
export type PeerMetrics = Readonly<
  Record<(typeof latencyKinds)[number], PlainLatency | WeightedLatency> &
    Record<(typeof rateKinds)[number], Rate>
>

type Statistics = readonly (readonly [ReportedStatistic, number | null])[]

/** A peer's metrics as figures; `seconds`: the time of the run as the peer takes it. */
export function peerFigures(seconds: number, metrics: PeerMetrics): ReportedFigure[] {
  const figures = (kind: ReportedKind, statistics: Statistics): ReportedFigure[] => {
    const { metric, unit, definition } = metrics[kind]
    return statistics.map(([statistic, value]) => ({ kind, metric, unit, definition, statistic, value }))
  }
  return [
    ...latencyKinds.flatMap(kind => figures(kind, latencyStatistics(metrics[kind]))),
    ...rateKinds.flatMap(kind =>
      figures(kind, [['total', seconds > 0 ? metrics[kind].amount / seconds : null]]),
    ),
  ]
}

const quantiles = [
  ['p50', 0.5],
  ['p90', 0.9],
  ['p95', 0.95],
  ['p99', 0.99],
] as const

/** Percentiles interpolate linearly (numpy.percentile's default); those of weights do not. */
function latencyStatistics(metric: PlainLatency | WeightedLatency): Statistics {
  if ('weighted' in metric) return weightedStatistics(metric.weighted)
  const known = metric.values.filter(value => !Number.isNaN(value))
  const of = (value: number) => (known.length === 0 ? (metric.whenEmpty ?? null) : value)
  return [['mean', of(mean(known))], ...quantiles.map(([name, q]) => [name, of(quantile(known, q))] as const)]
}

/** A percentile is the first value at which the weights reach that share. */
function weightedStatistics(values: WeightedLatency['weighted']): Statistics {
  const counted = values.filter(({ weight }) => weight > 0).sort((a, b) => a.value - b.value)
  const total = sumOf(counted, ({ weight }) => weight)
  const at = (q: number): number => {
    let reached = 0
    for (const { value, weight } of counted) {
      reached += weight
      if (reached >= q * total) return value
    }
    return counted.at(-1)?.value ?? 0
  }
  const weightedMean = total === 0 ? 0 : sumOf(counted, ({ value, weight }) => value * weight) / total
  return [['mean', weightedMean], ...quantiles.map(([name, q]) => [name, at(q)] as const)]
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
