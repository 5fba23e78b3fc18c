/** Who hands out leases: in this process (one gateway replica), or in Redis (redis-authority.ts). Both pass one contract test. */
import type { AccountSpec } from './account.ts'
import {
  type ExchangeRequest,
  exchange,
  isBlank,
  type LeaseAccount,
  type LeaseGrant,
  type LeasePolicy,
  newLeaseAccount,
  seed,
  usedIn,
} from './lease-account.ts'
import { type Window, windowAt } from './window.ts'

export type ExchangeReply =
  | { readonly kind: 'granted'; readonly grant: LeaseGrant }
  /** By the authority's clock this calendar window is not the present one. */
  | { readonly kind: 'wrong-window'; readonly nowMs: number }
  /** A calendar window nothing is known of: `seed` it with what the ledger says, then ask again. */
  | { readonly kind: 'blank' }

export interface Standing {
  /** Reported as used by all replicas. */
  readonly used: bigint
  /** Leased and not reported as used yet. */
  readonly held: bigint
  /** The same by replica. */
  readonly leases: Readonly<Record<string, bigint>>
  readonly overspent: bigint
}

export interface LeaseAuthority {
  readonly kind: 'memory' | 'redis'
  /** What this means for whoever runs the gateway, in one sentence; printed at the start. */
  readonly statement: string
  /** One atomic step (lease-account.ts). Rejects when the authority cannot be reached. */
  exchange(
    spec: AccountSpec,
    window: Window,
    policy: LeasePolicy,
    request: ExchangeRequest,
  ): Promise<ExchangeReply>
  /** Says what a window nothing is known of has used: at its beginning, after a restart, or after the authority lost data. */
  seed(spec: AccountSpec, window: Window, used: bigint): Promise<void>
  standing(spec: AccountSpec, window: Window): Promise<Standing>
  close(): Promise<void>
}

/** For how long a closed calendar window takes late settlements: no call is expected to run for a day (assumed). */
export const keepWindowMs = 86_400_000

/**
 * Leases kept in this process, for exactly one replica. What was used is lost with the process, and asked of the ledger when it
 * starts again.
 */
export function memoryAuthority(clock: () => number): LeaseAuthority {
  const accounts = new Map<string, { readonly window: Window; readonly account: LeaseAccount }>()
  const accountOf = (spec: AccountSpec, window: Window): LeaseAccount => {
    const key = `${spec.id}@${window.id}`
    const known = accounts.get(key)
    if (known !== undefined) return known.account
    const nowMs = clock()
    for (const [old, entry] of accounts) if (entry.window.endMs + keepWindowMs < nowMs) accounts.delete(old)
    const account = newLeaseAccount()
    accounts.set(key, { window, account })
    return account
  }
  return {
    kind: 'memory',
    statement:
      'Limits and budgets are kept in the memory of this process: run one replica only, or configure Redis for several.',
    exchange: async (spec, window, policy, request) => {
      const nowMs = clock()
      if (isWrongWindow(spec, window, request, nowMs)) return { kind: 'wrong-window', nowMs }
      const account = accountOf(spec, window)
      if (window.slotMs === null && isBlank(account)) return { kind: 'blank' }
      return { kind: 'granted', grant: exchange(account, spec.cap, window, policy, nowMs, request) }
    },
    seed: async (spec, window, used) => seed(accountOf(spec, window), used),
    standing: async (spec, window) => {
      const account = accountOf(spec, window)
      const leases = Object.fromEntries([...account.leases].map(([replica, { held }]) => [replica, held]))
      const held = Object.values(leases).reduce((sum, amount) => sum + amount, 0n)
      return { used: usedIn(account), held, leases, overspent: account.overspent }
    },
    close: async () => accounts.clear(),
  }
}

/** New leases are given in the present window only; what was reserved in an older one may still be kept and settled. */
function isWrongWindow(spec: AccountSpec, window: Window, request: ExchangeRequest, nowMs: number): boolean {
  return request.need > 0n && windowAt(spec.window, nowMs).id !== window.id
}
