/** Keys, limits and budgets as they are shown: no digest, and amounts of money as decimal strings of dollars. */
import { usdText } from '../ledger/report/decimal.ts'
import type { KeyRecord, Limit, Measure } from '../tenants/index.ts'
import type { BudgetStatus } from './control-parts.ts'

export function keyJson(record: KeyRecord, nowMs: number): object {
  const { id, tenant, versions, models, limits, tags, createdMs, expiresMs, revokedMs } = record
  const isRevoked = revokedMs !== null && revokedMs <= nowMs
  const isExpired = expiresMs !== null && expiresMs <= nowMs
  return {
    id,
    tenant,
    state: isRevoked ? 'revoked' : isExpired ? 'expired' : 'valid',
    versions: versions.map(({ visible, endsMs }) => ({ visible, endsMs })),
    models,
    limits: limits.map(limitJson),
    tags,
    createdMs,
    expiresMs,
    revokedMs,
  }
}

export function limitJson({ measure, window, cap, alertsAt }: Limit): object {
  return { measure, window, cap: amountText(measure, cap), alertsAt }
}

export function budgetJson(status: BudgetStatus): object {
  const { account, scope, tenant, keyId, model, measure, window, cap, balance } = status
  return {
    account,
    scope,
    tenant,
    keyId,
    model,
    measure,
    window,
    cap: amountText(measure, cap),
    spent: balance === null ? null : amountText(measure, balance.spent),
    reserved: balance === null ? null : amountText(measure, balance.reserved),
    /** What this replica may spend in all: its lease. */
    granted: balance === null ? null : amountText(measure, balance.limit),
    overspent: balance === null ? null : amountText(measure, balance.overspent),
    /** (spent + reserved) ÷ cap, at this replica. */
    usedShare: balance === null || cap === 0n ? null : Number(balance.spent + balance.reserved) / Number(cap),
  }
}

/** Dollars exactly, or a whole number. */
function amountText(measure: Measure, amount: bigint): string {
  return measure === 'usd' ? usdText(amount) : amount.toString()
}
