/**
 * The figures of a load that are compared, each with how far it can be trusted where the run tells: percentiles by order
 * statistics, means by their standard error, throughput by stretches of the run. Requests that share a queue are late
 * together and count for fewer.
 */
import { mean, quantile } from '../core/statistics.ts'
import type { LatencyClock } from '../metrics/objective.ts'
import type { ImportedRequest, ImportedRun, LatencyFigures } from './interop/imported-run.ts'
import { latencyMs, latencySamplesMs } from './interop/request-statistics.ts'
import type { MetricSample } from './metric-comparison.ts'
import { defaultConfidence, orderInterval } from './percentile-interval.ts'
import { sampleDeviation, studentT } from './repeated-runs.ts'
import {
  type ComparedMetric,
  type ComparedStatistic,
  comparedStatistics,
  comparedUnits,
  figureName,
  type LatencyMetric,
  latencyMetrics,
} from './run-comparison-metrics.ts'
import { TimedValues } from './time-groups.ts'

const quantileOf: Readonly<Record<Exclude<ComparedStatistic, 'mean'>, number>> = {
  p50: 0.5,
  p90: 0.9,
  p95: 0.95,
  p99: 0.99,
}

export interface ComparisonSamples {
  readonly samples: readonly MetricSample[]
  /** Names of figures whose requests are known and too few for an interval. */
  readonly tooFew: ReadonlySet<string>
}

/** Figures of one load, run once or several times. Those that not every run has are left out. */
export function comparisonSamples(
  runs: readonly ImportedRun[],
  clock: LatencyClock,
  confidence = defaultConfidence,
): ComparisonSamples {
  const tooFew = new Set<string>()
  return { samples: samplesOf(runs, clock, confidence, tooFew), tooFew }
}

function samplesOf(
  runs: readonly ImportedRun[],
  clock: LatencyClock,
  confidence: number,
  tooFew: Set<string>,
): MetricSample[] {
  if (runs.length === 0) return []
  const single = runs.length === 1 ? runs[0]! : null
  const rate = (amount: (request: ImportedRequest) => number) =>
    single === null ? null : rateInterval(single, amount, confidence)
  const tokens = rate(request => request.outputTokens)
  return [
    ...scalar('cost', runs, run => run.money.usdPerMillionTokens, inverse(tokens)),
    ...scalar('throughput', runs, run => run.rates.outputTokensPerSecond, tokens),
    ...scalar(
      'requests',
      runs,
      run => run.rates.requestsPerSecond,
      rate(() => 1),
    ),
    ...scalar('goodput', runs, run => run.rates.goodRequestsPerSecond, null),
    ...latencyMetrics.flatMap(metric =>
      comparedStatistics.flatMap(statistic => latency(metric, statistic, runs, clock, confidence, tooFew)),
    ),
    ...scalar('joules', runs, run => run.money.joulesPerOutputToken, null),
  ]
}

/** Bounds as factors of a value. */
interface Factors {
  readonly low: number
  readonly high: number
}

/** The bill is of the time: twice the tokens, half the cost. */
function inverse(factors: Factors | null): Factors | null {
  return factors === null || !(factors.low > 0) ? null : { low: 1 / factors.high, high: 1 / factors.low }
}

function scalar(
  metric: ComparedMetric,
  runs: readonly ImportedRun[],
  of: (run: ImportedRun) => number | null,
  factors: Factors | null,
): MetricSample[] {
  const values = runs.map(of).filter(value => value !== null)
  if (values.length < runs.length) return []
  const { unit, better } = comparedUnits[metric]
  return [
    {
      name: metric,
      unit,
      better,
      runs: values,
      low: factors === null ? null : values[0]! * factors.low,
      high: factors === null ? null : values[0]! * factors.high,
    },
  ]
}

function latency(
  metric: LatencyMetric,
  statistic: ComparedStatistic,
  runs: readonly ImportedRun[],
  clock: LatencyClock,
  confidence: number,
  tooFew: Set<string>,
): MetricSample[] {
  const found = runs.map(run => latencyFigure(run, metric, statistic, clock, confidence))
  if (found.some(figure => figure === null)) return []
  const { unit, better } = comparedUnits[metric]
  const [first] = found
  if (found.length === 1 && first!.tooFew) tooFew.add(figureName(metric, statistic))
  return [
    {
      name: figureName(metric, statistic),
      unit,
      better,
      runs: found.map(figure => figure!.value),
      low: found.length === 1 ? first!.low : null,
      high: found.length === 1 ? first!.high : null,
    },
  ]
}

interface Bounded {
  readonly value: number
  readonly low: number | null
  readonly high: number | null
  readonly tooFew: boolean
}

/** The tool's own figure; with the interval it tells itself, or that of its requests where they are the same figure. */
function latencyFigure(
  run: ImportedRun,
  metric: LatencyMetric,
  statistic: ComparedStatistic,
  clock: LatencyClock,
  confidence: number,
): Bounded | null {
  const figures = (clock === 'response' ? run.latency.response : run.latency.service)?.[metric]
  const value = figures === undefined ? null : statisticOf(figures, statistic)
  if (value === null) return null
  const told =
    statistic === 'mean'
      ? undefined
      : run.intervals.find(
          interval =>
            interval.metric === metric && interval.clock === clock && interval.q === quantileOf[statistic],
        )
  if (told !== undefined) return { value, ...bounds(told.lowMs, told.highMs) }
  return { value, ...intervalOf(run, metric, statistic, clock, value, confidence) }
}

const fields: Readonly<Record<ComparedStatistic, keyof LatencyFigures>> = {
  mean: 'meanMs',
  p50: 'p50Ms',
  p90: 'p90Ms',
  p95: 'p95Ms',
  p99: 'p99Ms',
}

function statisticOf(figures: LatencyFigures, statistic: ComparedStatistic): number | null {
  return figures[fields[statistic]]
}

/**
 * How far the figure of the requests may differ from it before they are taken to be of other requests or another definition,
 * and their interval for none of it. Percentiles of large runs are within 0.4 % (log-histogram.ts). Assumed.
 */
const sameFigure = 0.01

function intervalOf(
  { requests }: ImportedRun,
  metric: LatencyMetric,
  statistic: ComparedStatistic,
  clock: LatencyClock,
  value: number,
  confidence: number,
): Omit<Bounded, 'value'> {
  // Gaps of one answer are not independent of each other: of ITL, requests tell no interval.
  if (requests === null || metric === 'itl') return nothingKnown
  const samples = latencySamplesMs(requests, metric, clock).sort((a, b) => a - b)
  const own = statistic === 'mean' ? mean(samples) : quantile(samples, quantileOf[statistic])
  if (!(Math.abs(own - value) <= sameFigure * value)) return nothingKnown
  const share = independentShare(requests, metric, clock)
  if (statistic === 'mean') {
    const independent = Math.floor(samples.length * share)
    if (independent < 2) return bounds(null, null)
    const margin = (studentT(confidence, independent - 1) * sampleDeviation(samples)) / Math.sqrt(independent)
    return bounds(value - margin, value + margin)
  }
  const ranks = orderInterval(samples.length, quantileOf[statistic], confidence, share)
  return bounds(
    ranks.low === null ? null : samples[ranks.low - 1]!,
    ranks.high === null ? null : samples[ranks.high - 1]!,
  )
}

const nothingKnown: Omit<Bounded, 'value'> = { low: null, high: null, tooFew: false }

function bounds(low: number | null, high: number | null): Omit<Bounded, 'value'> {
  return { low, high, tooFew: low === null || high === null }
}

function independentShare(
  requests: readonly ImportedRequest[],
  metric: Exclude<LatencyMetric, 'itl'>,
  clock: LatencyClock,
): number {
  const timed = new TimedValues()
  let last = 0
  for (const request of requests) {
    if (request.outcome !== 'served' || !(request.sentUs >= 0 && request.sentUs < Number.MAX_SAFE_INTEGER))
      continue
    timed.add(request.sentUs, latencyMs(request, metric, clock))
    if (request.sentUs > last) last = request.sentUs
  }
  return timed.effectiveShare(0, last)
}

/** Stretches over which throughput is told; the first and the last are left out, where the run fills and empties. Assumed. */
const rateStretches = 12
/** Requests without which a stretch says too little. Assumed. */
const requestsPerStretch = 5

/** Student's interval of what ended in stretches of equal length, as factors; null for too few requests. */
function rateInterval(
  { requests }: ImportedRun,
  amount: (request: ImportedRequest) => number,
  confidence: number,
): Factors | null {
  if (requests === null) return null
  const ends: { readonly us: number; readonly ended: number }[] = []
  for (const request of requests) {
    const us = request.sentUs + request.endedAfterUs
    const ended = amount(request)
    if (request.outcome === 'served' && Number.isFinite(us) && Number.isFinite(ended))
      ends.push({ us, ended })
  }
  if (ends.length < rateStretches * requestsPerStretch) return null
  const last = ends.reduce((latest, { us }) => Math.max(latest, us), 0)
  const sums = new Array<number>(rateStretches).fill(0)
  for (const { us, ended } of ends) {
    sums[Math.min(rateStretches - 1, Math.floor((us / last) * rateStretches))]! += ended
  }
  const inner = sums.slice(1, -1)
  const middle = mean(inner)
  if (!(middle > 0)) return null
  const margin = (studentT(confidence, inner.length - 1) * sampleDeviation(inner)) / Math.sqrt(inner.length)
  const factor = margin / middle
  return factor < 1 ? { low: 1 - factor, high: 1 + factor } : null
}
