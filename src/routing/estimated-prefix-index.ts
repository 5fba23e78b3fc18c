/**
 * A prefix index for engines that tell nothing: what was routed somewhere is believed cached there until so much else was routed
 * there that an LRU cache of its size would have dropped it. Blocks leave as they leave vLLM's cache: least recently used
 * first, of one prompt the last block first (v1/core/kv_cache_manager.py frees in reverse order), so that what remains is a
 * prefix. What it cannot know: blocks in use that cannot be dropped, preemptions, prompts another router sent there.
 */
import type { WorkloadRequest } from '../workload/request.ts'
import { HoldingTable } from './holding-table.ts'
import { PrefixWalk, type WalkResult } from './longest-match.ts'
import type { PrefixIndex, PrefixMatches } from './prefix-index.ts'
import { countBits, knownBlocks, lowBits, PromptSegments } from './prompt-segments.ts'
import { longer } from './typed-arrays.ts'

export interface EstimatedPrefixSettings {
  /** Tokens per block of the index; that of the engines, or a multiple for less memory. */
  readonly blockTokens: number
  /** Tokens that one candidate's cache is believed to hold, unless the candidate says so itself. */
  readonly capacityTokens: number
  /** What was not used for so long is believed gone; null: only capacity forgets. */
  readonly ttlSeconds: number | null
}

export class EstimatedPrefixIndex implements PrefixIndex {
  readonly #settings: EstimatedPrefixSettings
  readonly #ttlUs: number
  readonly #table = new HoldingTable(1)
  readonly #segments = new PromptSegments()
  readonly #walk = new PrefixWalk(new Float64Array([1]))
  readonly #result: WalkResult = { blocks: new Float64Array(0), difference: new Float64Array(0) }
  /** By column: blocks held, and how many may be. */
  #held = new Float64Array(0)
  #capacity = new Float64Array(0)
  #touched = new Int32Array(64)
  /** Nothing expires before it. */
  #nextExpiryUs = Number.POSITIVE_INFINITY

  constructor(settings: EstimatedPrefixSettings) {
    this.#settings = settings
    this.#ttlUs = settings.ttlSeconds === null ? Number.POSITIVE_INFINITY : settings.ttlSeconds * 1e6
  }

  match(nowUs: number, request: WorkloadRequest, columns: number, matches: PrefixMatches): void {
    const { cachedTokens, creditTokens } = matches
    cachedTokens.fill(0, 0, columns)
    creditTokens.fill(0, 0, columns)
    const { content, inputTokens } = request
    if (content === null) return
    if (nowUs > this.#nextExpiryUs) this.#expire(nowUs)
    const { blockTokens } = this.#settings
    this.#segments.start(content, blockTokens, knownBlocks(content, inputTokens - 1, blockTokens))
    this.#result.blocks = cachedTokens
    this.#result.difference = creditTokens
    this.#walk.follow(this.#table, this.#segments, this.#result)
    for (let column = 0; column < columns; column++) {
      cachedTokens[column]! *= blockTokens
      creditTokens[column] = cachedTokens[column]!
    }
  }

  routed(nowUs: number, request: WorkloadRequest, column: number): void {
    this.#use(nowUs, request, column, request.inputTokens)
  }

  served(nowUs: number, request: WorkloadRequest, column: number): void {
    this.#use(nowUs, request, column, request.inputTokens + request.outputTokens)
  }

  changed(): void {
    // Estimates do not listen: mixing them with events would count one block twice.
  }

  resize(column: number, cacheTokens: number): void {
    this.#ensure(column)
    const capacity = Math.floor(cacheTokens / this.#settings.blockTokens)
    if (capacity === this.#capacity[column]) return
    this.#capacity[column] = capacity
    this.#evict(column, Number.NEGATIVE_INFINITY)
  }

  removed(column: number): void {
    if (column >= this.#held.length) return
    this.#table.dropColumn(column)
    this.#held[column] = 0
    this.#capacity[column] = this.#defaultCapacity()
  }

  heldTokens(column: number): number {
    return column < this.#held.length ? this.#held[column]! * this.#settings.blockTokens : 0
  }

  evictionAgeUs(nowUs: number, column: number, tokens: number): number {
    if (column >= this.#held.length) return Number.POSITIVE_INFINITY
    const needed = this.#held[column]! + Math.ceil(tokens / this.#settings.blockTokens)
    const oldest = needed <= this.#capacity[column]! ? -1 : this.#table.oldest(column)
    return oldest === -1 ? Number.POSITIVE_INFINITY : nowUs - this.#table.usedUs(oldest)
  }

  #use(nowUs: number, request: WorkloadRequest, column: number, tokens: number): void {
    const { content } = request
    if (content === null) return
    this.#ensure(column)
    const { blockTokens } = this.#settings
    const table = this.#table
    const segments = this.#segments
    segments.start(content, blockTokens, knownBlocks(content, tokens, blockTokens))
    let count = 0
    while (segments.next()) {
      let holding = table.find(segments.segment, column)
      if (holding === -1) holding = table.add(segments.segment, column, nowUs)
      const at = table.masksAt(holding)
      const before = table.records[at]!
      const after = before | lowBits(segments.blocks)
      if (after !== before) {
        table.records[at] = after
        table.changed(holding)
        this.#held[column]! += countBits(after & ~before)
      }
      if (count === this.#touched.length) this.#touched = longer(this.#touched, new Int32Array(count * 2))
      this.#touched[count++] = holding
    }
    // The start of the prompt is used last, so that it goes last.
    while (count > 0) table.touch(this.#touched[--count]!, nowUs)
    this.#evict(column, nowUs - this.#ttlUs)
    this.#nextExpiryUs = Math.min(this.#nextExpiryUs, nowUs + this.#ttlUs)
  }

  #expire(nowUs: number): void {
    let oldestUs = Number.POSITIVE_INFINITY
    for (let column = 0; column < this.#held.length; column++) {
      this.#evict(column, nowUs - this.#ttlUs)
      const oldest = this.#table.oldest(column)
      if (oldest !== -1) oldestUs = Math.min(oldestUs, this.#table.usedUs(oldest))
    }
    this.#nextExpiryUs = oldestUs + this.#ttlUs
  }

  #evict(column: number, aliveFromUs: number): void {
    const table = this.#table
    for (;;) {
      const holding = table.oldest(column)
      if (holding === -1) return
      if (this.#held[column]! <= this.#capacity[column]! && table.usedUs(holding) >= aliveFromUs) return
      this.#held[column]! -= countBits(table.records[table.masksAt(holding)]!)
      table.drop(holding)
    }
  }

  #ensure(column: number): void {
    if (column < this.#held.length) return
    const capacity = Math.max(8, (column + 1) * 2)
    const known = this.#capacity.length
    this.#held = longer(this.#held, new Float64Array(capacity))
    this.#capacity = longer(this.#capacity, new Float64Array(capacity))
    this.#capacity.fill(this.#defaultCapacity(), known)
  }

  #defaultCapacity(): number {
    return Math.floor(this.#settings.capacityTokens / this.#settings.blockTokens)
  }
}
