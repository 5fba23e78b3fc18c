/** Latencies of a run by share of the requests, for figures. */
import type { Distribution } from './distribution.ts'
import type { LatencyClock } from './objective.ts'
import type { RunMetrics } from './run-metrics.ts'

export type CurveName = 'ttft' | 'tpot' | 'interToken' | 'endToEnd'

/** Milliseconds at equally spaced shares of the values, 0 to 1; null without values. */
export type LatencyCurves = Readonly<Record<CurveName, readonly number[] | null>>

/** Enough for a curve that is 600 pixels wide. */
const curvePoints = 200

/** Quantiles of the measured requests; TTFT and E2E by the clock. */
export function latencyCurves(metrics: RunMetrics, clock: LatencyClock = 'service'): LatencyCurves {
  const { latencies } = metrics.measured
  const response = clock === 'response'
  return {
    ttft: curve(response ? latencies.ttftResponseMs : latencies.ttftServiceMs),
    tpot: curve(latencies.tpotMs),
    interToken: curve(metrics.interTokenLatencyMs),
    endToEnd: curve(response ? latencies.endToEndResponseMs : latencies.endToEndServiceMs),
  }
}

function curve(distribution: Distribution): readonly number[] | null {
  return distribution.count === 0
    ? null
    : Array.from({ length: curvePoints + 1 }, (_, index) => distribution.quantile(index / curvePoints))
}
