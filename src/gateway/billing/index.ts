/**
 * What do the engines of one's own cost, who had them, and what stood idle? Bills of the configured replicas and their energy, closed
 * interval by interval from what the data plane tells of attempts, and brought to the ledger however long it is away. Assumes that
 * replicas are paid for as long as they are configured. docs/models/billing.md.
 */
export { createBilling } from './billing.ts'
export {
  type CounterComparison,
  type CounterMoment,
  compareEngineCounters,
  type TokenDifference,
} from './counter-comparison.ts'
export type { DeploymentReconciliation } from './deployment-book.ts'
export { createDcgmReader, type ReadEnergy } from './energy-meter.ts'
export { type Recovery, type RecoverySettings, recoverOpenRequests } from './open-requests.ts'
export type { RecentCost } from './recent-cost.ts'
export { realTimer, type SetTimer } from './timer.ts'
export {
  type BilledConfig,
  type Billing,
  type BillingLimits,
  type BillingOptions,
  type BillingProblem,
  type BillingProblemKind,
  defaultBillingLimits,
  type ReplicaComparison,
} from './types.ts'
