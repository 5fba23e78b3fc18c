/**
 * Host memory and disk behind a block pool. When blocks get there is the engine's rule:
 *
 * write-through: computed blocks are copied to every tier at once, each tier evicts what was used longest ago; whatever is
 * used is touched last block first. vLLM's offloading connector
 * (vllm/distributed/kv_transfer/kv_connector/v1/offloading/scheduler.py at 0072b0b7: _get_reqs_to_store and touch;
 * vllm/v1/kv_offload/cpu/policies/lru.py at 0c2bbc47).
 *
 * write-back: a block moves down when it is evicted above, and up again when it is used. TensorRT-LLM's secondary pool
 * (cpp/tensorrt_llm/batch_manager/kvCacheManager.cpp at 002ba6a7: getFreeBlock, onboardBlock).
 *
 * Writing takes no time of the engine (it is asynchronous in both); reading does, which is why lookups tell tiers apart.
 */
import type { TokenContent } from '../../workload/request.ts'
import type { TierSettings } from '../settings.ts'
import { BlockKeys, knownBlocks, storedHashes } from './block-keys.ts'
import { BlockTier } from './block-tier.ts'
import type { CacheListener, PrefixHit } from './key-value-cache.ts'

export type WritePolicy = 'write-through' | 'write-back'

export class BlockTiers {
  readonly tiers: readonly BlockTier[]
  readonly #policy: WritePolicy
  readonly #keys: BlockKeys
  readonly #listener: CacheListener | null
  /** Scratch: keys of a sequence, to walk backwards. */
  #walkKeys = new Float64Array(256)
  #walkHashes = new Float64Array(256)
  /** Keys that left a tier and are not told yet: told together, but before anything else that happens. */
  #removed: number[] = []
  #removedFrom: BlockTier | null = null

  constructor(
    settings: readonly TierSettings[],
    blockTokens: number,
    policy: WritePolicy,
    listener: CacheListener | null = null,
  ) {
    this.tiers = settings.map(({ tier, blocksPerRank }) => new BlockTier(tier, blocksPerRank))
    this.#policy = policy
    this.#keys = new BlockKeys(blockTokens)
    this.#listener = listener
  }

  /** Adds to `out` the tokens of blocks [from, limit) that continue a prefix, each from the nearest tier that has it. */
  continuePrefix(
    content: TokenContent | null,
    owner: number,
    from: number,
    limit: number,
    out: PrefixHit,
  ): void {
    const keys = this.#keys
    const end = this.#indexed(content, owner, limit)
    keys.start(content, owner, from)
    for (let block = from; block < end; block++) {
      const tier = this.tiers.find(candidate => candidate.has(keys.key, keys.hash))
      if (tier === undefined) return
      if (tier.tier === 'disk') out.diskTokens += keys.blockTokens
      else out.hostTokens += keys.blockTokens
      keys.next()
    }
  }

  /** Blocks that have keys of their own: all with an owner, the known ones without. */
  #indexed(content: TokenContent | null, owner: number, blocks: number): number {
    return owner < 0 ? Math.min(blocks, knownBlocks(content, this.#keys.blockTokens)) : blocks
  }

  /** A sequence begins: blocks [0, from) were found on the device, [from, to) here. */
  load(content: TokenContent | null, owner: number, from: number, to: number): void {
    if (this.#policy === 'write-through') {
      const end = this.#walk(content, owner, 0, to)
      for (const tier of this.tiers) this.#touch(tier, end)
      return
    }
    const count = this.#walk(content, owner, from, to)
    for (let index = 0; index < count; index++) {
      const key = this.#walkKeys[index]!
      // It may lie in two: computed anew on the device and evicted while an older copy was further down.
      for (const tier of this.tiers) if (tier.remove(key, this.#walkHashes[index]!)) this.#left(tier, key)
    }
    this.flush()
  }

  /** The first `full` blocks of a sequence are computed, or it ends with them. */
  store(content: TokenContent | null, owner: number, full: number): void {
    if (this.#policy === 'write-back') return
    const count = this.#walk(content, owner, 0, full)
    for (const tier of this.tiers) {
      const stored = Math.min(count, tier.capacity)
      if (this.#touch(tier, stored) === stored) continue
      // Again, now that what was here already will not be evicted for the rest.
      let first = stored
      for (let index = stored - 1; index >= 0; index--) {
        const key = this.#walkKeys[index]!
        const hash = this.#walkHashes[index]!
        if (tier.touch(key, hash)) continue
        first = index
        const evicted = tier.add(key, hash)
        if (evicted !== 0) this.#left(tier, evicted)
      }
      this.flush()
      if (this.#listener === null) continue
      const hashes = storedHashes(this.#keys, content, owner, first, stored)
      if (hashes === null) continue
      this.#listener({
        kind: 'blocks-stored',
        requestId: owner,
        ...hashes,
        firstBlock: first,
        tier: tier.tier,
      })
    }
  }

  /** The device lost the last copy of a block. */
  evicted(key: number, hash: number): void {
    if (this.#policy === 'write-through') return
    let moving = key
    let movingHash = hash
    for (const tier of this.tiers) {
      if (moving === 0) return
      if (tier.touch(moving, movingHash)) return
      const arrived = moving
      moving = tier.add(arrived, movingHash)
      movingHash = tier.evictedHash
      if (moving !== 0) this.#left(tier, moving)
      this.#arrived(tier, arrived)
    }
  }

  /** A block moved here: where in a prompt it stands was told when the device stored it. */
  #arrived({ tier }: BlockTier, key: number): void {
    if (this.#listener === null || key <= 0) return
    this.flush()
    const place = { requestId: -1, parentHash: null, firstBlock: -1 }
    this.#listener({ kind: 'blocks-stored', ...place, hashes: [key], tier })
  }

  #left(tier: BlockTier, key: number): void {
    if (this.#listener === null || key <= 0) return
    if (this.#removedFrom !== tier) this.flush()
    this.#removedFrom = tier
    this.#removed.push(key)
  }

  /** Tells the listener what left. */
  flush(): void {
    if (this.#removedFrom === null) return
    const { tier } = this.#removedFrom
    this.#listener?.({ kind: 'blocks-removed', hashes: this.#removed, tier })
    this.#removed = []
    this.#removedFrom = null
  }

  /** Fills the scratch with the keys of blocks [from, to) and returns how many there are. */
  #walk(content: TokenContent | null, owner: number, from: number, to: number): number {
    const keys = this.#keys
    const count = Math.max(0, this.#indexed(content, owner, to) - from)
    if (count > this.#walkKeys.length) {
      this.#walkKeys = new Float64Array(2 * count)
      this.#walkHashes = new Float64Array(2 * count)
    }
    keys.start(content, owner, from)
    for (let index = 0; index < count; index++) {
      this.#walkKeys[index] = keys.key
      this.#walkHashes[index] = keys.hash
      keys.next()
    }
    return count
  }

  /** Last block first, so that the beginning of a prompt stays longest. Returns how many of them are here. */
  #touch(tier: BlockTier, count: number): number {
    let touched = 0
    for (let index = count - 1; index >= 0; index--) {
      if (tier.touch(this.#walkKeys[index]!, this.#walkHashes[index]!)) touched++
    }
    return touched
  }

  clear(): void {
    for (const tier of this.tiers) tier.clear()
  }

  checkInvariants(): void {
    for (const tier of this.tiers) tier.checkInvariants()
  }
}
