/**
 * Blocks with a prefix cache by hash, as vLLM V1 has it; TensorRT-LLM's block reuse by other parameters.
 *
 * vLLM (vllm/v1/core/block_pool.py at c59cb794, kv_cache_manager.py at 003df296, kv_cache_utils.py at 001cabc1,
 * single_type_kv_cache_manager.py at 002f3491): every full block is known by the hash of its prefix; equal blocks computed
 * at the same time are all kept, the first is found; free blocks stand in one queue, never used ones in front; a hit takes
 * its blocks out of the queue; a block that is popped loses its hash; a sequence that ends gives its blocks back last block
 * first, so that the end of a prompt is evicted before its beginning. Blocks that were never full go to the front of the
 * queue (pull request 42656, May 2026), in older versions to its back.
 * Left out: sliding windows and hybrid groups, the null block (blocks are those that can be used: num_gpu_blocks - 1), and
 * reset_prefix_cache while requests run.
 *
 * TensorRT-LLM (cpp/tensorrt_llm/batch_manager/kvCacheManager.cpp at 002ba6a7, evictionPolicy.cpp at 05a91919): the same
 * queue, everything to its back; answers become findable when the sequence ends (storeBlocksForReuse); the block behind the
 * full ones is copied as far as it matches (partial reuse, on by default), so that an equal prompt hits up to its last token
 * but one. What differs from the engine: a tree of blocks keeps one of equal blocks, here all of them are findable; when a
 * block goes, its descendants lose their identity, here they merely cannot be reached; blocks that match in part are seen
 * only where content says so (the same content block, not a part of another); retention priorities are all the default 35.
 */
import { assert } from '../../core/assert.ts'
import type { TokenContent } from '../../workload/request.ts'
import { anonymousKey, BlockKeys, knownBlocks, storedHashes } from './block-keys.ts'
import { BlockLists } from './block-lists.ts'
import { BlockStore } from './block-store.ts'
import type { BlockTiers } from './block-tiers.ts'
import type { CacheListener, KeyValueCache, PrefixHit, SequenceBlocks } from './key-value-cache.ts'

export interface BlockPoolRules {
  /** Blocks without a key go to the front of the queue when freed, otherwise to its back like the others. */
  readonly unusedFirst: boolean
  /** Decoded blocks become findable when the sequence ends, otherwise as soon as they are full. */
  readonly answersAtEnd: boolean
  /** The block behind the last full hit may be copied in part. */
  readonly partialReuse: boolean
}

interface PoolSequence extends SequenceBlocks {
  blockCount: number
  /** Blocks; blockCount of them are valid. */
  list: Int32Array
  /** Blocks from the start that have their keys, and those that are full: decoded ones may wait for the end. */
  committed: number
  full: number
  readonly content: TokenContent | null
  readonly owner: number
  open: boolean
}

export class BlockPool implements KeyValueCache {
  readonly totalBlocks: number
  readonly blockTokens: number
  readonly #rules: BlockPoolRules
  readonly #tiers: BlockTiers | null
  readonly #listener: CacheListener | null
  readonly #keys: BlockKeys
  readonly #lists = new BlockLists()
  readonly #sequences = new Set<PoolSequence>()
  #store: BlockStore
  /** Set by #scan(): free blocks among those found. */
  #foundFree = 0
  /** Keys that go during a call, for the listener. */
  #removed: number[] = []
  readonly #evicted: ((key: number, hash: number) => void) | null

  constructor(
    totalBlocks: number,
    blockTokens: number,
    rules: BlockPoolRules,
    tiers: BlockTiers | null = null,
    listener: CacheListener | null = null,
  ) {
    assert(totalBlocks >= 1 && blockTokens >= 1, 'a pool has blocks and blocks have tokens')
    this.totalBlocks = totalBlocks
    this.blockTokens = blockTokens
    this.#rules = rules
    this.#tiers = tiers
    this.#listener = listener
    this.#keys = new BlockKeys(blockTokens)
    this.#store = new BlockStore(totalBlocks)
    this.#evicted =
      tiers === null && listener === null
        ? null
        : (key, hash) => {
            if (tiers !== null) tiers.evicted(key, hash)
            if (listener !== null && key > 0) this.#removed.push(key)
          }
  }

  freeBlocks(): number {
    return this.#store.free
  }

  lookup(content: TokenContent | null, maximumTokens: number, out: PrefixHit, owner = -1): void {
    const limit = Math.floor(Math.max(0, maximumTokens) / this.blockTokens)
    const device = this.#hits(content, owner, limit)
    out.deviceTokens = device * this.blockTokens
    out.hostTokens = 0
    out.diskTokens = 0
    if (this.#tiers !== null) this.#tiers.continuePrefix(content, owner, device, limit, out)
    if (!this.#rules.partialReuse) return
    const rest = maximumTokens - limit * this.blockTokens
    if (rest > 0 && device === limit && this.#has(content, owner, limit)) out.deviceTokens += rest
  }

  /**
   * Blocks found from the start. When a block is findable, the one before it is: whoever held the one held the other, and
   * gave it back later. So the end is searched for, not walked to.
   */
  #hits(content: TokenContent | null, owner: number, limit: number): number {
    const possible = owner < 0 ? Math.min(limit, knownBlocks(content, this.blockTokens)) : limit
    if (possible === 0 || !this.#has(content, owner, 0)) return 0
    if (this.#has(content, owner, possible - 1)) return possible
    let found = 1
    let missing = possible
    while (missing - found > 1) {
      const middle = (found + missing) >> 1
      if (this.#has(content, owner, middle - 1)) found = middle
      else missing = middle
    }
    return found
  }

  #has(content: TokenContent | null, owner: number, block: number): boolean {
    const keys = this.#keys
    keys.start(content, owner, block)
    return keys.key !== anonymousKey && this.#store.index.find(keys.key, keys.hash) !== 0
  }

  /** Finds up to `limit` blocks from the start, puts them into the list, and returns how many there are. */
  #scan(content: TokenContent | null, owner: number, limit: number, list: Int32Array | null): number {
    const keys = this.#keys
    const store = this.#store
    this.#foundFree = 0
    keys.start(content, owner, 0)
    let count = 0
    for (; count < limit; count++) {
      const block = store.index.find(keys.key, keys.hash)
      if (block === 0) break
      if (list !== null) list[count] = block
      if (store.isFree(block)) this.#foundFree++
      keys.next()
    }
    return count
  }

  fits(
    content: TokenContent | null,
    cachedTokens: number,
    tokens: number,
    reservedBlocks = 0,
    owner = -1,
  ): boolean {
    const { free } = this.#store
    const hits = Math.floor(cachedTokens / this.blockTokens)
    const needed = Math.ceil(tokens / this.blockTokens) + reservedBlocks
    if (needed - hits > free) return false
    if (needed <= free) return true
    const device = this.#scan(content, owner, hits, null)
    return needed - device + this.#foundFree <= free
  }

  open(
    content: TokenContent | null,
    cachedTokens: number,
    tokens: number,
    owner = -1,
  ): SequenceBlocks | null {
    assert(cachedTokens <= tokens, 'a sequence has room for what is cached of it')
    const store = this.#store
    const needed = Math.ceil(tokens / this.blockTokens)
    const hits = Math.floor(cachedTokens / this.blockTokens)
    if (needed - hits > store.free) return null
    const list = this.#lists.take(needed)
    const device = this.#scan(content, owner, hits, list)
    assert(
      device === hits || this.#tiers !== null,
      'what is opened as cached was found by a lookup just before',
    )
    if (needed - device + this.#foundFree > store.free) {
      this.#lists.give(list)
      return null
    }
    store.hold(list, device)
    // Before anything is evicted into them.
    if (this.#tiers !== null) this.#tiers.load(content, owner, device, hits)
    this.#take(list, device, needed)
    const sequence: PoolSequence = {
      blockCount: needed,
      list,
      committed: device,
      full: device,
      content,
      owner,
      open: true,
    }
    this.#sequences.add(sequence)
    return sequence
  }

  #take(list: Int32Array, from: number, to: number): void {
    this.#store.take(list, from, to, this.#evicted)
    if (this.#listener !== null && this.#removed.length > 0) {
      this.#listener({ kind: 'blocks-removed', hashes: this.#removed, tier: 'device' })
      this.#removed = []
    }
    if (this.#tiers !== null) this.#tiers.flush()
  }

  blocksNeeded(sequence: PoolSequence, tokens: number): number {
    const needed = Math.ceil(tokens / this.blockTokens)
    return needed > sequence.blockCount ? needed - sequence.blockCount : 0
  }

  grow(sequence: PoolSequence, tokens: number): boolean {
    assert(sequence.open, 'only open sequences grow')
    const count = sequence.blockCount
    const needed = Math.ceil(tokens / this.blockTokens)
    if (needed <= count) return true
    if (needed - count > this.#store.free) return false
    if (needed > sequence.list.length) sequence.list = this.#lists.enlarge(sequence.list, count, needed)
    this.#take(sequence.list, count, needed)
    sequence.blockCount = needed
    return true
  }

  commit(sequence: PoolSequence, tokens: number, decoding = false): void {
    assert(sequence.open, 'only open sequences compute')
    const full = Math.floor(tokens / this.blockTokens)
    if (full <= sequence.full) return
    assert(full <= sequence.blockCount, 'tokens are computed in blocks that are held')
    sequence.full = full
    if ((decoding && this.#rules.answersAtEnd) || this.#isPrivate(sequence)) return
    this.#name(sequence)
    // Decoded blocks go to slower tiers at the end: the order would otherwise depend on how steps are taken together.
    if (this.#tiers !== null && !decoding) this.#tiers.store(sequence.content, sequence.owner, full)
  }

  /**
   * Nobody but its request could find its blocks, and that only once it was taken back: they get their keys then. Slower
   * tiers would keep them, and so have to know them.
   */
  #isPrivate({ content }: PoolSequence): boolean {
    return content === null && this.#tiers === null
  }

  /** Gives keys to the full blocks that have none. */
  #name(sequence: PoolSequence): void {
    const { list, content, owner, committed, full } = sequence
    const { index } = this.#store
    const keys = this.#keys
    const named = owner < 0 ? Math.min(full, knownBlocks(content, this.blockTokens)) : full
    let block = committed
    let added = full
    keys.start(content, owner, block)
    for (; block < named; block++) {
      const first = index.insert(list[block]!, keys.key, keys.hash)
      if (first && added === full) added = block
      keys.next()
    }
    for (; block < full; block++) index.keys[list[block]!] = anonymousKey
    sequence.committed = full
    if (this.#listener === null) return
    // From the first new one on all are new: see #hits().
    const hashes = storedHashes(keys, content, owner, added, full)
    if (hashes === null) return
    this.#listener({ kind: 'blocks-stored', requestId: owner, ...hashes, firstBlock: added, tier: 'device' })
  }

  close(sequence: PoolSequence, retracted = false): void {
    if (!sequence.open) return
    const { list, content, owner, full, blockCount } = sequence
    if (sequence.committed < full && (retracted || !this.#isPrivate(sequence))) this.#name(sequence)
    if (this.#tiers !== null) this.#tiers.store(content, owner, full)
    const used = this.#rules.unusedFirst ? full : blockCount
    this.#store.releaseUnused(list, used, blockCount)
    this.#store.release(list, 0, used)
    this.#lists.give(list)
    sequence.open = false
    sequence.blockCount = 0
    this.#sequences.delete(sequence)
  }

  clear(): void {
    for (const sequence of this.#sequences) {
      sequence.open = false
      sequence.blockCount = 0
    }
    this.#sequences.clear()
    this.#store = new BlockStore(this.totalBlocks)
    this.#tiers?.clear()
    this.#listener?.({ kind: 'blocks-cleared' })
  }

  checkInvariants(): void {
    const held: number[] = []
    for (const sequence of this.#sequences) {
      assert(sequence.committed <= sequence.full, 'keys are for full blocks')
      assert(sequence.full <= sequence.blockCount, 'full blocks are held')
      for (let position = 0; position < sequence.blockCount; position++) {
        const block = sequence.list[position]!
        held.push(block)
        const named = this.#store.index.keys[block] !== 0
        assert(
          named === position < sequence.committed,
          `block ${block} has a key if and only if it is committed`,
        )
      }
    }
    this.#store.checkInvariants(held)
    this.#tiers?.checkInvariants()
  }
}
