/** What planning needs to know of a trace: mean lengths and their spread, prefix reuse, rate and burstiness of arrivals. */
import type { RequestShape } from '../perf/deployment.ts'
import { type TraceSummary, traceSummary } from './trace-statistics.ts'
import type { TraceTable } from './trace-table.ts'

export interface TraceStatistics {
  readonly format: string
  readonly requests: number
  readonly shape: RequestShape
  /** Mean over the span from first to last arrival; null without arrival times. */
  readonly requestsPerSecond: number | null
  /** Coefficient of variation of the gaps between arrivals: 0 regular, 1 Poisson; null without arrival times. */
  readonly arrivalVariation: number | null
  readonly durationSeconds: number | null
  readonly inputTokensMaximum: number
  readonly outputTokensMaximum: number
  /** What had to be assumed or left out, ready to print. */
  readonly notes: readonly string[]
}

export function traceStatistics(table: TraceTable): TraceStatistics {
  return planningStatistics(traceSummary(table))
}

/** Cached tokens as the trace states them, otherwise those that an infinite prefix cache would find. */
export function planningStatistics(summary: TraceSummary): TraceStatistics {
  const { arrivals, inputTokens, outputTokens, reuse, statedCachedShare } = summary
  const cachedTokens =
    statedCachedShare === null
      ? (reuse?.cachedTokens ?? 0) / summary.requests
      : Math.min(1, statedCachedShare) * inputTokens.mean
  return {
    format: summary.format,
    requests: summary.requests,
    shape: {
      inputTokens: inputTokens.mean,
      outputTokens: outputTokens.mean,
      cachedTokens,
      inputVariation: inputTokens.variation,
      outputVariation: outputTokens.variation,
    },
    requestsPerSecond: arrivals?.requestsPerSecond ?? null,
    arrivalVariation: arrivals?.gapVariation ?? null,
    durationSeconds: arrivals?.spanSeconds ?? null,
    inputTokensMaximum: inputTokens.maximum,
    outputTokensMaximum: outputTokens.maximum,
    notes: summary.notes,
  }
}
