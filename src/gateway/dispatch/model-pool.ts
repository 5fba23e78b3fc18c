/**
 * The candidates of one alias behind its router, those who wait in front of them, and what is told of attempts. Synchronous and by a clock
 * that is given; whoever owns it calls wake() at nextUs().
 */
import type { RandomSource } from '../../core/random.ts'
import type { MonotonicClock } from '../../live/clock.ts'
import { createRouter, type Router } from '../../routing/index.ts'
import type { WorkloadRequest } from '../../workload/request.ts'
import type { ModelConfig } from '../config/gateway-config.ts'
import type { PromptIdentity } from '../engine-state/index.ts'
import type { UsageClasses } from '../usage.ts'
import type { CandidateEntry } from './candidate-entry.ts'
import { DecisionMaker } from './decision-maker.ts'
import type { Moment } from './estimate.ts'
import { OutputLength } from './output-length.ts'
import { createPoolIndex, type PoolIndex } from './pool-index.ts'
import { createPromptNaming, type PromptNaming } from './prompt-naming.ts'
import type { Choice, DispatchRequest, ModelPool, PromptFacts, Waiting } from './types.ts'
import { type Waiter, WaitingLine } from './waiting-line.ts'

export interface PoolSettings {
  readonly clock: MonotonicClock
  readonly random: RandomSource
  readonly nowMs: () => number
  readonly moment: Moment
  /** nextUs() may have changed. */
  readonly onSchedule: () => void
  readonly onAlarm: (subject: string, name: string, detail: string) => void
}

interface Asked extends Waiter {
  readonly request: DispatchRequest
  readonly workload: WorkloadRequest
  readonly settle: (choice: Choice) => void
}

export class Pool implements ModelPool {
  readonly #settings: PoolSettings
  readonly #decisions: DecisionMaker
  readonly #output = new OutputLength()
  readonly #line = new WaitingLine<Asked>()
  #ids: ReadonlySet<number>
  #naming: PromptNaming
  #index: PoolIndex | null
  #routerKey: string

  constructor(config: ModelConfig, entries: readonly CandidateEntry[], settings: PoolSettings) {
    const { clock, nowMs, moment } = settings
    this.#settings = settings
    this.#ids = idsOf(entries)
    this.#index = createPoolIndex(config)
    this.#routerKey = JSON.stringify(config.router)
    const router = this.#createRouter(config)
    this.#decisions = new DecisionMaker(
      { config, router, entries },
      {
        nowMs,
        moment,
        owner: {
          clock,
          moved: nowUs => this.moved(nowUs),
          ended: (nowUs, entry, ticket, outcome) => {
            entry.breaker.ended(nowUs, ticket, outcome, this.config.attempts)
            if (outcome.kind === 'served' && outcome.outputTokens !== null)
              this.#output.saw(outcome.outputTokens)
          },
        },
      },
    )
    this.#naming = this.#createNaming(config)
  }

  get config(): ModelConfig {
    return this.#decisions.parts.config
  }

  get entries(): readonly CandidateEntry[] {
    return this.#decisions.parts.entries
  }

  get router(): Router {
    return this.#decisions.parts.router
  }

  get index(): PoolIndex | null {
    return this.#index
  }

  has(candidateId: number): boolean {
    return this.#ids.has(candidateId)
  }

  /** Requests in front of the fleet. */
  get waiting(): number {
    return this.#line.size
  }

  choose(nowUs: number, request: DispatchRequest): Choice | Waiting {
    const workload = workloadOf(nowUs, request)
    const answer = this.#decisions.ask(nowUs, request, workload)
    if (answer.kind !== 'wait') {
      // A newcomer may push somebody out of the line.
      this.moved(nowUs)
      return answer
    }
    const { promise, resolve } = Promise.withResolvers<Choice>()
    const asked: Asked = { number: request.number, retryUs: Number.NaN, request, workload, settle: resolve }
    this.#line.add(asked, answer.retryUs)
    this.moved(nowUs)
    return { kind: 'waiting', choice: promise, withdraw: () => this.#withdraw(asked) }
  }

  get expectedOutputTokens(): number | null {
    return this.#output.expected
  }

  get outputCeiling(): number | null {
    let most: number | null = null
    for (const { candidate } of this.entries) {
      const own = candidate.traits.outputTokens ?? candidate.traits.contextTokens
      if (own !== null && (most === null || own > most)) most = own
    }
    return most
  }

  dearest(usage: UsageClasses, atMs: number): bigint {
    let most = 0n
    let dearest: CandidateEntry | null = null
    let mostUsd = -1
    for (const entry of this.entries) {
      const { candidate, replicaPricing } = entry
      if (replicaPricing === null) {
        const { nanoUsd } = candidate.pricing.price(usage, atMs)
        if (nanoUsd > most) most = nanoUsd
        continue
      }
      // Replicas are many: compared as numbers, and one of them is reckoned.
      const usd = replicaPricing.usdOf(usage)
      if (usd <= mostUsd) continue
      mostUsd = usd
      dearest = entry
    }
    if (dearest === null) return most
    const { nanoUsd } = dearest.candidate.pricing.price(usage, atMs)
    return nanoUsd > most ? nanoUsd : most
  }

  /** Tenants share caches of upstreams, and so the names; who does not want that gives each a cache salt in its body. */
  identify(
    bytes: Buffer,
    _tenant: string,
    facts: PromptFacts | null = null,
  ): PromptIdentity | Promise<PromptIdentity> {
    return this.#naming.identify(bytes, facts)
  }

  /** When somebody who waits wants to be asked at the latest. */
  nextUs(): number {
    return this.#line.nextUs()
  }

  wake(nowUs: number): void {
    for (;;) {
      const due = this.#line.due(nowUs)
      if (due === undefined) break
      this.#askAgain(nowUs, due)
    }
    this.moved(nowUs)
  }

  /** Something came, ended or became ready: whoever waits is asked again. */
  moved(nowUs: number): void {
    if (this.#line.size === 0) return
    this.#askLine(nowUs)
    this.#settings.onSchedule()
  }

  /** A new configuration; what was learnt stays. Answers whether its index is a new one, that nobody has told of anything. */
  update(config: ModelConfig, entries: readonly CandidateEntry[]): boolean {
    const nowUs = this.#settings.clock.nowUs()
    let { router } = this
    const kept = idsOf(entries)
    for (const { candidate } of this.entries) if (!kept.has(candidate.id)) router.removed(candidate.id)
    const index = createPoolIndex(config)
    const routerKey = JSON.stringify(config.router)
    const isOther = index?.key !== this.#index?.key
    if (isOther) this.#index = index
    if (isOther || routerKey !== this.#routerKey) {
      // The old router hears the end of what it sent; those who wait ask the new one.
      this.#routerKey = routerKey
      router = this.#createRouter(config)
      for (const asked of this.#line.all()) this.#line.postpone(asked, nowUs)
    }
    const isOtherTokenizer = config.tokenizer !== this.config.tokenizer
    this.#ids = kept
    this.#decisions.replace({ config, router, entries })
    if (isOtherTokenizer) this.#naming = this.#createNaming(config)
    this.wake(nowUs)
    this.#settings.onSchedule()
    return isOther && index !== null
  }

  /** The alias is gone: nobody is left to wait for. */
  close(): void {
    for (const asked of [...this.#line.all()]) {
      this.#line.remove(asked)
      this.router.withdrawn?.(this.#settings.clock.nowUs(), asked.number)
      asked.settle({ kind: 'refused', reason: 'no-candidate', retryAfterSeconds: 0, explanation: null })
    }
  }

  #createRouter(config: ModelConfig): Router {
    return createRouter(config.router, this.#settings.random, `router of ${config.alias}`, this.#index)
  }

  #createNaming(config: ModelConfig): PromptNaming {
    return createPromptNaming(config, () => this.entries, this.#settings)
  }

  #withdraw(asked: Asked): void {
    if (this.#line.find(asked.number) !== asked) return
    const nowUs = this.#settings.clock.nowUs()
    this.#line.remove(asked)
    this.router.withdrawn?.(nowUs, asked.number)
    this.moved(nowUs)
    this.#settings.onSchedule()
  }

  /** Whose turn it is, where the router knows; otherwise in order of arrival, until one has to wait on. */
  #askLine(nowUs: number): void {
    const { router } = this
    if (router.nextWaiting === undefined) {
      for (const asked of this.#line.all()) if (!this.#askAgain(nowUs, asked)) return
      return
    }
    for (;;) {
      const number = router.nextWaiting(nowUs)
      if (number === null) return
      const asked = this.#line.find(number)
      if (asked === undefined) router.withdrawn?.(nowUs, number)
      else this.#askAgain(nowUs, asked)
    }
  }

  /** false: it has to wait on. */
  #askAgain(nowUs: number, asked: Asked): boolean {
    const answer = this.#decisions.ask(nowUs, asked.request, asked.workload)
    if (answer.kind === 'wait') {
      this.#line.postpone(asked, answer.retryUs)
      return false
    }
    this.#line.remove(asked)
    asked.settle(answer)
    return true
  }
}

function idsOf(entries: readonly CandidateEntry[]): ReadonlySet<number> {
  return new Set(entries.map(({ candidate }) => candidate.id))
}

function workloadOf(nowUs: number, request: DispatchRequest): WorkloadRequest {
  const { number, prompt, outputTokens, session, tenant, priority, require } = request
  return {
    id: number,
    arrivalUs: nowUs,
    inputTokens: prompt.inputTokens,
    outputTokens: Math.max(1, outputTokens),
    content: prompt.content,
    session,
    turn: 0,
    tenant,
    // Requests that ask for different candidates have turns of their own: one whose few candidates are full holds up no other.
    model: require === null ? '' : JSON.stringify(require),
    priority,
  }
}
