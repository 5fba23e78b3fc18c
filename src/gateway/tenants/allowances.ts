/**
 * Limits and budgets of one gateway replica: requests are admitted from leases it holds, without a word to the authority, and
 * leases are refilled, renewed and given back as they are used. With the memory authority the same code serves one process.
 */
import { assert } from '../../core/assert.ts'
import { type AccountSpec, crossedThresholds } from './account.ts'
import { type AllowancePolicy, allowanceDefaults, leasePolicyOf } from './allowance-policy.ts'
import { type Balance, BudgetBook, type Charge, type SettleOutcome } from './budget-book.ts'
import type { ExchangeReply, LeaseAuthority } from './lease-authority.ts'
import {
  availableNow,
  hasNews,
  isFinished,
  type LeaseLine,
  type LineReply,
  lineKey,
  openLine,
  prepareExchange,
  rememberedRefusal,
  rememberRefusal,
  takeGrant,
} from './lease-line.ts'
import { allowed, type LimitDecision, refusedByLimit, refusedWithout } from './refusal.ts'
import { type Window, windowAt } from './window.ts'

export interface AccountCharge {
  readonly spec: AccountSpec
  readonly amount: bigint
}

export interface BudgetAlert {
  readonly account: AccountSpec
  readonly window: string
  /** The share of the cap that was crossed. */
  readonly share: number
  readonly used: bigint
}

export interface AllowancesOptions {
  /** Unique to this run of this replica: a restarted one is another. */
  readonly replica: string
  readonly authority: LeaseAuthority
  readonly policy?: Partial<AllowancePolicy>
  /** Milliseconds that never go back, in step with UNIX time at the start; corrected by the authority's clock. */
  readonly clock: () => number
  /** Told by exactly one replica a window and threshold, when what was reported crosses it. */
  /**
   * What the ledger says was used of a calendar window; asked when the authority knows nothing of it. Without it every
   * window begins at what this and the other live replicas have used.
   */
  readonly usedByLedger?: (spec: AccountSpec, window: Window) => bigint | Promise<bigint>
  readonly onAlert?: (alert: BudgetAlert) => void
  /** An exchange failed; the authority is asked again after a pause. */
  readonly onAway?: (error: unknown) => void
}

/**
 * Request ids are remembered this long after their end. Ids are not used twice and ends are repeated at once, if at all, so a second does; a
 * minute was some 60 MB at 3,000 requests a second.
 */
const rememberMs = 1000
/** An authority that is away is asked again after it (assumed). */
const awayPauseMs = 250
/** Each round answers somebody; a request overtaken this often is told to come again. */
const mostRounds = 20

export class Allowances {
  readonly policy: AllowancePolicy
  readonly #options: AllowancesOptions
  readonly #book = new BudgetBook(rememberMs)
  readonly #lines = new Map<string, LeaseLine>()
  readonly #lineBySpec = new WeakMap<AccountSpec, LeaseLine>()
  /** The authority's clock minus ours. */
  #offsetMs = 0
  /** No exchange is tried before: the authority was away. */
  #awayUntilMs = -Infinity

  constructor(options: AllowancesOptions) {
    this.#options = options
    this.policy = { ...allowanceDefaults, ...options.policy }
  }

  /**
   * Reserves all charges or none; they are in order of rank (tenant, key, model), one an account. Answers at once as long as
   * leases suffice, else after an exchange. The first limit that cannot be met is named.
   */
  reserve(requestId: string, charges: readonly AccountCharge[]): LimitDecision | Promise<LimitDecision> {
    return this.#reserveNow(requestId, charges) ?? this.#reserveSlowly(requestId, charges)
  }

  /** What was really taken, in the order of the charges. Repeated or unknown ids change nothing. */
  settle(requestId: string, actual: readonly bigint[]): SettleOutcome {
    return this.#book.settle(this.#options.clock(), requestId, actual)
  }

  /** Nothing was taken. */
  release(requestId: string): SettleOutcome {
    return this.#book.release(this.#options.clock(), requestId)
  }

  /** The request still runs: its reservation is held on. False when it is not open any more. */
  extend(requestId: string): boolean {
    return this.#book.extend(this.#options.clock(), requestId, this.policy.holdMs)
  }

  /** Reports, renews and gives back where it is due; expires what nobody settled. Returns when to call it again, in ms. */
  async renew(): Promise<number> {
    const nowMs = this.#options.clock()
    this.#book.expire(nowMs)
    const due = [...this.#lines.values()].filter(line => line.renewAtMs <= nowMs)
    await Promise.all(due.map(line => this.#renewLine(line, nowMs)))
    let nextMs = nowMs + this.policy.leaseTermMs / 3
    for (const { renewAtMs } of this.#lines.values()) nextMs = Math.min(nextMs, renewAtMs)
    return Math.max(1, nextMs - this.#options.clock())
  }

  /** Reports, and gives back what is not reserved. What is still reserved counts as used when its lease ends. */
  async close(): Promise<void> {
    await Promise.all(
      [...this.#lines.values()].map(async line => {
        await line.exchanging
        // Nothing is kept for the time to come.
        line.usedAtRenewal = this.#book.balance(line.key).spent
        await this.#exchange(line, 0n)
      }),
    )
  }

  /** What this replica may spend, has spent and has reserved in the present window; null when it has no dealings with it. */
  balance(spec: AccountSpec): Balance | null {
    const window = windowAt(spec.window, this.#options.clock() + this.#offsetMs)
    const line = this.#lines.get(lineKey(spec, window))
    return line === undefined ? null : { ...this.#book.balance(line.key) }
  }

  #reserveNow(requestId: string, charges: readonly AccountCharge[]): LimitDecision | null {
    if (this.#book.stateOf(requestId) !== null) return refusedWithout('request-id-repeated', null)
    const nowMs = this.#options.clock()
    const booked: Charge[] = []
    for (const { spec, amount } of charges) {
      const line = this.#lineOf(spec, nowMs)
      if (amount > availableNow(line, this.#book, nowMs)) return null
      line.lastUsedMs = nowMs
      booked.push({ account: line.key, amount, atOnce: spec.measure === 'requests' })
    }
    const outcome = this.#book.reserve(nowMs, requestId, booked, this.policy.holdMs)
    assert(outcome.kind === 'reserved', 'what is available can be reserved')
    return allowed
  }

  async #reserveSlowly(requestId: string, charges: readonly AccountCharge[]): Promise<LimitDecision> {
    for (let round = 0; round < mostRounds; round++) {
      const decision = this.#reserveNow(requestId, charges)
      if (decision !== null) return decision
      const nowMs = this.#options.clock()
      const short = charges
        .map(({ spec, amount }) => ({ line: this.#lineOf(spec, nowMs), amount }))
        .filter(({ line, amount }) => amount > availableNow(line, this.#book, nowMs))
      for (const { line, amount } of short) {
        const refusal = rememberedRefusal(line, amount, nowMs)
        if (refusal !== null) return refusal
      }
      const replies = await Promise.all(short.map(({ line, amount }) => this.#refill(line, amount)))
      for (const [index, { line, amount }] of short.entries()) {
        const reply = replies[index]!
        if (reply.kind === 'away' && !this.#opensWhileAway(line, amount)) {
          return refusedWithout('authority-away', Math.max(1, Math.ceil(awayPauseMs / 1000)))
        }
        if (reply.kind === 'granted' && reply.grant.short && amount >= reply.need) {
          return refusedByLimit(line.spec, amount, reply.grant.retryMs)
        }
      }
    }
    const { spec, amount } = charges[0]!
    return refusedByLimit(spec, amount, this.policy.leaseTermMs / 3)
  }

  /** Joins the exchange under way, or starts one for this request. Either way its turn has to be tried again. */
  async #refill(line: LeaseLine, amount: bigint): Promise<LineReply> {
    line.waiting += amount
    try {
      return await (line.exchanging ?? this.#exchange(line, amount))
    } finally {
      line.waiting -= amount
    }
  }

  #exchange(line: LeaseLine, need: bigint): Promise<LineReply> {
    line.exchanging = this.#askAuthority(line, need).finally(() => {
      line.exchanging = null
    })
    return line.exchanging
  }

  async #askAuthority(line: LeaseLine, need: bigint): Promise<LineReply> {
    const { authority, replica, clock, usedByLedger, onAlert, onAway } = this.#options
    const sentMs = clock()
    if (sentMs < this.#awayUntilMs) return { kind: 'away' }
    const request = prepareExchange(line, this.#book, replica, need, sentMs, usedByLedger !== undefined)
    let reply: ExchangeReply
    try {
      reply = await authority.exchange(line.spec, line.window, line.policy, request)
      if (reply.kind === 'blank') {
        const used = (await usedByLedger?.(line.spec, line.window)) ?? 0n
        await authority.seed(line.spec, line.window, used)
        reply = await authority.exchange(line.spec, line.window, line.policy, request)
      }
    } catch (error) {
      this.#awayUntilMs = clock() + awayPauseMs
      line.renewAtMs = this.#awayUntilMs
      onAway?.(error)
      return { kind: 'away' }
    }
    this.#awayUntilMs = -Infinity
    if (reply.kind === 'blank') return { kind: 'again' }
    if (reply.kind === 'wrong-window') {
      this.#offsetMs = reply.nowMs - clock()
      return { kind: 'again' }
    }
    const { grant } = reply
    this.#offsetMs = grant.nowMs - (sentMs + clock()) / 2
    takeGrant(line, this.#book, sentMs, request, grant)
    if (grant.short) rememberRefusal(line, request, grant, clock())
    for (const share of crossedThresholds(line.spec, grant.usedBefore, grant.used)) {
      onAlert?.({ account: line.spec, window: line.window.id, share, used: grant.used })
    }
    return { kind: 'granted', grant, need }
  }

  async #renewLine(line: LeaseLine, nowMs: number): Promise<void> {
    if (line.exchanging !== null) return
    if (isFinished(line, this.#book, nowMs, nowMs + this.#offsetMs)) {
      this.#book.close(line.key)
      this.#lines.delete(line.key)
      this.#lineBySpec.delete(line.spec)
      return
    }
    line.renewAtMs = nowMs + line.policy.termMs / 3
    if (hasNews(line, this.#book)) await this.#exchange(line, 0n)
  }

  /** Fail-open: gives out more than the lease, up to the allowance of this outage. */
  #opensWhileAway(line: LeaseLine, amount: bigint): boolean {
    const { whenAway } = this.policy
    if (whenAway.kind === 'closed') return false
    const available = this.#book.available(line.key)
    const extra = available >= amount ? 0n : amount - available
    if (line.openUsed + extra > line.spec.cap / whenAway.divisor) return false
    line.openUsed += extra
    this.#book.setLimit(line.key, this.#book.balance(line.key).limit + extra)
    line.validUntilMs = Math.max(line.validUntilMs, this.#options.clock() + awayPauseMs)
    return true
  }

  #lineOf(spec: AccountSpec, nowMs: number): LeaseLine {
    const authorityMs = nowMs + this.#offsetMs
    const known = this.#lineBySpec.get(spec)
    if (known !== undefined && known.window.startMs <= authorityMs && authorityMs < known.window.endMs) {
      return known
    }
    const window = windowAt(spec.window, authorityMs)
    const policy = leasePolicyOf(spec, this.policy)
    const key = lineKey(spec, window)
    const line = this.#lines.get(key) ?? openLine(spec, window, policy, this.#book, nowMs)
    line.spec = spec
    line.policy = policy
    this.#lines.set(key, line)
    this.#lineBySpec.set(spec, line)
    return line
  }
}
