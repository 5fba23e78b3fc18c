/**
 * Upper percentiles of TTFT and TPOT around the means of the steady state.
 * TTFT: a fixed part (own prefill, front end) plus a queue wait with an exponential tail (heavy traffic: Kingman 1961;
 * P(W > t) = ρ·exp(−t/τ), τ = mean wait / ρ), plus the spread of prompt lengths.
 * TPOT: mean of many steps; what differs between requests is how many prompts interrupted them (Poisson) and how full
 * the batch was. Both are checked against the twin and measured percentiles by later work; see docs/models/performance.md §5.
 */
import type { LatencySummary } from './deployment.ts'

/** Standard normal quantiles for the percentiles reported. */
const normalQuantile = { p50: 0, p90: 1.2816, p95: 1.6449, p99: 2.3263 } as const

type Percentile = keyof typeof normalQuantile
const levels: Readonly<Record<Percentile, number>> = { p50: 0.5, p90: 0.9, p95: 0.95, p99: 0.99 }

/** Latency with mean and coefficient of variation, lognormal: positive and right-skewed as measured ones are. */
export function lognormalSummary(meanSeconds: number, variation: number): LatencySummary {
  const sigma = Math.sqrt(Math.log(1 + variation * variation))
  const quantile = (p: Percentile) =>
    1e3 * meanSeconds * Math.exp(sigma * normalQuantile[p] - (sigma * sigma) / 2)
  return {
    meanMs: 1e3 * meanSeconds,
    p50Ms: quantile('p50'),
    p90Ms: quantile('p90'),
    p95Ms: quantile('p95'),
    p99Ms: quantile('p99'),
  }
}

/** TTFT from its fixed part (with its own spread) and a wait of the given mean behind a server of the given utilisation. */
export function ttftSummary(
  fixedSeconds: number,
  fixedVariation: number,
  waitSeconds: number,
  utilisation: number,
): LatencySummary {
  const fixed = lognormalSummary(fixedSeconds, fixedVariation)
  const busy = Math.min(0.999, Math.max(0.05, utilisation))
  const tail = waitSeconds / busy
  const quantile = (p: Percentile, base: number) => {
    const wait = 1e3 * tail * Math.max(0, Math.log(busy / (1 - levels[p])))
    // Independent spreads add in quadrature around the median of the fixed part.
    const median = fixed.p50Ms
    return median + Math.hypot(base - median, wait)
  }
  return {
    meanMs: 1e3 * (fixedSeconds + waitSeconds),
    p50Ms: quantile('p50', fixed.p50Ms),
    p90Ms: quantile('p90', fixed.p90Ms),
    p95Ms: quantile('p95', fixed.p95Ms),
    p99Ms: quantile('p99', fixed.p99Ms),
  }
}

/** Sum of two independent latencies: means add, distances of percentiles from the mean add in quadrature. */
export function sumSummary(a: LatencySummary, b: LatencySummary): LatencySummary {
  const mean = a.meanMs + b.meanMs
  const combine = (x: number, y: number) => {
    const dx = x - a.meanMs
    const dy = y - b.meanMs
    const sign = dx + dy >= 0 ? 1 : -1
    return Math.max(0, mean + sign * Math.hypot(dx, dy))
  }
  return {
    meanMs: mean,
    p50Ms: combine(a.p50Ms, b.p50Ms),
    p90Ms: combine(a.p90Ms, b.p90Ms),
    p95Ms: combine(a.p95Ms, b.p95Ms),
    p99Ms: combine(a.p99Ms, b.p99Ms),
  }
}
