/** One decision of an alias: who may serve, what its router says, what is sent where. Synchronous; waiting is its caller's business. */
import { nanoUsdFromNumber } from '../../core/money.ts'
import type { CandidateState, Router, RoutingDecision } from '../../routing/index.ts'
import type { WorkloadRequest } from '../../workload/request.ts'
import type { ModelConfig } from '../config/gateway-config.ts'
import type { CandidateEntry } from './candidate-entry.ts'
import type { Moment } from './estimate.ts'
import { explain } from './explanation.ts'
import { Exploration, needsPredictions } from './exploration.ts'
import { type DispatchFilter, filterOf, refusalOf } from './filters.ts'
import { type FlightOwner, FlightRecord } from './flight-record.ts'
import type { Choice, DispatchRefusal, DispatchRequest, Explanation } from './types.ts'

export interface DecisionSettings {
  readonly nowMs: () => number
  readonly moment: Moment
  readonly owner: FlightOwner
}

/** What decides now: replaced as a whole when the configuration is. */
export interface DecisionParts {
  readonly config: ModelConfig
  readonly router: Router
  readonly entries: readonly CandidateEntry[]
}

export type Wait = RoutingDecision & { readonly kind: 'wait' }

export class DecisionMaker {
  readonly #settings: DecisionSettings
  readonly #exploration = new Exploration()
  #parts: DecisionParts
  #explores: boolean
  /** Of the decision under way: by entry, and those the router sees. */
  #filters: (DispatchFilter | null)[] = []
  readonly #kept: CandidateState[] = []
  readonly #keptEntries: CandidateEntry[] = []

  constructor(parts: DecisionParts, settings: DecisionSettings) {
    this.#settings = settings
    this.#parts = parts
    this.#explores = needsPredictions(parts.config.router)
  }

  get parts(): DecisionParts {
    return this.#parts
  }

  replace(parts: DecisionParts): void {
    this.#parts = parts
    this.#explores = needsPredictions(parts.config.router)
    this.#filters = []
  }

  ask(nowUs: number, request: DispatchRequest, workload: WorkloadRequest): Choice | Wait {
    const { router } = this.#parts
    if (!this.#filter(nowUs, request)) {
      router.withdrawn?.(nowUs, request.number)
      return this.#refuse(request, refusalOf(this.#filters), this.#soonestSeconds(nowUs), null)
    }
    if (this.#explores && request.excluded.size === 0) this.#explore(nowUs)
    const decision = router.route(nowUs, workload, this.#kept)
    if (decision.kind === 'wait') return decision
    if (decision.kind === 'reject') {
      const { reason, retryAfterSeconds } = decision
      return this.#refuse(request, reason, Math.ceil(retryAfterSeconds), router)
    }
    const position = this.#kept.findIndex(({ id }) => id === decision.candidateId)
    return this.#send(nowUs, request, workload, this.#keptEntries[position]!, decision.expectedCachedTokens)
  }

  #send(
    nowUs: number,
    request: DispatchRequest,
    workload: WorkloadRequest,
    entry: CandidateEntry,
    cachedTokens: number,
  ): Choice {
    const { router } = this.#parts
    const { estimate, load, speed, offerPricing } = entry
    const { inputTokens } = request.prompt
    const ttftMs = speed.isKnown ? estimate.ttftMs(load.state, inputTokens, cachedTokens) : Number.NaN
    const usd =
      speed.isKnown || offerPricing !== null
        ? estimate.marginalUsd(load.state, inputTokens, cachedTokens, request.outputTokens)
        : Number.NaN
    const explanation = request.explained
      ? this.#explain(`send to ${entry.candidate.name}`, router, request)
      : null
    router.sent(nowUs, workload, entry.candidate.id)
    return {
      kind: 'send',
      candidate: entry.candidate,
      expectedCachedTokens: cachedTokens,
      predictedTtftMs: Number.isFinite(ttftMs) ? ttftMs : null,
      predictedNanoUsd: Number.isFinite(usd) ? nanoUsdFromNumber(usd) : null,
      explanation,
      flight: new FlightRecord(this.#settings.owner, router, entry, request, cachedTokens, nowUs),
    }
  }

  #refuse(
    request: DispatchRequest,
    reason: DispatchRefusal,
    retryAfterSeconds: number,
    router: Router | null,
  ): Choice {
    const explanation = request.explained ? this.#explain(`refused: ${reason}`, router, request) : null
    return { kind: 'refused', reason, retryAfterSeconds, explanation }
  }

  #explain(decision: string, router: Router | null, request: DispatchRequest): Explanation {
    const { config, entries } = this.#parts
    const { alias, router: spec } = config
    return explain(alias, spec.kind, decision, router, entries, this.#filters, request)
  }

  /** Writes who may serve; false: nobody. */
  #filter(nowUs: number, request: DispatchRequest): boolean {
    const { moment, nowMs } = this.#settings
    moment.nowMs = nowMs()
    const { config, entries } = this.#parts
    const context = { nowUs, nowMs: moment.nowMs }
    const { require } = config
    this.#kept.length = 0
    this.#keptEntries.length = 0
    for (let position = 0; position < entries.length; position++) {
      const entry = entries[position]!
      const filter = filterOf(entry, request, require, context)
      this.#filters[position] = filter
      if (filter !== null) continue
      const { load, speed } = entry
      load.refresh(nowUs)
      load.state.estimate = speed.isKnown ? entry.estimate : null
      this.#kept.push(load.state)
      this.#keptEntries.push(entry)
    }
    return this.#kept.length > 0
  }

  /** Leaves only one to the router where one is to be tried. */
  #explore(nowUs: number): void {
    const tried = this.#exploration.pick(nowUs, this.#keptEntries)
    if (tried === -1) return
    const { entries } = this.#parts
    const entry = this.#keptEntries[tried]!
    for (let position = 0; position < entries.length; position++)
      if (this.#filters[position] === null && entries[position] !== entry)
        this.#filters[position] = 'exploring'
    this.#kept[0] = this.#kept[tried]!
    this.#keptEntries[0] = entry
    this.#kept.length = 1
    this.#keptEntries.length = 1
  }

  /** Until the first of those that cool down may be asked again; 0: none does. */
  #soonestSeconds(nowUs: number): number {
    const { entries } = this.#parts
    let soonestUs = Number.POSITIVE_INFINITY
    for (let position = 0; position < entries.length; position++) {
      if (this.#filters[position] !== 'cooling-down') continue
      soonestUs = Math.min(soonestUs, entries[position]!.breaker.coolingUntilUs(nowUs) ?? nowUs)
    }
    return soonestUs === Number.POSITIVE_INFINITY ? 0 : Math.max(1, Math.ceil((soonestUs - nowUs) / 1e6))
  }
}
