/**
 * A queue in front of the fleet, around any router: who may come in, who waits, whose turn it is, who is turned away and why.
 * Rates are checked at the door; then the router inside is asked, and what it cannot place waits for its turn.
 *
 * What it decides about a request it can tell only when that request is asked about. A driver that asks nextWaiting() does so
 * at once; one that does not asks in order of arrival and each at the time named, and hears up to retrySeconds later.
 */
import type { CacheEvent } from '../../engine/types.ts'
import type { WorkloadRequest } from '../../workload/request.ts'
import type {
  CandidateInFlight,
  CandidateState,
  RejectReason,
  Router,
  RoutingDecision,
  RoutingExplanation,
} from '../types.ts'
import type { AdmissionSettings } from './admission-spec.ts'
import { TenantBooks } from './tenant-books.ts'
import { isBefore, type Waiting, WaitingRoom } from './waiting-room.ts'

export interface AdmissionOptions {
  /** What rejected clients are told where nothing better is known. */
  readonly retryAfterSeconds: number
  /** For explanations: the kind of the policy inside. */
  readonly policy: string
}

/** What the router inside says to a request whose turn it is. */
type Answer =
  | Exclude<RoutingDecision, { kind: 'wait' }>
  | { readonly kind: 'wait'; readonly retryUs: number; readonly reason: RejectReason }

const nothing: CandidateInFlight = { requests: 0, pendingPromptTokens: 0, promptTokens: 0 }

export class AdmissionRouter implements Router {
  readonly #inner: Router
  readonly #settings: AdmissionSettings
  readonly #options: AdmissionOptions
  readonly #books: TenantBooks
  readonly #room: WaitingRoom
  /** Turned away while they waited, and not told yet. */
  readonly #shed = new Map<number, RejectReason>()
  /** Nobody may wait longer, and why. */
  readonly #limitUs: number
  readonly #limitReason: RejectReason
  readonly #retryUs: number
  /** Ends and first tokens heard of: after each there may be room. */
  #changes = 0
  /** The driver asks whose turn it is. */
  #asksForNext = false
  #asked = false
  #last: { readonly nowUs: number; readonly requestId: number; readonly decision: RoutingDecision } | null =
    null

  constructor(inner: Router, settings: AdmissionSettings, options: AdmissionOptions) {
    this.#inner = inner
    this.#settings = settings
    this.#options = options
    this.#books = new TenantBooks(settings)
    this.#room = new WaitingRoom(this.#books)
    const patienceMs =
      settings.maximumWaitSeconds === null ? Number.POSITIVE_INFINITY : settings.maximumWaitSeconds * 1000
    const objectiveMs = settings.ttftMs ?? Number.POSITIVE_INFINITY
    this.#limitUs = Math.max(1, Math.round(Math.min(patienceMs, objectiveMs) * 1000))
    this.#limitReason = objectiveMs <= patienceMs ? 'objective-out-of-reach' : 'deadline'
    this.#retryUs = Math.max(1, Math.round(settings.retrySeconds * 1e6))
  }

  /** Requests in the line. */
  get waiting(): number {
    return this.#room.size
  }

  route(nowUs: number, request: WorkloadRequest, candidates: readonly CandidateState[]): RoutingDecision {
    this.#asked = false
    const waiting = this.#room.find(request.id)
    const decision =
      waiting === undefined
        ? this.#first(nowUs, request, candidates)
        : this.#again(nowUs, waiting, candidates)
    this.#last = { nowUs, requestId: request.id, decision }
    return decision
  }

  nextWaiting(nowUs: number): number | null {
    this.#asksForNext = true
    for (const id of this.#shed.keys()) return id
    let next: Waiting | null = null
    for (const waiting of this.#room.nexts()) {
      const wasAsked = waiting.askedUs === nowUs && waiting.askedChanges === this.#changes
      if (!wasAsked && (next === null || isBefore(waiting, next))) next = waiting
    }
    return next === null ? null : next.request.id
  }

  withdrawn(nowUs: number, requestId: number): void {
    this.#forget(requestId)
    this.#inner.withdrawn?.(nowUs, requestId)
  }

  sent(nowUs: number, request: WorkloadRequest, candidateId: number): void {
    this.#forget(request.id)
    this.#books.charge(this.#books.of(request.tenant, nowUs), request)
    this.#inner.sent(nowUs, request, candidateId)
  }

  firstToken(nowUs: number, requestId: number, candidateId: number): void {
    this.#changes++
    this.#inner.firstToken(nowUs, requestId, candidateId)
  }

  ended(nowUs: number, requestId: number, candidateId: number): void {
    this.#changes++
    this.#inner.ended(nowUs, requestId, candidateId)
  }

  cacheChanged(candidateId: number, event: CacheEvent): void {
    this.#inner.cacheChanged(candidateId, event)
  }

  removed(candidateId: number): void {
    this.#changes++
    this.#inner.removed(candidateId)
  }

  inFlight(candidateId: number): CandidateInFlight {
    return this.#inner.inFlight?.(candidateId) ?? nothing
  }

  heldTokens(candidateId: number): number {
    return this.#inner.heldTokens?.(candidateId) ?? 0
  }

  /** Without candidates when it was decided before they were looked at. */
  explain(): RoutingExplanation | null {
    if (this.#last === null) return null
    const { nowUs, requestId, decision } = this.#last
    const seen = this.#asked ? (this.#inner.explain?.()?.candidates ?? []) : []
    const candidates =
      decision.kind === 'send'
        ? seen
        : seen.map(each => (each.outcome === 'picked' ? { ...each, outcome: 'considered' as const } : each))
    return { policy: this.#options.policy, requestId, atUs: nowUs, decision, candidates }
  }

  /** Asked for the first time, or again although it was answered. */
  #first(nowUs: number, request: WorkloadRequest, candidates: readonly CandidateState[]): RoutingDecision {
    const shed = this.#shed.get(request.id)
    if (shed !== undefined) {
      this.#shed.delete(request.id)
      return this.#reject(shed)
    }
    const tenant = this.#books.of(request.tenant, nowUs)
    const limitedUs = this.#books.limitedUs(nowUs, tenant, request)
    if (limitedUs > 0) return this.#reject('rate-limit', limitedUs / 1e6)
    const { maximumWaiting, shedAbovePriority } = this.#settings
    // Whoever finds nobody in the line need not stand in it to be asked, and most never do.
    const isAlone = this.#room.size === 0
    let waiting = isAlone ? null : this.#room.add(nowUs, request, tenant)
    let answer: Answer = { kind: 'wait', retryUs: Number.POSITIVE_INFINITY, reason: 'saturated' }
    if (waiting === null || this.#isNext(nowUs, waiting)) {
      if (waiting === null) this.#books.joined(tenant)
      answer = this.#ask(nowUs, request, nowUs, candidates)
      if (waiting === null) this.#books.left(tenant)
      if (answer.kind !== 'wait') {
        if (waiting !== null) this.#room.remove(waiting)
        if (answer.kind === 'send') this.#books.letIn(nowUs, tenant, request)
        return answer
      }
      waiting ??= this.#room.add(nowUs, request, tenant)
      this.#noteAsked(nowUs, waiting)
    }
    const { retryUs, reason } = answer
    if (shedAbovePriority !== null && request.priority > shedAbovePriority)
      return this.#turnBack(waiting, reason)
    if (maximumWaiting === 0) return this.#turnBack(waiting, reason)
    if (maximumWaiting !== null && this.#room.size > maximumWaiting) {
      const last = this.#room.last()
      const why = this.#whyLast(last, tenant, maximumWaiting)
      if (last === waiting) return this.#turnBack(waiting, why)
      this.#room.remove(last)
      this.#shed.set(last.request.id, why)
    }
    this.#books.letIn(nowUs, tenant, request)
    return this.#wait(nowUs, waiting, retryUs)
  }

  /** One that waits asks again. */
  #again(nowUs: number, waiting: Waiting, candidates: readonly CandidateState[]): RoutingDecision {
    if (this.#isOver(nowUs, waiting)) return this.#turnBack(waiting, this.#limitReason)
    if (!this.#isNext(nowUs, waiting)) return this.#wait(nowUs, waiting, Number.POSITIVE_INFINITY)
    this.#noteAsked(nowUs, waiting)
    const answer = this.#ask(nowUs, waiting.request, waiting.sinceUs, candidates)
    if (answer.kind === 'wait') return this.#wait(nowUs, waiting, answer.retryUs)
    this.#room.remove(waiting)
    return answer
  }

  #isOver(nowUs: number, waiting: Waiting): boolean {
    return nowUs - waiting.sinceUs >= this.#limitUs
  }

  /** Whether it is its turn. Who has waited too long does not hold up the others, even before it is told. */
  #isNext(nowUs: number, waiting: Waiting): boolean {
    for (;;) {
      const next = this.#room.next(waiting.request.model)
      if (next === waiting) return true
      if (next === null || !this.#isOver(nowUs, next)) return false
      this.#room.remove(next)
      this.#shed.set(next.request.id, this.#limitReason)
    }
  }

  /** It has had its turn: until something changes there is no use in another one. */
  #noteAsked(nowUs: number, waiting: Waiting): void {
    waiting.askedUs = nowUs
    waiting.askedChanges = this.#changes
  }

  #ask(
    nowUs: number,
    request: WorkloadRequest,
    sinceUs: number,
    candidates: readonly CandidateState[],
  ): Answer {
    const { ttftMs, margin } = this.#settings
    this.#asked = true
    const decision = this.#inner.route(nowUs, request, candidates)
    const leastMs = ttftMs === null ? null : (this.#inner.leastTtftMs?.() ?? null)
    if (ttftMs !== null && leastMs !== null && (nowUs - sinceUs) / 1000 + margin * leastMs > ttftMs)
      return this.#reject('objective-out-of-reach')
    if (decision.kind === 'send') return decision
    const soonUs = nowUs + this.#retryUs
    if (decision.kind === 'wait')
      return { kind: 'wait', retryUs: Math.min(decision.retryUs, soonUs), reason: 'saturated' }
    const { reason } = decision
    const passes =
      reason === 'queue-full' ||
      reason === 'saturated' ||
      (reason === 'no-candidate' && isServed(request, candidates))
    return passes ? { kind: 'wait', retryUs: soonUs, reason } : decision
  }

  /** Its turn or not: when it asks again by itself. */
  #wait(nowUs: number, waiting: Waiting, retryUs: number): RoutingDecision {
    const againUs = this.#asksForNext ? Number.POSITIVE_INFINITY : nowUs + this.#retryUs
    return { kind: 'wait', retryUs: Math.min(retryUs, againUs, waiting.sinceUs + this.#limitUs) }
  }

  /** More than its tenant's share of the places: fair share. Otherwise there are too few. */
  #whyLast(last: Waiting, newcomer: Waiting['tenant'], places: number): RejectReason {
    const { tenant } = last
    const held = tenant.waiting - (tenant === newcomer ? 1 : 0)
    return held * this.#books.waitingWeight > places * tenant.weight ? 'fair-share' : 'queue-full'
  }

  #turnBack(waiting: Waiting, reason: RejectReason): RoutingDecision {
    this.#room.remove(waiting)
    return this.#reject(reason)
  }

  #reject(
    reason: RejectReason,
    retryAfterSeconds = this.#options.retryAfterSeconds,
  ): RoutingDecision & {
    kind: 'reject'
  } {
    return { kind: 'reject', reason, retryAfterSeconds }
  }

  #forget(requestId: number): void {
    this.#shed.delete(requestId)
    const waiting = this.#room.find(requestId)
    if (waiting !== undefined) this.#room.remove(waiting)
  }
}

/** Whether anyone here will take such requests one day. */
function isServed({ model }: WorkloadRequest, candidates: readonly CandidateState[]): boolean {
  return candidates.some(({ models }) => models === undefined || model === '' || models.includes(model))
}
