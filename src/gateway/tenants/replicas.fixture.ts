/** Replicas over one authority in memory that can be away or answer into the void, under a clock set by hand. */
import type { AccountSpec } from './account.ts'
import type { AllowancePolicy } from './allowance-policy.ts'
import { Allowances, type AllowancesOptions, type BudgetAlert } from './allowances.ts'
import { type LeaseAuthority, memoryAuthority } from './lease-authority.ts'

export const startMs = Date.UTC(2026, 10, 21, 12)
export const budget = (
  cap: bigint,
  window: AccountSpec['window'] = 'month',
  id = 'tenant:acme',
): AccountSpec => ({
  id: `${id}/${window}/usd`,
  scope: id.startsWith('key') ? 'key' : 'tenant',
  measure: 'usd',
  window,
  cap,
  alertsAt: [0.5, 1],
})

/** A world with a clock that is set by hand, an authority that can be away, and replicas. */
export function world(policy: Partial<AllowancePolicy> = {}, options: Partial<AllowancesOptions> = {}) {
  const state = { nowMs: startMs, away: false, loseAnswers: false, exchanges: 0 }
  const inner = memoryAuthority(() => state.nowMs)
  const authority: LeaseAuthority = {
    ...inner,
    exchange: async (...request) => {
      state.exchanges++
      if (state.away) throw new Error('connection refused')
      const reply = await inner.exchange(...request)
      if (state.loseAnswers) throw new Error('timed out')
      return reply
    },
  }
  const alerts: BudgetAlert[] = []
  const replica = (name: string) =>
    new Allowances({
      replica: name,
      authority,
      policy,
      clock: () => state.nowMs,
      onAlert: alert => alerts.push(alert),
      ...options,
    })
  return { state, inner, replica, alerts }
}
