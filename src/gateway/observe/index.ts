/**
 * What happens in the gateway, told to those who watch it: Prometheus metrics, a log line a request, OpenTelemetry spans, and what a
 * million tokens cost right now. From one RequestSummary per request; nothing here sees a prompt, an answer or a key. Of fixed size in
 * memory whatever the traffic, and a fault in any part reaches no request. The truth about money is the ledger's.
 */
export { createGatewayMetrics, type GatewayMetrics, type GatewayMetricsSettings } from './gateway-metrics.ts'
export type { BaselineSaving } from './live/live-baselines.ts'
export {
  type ClosedMoney,
  createLiveCost,
  type LiveCost,
  type LiveCostSettings,
  type LiveCostSnapshot,
  type LiveSeries,
  type LiveWindow,
  type LiveWindowFigures,
  liveWindows,
  type SeriesGroup,
} from './live/live-cost.ts'
export { figureNames, type LiveFigures } from './live/live-figures.ts'
export { type LiveObjectives, routerObjectives } from './live/live-measures.ts'
export { createLogWriter, type LogStream, type LogWriter } from './log-writer.ts'
export { type LedgerMetrics, meteredLedger } from './metered-ledger.ts'
export { createObserver, type ObserverParts, type SummarySink } from './observer.ts'
export { createRecentRequests, mostRecentRequests, type RecentRequests } from './recent-requests.ts'
export { type AttemptJson, type RequestJson, requestJson } from './request-json.ts'
export {
  createRequestLog,
  type LogLevel,
  logLevels,
  type RequestLog,
  type RequestLogSettings,
} from './request-log.ts'
export type { AttemptSummary, GatewayObserver, RequestOutcome, RequestSummary } from './request-summary.ts'
export {
  createRequestTracing,
  type RequestTracing,
  type RequestTracingSettings,
  type TracedCandidate,
} from './request-tracing.ts'
