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
import { emitted, isDecoding, type Sequence, tokensToEmit, tokenUnit, totalTokens } from './sequence.ts'
import type { EngineSettings } from './settings.ts'
import { decayNewTokenRatio, initialNewTokenRatio } from './sglang-scheduler.ts'
import { runJoules, type StepRun, stepAt, stepEndUs } from './step-run.ts'
import type { Engine, EngineEvent, EngineInput, EngineRequest, EngineState, StepTimer } from './types.ts'

type FinishedEvent = Extract<EngineEvent, { kind: 'finished' }>

export function createEngine(settings: EngineSettings, timer: StepTimer): Engine {
  return new EngineInstance(settings, timer)
}

class EngineInstance implements Engine {
  readonly #settings: EngineSettings
  readonly #timer: StepTimer
  readonly #ranks: Rank[] = []
  readonly #planner: RunPlanner
  readonly #sequences = new Map<number, Sequence>()
  #out: EngineEvent[] = []
  #nowUs = 0
  #run: StepRun | null = null
  #stalledUntilUs = 0
  #order = 0
  /** Submissions so far: ranks take turns. */
  #turn = 0
  #submitted = 0
  #ended = 0
  /** Something may be planned although no run is under way. */
  #planDueUs = Number.POSITIVE_INFINITY
  /** As of the last planned step, so that drivers that skip and those that do not see the same. */
  readonly #state = {
    waiting: 0,
    running: 0,
    pendingPromptTokens: 0,
    runningTokens: 0,
    cacheUse: 0,
    preemptions: 0,
  }

  constructor(settings: EngineSettings, timer: StepTimer) {
    assert(settings.ranks >= 1 && settings.blocksPerRank >= 1, 'an engine has ranks and blocks')
    this.#settings = settings
    this.#timer = timer
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
    this.#planner = new RunPlanner(this.#ranks, timer)
  }

  get state(): EngineState {
    return this.#state
  }

  emittedTokens(requestId: number): number {
    const sequence = this.#sequences.get(requestId)
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
    this.#refreshState()
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
      this.#advance(run.steps)
      this.#run = null
      this.#planDueUs = last
    }
    if (this.#planDueUs > nowUs) return
    this.#nowUs = Math.max(this.#planDueUs, this.#nowUs)
    this.#plan()
    this.#refreshState()
  }

  #begin(nowUs: number, out: EngineEvent[]): void {
    assert(nowUs >= this.#nowUs, `time runs backwards: ${nowUs} after ${this.#nowUs}`)
    this.#out = out
    this.#nowUs = nowUs
  }

  // Inputs

  #submit(request: EngineRequest): void {
    const settings = this.#settings
    this.#submitted++
    const refused = refusal(settings, request)
    if (refused !== null) {
      this.#ended++
      this.#tellEnd(request.id, 'rejected', refused, 0)
      return
    }
    const index = chooseRank(this.#ranks, settings.rules, this.#turn++)
    const rank = this.#ranks[index]!
    if (rank.waiting.size >= settings.maximumWaiting) {
      this.#ended++
      this.#tellEnd(request.id, 'rejected', 'queue-full', 0)
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
    assert(!this.#sequences.has(request.id), `request ${request.id} is here already`)
    this.#sequences.set(request.id, sequence)
    if (request.role === 'decode' && request.outputTokens <= 1) {
      this.#end(sequence, 'served', '')
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
    const sequence = this.#sequences.get(requestId)
    if (sequence === undefined) return
    this.#settle(this.#nowUs)
    // It may have ended in a step that was just settled.
    if (sequence.state === 'ended') return
    this.#leave(sequence)
    this.#end(sequence, 'cancelled', 'cancelled')
    this.#interrupt()
  }

  #release(requestId: number): void {
    const sequence = this.#sequences.get(requestId)
    if (sequence === undefined) return
    assert(sequence.state === 'held', `request ${requestId} is not waiting to be fetched`)
    const rank = this.#ranks[sequence.rank]!
    rank.held.delete(requestId)
    // The blocks that come free may be what a refused prompt waits for.
    rank.batchIsFull = false
    this.#settle(this.#nowUs)
    this.#end(sequence, 'served', '')
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
    for (const sequence of [...this.#sequences.values()]) {
      this.#leave(sequence)
      this.#end(sequence, 'failed', 'crash')
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
    if (ended > run.done) this.#advance(ended)
  }

  /** Applies steps done + 1 to k of the run. */
  #advance(k: number): void {
    const run = this.#run!
    const count = k - run.done
    if (count <= 0) return
    const startUs = run.done === 0 ? run.startUs : stepEndUs(run, run.done)
    const atUs = stepEndUs(run, k)
    let outputTokens = 0
    for (const rank of this.#ranks) outputTokens += this.#applySteps(rank, count, atUs)
    const joules = runJoules(run, k) - runJoules(run, run.done)
    run.done = k
    const last = k === run.steps
    const delayJoules = last ? run.delayUs * 1e-6 * this.#timer.idleWatts : 0
    let waiting = 0
    let running = 0
    let used = 0
    for (const rank of this.#ranks) {
      waiting += rank.waiting.size
      running += rank.running.length
      used += 1 - rank.cache.freeBlocks() / rank.cache.totalBlocks
    }
    this.#out.push({
      kind: 'steps',
      startUs,
      atUs,
      steps: count,
      firstStepUs: stepEndUs(run, run.done - count + 1) - startUs,
      decodeSequences: run.decodeSequences,
      prefillTokens: run.prefillTokens * count,
      outputTokens,
      joules: joules + delayJoules,
      prefillUs: (atUs - startUs) * run.prefillShare,
      waiting,
      running,
      cacheUse: used / this.#ranks.length,
    })
  }

  /** Tokens and cache of one rank after `count` steps of the batch; returns the tokens emitted. */
  #applySteps(rank: Rank, count: number, atUs: number): number {
    let outputTokens = 0
    let ends = 0
    const { batch, batchTokens } = rank
    for (let index = 0; index < batch.length; index++) {
      const sequence = batch[index]!
      if (sequence.state !== 'running') continue
      const before = emitted(sequence)
      if (isDecoding(sequence)) {
        const limit = tokensToEmit(sequence) * tokenUnit
        // The first step of a run was granted its blocks when it was planned.
        if (count > 1 || this.#run!.done > 0) {
          const gained = (count - 1) * rank.unitsPerStep
          const tokens =
            sequence.request.inputTokens +
            Math.floor((sequence.emittedUnits + gained) / tokenUnit) +
            rank.draftTokens
          const granted = rank.cache.grow(sequence.blocks!, tokens)
          assert(granted, 'a run was planned for which blocks do not suffice')
        }
        sequence.emittedUnits = Math.min(limit, sequence.emittedUnits + count * rank.unitsPerStep)
        sequence.computed = totalTokens(sequence) - 1
        rank.cache.commit(sequence.blocks!, sequence.computed, true)
      } else {
        sequence.computed += batchTokens[index]!
        rank.cache.commit(sequence.blocks!, sequence.computed)
        rank.setPending(sequence, totalTokens(sequence) - sequence.computed)
        if (sequence.computed < totalTokens(sequence)) continue
        // The end of the prompt samples one token, speculation or not.
        sequence.emittedUnits = Math.floor(sequence.emittedUnits / tokenUnit) * tokenUnit + tokenUnit
      }
      outputTokens += emitted(sequence) - before
      if (!sequence.firstTokenTold && before === 0) {
        sequence.firstTokenTold = true
        if (sequence.request.role !== 'prefill')
          this.#out.push({ kind: 'first-token', requestId: sequence.request.id, atUs })
      }
      if (emitted(sequence) >= tokensToEmit(sequence)) ends++
    }
    if (rank.settings.rules.engine === 'sglang' && rank.decodeOnly && (count > 1 || this.#run!.done > 0)) {
      decayNewTokenRatio(
        rank,
        this.#run!.done > 0 ? count : count - 1,
        initialNewTokenRatio(rank.settings.rules.conservativeness),
      )
    }
    if (ends > 0) this.#endComplete(rank, atUs)
    return outputTokens
  }

  /** Sequences that have all their tokens leave the batch. */
  #endComplete(rank: Rank, atUs: number): void {
    const complete: Sequence[] = []
    const staying: Sequence[] = []
    for (const sequence of rank.running) {
      if (emitted(sequence) >= tokensToEmit(sequence)) complete.push(sequence)
      else staying.push(sequence)
    }
    rank.running = staying
    rank.batchIsFull = false
    for (const sequence of complete) {
      if (sequence.request.role !== 'prefill') {
        this.#end(sequence, 'served', '')
        continue
      }
      sequence.state = 'held'
      rank.held.set(sequence.request.id, sequence)
      this.#out.push({
        kind: 'prefilled',
        requestId: sequence.request.id,
        atUs,
        cacheTokens: sequence.request.inputTokens,
      })
    }
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

  // Ends

  /** Takes a sequence out of wherever it stands; its blocks are the caller's next concern. */
  #leave(sequence: Sequence): void {
    const rank = this.#ranks[sequence.rank]!
    switch (sequence.state) {
      case 'waiting':
        rank.waiting.remove(sequence)
        break
      case 'loading':
        rank.loading = rank.loading.filter(other => other !== sequence)
        break
      case 'running':
        rank.running = rank.running.filter(other => other !== sequence)
        break
      case 'held':
        rank.held.delete(sequence.request.id)
        break
      case 'ended':
        break
    }
    if (rank.chunked === sequence) rank.chunked = null
    rank.batchIsFull = false
  }

  #end(sequence: Sequence, outcome: FinishedEvent['outcome'], reason: FinishedEvent['reason']): void {
    const rank = this.#ranks[sequence.rank]!
    sequence.state = 'ended'
    rank.setPending(sequence, 0)
    if (sequence.blocks !== null) {
      rank.cache.close(sequence.blocks)
      sequence.blocks = null
    }
    this.#sequences.delete(sequence.request.id)
    this.#ended++
    this.#tellEnd(sequence.request.id, outcome, reason, emitted(sequence))
  }

  #tellEnd(
    requestId: number,
    outcome: FinishedEvent['outcome'],
    reason: FinishedEvent['reason'],
    outputTokens: number,
  ): void {
    this.#out.push({ kind: 'finished', requestId, atUs: this.#nowUs, outcome, reason, outputTokens })
  }

  #refreshState(): void {
    const state = this.#state
    state.waiting = 0
    state.running = 0
    state.pendingPromptTokens = 0
    state.preemptions = 0
    let used = 0
    for (const rank of this.#ranks) {
      state.waiting += rank.waiting.size
      state.running += rank.running.length + rank.loading.length
      state.pendingPromptTokens += rank.pendingPromptTokens
      state.preemptions += rank.preemptions
      used += 1 - rank.cache.freeBlocks() / rank.cache.totalBlocks
    }
    // While a run is under way its growth is not shown: a driver that skips could not know it.
    if (this.#run === null || this.#run.done === 0) state.cacheUse = used / this.#ranks.length
    let tokens = 0
    for (const rank of this.#ranks) for (const sequence of rank.running) tokens += totalTokens(sequence)
    state.runningTokens = tokens
  }

  checkInvariants(): void {
    for (const rank of this.#ranks) rank.checkInvariants()
    let here = 0
    for (const rank of this.#ranks)
      here += rank.waiting.size + rank.running.length + rank.loading.length + rank.held.size
    assert(here === this.#sequences.size, `${here} sequences in queues, ${this.#sequences.size} known`)
    assert(
      this.#submitted === this.#ended + this.#sequences.size,
      `${this.#submitted} requests came, ${this.#ended} ended, ${this.#sequences.size} are here`,
    )
  }
}
