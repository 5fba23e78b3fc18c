/**
 * One attention-data-parallel rank: its queue, its running sequences, its cache, and the batch of the step in progress.
 * Schedulers (vllm-scheduler.ts, sglang-scheduler.ts, trtllm-scheduler.ts) fill the batch; the engine applies it.
 */
import { assert } from '../core/assert.ts'
import type { KeyValueCache, PrefixHit, SequenceBlocks } from './cache/key-value-cache.ts'
import { emitted, isDecoding, type Sequence, tokensToEmit, tokenUnit, totalTokens } from './sequence.ts'
import type { EngineSettings, TierSettings } from './settings.ts'
import type { EngineEvent, RankWork } from './types.ts'
import { WaitingQueue } from './waiting-queue.ts'

export class Rank {
  readonly settings: EngineSettings
  readonly cache: KeyValueCache
  readonly waiting = new WaitingQueue()
  /** In the order of admission; the last one is preempted first. */
  running: Sequence[] = []
  /** Waiting for tokens from slower tiers; blocks are taken already. */
  loading: Sequence[] = []
  /** Prefilled, waiting to be fetched. */
  readonly held = new Map<number, Sequence>()

  /** The step in progress: sequences and the tokens of each that are computed in it. */
  readonly batch: Sequence[] = []
  readonly batchTokens: number[] = []
  /** No sequence of the batch computes prompt tokens, and the next steps would be planned the same. */
  decodeOnly = false
  readonly work: RankWork = {
    decodeSequences: 0,
    decodeContextTokens: 0,
    chunks: 0,
    chunkTokens: [],
    chunkPastTokens: [],
    promptsCompleted: 0,
  }
  /** SGLang: share of the tokens still to come that is reserved for running sequences; and whether admission was refused since the last end. */
  newTokenRatio = 0
  batchIsFull = false
  /** SGLang: the prompt that is being computed in chunks. */
  chunked: Sequence | null = null
  preemptions = 0
  /** Prompt tokens not yet computed, waiting and running. */
  pendingPromptTokens = 0
  /** The link to slower tiers is busy until then, µs. */
  #tierFreeUs = 0
  readonly #hit: PrefixHit = { deviceTokens: 0, hostTokens: 0, diskTokens: 0 }

  constructor(settings: EngineSettings, cache: KeyValueCache) {
    this.settings = settings
    this.cache = cache
  }

  get draftTokens(): number {
    return this.settings.speculation?.draftTokens ?? 0
  }

  /** Units of a token that a decode step emits per sequence. */
  get unitsPerStep(): number {
    return Math.round((this.settings.speculation?.tokensPerStep ?? 1) * tokenUnit)
  }

  get idle(): boolean {
    return this.running.length === 0 && this.waiting.size === 0 && this.loading.length === 0
  }

  clearBatch(): void {
    this.batch.length = 0
    this.batchTokens.length = 0
    this.decodeOnly = false
  }

  /** What of a waiting sequence's tokens is cached; scratch is reused. At least one token is computed anew. */
  lookup(sequence: Sequence): PrefixHit {
    const hit = this.#hit
    this.cache.lookup(sequence.request.content, totalTokens(sequence) - 1, hit, sequence.request.id)
    return hit
  }

  /** Tokens whose cache a sequence starts with: found here, or brought along from a prefill pool. */
  startTokens(sequence: Sequence, hit: PrefixHit): number {
    const found = cachedTokens(hit)
    return broughtAlong(sequence) ? Math.max(found, sequence.request.inputTokens) : found
  }

  /** Whether a sequence that starts with so many cached tokens goes on decoding at once: brought along, or all found again. */
  startsDecoding(sequence: Sequence, start: number): boolean {
    return start >= totalTokens(sequence) - 1 && sequence.emittedUnits > 0
  }

  /** Tokens its first step computes: drafts included when it decodes. */
  firstTokens(sequence: Sequence, start: number): number {
    return this.startsDecoding(sequence, start) ? 1 + this.draftTokens : totalTokens(sequence) - start
  }

  /** Whether the sequence could be opened with room for `tokens` and leave so many blocks free. */
  fits(sequence: Sequence, hit: PrefixHit, tokens: number, reservedBlocks = 0): boolean {
    const { content, id } = sequence.request
    return this.cache.fits(content, cachedTokens(hit), tokens, reservedBlocks, id)
  }

  open(sequence: Sequence, hit: PrefixHit, tokens: number): SequenceBlocks | null {
    const { content, id } = sequence.request
    return this.cache.open(content, cachedTokens(hit), tokens, id)
  }

  setPending(sequence: Sequence, tokens: number): void {
    this.pendingPromptTokens += tokens - sequence.pending
    sequence.pending = tokens
  }

  /** Room for the next `tokens` of a sequence, drafts included. */
  grow(sequence: Sequence, tokens: number): boolean {
    return this.cache.grow(sequence.blocks!, sequence.computed + tokens)
  }

  /**
   * Moves a waiting sequence that was granted blocks among the running ones, or among those that wait for slower tiers.
   * True when it can compute at once.
   */
  admit(sequence: Sequence, hit: PrefixHit, nowUs: number, out: EngineEvent[]): boolean {
    // Whoever brings its cache along has no use for slower tiers.
    const slow = broughtAlong(sequence) ? 0 : hit.hostTokens + hit.diskTokens
    sequence.computed = this.startTokens(sequence, hit)
    this.setPending(sequence, isDecoding(sequence) ? 0 : totalTokens(sequence) - sequence.computed)
    if (broughtAlong(sequence)) this.cache.commit(sequence.blocks!, sequence.computed)
    out.push({
      kind: 'scheduled',
      requestId: sequence.request.id,
      atUs: nowUs,
      cachedTokens: cachedTokens(hit),
      hostTokens: slow,
    })
    if (slow === 0) {
      sequence.state = 'running'
      this.running.push(sequence)
      return true
    }
    const seconds = this.#tierSeconds('host', hit.hostTokens) + this.#tierSeconds('disk', hit.diskTokens)
    this.#tierFreeUs = Math.max(nowUs, this.#tierFreeUs) + Math.round(seconds * 1e6)
    sequence.readyUs = this.#tierFreeUs
    sequence.state = 'loading'
    this.loading.push(sequence)
    return false
  }

  #tierSeconds(name: TierSettings['tier'], tokens: number): number {
    if (tokens === 0) return 0
    const tier = this.settings.tiers.find(candidate => candidate.tier === name)
    assert(tier !== undefined, `tokens came from a tier that was not set up: ${name}`)
    return ((tokens / this.settings.blockTokens) * tier.blockBytes) / tier.readBytesPerSecond
  }

  /** Sequences whose slow tokens arrived start to run. */
  finishLoading(nowUs: number): void {
    if (this.loading.length === 0) return
    const ready = this.loading.filter(sequence => sequence.readyUs <= nowUs)
    if (ready.length === 0) return
    this.loading = this.loading.filter(sequence => sequence.readyUs > nowUs)
    for (const sequence of ready) {
      sequence.state = 'running'
      this.running.push(sequence)
    }
  }

  /** Earliest end of a load, µs; Infinity without one. */
  nextLoadUs(): number {
    let next = Number.POSITIVE_INFINITY
    for (const sequence of this.loading) next = Math.min(next, sequence.readyUs)
    return next
  }

  /** Takes everything from a running sequence; it waits again, to be recomputed (its blocks may still be found). */
  preempt(sequence: Sequence, nowUs: number, out: EngineEvent[]): void {
    this.cache.close(sequence.blocks!, true)
    sequence.blocks = null
    sequence.computed = 0
    this.setPending(sequence, totalTokens(sequence))
    sequence.preemptions++
    this.preemptions++
    sequence.state = 'waiting'
    if (this.settings.rules.engine === 'vllm' && this.settings.rules.policy === 'priority')
      this.waiting.pushByPriority(sequence)
    else this.waiting.pushFront(sequence)
    out.push({ kind: 'preempted', requestId: sequence.request.id, atUs: nowUs })
  }

  /** Steps until a decoding sequence has all its tokens. */
  stepsLeft(sequence: Sequence): number {
    return Math.ceil((tokensToEmit(sequence) * tokenUnit - sequence.emittedUnits) / this.unitsPerStep)
  }

  /**
   * How many decode steps in a row the present batch can take before a sequence ends or blocks run out; at least 1
   * (the first step's blocks are granted when it is planned).
   */
  decodeRun(limit: number): number {
    let steps = limit
    for (const sequence of this.batch) steps = Math.min(steps, this.stepsLeft(sequence))
    if (steps <= 1) return Math.max(1, steps)
    const free = this.cache.freeBlocks()
    if (this.#blocksFor(steps) <= free) return steps
    let low = 1
    let high = steps
    while (high - low > 1) {
      const middle = (low + high) >> 1
      if (this.#blocksFor(middle) <= free) low = middle
      else high = middle
    }
    return low
  }

  /** Blocks that `steps` decode steps take beyond those held. */
  #blocksFor(steps: number): number {
    const gained = (steps - 1) * this.unitsPerStep
    const drafts = this.draftTokens
    let blocks = 0
    for (const sequence of this.batch) {
      const tokens =
        sequence.request.inputTokens + Math.floor((sequence.emittedUnits + gained) / tokenUnit) + drafts
      blocks += this.cache.blocksNeeded(sequence.blocks!, tokens)
    }
    return blocks
  }

  /** Describes the batch to the step timer. */
  describe(): void {
    const work = this.work
    work.decodeSequences = 0
    work.decodeContextTokens = 0
    work.chunks = 0
    work.promptsCompleted = 0
    for (let index = 0; index < this.batch.length; index++) {
      const sequence = this.batch[index]!
      if (isDecoding(sequence)) {
        work.decodeSequences++
        work.decodeContextTokens += totalTokens(sequence)
      } else {
        const tokens = this.batchTokens[index]!
        work.chunkTokens[work.chunks] = tokens
        work.chunkPastTokens[work.chunks] = sequence.computed
        work.chunks++
        if (sequence.computed + tokens >= totalTokens(sequence)) work.promptsCompleted++
      }
    }
  }

  checkInvariants(): void {
    this.cache.checkInvariants()
    for (const sequence of this.running) {
      assert(sequence.state === 'running', `running sequence ${sequence.request.id} is ${sequence.state}`)
      assert(sequence.blocks !== null, `running sequence ${sequence.request.id} holds no blocks`)
      assert(
        emitted(sequence) < sequence.request.outputTokens,
        `sequence ${sequence.request.id} runs on after its last token`,
      )
      assert(
        sequence.computed <= totalTokens(sequence),
        `sequence ${sequence.request.id} computed tokens that do not exist`,
      )
    }
    let pending = 0
    for (let index = 0; index < this.waiting.size; index++) pending += this.waiting.at(index)!.pending
    for (const sequence of this.running) pending += sequence.pending
    for (const sequence of this.loading) pending += sequence.pending
    assert(
      pending === this.pendingPromptTokens,
      `pending prompt tokens ${this.pendingPromptTokens}, counted ${pending}`,
    )
    assert(this.running.length <= this.settings.maximumSequences, 'more sequences than the limit run')
    assert(new Set(this.running).size === this.running.length, 'a sequence runs twice')
  }
}

function cachedTokens(hit: PrefixHit): number {
  return hit.deviceTokens + hit.hostTokens + hit.diskTokens
}

/** A sequence of a decode pool comes with its prompt's cache, until it is preempted. */
function broughtAlong(sequence: Sequence): boolean {
  return sequence.request.role === 'decode' && sequence.preemptions === 0
}
