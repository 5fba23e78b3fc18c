/** A cache without prefix caching: only the number of free blocks matters. */
import { assert } from '../../core/assert.ts'
import type { TokenContent } from '../../workload/request.ts'
import type { CacheListener, KeyValueCache, PrefixHit, SequenceBlocks } from './key-value-cache.ts'

interface CountedSequence extends SequenceBlocks {
  blockCount: number
}

export class CountingCache implements KeyValueCache {
  readonly totalBlocks: number
  readonly blockTokens: number
  readonly #listener: CacheListener | null
  readonly #sequences = new Set<CountedSequence>()
  #free: number

  constructor(totalBlocks: number, blockTokens: number, listener: CacheListener | null = null) {
    assert(totalBlocks >= 1 && blockTokens >= 1, 'a cache has blocks and blocks have tokens')
    this.totalBlocks = totalBlocks
    this.blockTokens = blockTokens
    this.#listener = listener
    this.#free = totalBlocks
  }

  freeBlocks(): number {
    return this.#free
  }

  lookup(_content: TokenContent | null, _maximumTokens: number, out: PrefixHit): void {
    out.deviceTokens = 0
    out.hostTokens = 0
    out.diskTokens = 0
  }

  fits(_content: TokenContent | null, _cachedTokens: number, tokens: number, reservedBlocks = 0): boolean {
    return Math.ceil(tokens / this.blockTokens) + reservedBlocks <= this.#free
  }

  open(_content: TokenContent | null, cachedTokens: number, tokens: number): SequenceBlocks | null {
    assert(cachedTokens === 0, 'what is opened as cached was found by a lookup just before')
    const blockCount = Math.ceil(tokens / this.blockTokens)
    if (blockCount > this.#free) return null
    this.#free -= blockCount
    const sequence = { blockCount }
    this.#sequences.add(sequence)
    return sequence
  }

  blocksNeeded(sequence: CountedSequence, tokens: number): number {
    const needed = Math.ceil(tokens / this.blockTokens)
    return needed > sequence.blockCount ? needed - sequence.blockCount : 0
  }

  grow(sequence: CountedSequence, tokens: number): boolean {
    assert(this.#sequences.has(sequence), 'only open sequences grow')
    const more = this.blocksNeeded(sequence, tokens)
    if (more > this.#free) return false
    this.#free -= more
    sequence.blockCount += more
    return true
  }

  commit(sequence: CountedSequence, tokens: number): void {
    assert(this.#sequences.has(sequence), 'only open sequences compute')
    assert(tokens <= sequence.blockCount * this.blockTokens, 'tokens are computed in blocks that are held')
  }

  close(sequence: CountedSequence): void {
    if (!this.#sequences.delete(sequence)) return
    this.#free += sequence.blockCount
    sequence.blockCount = 0
  }

  clear(): void {
    for (const sequence of this.#sequences) sequence.blockCount = 0
    this.#sequences.clear()
    this.#free = this.totalBlocks
    this.#listener?.({ kind: 'blocks-cleared' })
  }

  checkInvariants(): void {
    let held = 0
    for (const sequence of this.#sequences) held += sequence.blockCount
    assert(held + this.#free === this.totalBlocks, 'blocks are free or used')
  }
}
