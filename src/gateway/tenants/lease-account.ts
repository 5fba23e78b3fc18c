/**
 * What the authority knows of one account in one window, and the one operation on it: `exchange`. A replica tells what it has
 * used in all and how much it must keep, and gets a lease: an amount it may spend by itself until the lease expires. Pure; the
 * Redis script (lease-script.ts) does the same step for step, and a test holds the two against each other.
 *
 * Everything a replica says is absolute (totals, never differences), so a message lost, repeated or late changes nothing twice.
 *
 * Holds always: used + Σ held ≤ cap + overspent; with `expired: 'charge'` overspent is only what replicas report beyond
 * their leases.
 */
import { assert } from '../../core/assert.ts'
import type { Window } from './window.ts'

export interface ExchangeRequest {
  readonly replica: string
  /** Ascending per replica; what is not newer than the last one seen is answered and changes nothing. */
  readonly sequence: number
  /** All the replica has used in this window. */
  readonly total: bigint
  /** Where counting begins when the authority knows nothing of this replica: what of the total is accounted for already. */
  readonly baseline: bigint
  /** Of its lease, what the replica must keep: reservations under way, and what it may still give out meanwhile. */
  readonly keep: bigint
  /** Least it needs beyond that, for the request at the head of its line; 0 to renew and give the rest back. */
  readonly need: bigint
  /** What all its waiting requests need. */
  readonly desire: bigint
}

/** The same for all replicas of a deployment. */
export interface LeasePolicy {
  /** How long a lease lives without a renewal. */
  readonly termMs: number
  /** Least amount leased beyond what is kept, as long as it is there. */
  readonly minimum: bigint
  /** A lease takes 1/(this × replicas) of what nobody holds, so it shrinks as the budget nears its end. */
  readonly divisor: bigint
  /**
   * What becomes of a lease whose replica is gone. charge: counts as used until somebody reports better, so nothing is ever
   * overspent. return: is leased again at once, and what the dead replica had spent of it is overspent.
   */
  readonly expired: 'charge' | 'return'
}

export interface LeaseGrant {
  /** What the replica holds: `total` + `held` is its limit. */
  readonly held: bigint
  readonly total: bigint
  /** Used by all in the window, before and after this exchange: for alerts. */
  readonly usedBefore: bigint
  readonly used: bigint
  readonly heldByOthers: bigint
  readonly overspent: bigint
  /** The need was not met, and all but `keep` was given back. */
  readonly short: boolean
  /** When the same need may be met, in milliseconds from now; null when never in this window. 0 when it was met. */
  readonly retryMs: number | null
  /** The authority's clock. */
  readonly nowMs: number
}

export interface Lease {
  held: bigint
  total: bigint
  sequence: number
  expiresMs: number
  /** What expiry has counted as used, and in which slot. */
  charged: bigint
  chargedSlot: number
}

export interface LeaseAccount {
  /** By slot; a calendar window has one, number 0. */
  readonly used: Map<number, bigint>
  readonly leases: Map<string, Lease>
  overspent: bigint
}

export function newLeaseAccount(): LeaseAccount {
  return { used: new Map(), leases: new Map(), overspent: 0n }
}

/** One step: forget and expire, book what the replica used, then give, keep or take back. */
export function exchange(
  account: LeaseAccount,
  cap: bigint,
  window: Window,
  policy: LeasePolicy,
  nowMs: number,
  request: ExchangeRequest,
): LeaseGrant {
  const slot = window.slotMs === null ? 0 : Math.floor(nowMs / window.slotMs)
  forget(account, window, policy, slot, nowMs)
  const usedBefore = usedIn(account)
  expire(account, policy, slot, nowMs)

  const known = account.leases.get(request.replica)
  const lease = known ?? newLease(request.baseline)
  const stale = request.sequence <= lease.sequence
  if (!stale) {
    account.leases.set(request.replica, lease)
    book(account, lease, slot, window, request.total)
  }

  const others = [...account.leases.values()].filter(other => other !== lease)
  const heldByOthers = others.reduce((sum, { held }) => sum + held, 0n)
  const remaining = cap - usedIn(account) - heldByOthers
  // What this replica could hold at most: never below 0, even when more was used than the cap.
  const most = remaining > 0n ? remaining : 0n
  let short = false
  if (!stale) {
    const live = BigInt(1 + others.filter(other => other.held > 0n).length)
    short = request.need > 0n && request.keep + request.need > most
    const target =
      request.need > 0n && !short ? request.keep + wanted(request, policy, most, live) : request.keep
    lease.held = target < most ? target : most
    lease.sequence = request.sequence
    lease.expiresMs = nowMs + policy.termMs
  }
  return {
    held: lease.held,
    total: lease.total,
    usedBefore,
    used: usedIn(account),
    heldByOthers,
    overspent: account.overspent,
    short,
    retryMs: short ? retryMs(account, window, policy, nowMs, cap, request.need) : 0,
    nowMs,
  }
}

/** Whether nothing is known of the account: it is new, or the authority lost its memory. */
export function isBlank(account: LeaseAccount): boolean {
  return account.used.size === 0 && account.leases.size === 0
}

/** Writes what the ledger says was used into a blank account; one that knows something knows better. */
export function seed(account: LeaseAccount, used: bigint): void {
  if (isBlank(account)) account.used.set(0, used)
}

export function usedIn(account: LeaseAccount): bigint {
  let sum = 0n
  for (const amount of account.used.values()) sum += amount
  return sum
}

function newLease(total: bigint): Lease {
  return { held: 0n, total, sequence: -1, expiresMs: 0, charged: 0n, chargedSlot: 0 }
}

/** Slots that have slid out of the window, and leases of sliding windows nobody has asked about since. */
function forget(
  account: LeaseAccount,
  window: Window,
  policy: LeasePolicy,
  slot: number,
  nowMs: number,
): void {
  if (window.slotMs === null) return
  for (const key of account.used.keys()) if (key < slot - window.slots) account.used.delete(key)
  const longMs = window.slotMs * (window.slots + 1) + policy.termMs
  for (const [replica, lease] of account.leases) {
    if (lease.expiresMs + longMs <= nowMs) account.leases.delete(replica)
  }
}

function expire(account: LeaseAccount, policy: LeasePolicy, slot: number, nowMs: number): void {
  for (const lease of account.leases.values()) {
    if (lease.held === 0n || lease.expiresMs > nowMs) continue
    if (policy.expired === 'charge') {
      add(account, slot, lease.held)
      lease.charged += lease.held
      lease.chargedSlot = slot
    }
    lease.held = 0n
  }
}

/** What the replica used since it was last heard of, in place of what its expiry had charged. */
function book(account: LeaseAccount, lease: Lease, slot: number, window: Window, total: bigint): void {
  if (lease.charged > 0n) {
    // A charge whose slot has slid out is gone already.
    if (account.used.has(lease.chargedSlot)) add(account, lease.chargedSlot, -lease.charged)
    lease.held += lease.charged
    lease.charged = 0n
  }
  let used = total - lease.total
  lease.total = total
  // A sliding window never takes use back: the slot it was counted in may be gone.
  if (window.slotMs !== null && used < 0n) used = 0n
  add(account, slot, used)
  lease.held -= used
  if (lease.held >= 0n) return
  account.overspent -= lease.held
  lease.held = 0n
}

function add(account: LeaseAccount, slot: number, amount: bigint): void {
  if (amount !== 0n) account.used.set(slot, (account.used.get(slot) ?? 0n) + amount)
}

function wanted(request: ExchangeRequest, policy: LeasePolicy, most: bigint, live: bigint): bigint {
  assert(policy.divisor > 0n, 'a share is a part of something')
  const free = most - request.keep
  const share = free / (policy.divisor * live)
  return [request.desire, policy.minimum, share].reduce((a, b) => (a > b ? a : b), request.need)
}

function retryMs(
  account: LeaseAccount,
  window: Window,
  policy: LeasePolicy,
  nowMs: number,
  cap: bigint,
  need: bigint,
): number | null {
  if (need > cap) return null
  let missing = need - (cap - usedIn(account))
  // What is leased or reserved and not used comes back: at the next renewal, or when requests under way take less.
  if (missing <= 0n) return Math.ceil(policy.termMs / 3)
  if (window.slotMs === null) return Math.max(1, window.endMs - nowMs)
  for (const slot of [...account.used.keys()].sort((a, b) => a - b)) {
    missing -= account.used.get(slot)!
    if (missing <= 0n) return Math.max(1, (slot + window.slots + 1) * window.slotMs - nowMs)
  }
  return null
}
