/** Whether a run kept an objective on a statistic of a latency: «ttft p95 < 1 s». */
import type { Distribution } from './distribution.ts'
import { orNull } from './latency-summary.ts'
import type { LatencyClock, Objective, ObjectiveStatistic } from './objective.ts'
import type { RequestTally } from './request-tally.ts'

export interface ObjectiveResult {
  readonly objective: Objective
  /** The statistic over served requests; null without any. */
  readonly valueMs: number | null
  /**
   * The statistic with rejected and failed requests as infinitely late; null when it lies among them, or without requests.
   * A mean has no such value: it is that of served requests.
   */
  readonly valueWithMissesMs: number | null
  /** By the value with misses; null when no request tells. */
  readonly met: boolean | null
}

export const quantileOfStatistic: Readonly<Record<Exclude<ObjectiveStatistic, 'mean'>, number>> = {
  p50: 0.5,
  p90: 0.9,
  p95: 0.95,
  p99: 0.99,
}

/** Judges an objective over the requests of a tally. */
export function objectiveResult(
  objective: Objective,
  tally: RequestTally,
  clock: LatencyClock,
): ObjectiveResult {
  const latencies = distributionOf(objective, tally, clock)
  const misses = tally.rejected + tally.failed
  const { statistic, limitMs } = objective
  const served = statistic === 'mean' ? latencies.mean : latencies.quantile(quantileOfStatistic[statistic])
  const withMisses =
    statistic === 'mean' ? served : quantileWithMisses(latencies, misses, quantileOfStatistic[statistic])
  const nothingKnown = latencies.count === 0 && (misses === 0 || statistic === 'mean')
  return {
    objective,
    valueMs: orNull(served),
    valueWithMissesMs: orNull(withMisses),
    met: nothingKnown ? null : withMisses <= limitMs,
  }
}

export function distributionOf(
  { metric }: Objective,
  { latencies }: RequestTally,
  clock: LatencyClock,
): Distribution {
  switch (metric) {
    case 'ttft':
      return clock === 'service' ? latencies.ttftServiceMs : latencies.ttftResponseMs
    case 'tpot':
      return latencies.tpotMs
    case 'e2e':
      return clock === 'service' ? latencies.endToEndServiceMs : latencies.endToEndResponseMs
  }
}

/** Type 7 quantile of the values and so many infinite ones; Infinity when it touches one of these. */
function quantileWithMisses(values: Distribution, misses: number, q: number): number {
  const position = (values.count + misses - 1) * q
  return position > values.count - 1 ? Number.POSITIVE_INFINITY : values.atPosition(position)
}
