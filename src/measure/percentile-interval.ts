/** How far a percentile of a finite sample can be trusted: distribution-free confidence intervals from order statistics. */
import { assert } from '../core/assert.ts'
import { binomialAtMost } from '../core/incomplete-beta.ts'
import { smallestCount } from '../core/smallest-count.ts'
import { normalQuantile } from '../core/special-functions.ts'
import type { Distribution } from '../metrics/distribution.ts'
import { orNull } from '../metrics/latency-summary.ts'
import type { RequestLatencies } from '../metrics/request-tally.ts'
import type { RunMetrics } from '../metrics/run-metrics.ts'

export interface PercentileInterval {
  /** 0.5, 0.9, 0.95, 0.99 … */
  readonly q: number
  readonly valueMs: number | null
  /**
   * Each is a bound on its own, wrong with half of what confidence leaves; null where the sample is too small for it. Small
   * samples bound a high percentile from below only: 100 requests cannot say how late a p99 may be.
   */
  readonly lowMs: number | null
  readonly highMs: number | null
  /** The value with errors and rejections as infinitely late; null when it lies among them. */
  readonly valueWithErrorsMs: number | null
}

export interface LatencyIntervals {
  /** Of the intervals: 0.95. */
  readonly confidence: number
  readonly ttftService: readonly PercentileInterval[]
  readonly ttftResponse: readonly PercentileInterval[]
  readonly tpot: readonly PercentileInterval[]
  readonly endToEndService: readonly PercentileInterval[]
  readonly endToEndResponse: readonly PercentileInterval[]
}

export const defaultConfidence = 0.95

/** Percentiles that are always told; p99.9 only of samples that can bound it. */
const percentiles = [0.5, 0.9, 0.95, 0.99] as const
const farPercentile = 0.999

/** Requests that count as independent ÷ requests, by latency; see evidence-collector's effectiveShares. */
export interface EffectiveShares {
  readonly ttft: number
  readonly tpot: number
  readonly endToEnd: number
}

const allIndependent: EffectiveShares = { ttft: 1, tpot: 1, endToEnd: 1 }

/**
 * Intervals of all latencies of the measured requests. Requests that share a queue are late together, and so many of them
 * tell less than as many independent ones: `shares` says how much less, and the intervals widen.
 */
export function latencyIntervals(
  metrics: RunMetrics,
  confidence = defaultConfidence,
  shares: EffectiveShares = allIndependent,
): LatencyIntervals {
  const { latencies, rejected, failed } = metrics.measured
  const of = (name: keyof RequestLatencies, share: number) =>
    percentileIntervals(latencies[name], rejected + failed, confidence, share)
  return {
    confidence,
    ttftService: of('ttftServiceMs', shares.ttft),
    ttftResponse: of('ttftResponseMs', shares.ttft),
    tpot: of('tpotMs', shares.tpot),
    endToEndService: of('endToEndServiceMs', shares.endToEnd),
    endToEndResponse: of('endToEndResponseMs', shares.endToEnd),
  }
}

function percentileIntervals(
  values: Distribution,
  misses: number,
  confidence: number,
  share: number,
): PercentileInterval[] {
  const intervals = percentiles.map(q => percentileInterval(values, q, misses, confidence, share))
  const far = percentileInterval(values, farPercentile, misses, confidence, share)
  return far.lowMs !== null && far.highMs !== null ? [...intervals, far] : intervals
}

/** One percentile of the served requests, and its value with so many infinitely late ones on top. */
export function percentileInterval(
  values: Distribution,
  q: number,
  misses = 0,
  confidence = defaultConfidence,
  share = 1,
): PercentileInterval {
  const { low, high } = orderInterval(values.count, q, confidence, share)
  return {
    q,
    valueMs: orNull(values.quantile(q)),
    lowMs: low === null ? null : orNull(values.atPosition(low - 1)),
    highMs: high === null ? null : orNull(values.atPosition(high - 1)),
    valueWithErrorsMs: orNull(values.atPosition((values.count + misses - 1) * q)),
  }
}

/** Ranks from 1 between whose values a quantile lies; null where the sample has no such rank. */
export interface OrderInterval {
  readonly low: number | null
  readonly high: number | null
}

/**
 * Of n independent values, the number below the q-quantile is binomial(n, q). So the value of rank l lies above it with
 * P(B < l), and that of rank u lies below it with P(B ≥ u), whatever the distribution (Thompson 1936; David and Nagaraja,
 * Order Statistics, §7.1; from memory). l is the largest and u the smallest rank for which that is at most half of what the
 * confidence leaves: exact binomial at any n, so the coverage is at least the confidence.
 *
 * With `share` < 1, ranks are those of ⌊n · share⌋ values, carried over to n.
 */
export function orderInterval(count: number, q: number, confidence: number, share = 1): OrderInterval {
  assert(q > 0 && q < 1, `a quantile lies between 0 and 1, got ${q}`)
  assert(confidence > 0 && confidence < 1, `a confidence lies between 0 and 1, got ${confidence}`)
  assert(share > 0 && share <= 1, `the share of independent requests lies between 0 and 1, got ${share}`)
  const independent = Math.floor(count * share)
  if (independent < 1) return { low: null, high: null }
  const tail = (1 - confidence) / 2
  // Ranks of the lower bound: P(B ≤ l − 1) ≤ tail. Of the upper one: P(B ≤ u − 1) ≥ 1 − tail.
  const low = lastRank(independent, q, tail, rank => binomialAtMost(rank - 1, independent, q) <= tail)
  const high =
    lastRank(independent, q, 1 - tail, rank => 1 - binomialAtMost(rank - 1, independent, q) > tail) + 1
  const stretch = count / independent
  return {
    low: low < 1 ? null : Math.floor((low - 1) * stretch) + 1,
    high: high > independent ? null : Math.min(count, Math.ceil(high * stretch)),
  }
}

/** The last rank in 0 … n for which a condition holds that holds up to some rank; starts at the normal approximation. */
function lastRank(count: number, q: number, tail: number, holds: (rank: number) => boolean): number {
  const guess = Math.round(count * q + normalQuantile(tail) * Math.sqrt(count * q * (1 - q)))
  let low = 0
  let high = count + 1
  let reach = 2
  // Brackets the border around the guess, then halves.
  let probe = Math.min(count, Math.max(1, guess))
  for (;;) {
    if (holds(probe)) {
      low = probe
      if (probe === count) break
      probe = Math.min(count, probe + reach)
      if (high <= probe) break
    } else {
      high = probe
      if (probe === 1) break
      probe = Math.max(1, probe - reach)
      if (low >= probe) break
    }
    reach *= 2
  }
  while (high - low > 1) {
    const middle = Math.floor((low + high) / 2)
    if (holds(middle)) low = middle
    else high = middle
  }
  return low
}

/**
 * Independent requests without which a percentile has no upper bound of this confidence: qⁿ ≤ (1 − confidence) ÷ 2, so that
 * even the largest of them counts. p99 at 95 %: 368.
 */
export function smallestSample(q: number, confidence = defaultConfidence): number {
  assert(
    q > 0 && q < 1 && confidence > 0 && confidence < 1,
    'a quantile and a confidence lie between 0 and 1',
  )
  return Math.ceil(Math.log((1 - confidence) / 2) / Math.log(q))
}

/** Confidence of MLPerf's early stopping (below). */
export const mlperfConfidence = 0.99

/**
 * Requests from which MLPerf's load generator tells a percentile: at 99 % confidence the second-largest latency bounds it
 * from above, P(at most one of n is later) ≤ 1 % (mlcommons/inference, loadgen/early_stopping.cc, commit 51a4a7e: smallest h
 * with odds(h, t) ≤ 1 − c; results.cc, single stream: t = 1, h + 1 requests). p50 11, p90 64, p95 130, p99 662.
 */
export function mlperfSample(q: number): number {
  assert(q > 0 && q < 1, `a quantile lies between 0 and 1, got ${q}`)
  return smallestCount(count => binomialAtMost(1, count, 1 - q) <= 1 - mlperfConfidence)
}
