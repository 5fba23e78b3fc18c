/** Latencies of imported requests by our own definitions (docs/models/metrics.md), whichever tool measured them. */
import { mean, quantile } from '../../core/statistics.ts'
import type { LatencyClock } from '../../metrics/objective.ts'
import {
  figuresByMetric,
  type ImportedCounts,
  type ImportedLatency,
  type ImportedMetric,
  type ImportedRequest,
  type ImportedTokens,
  type LatencyFigures,
  type SaidOfRun,
} from './imported-run.ts'

/**
 * Values of a latency, milliseconds: one a served request, for itl one a gap. Those that do not exist are left out. The
 * response clock adds how late a request was sent; without a schedule it gives nothing.
 */
export function latencySamplesMs(
  requests: readonly ImportedRequest[],
  metric: ImportedMetric,
  clock: LatencyClock,
): number[] {
  const samples: number[] = []
  for (const request of requests) {
    if (request.outcome !== 'served') continue
    if (metric === 'itl') {
      addGapsMs(request, samples)
      continue
    }
    const ms = latencyMs(request, metric, clock)
    if (Number.isFinite(ms)) samples.push(ms)
  }
  return samples
}

/** One latency of one request, milliseconds; NaN when it does not exist. */
export function latencyMs(
  request: ImportedRequest,
  metric: Exclude<ImportedMetric, 'itl'>,
  clock: LatencyClock,
): number {
  const { firstTokenAfterUs, lastTokenAfterUs, outputTokens } = request
  const lateUs = clock === 'response' ? request.lateUs : 0
  if (metric === 'ttft') return (firstTokenAfterUs + lateUs) / 1000
  if (metric === 'e2e') return (lastTokenAfterUs + lateUs) / 1000
  return outputTokens < 2 ? Number.NaN : (lastTokenAfterUs - firstTokenAfterUs) / (outputTokens - 1) / 1000
}

/** Gap between chunks ÷ tokens of the later one. */
function addGapsMs({ chunksAfterUs, chunkTokens }: ImportedRequest, into: number[]): void {
  if (chunksAfterUs === null) return
  let lastUs = Number.NaN
  for (let index = 0; index < chunksAfterUs.length; index++) {
    const tokens = chunkTokens === null ? 1 : chunkTokens[index]!
    if (!(tokens > 0)) continue
    const ms = (chunksAfterUs[index]! - lastUs) / tokens / 1000
    if (Number.isFinite(ms)) into.push(ms)
    lastUs = chunksAfterUs[index]!
  }
}

/** Null without values. */
function figuresOf(samplesMs: readonly number[]): LatencyFigures | null {
  if (samplesMs.length === 0) return null
  const sorted = [...samplesMs].sort((a, b) => a - b)
  const meanMs = mean(sorted)
  return {
    count: sorted.length,
    meanMs,
    standardDeviationMs: Math.sqrt(mean(sorted.map(value => (value - meanMs) ** 2))),
    minimumMs: sorted[0]!,
    p50Ms: quantile(sorted, 0.5),
    p90Ms: quantile(sorted, 0.9),
    p95Ms: quantile(sorted, 0.95),
    p99Ms: quantile(sorted, 0.99),
    maximumMs: sorted.at(-1)!,
  }
}

/** All that the requests alone tell of a run. */
export function saidByRequests(
  requests: readonly ImportedRequest[],
): Pick<SaidOfRun, 'requests' | 'durationSeconds' | 'latency' | 'counts' | 'tokens' | 'rates'> {
  const seconds = secondsOfRequests(requests)
  const counts = countsOfRequests(requests)
  const tokens = tokensOfRequests(requests)
  return {
    requests,
    durationSeconds: seconds,
    latency: latencyOfRequests(requests),
    counts,
    tokens,
    rates: {
      requestsPerSecond: ratePerSecond(counts.served, seconds),
      inputTokensPerSecond: ratePerSecond(tokens.input, seconds),
      outputTokensPerSecond: ratePerSecond(tokens.output, seconds),
      totalTokensPerSecond: ratePerSecond(sumOfKnown(tokens.input, tokens.output), seconds),
    },
  }
}

/** Null when a part of the sum is unknown. */
export function sumOfKnown(a: number | null, b: number | null): number | null {
  return a === null || b === null ? null : a + b
}

/** Null when the amount or the time is unknown, and without a time. */
export function ratePerSecond(amount: number | null, seconds: number | null): number | null {
  return amount === null || seconds === null || !(seconds > 0) ? null : amount / seconds
}

/** All four latencies on both clocks. */
export function latencyOfRequests(requests: readonly ImportedRequest[]): ImportedLatency {
  const of = (clock: LatencyClock) =>
    figuresByMetric(metric => figuresOf(latencySamplesMs(requests, metric, clock)))
  const scheduled = requests.some(({ lateUs }) => Number.isFinite(lateUs))
  return { service: of('service'), response: scheduled ? of('response') : null }
}

export function countsOfRequests(requests: readonly ImportedRequest[]): ImportedCounts {
  const served = requests.filter(({ outcome }) => outcome === 'served').length
  return { served, failed: requests.length - served }
}

/** Null where no request says. */
export function tokensOfRequests(requests: readonly ImportedRequest[]): ImportedTokens {
  const served = requests.filter(({ outcome }) => outcome === 'served')
  const total = (amount: (request: ImportedRequest) => number) => {
    const known = served.map(amount).filter(value => Number.isFinite(value))
    return known.length === 0 ? null : known.reduce((sum, value) => sum + value, 0)
  }
  return {
    input: total(request => request.inputTokens),
    cachedInput: null,
    output: total(request => request.outputTokens),
  }
}

/** From the first sent to the last one over, seconds; null where the tool keeps no times of sending. */
function secondsOfRequests(requests: readonly ImportedRequest[]): number | null {
  let last = Number.NEGATIVE_INFINITY
  let first = Number.POSITIVE_INFINITY
  for (const { sentUs, endedAfterUs } of requests) {
    if (sentUs < first) first = sentUs
    if (sentUs + endedAfterUs > last) last = sentUs + endedAfterUs
  }
  return last > first ? (last - first) / 1e6 : null
}
