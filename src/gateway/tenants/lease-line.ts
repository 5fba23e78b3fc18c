/**
 * One account in one window as a replica sees it: its lease, what it has used of it, and what it says to the authority. The
 * amounts themselves are in the BudgetBook; a line knows what may be promised while an exchange is under way.
 */
import type { AccountSpec } from './account.ts'
import type { BudgetBook } from './budget-book.ts'
import type { ExchangeRequest, LeaseGrant, LeasePolicy } from './lease-account.ts'
import { type LimitDecision, refusedByLimit } from './refusal.ts'
import type { Window } from './window.ts'

export interface LeaseLine {
  readonly key: string
  /** The configuration's latest word: a reload may change the cap, what was used stays. */
  spec: AccountSpec
  policy: LeasePolicy
  readonly window: Window
  sequence: number
  acknowledged: bigint
  /** Until then, on the replica's own clock, the lease may be given out. */
  validUntilMs: number
  /** What was used when the line was renewed last: the rate decides how much is kept. */
  usedAtRenewal: bigint
  /** Sum of what waiting requests need. */
  waiting: bigint
  /** The exchange under way: everybody who needs more waits for it. */
  exchanging: Promise<LineReply> | null
  /** A need this large was refused a moment ago, and will be again until then. */
  refusal: { readonly need: bigint; readonly untilMs: number; readonly retryAtMs: number | null } | null
  renewAtMs: number
  /** Given out without a lease, while the authority was away. */
  openUsed: bigint
  lastUsedMs: number
}

export type LineReply =
  | { readonly kind: 'granted'; readonly grant: LeaseGrant; readonly need: bigint }
  /** The clock was set right, or the authority lost its memory once more: the same can be asked again. */
  | { readonly kind: 'again' }
  | { readonly kind: 'away' }

/** A lease ends for its holder this much before its term: clocks of machines may run apart by a hundredth (assumed; quartz is a thousand times better). */
const driftShare = 0.01

export function lineKey(spec: AccountSpec, window: Window): string {
  return `${spec.id}@${window.id}`
}

/** A line without a lease; opens its account in the book. */
export function openLine(
  spec: AccountSpec,
  window: Window,
  policy: LeasePolicy,
  book: BudgetBook,
  nowMs: number,
): LeaseLine {
  const key = lineKey(spec, window)
  book.setLimit(key, 0n)
  return {
    key,
    spec,
    policy,
    window,
    sequence: 0,
    acknowledged: 0n,
    validUntilMs: -Infinity,
    usedAtRenewal: 0n,
    waiting: 0n,
    exchanging: null,
    refusal: null,
    renewAtMs: nowMs,
    openUsed: 0n,
    lastUsedMs: nowMs,
  }
}

/** What may be reserved at once, without asking. */
export function availableNow(line: LeaseLine, book: BudgetBook, nowMs: number): bigint {
  return nowMs < line.validUntilMs ? book.available(line.key) : 0n
}

/**
 * What the replica says next. It binds itself before it speaks: everything beyond `keep` may be taken from it, so its limit is
 * lowered to what it keeps, and stays so when no answer comes.
 */
export function prepareExchange(
  line: LeaseLine,
  book: BudgetBook,
  replica: string,
  need: bigint,
  nowMs: number,
  hasLedger: boolean,
): ExchangeRequest {
  const { limit, spent, reserved } = book.balance(line.key)
  const unused = limit - spent > 0n ? limit - spent : 0n
  // Refilling: what is free is not enough for the head of the line, so it may as well be pooled. Renewing: as much again is
  // kept as was used since the last renewal, twice over, so that a busy line does not run dry.
  const recent = spent - line.usedAtRenewal > 0n ? spent - line.usedAtRenewal : 0n
  const spare = need > 0n || nowMs >= line.validUntilMs ? 0n : 2n * recent
  const wanted = reserved + spare
  const keep = wanted < unused ? wanted : unused
  book.setLimit(line.key, spent + keep)
  if (need === 0n) line.usedAtRenewal = spent
  return {
    replica,
    sequence: ++line.sequence,
    total: spent,
    // An authority that lost its memory of a calendar window learns it from the ledger, or else from every replica's total.
    baseline: hasLedger || line.window.slotMs !== null ? line.acknowledged : 0n,
    keep,
    need,
    desire: line.waiting > need ? line.waiting : need,
  }
}

/** Takes over what was granted. `total` is what was said in the request: use since then counts against the new limit. */
export function takeGrant(
  line: LeaseLine,
  book: BudgetBook,
  sentMs: number,
  request: ExchangeRequest,
  grant: LeaseGrant,
): void {
  line.acknowledged = request.total
  line.lastUsedMs = sentMs
  line.validUntilMs = sentMs + line.policy.termMs * (1 - driftShare)
  line.renewAtMs = sentMs + line.policy.termMs / 3
  line.openUsed = 0n
  book.setLimit(line.key, request.total + grant.held)
  line.refusal = null
}

/** Whether the authority should hear of the line: something was used, is held or is reserved. */
export function hasNews(line: LeaseLine, book: BudgetBook): boolean {
  const { limit, spent, reserved } = book.balance(line.key)
  return spent !== line.acknowledged || reserved > 0n || limit > spent
}

/** A calendar window that has ended is closed after a minute (assumed): the clock of the authority is known to less. */
const closeAfterMs = 60_000

/**
 * Whether the line can be forgotten: nothing to report, and no exchange of its window will come. In its window it may not be: a
 * new line would begin its total at nought. A sliding one may be when the authority has long forgotten it, too.
 */
export function isFinished(line: LeaseLine, book: BudgetBook, nowMs: number, authorityMs: number): boolean {
  if (hasNews(line, book) || line.waiting > 0n) return false
  const { window, policy } = line
  if (window.slotMs === null) return window.endMs + closeAfterMs <= authorityMs
  return line.lastUsedMs + 2 * (window.slotMs * (window.slots + 1) + 2 * policy.termMs) <= nowMs
}

/** A refused need is refused again for a moment without asking: a client that hammers must not hammer the authority (assumed). */
const refusalMemoryMs = 100

export function rememberRefusal(
  line: LeaseLine,
  request: ExchangeRequest,
  grant: LeaseGrant,
  nowMs: number,
): void {
  const { retryMs } = grant
  const untilMs = nowMs + Math.min(refusalMemoryMs, retryMs ?? refusalMemoryMs)
  line.refusal = { need: request.need, untilMs, retryAtMs: retryMs === null ? null : nowMs + retryMs }
}

/** The decision for a need as large as one refused a moment ago, or null. */
export function rememberedRefusal(line: LeaseLine, amount: bigint, nowMs: number): LimitDecision | null {
  const { refusal } = line
  if (refusal === null || nowMs >= refusal.untilMs || amount < refusal.need) return null
  return refusedByLimit(line.spec, amount, refusal.retryAtMs === null ? null : refusal.retryAtMs - nowMs)
}
