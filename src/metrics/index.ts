/**
 * What do TTFT, TPOT, ITL, throughput and goodput mean here, and what were they in this run? One implementation for the
 * twin, the load generator and the gateway. Answers from request records (both clocks) and, where someone sees inside the
 * server, from its steps. Assumes times in integer microseconds of one clock; definitions in docs/models/metrics.md.
 */
export { BinnedSeries } from './binned-series.ts'
export { type Breakdown, byInputTokens, byModel, byReplica, byTenant } from './breakdown.ts'
export { Distribution, type QuantileForm } from './distribution.ts'
export { type DistributionJson, distributionFromJson, distributionToJson } from './distribution-json.ts'
export { responseEndToEndMs, serviceEndToEndMs } from './end-to-end-latency.ts'
export { type Judgement, judgeRequest, type RequestLimits, requestLimits } from './goodput.ts'
export { addChunkGaps, interTokenLatencyMs } from './inter-token-latency.ts'
export { interactivityTokensPerSecond } from './interactivity.ts'
export { type CurveName, type LatencyCurves, latencyCurves } from './latency-curves.ts'
export { type LatencySummary, latencySummary } from './latency-summary.ts'
export { histogramRelativeError } from './log-histogram.ts'
export type * from './objective.ts'
export { type ObjectiveResult, objectiveResult } from './objective-result.ts'
export { queueMs } from './queue-time.ts'
export type { RequestRecord } from './record.ts'
export type { ReplicaState, ReplicaUsage, StepFacts, StepsSample } from './replica-steps.ts'
export type { RunEnd } from './run-end.ts'
export { RunMetrics, type RunMetricsSettings } from './run-metrics.ts'
export type { RunRates, SteadyRates } from './run-rates.ts'
export { type RunTimeline, runTimeline } from './run-series.ts'
export {
  type GoodputSummary,
  type GroupSummary,
  type RequestCounts,
  type RunSummary,
  summariseRun,
  type TokenTotals,
} from './run-summary.ts'
export { type SteadyWindow, steadyWindow } from './steady-window.ts'
export { tpotMs } from './time-per-output-token.ts'
export { responseTtftMs, serviceTtftMs } from './time-to-first-token.ts'
