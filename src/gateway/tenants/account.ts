/** A cap on something over a window, for a tenant, a key, or one of them with a model: what limits and budgets are alike. */

import { TokenwrightError } from '../../core/errors.ts'
import { usdFromNano } from '../../core/money.ts'
import type { WindowName } from './window.ts'

/** What is counted: requests, tokens, or nano-dollars. */
export const measures = ['requests', 'input-tokens', 'output-tokens', 'total-tokens', 'usd'] as const
export type Measure = (typeof measures)[number]

export type Scope = 'tenant' | 'key' | 'model'

/** A cap as it is configured, without saying for whom. */
export interface Limit {
  readonly measure: Measure
  readonly window: WindowName
  /** Requests, tokens, or nano-dollars. */
  readonly cap: bigint
  /** Shares of the cap whose crossing is told, ascending. */
  readonly alertsAt: readonly number[]
}

export interface AccountSpec extends Limit {
  /** Unique, and the same in every replica and after every restart, e.g. `tenant:acme/month/usd`. */
  readonly id: string
  readonly scope: Scope
}

/** The account of a limit for one tenant, key, or either with a model: `owner` is unique, e.g. `key:k1` or `tenant:acme/model:gpt-*`. */
export function accountOf(scope: Scope, owner: string, limit: Limit): AccountSpec {
  return { ...limit, id: `${owner}/${limit.window}/${limit.measure}`, scope }
}

/**
 * Largest cap. Scripts of Redis count in doubles, exact to 2^53; half of that leaves room for what may be spent beyond a cap.
 * In money $4,503,599 a window.
 */
export const largestCap = 2n ** 52n

/** @throws TokenwrightError when the cap is not between 0 and the largest. */
export function checkCap(cap: bigint, measure: Measure, where: string): bigint {
  if (cap >= 0n && cap <= largestCap) return cap
  const largest = measure === 'usd' ? `$${Math.floor(usdFromNano(largestCap))}` : largestCap.toString()
  throw new TokenwrightError('usage', `a cap of ${measure} lies between 0 and ${largest}`, {
    where,
    fix: 'use a shorter window, or several tenants',
  })
}

/** The alert thresholds that lie between the two amounts used, the upper one included. */
export function crossedThresholds(spec: AccountSpec, usedBefore: bigint, usedAfter: bigint): number[] {
  const cap = Number(spec.cap)
  return spec.alertsAt.filter(
    share => Number(usedBefore) < share * cap && Number(usedAfter) >= share * cap && cap > 0,
  )
}
