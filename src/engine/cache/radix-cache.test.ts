/** SGLang's rules by example; histories at large are in radix-cache-model.test.ts. */
import fc from 'fast-check'
import { expect, test } from 'vitest'
import type { TokenContent } from '../../workload/request.ts'
import type { TierSettings } from '../settings.ts'
import type { CacheChange, CacheListener, KeyValueCache, PrefixHit } from './key-value-cache.ts'
import { chainedContent, historyArbitrary, promptsArbitrary } from './prompts.fixture.ts'
import { RadixCache } from './radix-cache.ts'

function radix(
  pages: number,
  pageTokens: number,
  tiers: readonly TierSettings[] = [],
  listener: CacheListener | null = null,
): KeyValueCache {
  return new RadixCache(pages, pageTokens, tiers, listener)
}

function lookup(cache: KeyValueCache, content: TokenContent | null, maximum: number, owner = -1): PrefixHit {
  const hit = { deviceTokens: 0, hostTokens: 0, diskTokens: 0 }
  cache.lookup(content, maximum, hit, owner)
  return hit
}

function deviceTokens(
  cache: KeyValueCache,
  content: TokenContent | null,
  maximum: number,
  owner = -1,
): number {
  return lookup(cache, content, maximum, owner).deviceTokens
}

function serve(cache: KeyValueCache, content: TokenContent | null, tokens: number, owner = -1): void {
  const { deviceTokens, hostTokens, diskTokens } = lookup(cache, content, tokens - 1, owner)
  const sequence = cache.open(content, deviceTokens + hostTokens + diskTokens, tokens, owner)!
  cache.commit(sequence, tokens)
  cache.close(sequence)
}

function tier(name: 'host' | 'disk', blocksPerRank: number): TierSettings {
  return { tier: name, blocksPerRank, readBytesPerSecond: 1e9, writeBytesPerSecond: 1e9, blockBytes: 1e6 }
}

test('hits are exact to the token', () => {
  const cache = radix(1000, 1)
  const content = chainedContent(16, [0, 0, 0])
  serve(cache, content, 41)
  expect(deviceTokens(cache, content, 100)).toBe(41)
  expect(deviceTokens(cache, content, 17)).toBe(17)
  expect(deviceTokens(cache, chainedContent(16, [0, 0, 1]), 100)).toBe(32)
  expect(deviceTokens(cache, chainedContent(16, [1, 0, 0]), 100)).toBe(0)
})

test('with larger pages hits are whole pages', () => {
  const cache = radix(100, 8)
  serve(cache, chainedContent(12, [0, 0]), 24)
  // 12 tokens in common: one page and a half.
  expect(deviceTokens(cache, chainedContent(12, [0, 1]), 24)).toBe(8)
})

test('leaves go first, least recently used; parts in use stay', () => {
  const cache = radix(40, 1)
  const old = chainedContent(10, [0, 0])
  const recent = chainedContent(10, [0, 1])
  serve(cache, old, 20)
  serve(cache, recent, 20)
  const shared = cache.open(chainedContent(10, [0]), 10, 11)!
  expect(cache.freeBlocks()).toBe(29)
  const large = cache.open(null, 0, 15)!
  expect([deviceTokens(cache, old, 20), deviceTokens(cache, recent, 20)]).toEqual([10, 20])
  cache.close(large)
  expect(cache.open(null, 0, 30)).toBeNull()
  cache.open(null, 0, 29)
  expect([deviceTokens(cache, old, 20), deviceTokens(cache, recent, 20)]).toEqual([10, 10])
  cache.close(shared)
  cache.checkInvariants()
})

test('a leaf is evicted whole, however little is needed', () => {
  const cache = radix(30, 1)
  const content = chainedContent(10, [0, 0, 0])
  serve(cache, content, 30)
  cache.open(null, 0, 1)
  expect(deviceTokens(cache, content, 30)).toBe(0)
  expect(cache.freeBlocks()).toBe(29)
})

test('the answer is a leaf of its own: it goes before its prompt', () => {
  const cache = radix(30, 1)
  const content = chainedContent(10, [0, 0, 0])
  const sequence = cache.open(content, 0, 20)!
  cache.commit(sequence, 20)
  cache.grow(sequence, 30)
  cache.commit(sequence, 25, true)
  expect(deviceTokens(cache, content, 30)).toBe(20)
  cache.commit(sequence, 30, true)
  cache.close(sequence)
  expect(deviceTokens(cache, content, 30)).toBe(30)
  cache.open(null, 0, 1)
  expect(deviceTokens(cache, content, 30)).toBe(20)
})

test('a retracted request loses its answer and keeps its prompt', () => {
  const cache = radix(40, 1)
  const sequence = cache.open(null, 0, 20, 3)!
  cache.commit(sequence, 20)
  cache.grow(sequence, 30)
  cache.commit(sequence, 30, true)
  cache.close(sequence, true)
  expect(deviceTokens(cache, null, 100, 3)).toBe(20)
  expect(deviceTokens(cache, null, 100, 4)).toBe(0)
  expect(cache.freeBlocks()).toBe(40)
})

test('what two computed at the same time is kept once', () => {
  const cache = radix(40, 1)
  const content = chainedContent(10, [0, 0])
  const first = cache.open(content, 0, 20)!
  const second = cache.open(content, 0, 20)!
  expect(cache.freeBlocks()).toBe(0)
  cache.commit(first, 20)
  expect(cache.freeBlocks()).toBe(0)
  cache.commit(second, 20)
  expect(cache.freeBlocks()).toBe(20)
  cache.close(first)
  cache.close(second)
  expect(cache.freeBlocks()).toBe(40)
  cache.checkInvariants()
})

test('taking steps together or one by one leaves the same tree', () => {
  const content = chainedContent(10, [0, 0])
  const left = [1, 12].map(stride => {
    const cache = radix(50, 1)
    const sequence = cache.open(content, 0, 10)!
    cache.commit(sequence, 10)
    for (let tokens = 10 + stride; tokens <= 22; tokens += stride) {
      cache.grow(sequence, tokens)
      cache.commit(sequence, tokens, true)
    }
    cache.close(sequence)
    cache.open(null, 0, 29)
    return [deviceTokens(cache, content, 100), cache.freeBlocks()]
  })
  expect(left[0]).toEqual(left[1])
})

test('slower tiers hold what the device had to give up, each its own size', () => {
  const cache = radix(20, 1, [tier('host', 15), tier('disk', 100)])
  const content = chainedContent(10, [0, 0])
  serve(cache, chainedContent(10, [1]), 10)
  serve(cache, content, 20)
  expect(lookup(cache, content, 20)).toEqual({ deviceTokens: 20, hostTokens: 0, diskTokens: 0 })
  serve(cache, null, 20)
  expect(lookup(cache, content, 20)).toEqual({ deviceTokens: 0, hostTokens: 15, diskTokens: 5 })
  expect(lookup(cache, chainedContent(10, [1]), 20)).toEqual({
    deviceTokens: 0,
    hostTokens: 0,
    diskTokens: 10,
  })
  const again = cache.open(content, 19, 20)!
  expect(lookup(cache, content, 20).deviceTokens).toBe(0)
  cache.commit(again, 19)
  expect(lookup(cache, content, 20)).toEqual({ deviceTokens: 19, hostTokens: 0, diskTokens: 1 })
  cache.clear()
  expect(lookup(cache, content, 20)).toEqual({ deviceTokens: 0, hostTokens: 0, diskTokens: 0 })
  cache.checkInvariants()
})

test('with a tier that forgets nothing, whatever was ever inserted is found somewhere', () => {
  fc.assert(
    fc.property(promptsArbitrary, historyArbitrary, (prompts, steps) => {
      const cache = radix(40, 1, [tier('host', 20), tier('disk', 100_000)])
      const computed = prompts.map(() => 0)
      for (const { which, amount } of steps) {
        const index = which % prompts.length
        const { content, inputTokens } = prompts[index]!
        const tokens = Math.min(inputTokens, amount)
        const found = lookup(cache, content, tokens - 1, index)
        const sum = found.deviceTokens + found.hostTokens + found.diskTokens
        expect(sum).toBeGreaterThanOrEqual(Math.min(tokens - 1, computed[index]!))
        const sequence = cache.open(content, sum, tokens, index)
        if (sequence === null) continue
        cache.commit(sequence, tokens)
        cache.close(sequence)
        computed[index] = Math.max(computed[index]!, tokens)
        cache.checkInvariants()
      }
    }),
    { numRuns: 50 },
  )
})

test('events tell the same pages as a block pool would, and the tiers by name', () => {
  const changes: CacheChange[] = []
  const cache = radix(8, 4, [tier('host', 8)], change => changes.push(change))
  const content = chainedContent(8, [0, 1])
  const sequence = cache.open(content, 0, 18, 9)!
  cache.commit(sequence, 18)
  cache.close(sequence)
  expect(changes).toHaveLength(2)
  const [device, host] = changes
  expect(device).toMatchObject({
    kind: 'blocks-stored',
    requestId: 9,
    parentHash: null,
    firstBlock: 0,
    tier: 'device',
  })
  expect(host).toEqual({ ...device, tier: 'host' })
  cache.open(null, 0, 32)
  expect(changes.slice(2)).toEqual([
    { kind: 'blocks-removed', hashes: device?.kind === 'blocks-stored' ? device.hashes : [], tier: 'device' },
  ])
})

test('prompts of 100,000 tokens cost runs, not tokens, and hardly any content blocks', () => {
  const cache = radix(300_000, 1)
  let reads = 0
  const start = chainedContent(
    512,
    Array.from({ length: 20 }, () => 0),
  ).blockIds
  for (let prompt = 0; prompt < 100; prompt++) {
    const ids = [
      ...Array.from(start),
      2e10 + (prompt % 3),
      ...Array.from({ length: 180 }, (_, index) => 3e10 + prompt * 1000 + index),
    ]
    const blockIds = new Proxy(ids, {
      get: (target, property) => {
        if (property !== 'length') reads++
        return Reflect.get(target, property)
      },
    })
    serve(cache, { tokensPerBlock: 512, blockIds }, 100_000)
  }
  expect(reads / 100).toBeLessThan(100)
  cache.checkInvariants()
})
