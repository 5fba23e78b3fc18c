/**
 * Reservations against limits, as a state machine: reserve before a call, settle with what it really took, or release. Whole
 * units (nano-dollars, tokens, requests), so nothing is lost to rounding. All charges of a request are reserved or none, and
 * each request is settled once, whatever is repeated. Time comes in, in milliseconds of any clock that does not go back.
 *
 * Holds always: available = limit − spent − reserved; and, when no actual amount exceeds what was reserved for it and no limit is
 * lowered below what is bound, spent + reserved ≤ limit.
 */
import { assert, present } from '../../core/assert.ts'

export interface Charge {
  readonly account: string
  readonly amount: bigint
  /** Spent when it is reserved: a request counts from its start, not from its end, or long ones would count longer. */
  readonly atOnce?: boolean
}

export interface Balance {
  readonly limit: bigint
  readonly spent: bigint
  readonly reserved: bigint
  /** Sum of actual − reserved of those that took more than was reserved. */
  readonly overspent: bigint
}

export type ReserveOutcome =
  | { readonly kind: 'reserved' }
  /** The same request id came before and is still reserved, or is done. Nothing was changed. */
  | { readonly kind: 'repeated'; readonly state: ReservationState }
  /** The first charge that does not fit, in the order given. Nothing was changed. */
  | { readonly kind: 'refused'; readonly charge: Charge; readonly available: bigint }

export type SettleOutcome =
  | { readonly kind: 'settled'; readonly overspent: readonly Charge[] }
  | { readonly kind: 'repeated' }
  /** Never reserved here, or so long ago that it was forgotten. */
  | { readonly kind: 'unknown' }

/** expired: nobody settled in time, and the reserved amounts count as spent until somebody does. */
export type ReservationState = 'open' | 'expired' | 'done'

interface MutableBalance {
  limit: bigint
  spent: bigint
  reserved: bigint
  overspent: bigint
}

interface OpenReservation {
  readonly charges: readonly Charge[]
  expiresMs: number
}

interface EndedReservation {
  /** What expiry booked, until it is settled after all; null once it is done. */
  readonly booked: readonly Charge[] | null
  readonly forgetMs: number
}

export class BudgetBook {
  readonly #accounts = new Map<string, MutableBalance>()
  readonly #open = new Map<string, OpenReservation>()
  /** In the order in which they are forgotten. */
  readonly #ended = new Map<string, EndedReservation>()
  readonly #rememberMs: number

  /** How long a request id is remembered after its end, so that repeated messages about it change nothing. */
  constructor(rememberMs: number) {
    assert(rememberMs >= 0, 'what is remembered is remembered for a time')
    this.#rememberMs = rememberMs
  }

  /** Sets how much may be spent and reserved in an account; opens it when it is new. */
  setLimit(account: string, limit: bigint): void {
    const balance = this.#accounts.get(account)
    if (balance === undefined) this.#accounts.set(account, { limit, spent: 0n, reserved: 0n, overspent: 0n })
    else balance.limit = limit
  }

  /** Forgets an account nothing is reserved in; what is reported about its requests later is 'unknown'. */
  close(account: string): void {
    assert(this.balance(account).reserved === 0n, `${account} still has reservations`)
    this.#accounts.delete(account)
  }

  balance(account: string): Balance {
    return present(this.#accounts.get(account), `no account ${account}`)
  }

  /** May be negative after a limit was lowered or more was spent than reserved. */
  available(account: string): bigint {
    const { limit, spent, reserved } = this.balance(account)
    return limit - spent - reserved
  }

  /** An account may be charged once a request. */
  reserve(nowMs: number, requestId: string, charges: readonly Charge[], holdMs: number): ReserveOutcome {
    const state = this.stateOf(requestId)
    if (state !== null) return { kind: 'repeated', state }
    for (const charge of charges) {
      assert(charge.amount >= 0n, 'a charge is not negative')
      const available = this.available(charge.account)
      if (charge.amount > available) return { kind: 'refused', charge, available }
    }
    for (const [index, { account, amount, atOnce }] of charges.entries()) {
      assert(charges.findIndex(other => other.account === account) === index, `${account} is charged twice`)
      const balance = this.#accounts.get(account)!
      if (atOnce) balance.spent += amount
      else balance.reserved += amount
    }
    this.#open.set(requestId, { charges, expiresMs: nowMs + holdMs })
    return { kind: 'reserved' }
  }

  /** Where the request stands, or null when it was never here or is forgotten. */
  stateOf(requestId: string): ReservationState | null {
    if (this.#open.has(requestId)) return 'open'
    const ended = this.#ended.get(requestId)
    return ended === undefined ? null : ended.booked === null ? 'done' : 'expired'
  }

  /** Moves the moment at which an open reservation expires: a stream that still runs. */
  extend(nowMs: number, requestId: string, holdMs: number): boolean {
    const reservation = this.#open.get(requestId)
    if (reservation !== undefined) reservation.expiresMs = nowMs + holdMs
    return reservation !== undefined
  }

  /**
   * Books what was really taken, in the order of the charges reserved. After expiry it replaces what expiry booked; accounts
   * closed since then are left out.
   */
  settle(nowMs: number, requestId: string, actual: readonly bigint[]): SettleOutcome {
    const open = this.#open.get(requestId)
    const ended = this.#ended.get(requestId)
    const charges = open?.charges ?? ended?.booked
    if (charges === undefined) return { kind: 'unknown' }
    if (charges === null) return { kind: 'repeated' }
    assert(actual.length === charges.length, 'one actual amount for each charge')
    const overspent: Charge[] = []
    for (const [index, { account, amount: reserved, atOnce }] of charges.entries()) {
      const amount = actual[index]!
      assert(amount >= 0n, 'an actual amount is not negative')
      const balance = this.#accounts.get(account)
      if (balance === undefined) continue
      if (open === undefined || atOnce) balance.spent -= reserved
      else balance.reserved -= reserved
      balance.spent += amount
      if (amount <= reserved) continue
      balance.overspent += amount - reserved
      overspent.push({ account, amount: amount - reserved })
    }
    this.#end(requestId, null, nowMs)
    return { kind: 'settled', overspent }
  }

  /** Nothing was taken: a refused or voided request. */
  release(nowMs: number, requestId: string): SettleOutcome {
    const charges = this.#open.get(requestId)?.charges ?? this.#ended.get(requestId)?.booked ?? []
    const nothing = charges.map(() => 0n)
    return this.settle(nowMs, requestId, nothing)
  }

  /**
   * Counts reservations nobody settled in time as spent in full: the call may have been made, so freeing them could overspend.
   * Also forgets requests that ended long ago. Returns the ids that expired.
   */
  expire(nowMs: number): string[] {
    for (const [requestId, { forgetMs }] of this.#ended) {
      if (forgetMs > nowMs) break
      this.#ended.delete(requestId)
    }
    const expired: string[] = []
    for (const [requestId, { charges, expiresMs }] of this.#open) {
      if (expiresMs > nowMs) continue
      for (const { account, amount, atOnce } of charges) {
        if (atOnce) continue
        const balance = this.#accounts.get(account)!
        balance.reserved -= amount
        balance.spent += amount
      }
      this.#end(requestId, charges, nowMs)
      expired.push(requestId)
    }
    return expired
  }

  /** Requests reserved, and requests still remembered. */
  get size(): { readonly open: number; readonly ended: number } {
    return { open: this.#open.size, ended: this.#ended.size }
  }

  #end(requestId: string, booked: readonly Charge[] | null, nowMs: number): void {
    this.#open.delete(requestId)
    this.#ended.delete(requestId)
    this.#ended.set(requestId, { booked, forgetMs: nowMs + this.#rememberMs })
  }
}
