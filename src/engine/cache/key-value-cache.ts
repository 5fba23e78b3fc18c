/**
 * The key-value cache of one rank, as schedulers see it: tokens outside, blocks inside. Implementations: block-pool.ts
 * (vLLM, TensorRT-LLM), radix-cache.ts (SGLang), counting-cache.ts (prefix caching off); chosen by create-cache.ts.
 *
 * Content is known by blocks of the workload's own size; where it is not known (null, or the tail behind it), tokens are
 * the private property of `owner`, the request: nobody else finds them, itself does after it was taken back. Without an owner
 * (-1) nobody does, and slower tiers do not take them. Either way they take room and places in the device's order of
 * eviction as they do in an engine.
 */
import type { TokenContent } from '../../workload/request.ts'
import type { CacheEvent } from '../types.ts'

/** Tokens of a prefix that are cached, by where they lie: the device's first, then slower tiers that continue it. */
export interface PrefixHit {
  deviceTokens: number
  hostTokens: number
  diskTokens: number
}

/** What a sequence holds of a cache, from open() to close(). */
export interface SequenceBlocks {
  readonly blockCount: number
}

export interface KeyValueCache {
  readonly totalBlocks: number
  readonly blockTokens: number

  /** Blocks that could be given out now: never used, given back, or cached and evictable. */
  freeBlocks(): number

  /**
   * Longest cached prefix of the content, at most maximumTokens; changes nothing, not even the order of eviction. Engines
   * compute the last token of a prompt anew, so they ask for at most inputTokens - 1.
   */
  lookup(content: TokenContent | null, maximumTokens: number, out: PrefixHit, owner?: number): void

  /** Whether open() with the same arguments would succeed and leave reservedBlocks free. */
  fits(
    content: TokenContent | null,
    cachedTokens: number,
    tokens: number,
    reservedBlocks?: number,
    owner?: number,
  ): boolean

  /**
   * Opens a sequence that starts with cachedTokens of its content, as found by lookup() just before, and has room for
   * `tokens` in all. Tokens of slower tiers get device blocks of their own and are committed, like computed ones, when
   * they have arrived. null, and nothing changed, when there are not enough blocks.
   */
  open(
    content: TokenContent | null,
    cachedTokens: number,
    tokens: number,
    owner?: number,
  ): SequenceBlocks | null

  /** Makes room for `tokens` in all. false, and nothing changed, when there are not enough blocks. */
  grow(sequence: SequenceBlocks, tokens: number): boolean

  /** Blocks that grow(sequence, tokens) would take. */
  blocksNeeded(sequence: SequenceBlocks, tokens: number): number

  /**
   * The first `tokens` tokens are there (computed, or loaded); `decoding` when the last of them came from decoding.
   * vLLM makes full blocks findable as soon as they are scheduled (KVCacheManager.allocate_slots), the others when a
   * chunk of the prompt was computed, and their answers at the end: decoding tokens are only remembered until close().
   */
  commit(sequence: SequenceBlocks, tokens: number, decoding?: boolean): void

  /**
   * Ends it: what can be found stays cached until evicted. `retracted`: taken back by the scheduler, to be computed
   * again (SGLang then drops the answer so far, the others keep it). Does nothing after a clear().
   */
  close(sequence: SequenceBlocks, retracted?: boolean): void

  /** Everything is lost, open sequences included. */
  clear(): void

  /** Throws when blocks do not add up. Walks through everything: for tests. */
  checkInvariants(): void
}

type WithoutTime<Event> = Event extends unknown ? Omit<Event, 'atUs'> : never

/**
 * A CacheEvent before the engine dates it. requestId is the owner given at open(), -1 without one. Hashes are block keys
 * (block-keys.ts): equal if and only if the prefix is. Private blocks are left out: no subscriber could use them.
 */
export type CacheChange = WithoutTime<CacheEvent>
export type CacheListener = (change: CacheChange) => void
