/**
 * Decoded events of one engine rank → the CacheEvents that a router's index takes (src/routing/event-prefix-index.ts), whose hashes
 * are keys of our own. Engine blocks smaller than 64 tokens are taken together (vLLM's hold 16, SGLang's pages 1 unless told
 * otherwise): ours is stored when its last engine block is, and gone when that is. Engines drop from a prompt's end, so a
 * match is rarely too long, and too short by less than a block.
 *
 * What it cannot know: cache salts that an engine does not tell (SGLang), images of a prompt before they are hashed. Blocks of
 * those are kept apart or matched too kindly; docs/models/engine-state.md says which.
 */
import type { CacheEvent, CacheTier } from '../../engine/types.ts'
import type { DecodedCacheEvent } from './cache-event-decoder.ts'
import { EngineBlockTable } from './engine-block-table.ts'
import { absorb, absorbText, prefixKey, scopedPrefix } from './prefix-hash.ts'

/**
 * 64: a match is 32 tokens too short on average, a millisecond of prefill, and an index a quarter of the size and of the time that
 * blocks of 16 take (benchmarks/long-prompts.ts, with both: 172 and 43 bytes per 16 tokens).
 */
export const leastBlockTokens = 64

/** Tokens in a block of ours for engine blocks of so many: the same, or the least multiple that is 64 or more. */
export function ownBlockTokens(engineBlockTokens: number): number {
  return engineBlockTokens * blocksTogether(engineBlockTokens)
}

function blocksTogether(engineBlockTokens: number): number {
  return Math.ceil(leastBlockTokens / engineBlockTokens)
}

export interface TranslationCounts {
  storedBlocks: number
  removedBlocks: number
  /** Stored blocks whose parent is not known: they cannot be placed. */
  orphanBlocks: number
  /** Removed blocks that were not known, and copies of such. */
  strangeBlocks: number
  /** Blocks of other cache groups of a hybrid model. */
  otherGroupBlocks: number
  /** Times that more was held than a cache of that size holds, and all was dropped. */
  overflows: number
}

export function noTranslations(): TranslationCounts {
  return {
    storedBlocks: 0,
    removedBlocks: 0,
    orphanBlocks: 0,
    strangeBlocks: 0,
    otherGroupBlocks: 0,
    overflows: 0,
  }
}

export interface EventTranslator {
  /** Pushes what the index must hear. Answers whether every block found its place. */
  apply(atUs: number, event: DecodedCacheEvent, out: CacheEvent[]): boolean
  /** Forgets everything, and tells the index to. */
  clear(atUs: number, out: CacheEvent[]): void
  /** How many engine blocks the device's cache can hold; bounds what is believed until a slower tier is told of. */
  resize(deviceBlocks: number): void
  readonly counts: Readonly<TranslationCounts>
  /** Engine blocks tracked, and bytes they take here. */
  readonly blocks: number
  readonly bytes: number
  /** Tokens in a block of ours; null before the first event. */
  readonly blockTokens: number | null
}

const tierBits: Readonly<Record<CacheTier, number>> = { device: 1, host: 2, disk: 4 }

/** Kinds of cache that hold a prefix whole; the others keep a window or a state of it (vLLM, v1/kv_cache_interface.py). */
const wholeKinds = new Set(['full_attention', 'mla_attention'])

/** isAlone: no other rank tells of the same candidate, so that forgetting everything is one event. */
export function createEventTranslator(maximumBlocks: number, isAlone = true): EventTranslator {
  const table = new EngineBlockTable()
  const counts = noTranslations()
  let deviceBlocks = maximumBlocks
  /** Engines tell the size of the device's cache only: with slower tiers it bounds nothing. */
  let hasOtherTiers = false
  let engineBlockTokens = 0
  let together = 1
  let followedGroup: number | null = null

  function clear(atUs: number, out: CacheEvent[]): void {
    if (isAlone) out.push({ kind: 'blocks-cleared', atUs })
    else {
      const byTier: Record<CacheTier, number[]> = { device: [], host: [], disk: [] }
      table.each(place => {
        if (table.phase(place) !== together - 1) return
        const key = prefixKey(table.stateA(place), table.stateB(place))
        for (const tier of ['device', 'host', 'disk'] as const)
          if ((table.tiers(place) & tierBits[tier]) !== 0) byTier[tier].push(key)
      })
      for (const tier of ['device', 'host', 'disk'] as const)
        if (byTier[tier].length > 0) out.push({ kind: 'blocks-removed', atUs, hashes: byTier[tier], tier })
    }
    table.clear()
  }

  /** Hybrid models tell of every group; the prefix is what the group with whole attention holds. */
  function follows(group: number | null, groupKind: string | null): boolean {
    if (group === null) return true
    if (groupKind !== null && wholeKinds.has(groupKind)) followedGroup ??= group
    return group === (followedGroup ?? 0)
  }

  function stored(atUs: number, event: DecodedCacheEvent & { kind: 'stored' }, out: CacheEvent[]): boolean {
    const { hashes, parent, tokens, blockTokens, tier, loraName, extraKeys } = event
    const blocks = hashes.length / 2
    if (!follows(event.group, event.groupKind)) {
      counts.otherGroupBlocks += blocks
      return true
    }
    if (tokens.length === 0) return copied(atUs, event, out)
    if (blockTokens !== engineBlockTokens) {
      if (table.size > 0) clear(atUs, out)
      engineBlockTokens = blockTokens
      together = blocksTogether(blockTokens)
    }
    const state = scopedPrefix({ loraName, cacheSalt: null })
    let phase = together - 1
    if (parent !== null) {
      const place = table.find(parent[0]!, parent[1]!)
      if (place === -1) {
        counts.orphanBlocks += blocks
        return false
      }
      state.a = table.stateA(place)
      state.b = table.stateB(place)
      phase = table.phase(place)
    }
    hasOtherTiers ||= tier !== 'device'
    if (table.size + blocks > (hasOtherTiers ? maximumBlocks : deviceBlocks)) {
      counts.overflows++
      clear(atUs, out)
      if (parent !== null) {
        counts.orphanBlocks += blocks
        return false
      }
    }
    const keys: number[] = []
    const bit = tierBits[tier]
    for (let block = 0; block < blocks; block++) {
      const extra = extraKeys?.[block] ?? null
      if (extra !== null) absorbText(state, extra)
      absorb(state, tokens, block * blockTokens, (block + 1) * blockTokens)
      phase = phase + 1 === together ? 0 : phase + 1
      const place = table.put(hashes[2 * block]!, hashes[2 * block + 1]!, state.a, state.b, phase)
      table.setTiers(place, table.tiers(place) | bit)
      if (phase === together - 1) keys.push(prefixKey(state.a, state.b))
    }
    counts.storedBlocks += blocks
    tell(atUs, keys, tier, out)
    return true
  }

  /** A copy on another tier of blocks that were told before (vLLM's offloading connectors name no tokens). */
  function copied(atUs: number, event: DecodedCacheEvent & { kind: 'stored' }, out: CacheEvent[]): boolean {
    const { hashes, tier } = event
    hasOtherTiers ||= tier !== 'device'
    const keys: number[] = []
    forKnown(hashes, place => {
      table.setTiers(place, table.tiers(place) | tierBits[tier])
      addKey(place, keys)
    })
    tell(atUs, keys, tier, out)
    return true
  }

  /** Calls back with the place of every block that is known, and counts the others. */
  function forKnown(hashes: Int32Array, callback: (place: number) => void): void {
    for (let index = 0; index < hashes.length; index += 2) {
      const place = table.find(hashes[index]!, hashes[index + 1]!)
      if (place === -1) counts.strangeBlocks++
      else callback(place)
    }
  }

  /** The key of the block of ours that ends here, if one does. */
  function addKey(place: number, keys: number[]): void {
    if (table.phase(place) === together - 1) keys.push(prefixKey(table.stateA(place), table.stateB(place)))
  }

  function tell(atUs: number, keys: readonly number[], tier: CacheTier, out: CacheEvent[]): void {
    if (keys.length === 0) return
    const blockTokens = engineBlockTokens * together
    out.push({
      kind: 'blocks-stored',
      atUs,
      requestId: -1,
      hashes: keys,
      parentHash: null,
      firstBlock: 0,
      blockTokens,
      tier,
    })
  }

  function removed(atUs: number, event: DecodedCacheEvent & { kind: 'removed' }, out: CacheEvent[]): void {
    const { hashes, tier, group } = event
    if (!follows(group, null)) {
      counts.otherGroupBlocks += hashes.length / 2
      return
    }
    const bit = tierBits[tier]
    const keys: number[] = []
    forKnown(hashes, place => {
      const before = table.tiers(place)
      if ((before & bit) === 0) return
      addKey(place, keys)
      if (before === bit) table.remove(place)
      else table.setTiers(place, before & ~bit)
      counts.removedBlocks++
    })
    if (keys.length > 0) out.push({ kind: 'blocks-removed', atUs, hashes: keys, tier })
  }

  return {
    apply(atUs, event, out) {
      if (event.kind === 'stored') return stored(atUs, event, out)
      if (event.kind === 'removed') removed(atUs, event, out)
      else clear(atUs, out)
      return true
    },
    clear,
    resize(blocks) {
      deviceBlocks = Math.min(maximumBlocks, blocks)
    },
    counts,
    get blocks() {
      return table.size
    },
    get bytes() {
      return table.bytes
    },
    get blockTokens() {
      return engineBlockTokens === 0 ? null : engineBlockTokens * together
    },
  }
}
