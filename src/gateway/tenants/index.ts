/**
 * Who may send requests, and how much: virtual keys, limits and budgets, exact over any number of gateway replicas.
 *
 * From: the gateway's configuration, key records, prices as a function. Answers: admitted or refused with a named reason, and what was
 * overspent. Assumes that whoever admits a request settles it, releases it, or leaves it to expire as spent.
 *
 * Reading order: budget-book.ts (reservations), lease-account.ts (leases), allowances.ts (one replica), tenant-gate.ts (the whole).
 */
export { type AccountSpec, accountOf, type Limit, type Measure, measures, type Scope } from './account.ts'
export { type AllowancePolicy, allowanceDefaults } from './allowance-policy.ts'
export { type AccountCharge, Allowances, type AllowancesOptions, type BudgetAlert } from './allowances.ts'
export { authenticate, presentedKey } from './authentication.ts'
export {
  type Balance,
  BudgetBook,
  type Charge,
  type ReserveOutcome,
  type SettleOutcome,
} from './budget-book.ts'
export {
  type KeyRecord,
  type KeyRefusal,
  keyRefusals,
  newKeyRecord,
  revokeKey,
  rotateKey,
} from './key-record.ts'
export { type KeyStore, memoryKeyStore, stackedKeyStore } from './key-store.ts'
export { sqliteKeyStore } from './key-store-sqlite.ts'
export { type LeaseAuthority, memoryAuthority, type Standing } from './lease-authority.ts'
export { redisAuthority, redisDefaults } from './redis-authority.ts'
export { type LimitDecision, type LimitRefusal, limitRefusals, type RefusingLimit } from './refusal.ts'
export { startRenewal, steadyClock } from './renewal.ts'
export { type Amounts, amountsToReserve, type ExpectedRequest, type ReservationBasis } from './reservation.ts'
export { type Admission, createTenantGate, type GateRefusal, type TenantGate } from './tenant-gate.ts'
export { readTenantSection, type TenantLimits, type TenantSection } from './tenant-section.ts'
export { type KeyHasher, keyHasher, mintKey, withoutKeys } from './virtual-key.ts'
export { type Window, type WindowName, windowAt, windowNames } from './window.ts'
