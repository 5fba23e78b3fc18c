/**
 * What was used, by whom, what did it cost, and does it add up to the bill? Append-only, each fact once, double entry in integer
 * nano-dollars. Assumes: the gateway tells everything it does; what its own engines were busy with it can only see from outside
 * (docs/models/ledger.md).
 */
export { auditLedger, type LedgerAudit } from './audit.ts'
export {
  attributeInterval,
  correctInterval,
  type IntervalAttribution,
  type IntervalBill,
} from './engine-time/attribute-interval.ts'
export {
  type EngineFact,
  type EngineRates,
  engineFact,
  estimatePrefillSecondsPerToken,
} from './engine-time/engine-fact.ts'
export {
  createEngineTimeBook,
  type EngineTimeBook,
  type IntervalToClose,
} from './engine-time/engine-time-book.ts'
export {
  type Bearer,
  type CapacityBilled,
  type CostClass,
  type CostNanoUsd,
  type IntervalClosed,
  type InvoiceReceived,
  idempotencyKey,
  type LedgerEvent,
  type PredictedAndRealised,
  type RequestAdjusted,
  type RequestOpened,
  type RequestOwner,
  type RequestSettled,
  type Target,
} from './events.ts'
export { type FocusSettings, focusCsv, focusQuery } from './report/focus-csv.ts'
export {
  type LedgerReport,
  type ReportQuery,
  readLedgerReport,
  reportDimensions,
} from './report/ledger-report.ts'
export { reportJson } from './report/report-json.ts'
export type { AggregateQuery, AggregateRow, AppendOutcome, LedgerStore, RequestAccount } from './store.ts'
export { isContradiction } from './stores/ledger-faults.ts'
export { createMemoryLedger } from './stores/memory-store.ts'
export { openPostgresLedger, type PostgresLedgerSettings } from './stores/postgres-store.ts'
export type { LedgerAccess, SqliteDurability } from './stores/sqlite-book.ts'
export { openSqliteLedger, type SqliteLedgerSettings } from './stores/sqlite-store.ts'
