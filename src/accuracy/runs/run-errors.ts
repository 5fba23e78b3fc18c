/** How far a replay is from what was measured: means and percentiles of TTFT, TPOT and E2E. */
import { mean, quantile } from '../../core/statistics.ts'
import type { RequestLatency } from './measured-run.ts'

export const latencyNames = ['ttft', 'tpot', 'e2e'] as const
export type LatencyName = (typeof latencyNames)[number]

export const runStatistics = ['mean', 'p50', 'p90', 'p95', 'p99'] as const
export type RunStatistic = (typeof runStatistics)[number]

export interface LatencyError {
  readonly latency: LatencyName
  readonly statistic: RunStatistic
  readonly measuredMs: number
  readonly predictedMs: number
  /** Predicted ÷ measured − 1. */
  readonly error: number
}

export interface RunErrors {
  readonly requests: number
  readonly statistics: readonly LatencyError[]
  /** Mean over requests of |predicted ÷ measured − 1|: harder than an error of means. */
  readonly perRequest: Readonly<Record<LatencyName, number>>
}

/** Both lists in the same order; compares requests from the index `from` on. */
export function runErrors(
  measured: readonly RequestLatency[],
  predicted: readonly RequestLatency[],
  from = 0,
): RunErrors {
  const statistics = latencyNames.flatMap(latency => {
    const real = valuesMs(measured.slice(from), latency)
    const ours = valuesMs(predicted.slice(from), latency)
    return runStatistics.map(statistic => {
      const measuredMs = statisticOf(real, statistic)
      const predictedMs = statisticOf(ours, statistic)
      return { latency, statistic, measuredMs, predictedMs, error: predictedMs / measuredMs - 1 }
    })
  })
  const perRequest = {} as Record<LatencyName, number>
  for (const latency of latencyNames) {
    const errors = measured
      .map((real, index) => Math.abs(predicted[index]![latency] / real[latency] - 1))
      .slice(from)
      .filter(Number.isFinite)
    perRequest[latency] = mean(errors)
  }
  return { requests: measured.length - from, statistics, perRequest }
}

/** Milliseconds of the requests that have this latency: single tokens have no TPOT. */
function valuesMs(latencies: readonly RequestLatency[], name: LatencyName): number[] {
  return latencies.map(latency => 1e3 * latency[name]).filter(value => !Number.isNaN(value))
}

function statisticOf(values: readonly number[], statistic: RunStatistic): number {
  return statistic === 'mean' ? mean(values) : quantile(values, Number(statistic.slice(1)) / 100)
}
