/**
 * SGLang's cache (python/sglang/srt/mem_cache/radix_cache.py at 006b0e3d, common.py at 0057abea): a prompt is inserted in the
 * tree at the end of each chunk (cache_unfinished_req), prompt and answer when the request ends (cache_finished_req); pages
 * that someone else inserted meanwhile are given back; a retracted request inserts nothing (release_kv_cache with
 * is_insert=False); memory is evicted only when an allocation falls short, whole leaves at a time.
 * Blocks are pages; one token each by default.
 *
 * Host memory and disk follow HiCache's default, write-through (hiradix_cache.py at 0050c575; hicache_write_policy in
 * server_args.py): what is inserted is copied to every tier at once, each evicts its own least recently used leaves.
 *
 * Where this differs from the engine: waiting requests do not touch what they match until they are admitted; a request that
 * is retracted counts as a use of its prompt; known content and the private pages behind it are two runs, not one.
 */
import { assert } from '../../core/assert.ts'
import type { TokenContent } from '../../workload/request.ts'
import type { TierSettings } from '../settings.ts'
import type { CacheTier } from '../types.ts'
import { BlockKeys, knownBlocks, storedHashes } from './block-keys.ts'
import type { CacheListener, KeyValueCache, PrefixHit, SequenceBlocks } from './key-value-cache.ts'
import { type RadixNode, RadixTree } from './radix-tree.ts'

interface RadixSequence extends SequenceBlocks {
  blockCount: number
  /** Last node of its path, locked; the pages behind its end are the sequence's own. */
  node: RadixNode
  /** Pages there so far: those behind node.end were decoded and are inserted at the end. */
  full: number
  readonly content: TokenContent | null
  readonly owner: number
  open: boolean
}

interface RadixTier {
  readonly tier: CacheTier
  readonly capacity: number
  tree: RadixTree
}

export class RadixCache implements KeyValueCache {
  readonly totalBlocks: number
  readonly blockTokens: number
  readonly #listener: CacheListener | null
  readonly #keys: BlockKeys
  readonly #sequences = new Set<RadixSequence>()
  readonly #tiers: RadixTier[]
  #tree: RadixTree
  /** Pages neither in the tree nor in a sequence. */
  #unused: number
  #removed: number[] = []

  constructor(
    totalBlocks: number,
    blockTokens: number,
    tiers: readonly TierSettings[] = [],
    listener: CacheListener | null = null,
  ) {
    assert(totalBlocks >= 1 && blockTokens >= 1, 'a cache has blocks and blocks have tokens')
    this.totalBlocks = totalBlocks
    this.blockTokens = blockTokens
    this.#listener = listener
    this.#keys = new BlockKeys(blockTokens)
    this.#unused = totalBlocks
    this.#tree = this.#plant()
    this.#tiers = tiers.map(({ tier, blocksPerRank }) => ({
      tier,
      capacity: blocksPerRank,
      tree: this.#plant(),
    }))
  }

  #plant(): RadixTree {
    return new RadixTree(this.blockTokens, this.#listener === null ? null : node => this.#collect(node))
  }

  #collect(node: RadixNode): void {
    const stored = storedHashes(this.#keys, node.content, -1, node.start, node.end)
    if (stored !== null) for (const hash of stored.hashes) this.#removed.push(hash)
  }

  freeBlocks(): number {
    return this.#unused + this.#tree.evictablePages
  }

  lookup(content: TokenContent | null, maximumTokens: number, out: PrefixHit, owner = -1): void {
    const limit = Math.floor(Math.max(0, maximumTokens) / this.blockTokens)
    let found = this.#tree.find(content, owner, limit)
    out.deviceTokens = found * this.blockTokens
    out.hostTokens = 0
    out.diskTokens = 0
    for (const { tier, tree } of this.#tiers) {
      const further = tree.find(content, owner, limit)
      if (further <= found) continue
      if (tier === 'disk') out.diskTokens += (further - found) * this.blockTokens
      else out.hostTokens += (further - found) * this.blockTokens
      found = further
    }
  }

  fits(
    content: TokenContent | null,
    cachedTokens: number,
    tokens: number,
    reservedBlocks = 0,
    owner = -1,
  ): boolean {
    const needed = Math.ceil(tokens / this.blockTokens) + reservedBlocks
    const free = this.freeBlocks()
    if (needed <= free) return true
    const found = this.#tree.find(content, owner, Math.floor(cachedTokens / this.blockTokens))
    return needed - found <= free - this.#tree.matchedEvictablePages
  }

  open(
    content: TokenContent | null,
    cachedTokens: number,
    tokens: number,
    owner = -1,
  ): SequenceBlocks | null {
    const blockCount = Math.ceil(tokens / this.blockTokens)
    const hits = Math.floor(cachedTokens / this.blockTokens)
    const tree = this.#tree
    assert(cachedTokens <= tokens, 'a sequence has room for what is cached of it')
    const found = tree.find(content, owner, hits)
    assert(
      found === hits || this.#tiers.length > 0,
      'what is opened as cached was found by a lookup just before',
    )
    if (blockCount - found > this.freeBlocks() - tree.matchedEvictablePages) return null
    const node = tree.descend(tree.root, content, owner, found)
    this.#take(blockCount - found)
    for (const { tree: slower } of this.#tiers)
      slower.unlock(slower.descend(slower.root, content, owner, hits))
    const sequence: RadixSequence = { blockCount, node, full: found, content, owner, open: true }
    this.#sequences.add(sequence)
    return sequence
  }

  blocksNeeded(sequence: RadixSequence, tokens: number): number {
    const needed = Math.ceil(tokens / this.blockTokens)
    return needed > sequence.blockCount ? needed - sequence.blockCount : 0
  }

  grow(sequence: RadixSequence, tokens: number): boolean {
    assert(sequence.open, 'only open sequences grow')
    const more = this.blocksNeeded(sequence, tokens)
    if (more === 0) return true
    if (more > this.freeBlocks()) return false
    this.#take(more)
    sequence.blockCount += more
    return true
  }

  /** Takes pages that freeBlocks() promised. */
  #take(pages: number): void {
    if (pages > this.#unused) {
      this.#unused += this.#tree.evict(pages - this.#unused)
      this.#tellRemoved('device')
    }
    this.#unused -= pages
  }

  #tellRemoved(tier: CacheTier): void {
    if (this.#listener === null || this.#removed.length === 0) return
    this.#listener({ kind: 'blocks-removed', hashes: this.#removed, tier })
    this.#removed = []
  }

  commit(sequence: RadixSequence, tokens: number, decoding = false): void {
    assert(sequence.open, 'only open sequences compute')
    const full = Math.floor(tokens / this.blockTokens)
    if (full <= sequence.full) return
    assert(full <= sequence.blockCount, 'tokens are computed in pages that are held')
    sequence.full = full
    if (!decoding) this.#insert(sequence)
  }

  /** Puts the pages of a sequence into the tree; those that are there already are given back. */
  #insert(sequence: RadixSequence): void {
    const { content, owner, full } = sequence
    const tree = this.#tree
    const before = sequence.node.end
    if (full > before) {
      let node = tree.descend(sequence.node, content, owner, full)
      const shared = node.end
      this.#unused += shared - before
      if (shared < full) {
        node = tree.append(node, content, owner, full)
        this.#tellStored(sequence, shared, full, 'device')
      }
      sequence.node = node
    }
    for (const tier of this.#tiers) this.#insertInTier(tier, sequence)
  }

  #insertInTier({ tier, capacity, tree }: RadixTier, sequence: RadixSequence): void {
    const { content, owner } = sequence
    // What nobody could find again is not worth a copy.
    const worth = owner < 0 ? Math.min(sequence.full, knownBlocks(content, this.blockTokens)) : sequence.full
    const full = Math.min(worth, capacity)
    let node = tree.descend(tree.root, content, owner, full)
    const shared = node.end
    const room = capacity - tree.lockedPages - tree.evictablePages
    if (full - shared > room) {
      tree.evict(full - shared - room)
      this.#tellRemoved(tier)
    }
    if (shared < full) {
      node = tree.append(node, content, owner, full)
      this.#tellStored(sequence, shared, full, tier)
    }
    tree.unlock(node)
  }

  #tellStored({ content, owner }: RadixSequence, firstBlock: number, full: number, tier: CacheTier): void {
    if (this.#listener === null) return
    const hashes = storedHashes(this.#keys, content, owner, firstBlock, full)
    if (hashes !== null)
      this.#listener({ kind: 'blocks-stored', requestId: owner, ...hashes, firstBlock, tier })
  }

  close(sequence: RadixSequence, retracted = false): void {
    if (!sequence.open) return
    if (!retracted) this.#insert(sequence)
    this.#unused += sequence.blockCount - sequence.node.end
    this.#tree.unlock(sequence.node)
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
    this.#tree = this.#plant()
    for (const tier of this.#tiers) tier.tree = this.#plant()
    this.#unused = this.totalBlocks
    this.#listener?.({ kind: 'blocks-cleared' })
  }

  checkInvariants(): void {
    let own = 0
    const locks = new Map<RadixNode, number>()
    for (const sequence of this.#sequences) {
      assert(
        sequence.node.end <= sequence.full && sequence.full <= sequence.blockCount,
        'a sequence holds what it computed',
      )
      own += sequence.blockCount - sequence.node.end
      for (let node = sequence.node; node.parent !== null; node = node.parent)
        locks.set(node, (locks.get(node) ?? 0) + 1)
    }
    for (const [node, count] of locks)
      assert(node.locks === count, `a run counts ${node.locks} locks, has ${count}`)
    const tree = this.#tree
    tree.checkInvariants()
    let locked = 0
    for (const node of locks.keys()) locked += node.end - node.start
    assert(locked === tree.lockedPages, 'every lock belongs to a sequence')
    const total = own + tree.lockedPages + tree.evictablePages + this.#unused
    assert(total === this.totalBlocks, `${total} pages of ${this.totalBlocks} are accounted for`)
    for (const { capacity, tree: slower } of this.#tiers) {
      slower.checkInvariants()
      assert(slower.lockedPages === 0, 'nothing is locked in slower tiers')
      assert(slower.evictablePages <= capacity, 'a tier holds what it can')
    }
  }
}
