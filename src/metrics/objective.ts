/** A bound on a statistic of a latency: what planner, twin, load generator and gateway mean by an objective. */

export type ObjectiveMetric = 'ttft' | 'tpot' | 'e2e'
export type ObjectiveStatistic = 'mean' | 'p50' | 'p90' | 'p95' | 'p99'

/** "ttft p90 < 1s" */
export interface Objective {
  readonly metric: ObjectiveMetric
  readonly statistic: ObjectiveStatistic
  readonly limitMs: number
}

/** Since when latencies are counted: service from send, response from when the request was due. */
export type LatencyClock = 'service' | 'response'
