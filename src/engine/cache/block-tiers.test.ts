/** Slower tiers behind a block pool by example; histories at large are in block-pool-model.test.ts. */
import { expect, test } from 'vitest'
import type { TokenContent } from '../../workload/request.ts'
import type { TierSettings } from '../settings.ts'
import { BlockPool, type BlockPoolRules } from './block-pool.ts'
import { BlockTier } from './block-tier.ts'
import { BlockTiers, type WritePolicy } from './block-tiers.ts'
import type { CacheChange, CacheListener, KeyValueCache, PrefixHit } from './key-value-cache.ts'
import { chainedContent } from './prompts.fixture.ts'

const rules: BlockPoolRules = { unusedFirst: true, answersAtEnd: false, partialReuse: false }

function tier(name: 'host' | 'disk', blocksPerRank: number): TierSettings {
  return { tier: name, blocksPerRank, readBytesPerSecond: 1e9, writeBytesPerSecond: 1e9, blockBytes: 1e6 }
}

function pool(
  policy: WritePolicy,
  tiers: readonly TierSettings[],
  listener: CacheListener | null = null,
): KeyValueCache {
  return new BlockPool(4, 4, rules, new BlockTiers(tiers, 4, policy, listener), listener)
}

function lookup(cache: KeyValueCache, content: TokenContent | null, maximum: number): PrefixHit {
  const hit = { deviceTokens: 0, hostTokens: 0, diskTokens: 0 }
  cache.lookup(content, maximum, hit)
  return hit
}

function serve(cache: KeyValueCache, content: TokenContent | null, tokens: number): void {
  const hit = lookup(cache, content, tokens - 1)
  const sequence = cache.open(content, hit.deviceTokens + hit.hostTokens + hit.diskTokens, tokens)!
  cache.commit(sequence, tokens)
  cache.close(sequence)
}

const first = chainedContent(4, [0, 0, 0, 0])
const second = chainedContent(4, [1, 0, 0, 0])

test('write-back: blocks move down as they are evicted, the end of the prompt first', () => {
  const cache = pool('write-back', [tier('host', 2), tier('disk', 10)])
  serve(cache, first, 16)
  expect(lookup(cache, first, 16)).toEqual({ deviceTokens: 16, hostTokens: 0, diskTokens: 0 })
  cache.close(cache.open(null, 0, 4)!)
  expect(lookup(cache, first, 16)).toEqual({ deviceTokens: 12, hostTokens: 4, diskTokens: 0 })
  serve(cache, second, 16)
  expect(lookup(cache, first, 16)).toEqual({ deviceTokens: 0, hostTokens: 8, diskTokens: 8 })
})

test('write-back: what is used moves up again and leaves its place below', () => {
  const cache = pool('write-back', [tier('host', 4)])
  serve(cache, first, 16)
  serve(cache, second, 16)
  expect(lookup(cache, first, 16).hostTokens).toBe(16)
  const sequence = cache.open(first, 12, 16)!
  expect(sequence.blockCount).toBe(4)
  // Gone below, and not here before the transfer is over; the second prompt went down meanwhile.
  expect(lookup(cache, first, 12)).toEqual({ deviceTokens: 0, hostTokens: 0, diskTokens: 0 })
  cache.commit(sequence, 12)
  expect(lookup(cache, first, 12).deviceTokens).toBe(12)
  expect(lookup(cache, second, 16).hostTokens).toBe(16)
  cache.checkInvariants()
})

test('write-through: the tier has everything at once and keeps it when it is used', () => {
  const changes: CacheChange[] = []
  const cache = pool('write-through', [tier('host', 8)], change => changes.push(change))
  serve(cache, first, 16)
  expect(changes.map(change => (change.kind === 'blocks-cleared' ? '' : change.tier))).toEqual([
    'device',
    'host',
  ])
  serve(cache, second, 16)
  expect(lookup(cache, first, 16)).toEqual({ deviceTokens: 0, hostTokens: 16, diskTokens: 0 })
  const sequence = cache.open(first, 12, 13)!
  cache.commit(sequence, 12)
  cache.close(sequence)
  serve(cache, second, 16)
  expect(lookup(cache, first, 16)).toEqual({ deviceTokens: 0, hostTokens: 16, diskTokens: 0 })
})

test('write-through: the prompt used longest ago goes first, its end before its beginning', () => {
  const cache = pool('write-through', [tier('host', 6)])
  serve(cache, first, 16)
  serve(cache, second, 16)
  expect([lookup(cache, first, 16).hostTokens, lookup(cache, second, 16).deviceTokens]).toEqual([8, 16])
  serve(cache, first, 9)
  serve(cache, chainedContent(4, [1, 1, 1, 1]), 16)
  // The third prompt took the last of its blocks' places from the second one, which was used before the first.
  expect(lookup(cache, first, 16).hostTokens).toBe(8)
})

test('a tier smaller than a prompt keeps its beginning', () => {
  const cache = pool('write-through', [tier('host', 3)])
  serve(cache, first, 16)
  cache.close(cache.open(null, 0, 16)!)
  expect(lookup(cache, first, 16)).toEqual({ deviceTokens: 0, hostTokens: 12, diskTokens: 0 })
})

test('hits alternate between tiers where a prefix lies in both', () => {
  const cache = pool('write-back', [tier('host', 2), tier('disk', 2)])
  serve(cache, first, 16)
  serve(cache, null, 16)
  expect(lookup(cache, first, 16)).toEqual({ deviceTokens: 0, hostTokens: 8, diskTokens: 8 })
  expect(lookup(cache, first, 7)).toEqual({ deviceTokens: 0, hostTokens: 4, diskTokens: 0 })
})

test('a moved block is announced where it arrives, then withdrawn where it was', () => {
  const changes: CacheChange[] = []
  const cache = pool('write-back', [tier('host', 1)], change => changes.push(change))
  serve(cache, chainedContent(4, [0]), 4)
  const stored = changes[0]?.kind === 'blocks-stored' ? changes[0].hashes : []
  const holder = cache.open(null, 0, 12)!
  serve(cache, chainedContent(4, [1]), 4)
  expect(changes.slice(1, 3)).toEqual([
    {
      kind: 'blocks-stored',
      requestId: -1,
      hashes: stored,
      parentHash: null,
      firstBlock: -1,
      tier: 'host',
    },
    { kind: 'blocks-removed', hashes: stored, tier: 'device' },
  ])
  cache.close(holder)
})

test('a tier grows with use, up to its capacity', () => {
  const large = new BlockTier('disk', 5000)
  for (let key = 1; key <= 6000; key++) expect(large.add(key, key * 17)).toBe(Math.max(0, key - 5000))
  expect(large.size).toBe(5000)
  expect(large.has(1000, 17_000)).toBe(false)
  expect(large.has(1001, 17_017)).toBe(true)
  expect(large.remove(1001, 17_017)).toBe(true)
  expect(large.remove(1001, 17_017)).toBe(false)
  expect(large.add(1, 17)).toBe(0)
  expect(large.queuedKeys().slice(0, 2)).toEqual([1002, 1003])
  large.checkInvariants()
  large.clear()
  expect(large.size).toBe(0)
})

test('write-back: a block that lies in two tiers leaves both when it is used', () => {
  const cache = pool('write-back', [tier('host', 1), tier('disk', 8)])
  const one = chainedContent(4, [0])
  const evictAll = () => cache.close(cache.open(null, 0, 16)!)
  serve(cache, one, 4)
  evictAll()
  serve(cache, chainedContent(4, [1]), 4)
  evictAll()
  expect(lookup(cache, one, 4).diskTokens).toBe(4)
  // Computed anew although it was there, and evicted again.
  const computed = cache.open(one, 0, 4)!
  cache.commit(computed, 4)
  cache.close(computed)
  evictAll()
  expect(lookup(cache, one, 4).hostTokens).toBe(4)
  const sequence = cache.open(one, 4, 5)!
  expect(lookup(cache, one, 4)).toEqual({ deviceTokens: 0, hostTokens: 0, diskTokens: 0 })
  cache.commit(sequence, 4)
  expect(lookup(cache, one, 4)).toEqual({ deviceTokens: 4, hostTokens: 0, diskTokens: 0 })
})
