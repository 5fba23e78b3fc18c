/** What all routers share: filter → rank → pick, the books of what is under way, and the explanation of the last decision. */
import type { CacheEvent } from '../engine/types.ts'
import type { WorkloadRequest } from '../workload/request.ts'
import type { CandidateColumns } from './candidate-columns.ts'
import { DecisionView, type Picker, type Ranking } from './decision-view.ts'
import { couldServe, filterCandidates, filterNames, type SaturationSettings } from './filters.ts'
import { InFlight } from './in-flight.ts'
import type { PrefixIndex } from './prefix-index.ts'
import { longer } from './typed-arrays.ts'
import type {
  CandidateInFlight,
  CandidateState,
  ExplainedCandidate,
  RejectReason,
  Router,
  RoutingDecision,
  RoutingExplanation,
} from './types.ts'

export interface Policy {
  readonly kind: string
  readonly ranking: Ranking
  readonly picker: Picker
  /** null: the policy does not look at caches. */
  readonly index: PrefixIndex | null
  readonly columns: CandidateColumns
  readonly saturation: SaturationSettings | null
  readonly refusal: RefusalSettings
}

/** What happens when nobody can take a request. JSON-able. */
export interface RefusalSettings {
  /** Nobody is ready, or serves the model. */
  readonly noCandidate: 'reject' | 'wait'
  /** All are full or saturated. */
  readonly full: 'reject' | 'wait'
  /** Until a waiting request asks again, and what rejected clients are told. */
  readonly retryAfterSeconds: number
}

export class PolicyRouter implements Router {
  readonly #policy: Policy
  readonly #columns: CandidateColumns
  readonly #inFlight = new InFlight()
  readonly #view: DecisionView
  readonly #matches = { cachedTokens: new Float64Array(0), creditTokens: new Float64Array(0) }
  #decision: RoutingDecision | null = null
  #picked = -1
  #isMatched = false

  constructor(policy: Policy) {
    this.#policy = policy
    this.#columns = policy.columns
    this.#view = new DecisionView(policy.ranking.partNames.length)
  }

  route(nowUs: number, request: WorkloadRequest, candidates: readonly CandidateState[]): RoutingDecision {
    const { ranking, picker, index, saturation } = this.#policy
    const view = this.#view
    view.begin(nowUs, request, candidates, this.#columns, this.#inFlight)
    this.#picked = -1
    this.#isMatched = index === null
    let refused = filterCandidates(view, saturation)
    if (refused === null) {
      this.#matchPrefix()
      refused = ranking.rank(view)
    }
    if (refused !== null) {
      this.#decision = this.#refuse(nowUs, refused)
      return this.#decision
    }
    const position = picker(view)
    this.#picked = position
    this.#decision = {
      kind: 'send',
      candidateId: view.ids[position]!,
      expectedCachedTokens: view.cachedTokens[position]!,
    }
    return this.#decision
  }

  sent(nowUs: number, request: WorkloadRequest, candidateId: number): void {
    const view = this.#view
    const column = this.#columns.take(candidateId)
    this.#inFlight.ensure(column + 1)
    const position = view.request === request ? view.positionOf(candidateId) : -1
    this.#inFlight.sent(request, column, position === -1 ? 0 : view.cachedTokens[position]!)
    this.#policy.index?.routed(nowUs, request, column)
  }

  firstToken(_nowUs: number, requestId: number, candidateId: number): void {
    this.#inFlight.firstToken(requestId, this.#columns.find(candidateId))
  }

  ended(nowUs: number, requestId: number, candidateId: number): void {
    const column = this.#columns.find(candidateId)
    const request = this.#inFlight.ended(requestId, column)
    if (request !== null) this.#policy.index?.served(nowUs, request, column)
  }

  cacheChanged(candidateId: number, event: CacheEvent): void {
    this.#policy.index?.changed(this.#columns.take(candidateId), event)
  }

  removed(candidateId: number): void {
    const column = this.#columns.find(candidateId)
    if (column === -1) return
    this.#inFlight.removed(column)
    this.#policy.index?.removed(column)
    this.#columns.release(candidateId)
  }

  inFlight(candidateId: number): CandidateInFlight {
    return this.#inFlight.at(this.#columns.find(candidateId))
  }

  /** Tokens the router believes in a candidate's cache; 0 without an index. */
  heldTokens(candidateId: number): number {
    const column = this.#columns.find(candidateId)
    return column === -1 ? 0 : (this.#policy.index?.heldTokens(column) ?? 0)
  }

  leastTtftMs(): number | null {
    this.#matchPrefix()
    const { candidates, count, excluded, cachedTokens, request } = this.#view
    let least: number | null = null
    for (let position = 0; position < count; position++) {
      const state = candidates[position]!
      if (state.estimate === null || !couldServe(excluded[position]!)) continue
      const ttftMs = state.estimate.ttftMs(state, request.inputTokens, cachedTokens[position]!)
      if (!Number.isNaN(ttftMs) && (least === null || ttftMs < least)) least = ttftMs
    }
    return least
  }

  explain(): RoutingExplanation | null {
    const decision = this.#decision
    if (decision === null) return null
    const { request, nowUs, count } = this.#view
    return {
      policy: this.#policy.kind,
      requestId: request.id,
      atUs: nowUs,
      decision,
      candidates: Array.from({ length: count }, (_, position) => this.#explainCandidate(position)),
    }
  }

  #explainCandidate(position: number): ExplainedCandidate {
    const { ids, excluded, score, parts, cachedTokens, keptCount } = this.#view
    const filter = excluded[position]!
    const isRanked = filter === 0 && keptCount > 0
    const names = isRanked ? this.#policy.ranking.partNames : []
    return {
      candidateId: ids[position]!,
      outcome: filter !== 0 ? filterNames[filter - 1]! : position === this.#picked ? 'picked' : 'considered',
      score: isRanked ? score[position]! : null,
      expectedCachedTokens: cachedTokens[position]!,
      parts: Object.fromEntries(names.map((name, part) => [name, parts[part]![position]!])),
    }
  }

  /** Once a decision. */
  #matchPrefix(): void {
    const { index } = this.#policy
    if (this.#isMatched || index === null) return
    this.#isMatched = true
    const view = this.#view
    const { candidates, columns, count, request, nowUs } = view
    const end = this.#columns.end
    const matches = this.#matches
    if (matches.cachedTokens.length < end) {
      matches.cachedTokens = longer(matches.cachedTokens, new Float64Array(end * 2))
      matches.creditTokens = longer(matches.creditTokens, new Float64Array(end * 2))
    }
    for (let position = 0; position < count; position++) {
      const { cacheTokens } = candidates[position]!
      if (cacheTokens !== undefined) index.resize(columns[position]!, cacheTokens)
    }
    index.match(nowUs, request, end, matches)
    for (let position = 0; position < count; position++) {
      view.cachedTokens[position] = matches.cachedTokens[columns[position]!]!
      view.creditTokens[position] = matches.creditTokens[columns[position]!]!
    }
    if (index.evictionAgeUs === undefined || !this.#policy.ranking.looksAtEviction) return
    for (let position = 0; position < count; position++) {
      const tokens = request.inputTokens - view.cachedTokens[position]!
      view.evictionAgeUs[position] = index.evictionAgeUs(nowUs, columns[position]!, tokens)
    }
  }

  #refuse(nowUs: number, reason: RejectReason): RoutingDecision {
    const { noCandidate, full, retryAfterSeconds } = this.#policy.refusal
    const answer =
      reason === 'no-candidate' ? noCandidate : reason === 'objective-out-of-reach' ? 'reject' : full
    if (answer === 'wait') return { kind: 'wait', retryUs: nowUs + Math.round(retryAfterSeconds * 1e6) }
    return { kind: 'reject', reason, retryAfterSeconds }
  }
}
