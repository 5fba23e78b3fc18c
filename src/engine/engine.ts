/**
 * One engine instance in time: ranks plan a step each by their scheduler's rules, the timer says how long the slowest
 * takes, at its end tokens are emitted and the next step is planned. Decode steps that would be planned alike are taken
 * together (step-run.ts); an input cuts such a run at the end of the step in progress.
 * Equations and rules with their sources: docs/models/engine.md.
 */
import { assert } from '../core/assert.ts'
import { createCache } from './cache/create-cache.ts'
import type { CacheChange } from './cache/key-value-cache.ts'
import { planRank } from './plan-rank.ts'
import { Rank } from './rank.ts'
import { chooseRank } from './rank-choice.ts'
import { refusal } from './request-limits.ts'
import { RunPlanner } from './run-planner.ts'
import { applySteps, type StepOwner } from './run-steps.ts'
import { emitted, type Sequence, tokenUnit } from './sequence.ts'
import { SequenceBook } from './sequence-book.ts'
import type { EngineSettings } from './settings.ts'
import { initialNewTokenRatio } from './sglang-scheduler.ts'
import { emptyState, refreshState } from './state-view.ts'
import { type StepRun, stepAt, stepEndUs } from './step-run.ts'
import type { Engine, EngineEvent, EngineInput, EngineRequest, EngineState, StepTimer } from './types.ts'

export function createEngine(settings: EngineSettings, timer: StepTimer): Engine {
  return new EngineInstance(settings, timer)
}

class EngineInstance implements Engine {
  readonly #settings: EngineSettings
  readonly #ranks: Rank[] = []
  readonly #book: SequenceBook
  readonly #planner: RunPlanner
  readonly #stepOwner: StepOwner
  #out: EngineEvent[] = []
  #nowUs = 0
  #run: StepRun | null = null
  #stalledUntilUs = 0
  #order = 0
  /** Submissions so far: ranks take turns. */
  #turn = 0
  /** Something may be planned although no run is under way. */
  #planDueUs = Number.POSITIVE_INFINITY
  readonly #state = emptyState()

  constructor(settings: EngineSettings, timer: StepTimer) {
    assert(settings.ranks >= 1 && settings.blocksPerRank >= 1, 'an engine has ranks and blocks')
    this.#settings = settings
    for (let index = 0; index < settings.ranks; index++) {
      const listener = settings.cacheEvents
        ? (change: CacheChange) => {
            this.#out.push({ ...change, atUs: this.#nowUs })
          }
        : undefined
      const rank = new Rank(settings, createCache(settings, listener))
      if (settings.rules.engine === 'sglang')
        rank.newTokenRatio = initialNewTokenRatio(settings.rules.conservativeness)
      this.#ranks.push(rank)
    }
    this.#book = new SequenceBook(this.#ranks)
    this.#planner = new RunPlanner(this.#ranks, timer)
    this.#stepOwner = { ranks: this.#ranks, timer, book: this.#book }
  }

  get state(): EngineState {
    return this.#state
  }

  emittedTokens(requestId: number): number {
    const sequence = this.#book.get(requestId)
    return sequence === undefined ? 0 : emitted(sequence)
  }

  nextUs(): number {
    const run = this.#run
    if (run === null) return this.#planDueUs
    return this.#settings.skipEvents || run.done + 1 >= run.steps
      ? stepEndUs(run, run.steps)
      : stepEndUs(run, run.done + 1)
  }

  accept(nowUs: number, input: EngineInput, out: EngineEvent[]): void {
    this.#begin(nowUs, out)
    switch (input.kind) {
      case 'submit':
        this.#submit(input.request)
        break
      case 'cancel':
        this.#cancel(input.requestId)
        break
      case 'release':
        this.#release(input.requestId)
        break
      case 'slow':
        assert(input.factor > 0, 'a slow factor is above zero')
        this.#planner.slowFactor = input.factor
        this.#interrupt()
        break
      case 'stall':
        this.#stall(input.untilUs)
        break
      case 'crash':
        this.#crash()
        break
    }
    refreshState(this.#state, this.#ranks, this.#run)
  }

  wake(nowUs: number, out: EngineEvent[]): void {
    this.#begin(nowUs, out)
    const run = this.#run
    if (run !== null) {
      const last = stepEndUs(run, run.steps)
      if (nowUs < last) {
        this.#settle(nowUs)
        return
      }
      this.#nowUs = last
      applySteps(this.#stepOwner, run, run.steps, this.#out)
      this.#run = null
      this.#planDueUs = last
    }
    if (this.#planDueUs > nowUs) return
    this.#nowUs = Math.max(this.#planDueUs, this.#nowUs)
    this.#plan()
    refreshState(this.#state, this.#ranks, this.#run)
  }

  #begin(nowUs: number, out: EngineEvent[]): void {
    assert(nowUs >= this.#nowUs, `time runs backwards: ${nowUs} after ${this.#nowUs}`)
    this.#out = out
    this.#nowUs = nowUs
  }

  // Inputs

  #submit(request: EngineRequest): void {
    const settings = this.#settings
    const refused = refusal(settings, request)
    if (refused !== null) {
      this.#book.refuse(request.id, refused, this.#nowUs, this.#out)
      return
    }
    const index = chooseRank(this.#ranks, settings.rules, this.#turn++)
    const rank = this.#ranks[index]!
    if (rank.waiting.size >= settings.maximumWaiting) {
      this.#book.refuse(request.id, 'queue-full', this.#nowUs, this.#out)
      return
    }
    const sequence: Sequence = {
      request,
      order: this.#order++,
      rank: index,
      emittedUnits: request.role === 'decode' ? tokenUnit : 0,
      computed: 0,
      blocks: null,
      state: 'waiting',
      readyUs: 0,
      firstTokenTold: request.role === 'decode',
      preemptions: 0,
      pending: 0,
    }
    this.#book.enter(sequence)
    if (request.role === 'decode' && request.outputTokens <= 1) {
      this.#book.end(sequence, 'served', '', this.#nowUs, this.#out)
      return
    }
    rank.setPending(sequence, request.role === 'decode' ? 0 : request.inputTokens)
    const { rules } = settings
    const blocked = rank.waiting.size > 0 || rank.batchIsFull
    if (rules.engine === 'vllm' && rules.policy === 'priority') rank.waiting.pushByPriority(sequence)
    else rank.waiting.push(sequence)
    // Behind one that is refused until something ends it changes nothing: the run may go on.
    const overtakes = rules.engine === 'vllm' && rules.policy === 'priority'
    if (this.#run !== null && blocked && !overtakes) return
    this.#interrupt()
  }

  #cancel(requestId: number): void {
    const sequence = this.#book.get(requestId)
    if (sequence === undefined) return
    this.#settle(this.#nowUs)
    // It may have ended in a step that was just settled.
    if (sequence.state === 'ended') return
    this.#book.leave(sequence)
    this.#book.end(sequence, 'cancelled', 'cancelled', this.#nowUs, this.#out)
    this.#interrupt()
  }

  #release(requestId: number): void {
    const sequence = this.#book.get(requestId)
    if (sequence === undefined) return
    assert(sequence.state === 'held', `request ${requestId} is not waiting to be fetched`)
    const rank = this.#ranks[sequence.rank]!
    rank.held.delete(requestId)
    // The blocks that come free may be what a refused prompt waits for.
    rank.batchIsFull = false
    this.#settle(this.#nowUs)
    this.#book.end(sequence, 'served', '', this.#nowUs, this.#out)
    this.#interrupt()
  }

  #stall(untilUs: number): void {
    const delay = untilUs - this.#nowUs
    if (delay <= 0) return
    this.#interrupt()
    if (this.#run !== null) {
      this.#run.delayUs += delay
    } else {
      this.#stalledUntilUs = Math.max(this.#stalledUntilUs, untilUs)
      if (this.#planDueUs < untilUs) this.#planDueUs = untilUs
    }
  }

  #crash(): void {
    this.#settle(this.#nowUs)
    this.#run = null
    this.#planDueUs = Number.POSITIVE_INFINITY
    for (const sequence of this.#book.all()) {
      this.#book.leave(sequence)
      this.#book.end(sequence, 'failed', 'crash', this.#nowUs, this.#out)
    }
    for (const rank of this.#ranks) {
      rank.clearBatch()
      rank.cache.clear()
      rank.chunked = null
      rank.batchIsFull = false
    }
  }

  /** The batch may change: the run ends with the step in progress, or a plan is due now. */
  #interrupt(): void {
    const run = this.#run
    if (run === null) {
      this.#planDueUs = Math.max(this.#nowUs, this.#stalledUntilUs)
      return
    }
    const step = Math.max(run.done, stepAt(run, this.#nowUs))
    run.steps = Math.max(1, step)
  }

  // Steps

  /** Applies the steps of the run that have ended by nowUs, except the last: that is wake()'s. */
  #settle(nowUs: number): void {
    const run = this.#run
    if (run === null) return
    let ended = stepAt(run, nowUs)
    if (stepEndUs(run, ended) > nowUs) ended--
    ended = Math.min(ended, run.steps - 1)
    if (ended > run.done) applySteps(this.#stepOwner, run, ended, this.#out)
  }

  /** Plans the next step or run at #nowUs. */
  #plan(): void {
    this.#planDueUs = Number.POSITIVE_INFINITY
    const nowUs = this.#nowUs
    if (nowUs < this.#stalledUntilUs) {
      this.#planDueUs = this.#stalledUntilUs
      return
    }
    let work = false
    let decodeOnly = true
    let nextLoadUs = Number.POSITIVE_INFINITY
    for (const rank of this.#ranks) {
      rank.finishLoading(nowUs)
      rank.clearBatch()
      const preempted = rank.preemptions
      planRank(rank, nowUs, this.#out)
      // Whoever gave everything back without a step computing anything is looked at again at once: an empty step.
      if (rank.batch.length === 0 && rank.preemptions > preempted) planRank(rank, nowUs, this.#out)
      if (rank.batch.length > 0) work = true
      if (!rank.decodeOnly && !(rank.batch.length === 0 && rank.waiting.size === 0)) decodeOnly = false
      nextLoadUs = Math.min(nextLoadUs, rank.nextLoadUs())
    }
    if (!work) {
      this.#planDueUs = nextLoadUs
      if (this.#ranks.every(rank => rank.idle)) this.#resetIdle()
      return
    }
    this.#run = this.#planner.start(nowUs, decodeOnly, nextLoadUs)
  }

  /** SGLang starts careful again after a pause (scheduler.py, on idle). */
  #resetIdle(): void {
    const { rules } = this.#settings
    if (rules.engine !== 'sglang') return
    for (const rank of this.#ranks) {
      rank.newTokenRatio = initialNewTokenRatio(rules.conservativeness)
      rank.batchIsFull = false
    }
  }

  checkInvariants(): void {
    for (const rank of this.#ranks) rank.checkInvariants()
    this.#book.checkInvariants()
  }
}
