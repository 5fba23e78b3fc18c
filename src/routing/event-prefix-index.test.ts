import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import type { CacheEvent, CacheTier } from '../engine/types.ts'
import { blockKey } from '../workload/block-key.ts'
import { EventPrefixIndex } from './event-prefix-index.ts'
import { createPrefixIndex, type PrefixIndex, prefixIndexDefaults } from './prefix-index.ts'
import { content, prompt, stored } from './routing.fixture.ts'

const { tierWeights } = prefixIndexDefaults

function removed(hashes: readonly number[], tier: CacheTier = 'device'): CacheEvent {
  return { kind: 'blocks-removed', atUs: 0, hashes, tier }
}

function keys(ids: readonly number[], contentTokens: number, blockTokens: number): number[] {
  const count = Math.floor((ids.length * contentTokens) / blockTokens)
  return Array.from({ length: count }, (_, block) =>
    blockKey(content(ids, contentTokens), blockTokens, block),
  )
}

function match(index: PrefixIndex, columns: number, asked: ReturnType<typeof prompt>, nowUs = 0) {
  const matches = { cachedTokens: new Float64Array(columns), creditTokens: new Float64Array(columns) }
  index.match(nowUs, asked, columns, matches)
  return { cached: [...matches.cachedTokens], credit: [...matches.creditTokens] }
}

describe('EventPrefixIndex', () => {
  test('holds what was stored and not removed', () => {
    const index = new EventPrefixIndex({ blockTokens: 16, tierWeights })
    const blocks = keys([1, 2], 512, 16)
    index.changed(1, stored(blocks))
    const asked = prompt(0, [1, 2, 3], 512)
    expect(match(index, 2, asked).cached).toEqual([0, 1024])
    index.changed(1, removed(blocks.slice(60)))
    expect(match(index, 2, asked).cached).toEqual([0, 960])
    index.changed(1, removed([blocks[10]!]))
    expect(match(index, 2, asked).cached).toEqual([0, 160])
    expect(index.heldTokens(1)).toBe(59 * 16)
    index.changed(1, { kind: 'blocks-cleared', atUs: 0 })
    expect(match(index, 2, asked).cached).toEqual([0, 0])
    expect(index.heldTokens(1)).toBe(0)
  })

  test('a block on a slower tier is cached, and saves less', () => {
    const index = new EventPrefixIndex({ blockTokens: 16, tierWeights })
    const [first, second, third] = keys([1, 2, 3], 16, 16)
    index.changed(0, stored([first!, second!]))
    index.changed(0, stored([second!, third!], { tier: 'host' }))
    index.changed(0, stored([third!], { tier: 'disk' }))
    const asked = prompt(0, [1, 2, 3, 4])
    expect(match(index, 1, asked)).toEqual({ cached: [48], credit: [16 * 2.75] })
    index.changed(0, removed([second!]))
    index.changed(0, removed([third!], 'host'))
    expect(match(index, 1, asked)).toEqual({ cached: [48], credit: [16 * (1 + 0.75 + 0.25)] })
    index.changed(0, removed([second!], 'host'))
    expect(match(index, 1, asked)).toEqual({ cached: [16], credit: [16] })
    expect(index.heldTokens(0)).toBe(32)
  })

  test('engines with blocks of different sizes side by side', () => {
    const index = new EventPrefixIndex({ blockTokens: 16, tierWeights })
    const ids = [1, 2, 3]
    index.changed(0, stored(keys(ids, 64, 16)))
    index.changed(1, stored(keys(ids, 64, 48), { blockTokens: 48 }))
    expect(match(index, 2, prompt(0, [1, 2, 3, 4], 64)).cached).toEqual([192, 192])
    expect(match(index, 2, prompt(0, [1, 2, 9, 9], 64))).toEqual({ cached: [128, 96], credit: [128, 96] })
    // Restarted with another size: what it held is gone.
    index.changed(0, stored(keys([7], 64, 32), { blockTokens: 32 }))
    expect(match(index, 2, prompt(0, [1, 2, 3, 4], 64)).cached).toEqual([0, 192])
    expect(index.heldTokens(0)).toBe(64)
  })

  test('removals of what is not held and of unknown candidates do nothing; wrong hashes are refused', () => {
    const index = new EventPrefixIndex({ blockTokens: 16, tierWeights })
    index.changed(3, removed([5]))
    index.changed(0, stored([1]))
    index.changed(0, removed([2, 33, 1_000_000]))
    index.changed(0, removed([1], 'disk'))
    index.removed(8)
    expect(index.heldTokens(0)).toBe(16)
    expect(() => index.changed(0, stored([-4]))).toThrow('block keys')
  })

  test('agrees with plain sets', () => {
    const step = fc.record({
      column: fc.nat(2),
      add: fc.boolean(),
      tier: fc.constantFrom<CacheTier>('device', 'host', 'disk'),
      blocks: fc.uniqueArray(fc.nat(11), { maxLength: 8 }),
    })
    // Four content blocks of 40 tokens, cache blocks of 12: 3 or 4 of them end in each.
    const all = keys([5, 6, 7, 8], 40, 12)
    fc.assert(
      fc.property(fc.array(step, { maxLength: 30, size: 'max' }), steps => {
        const index = new EventPrefixIndex({ blockTokens: 12, tierWeights })
        const plain = [0, 1, 2].map(() => new Map<CacheTier, Set<number>>())
        for (const { column, add, tier, blocks } of steps) {
          const hashes = blocks.map(block => all[block]!)
          index.changed(column, add ? stored(hashes, { tier }) : removed(hashes, tier))
          const set = plain[column]!.get(tier) ?? new Set()
          plain[column]!.set(tier, set)
          for (const hash of hashes) add ? set.add(hash) : set.delete(hash)
        }
        const found = match(index, 3, prompt(0, [5, 6, 7, 8, 9], 40))
        plain.forEach((tiers, column) => {
          const has = (hash: number) => [...tiers.values()].some(set => set.has(hash))
          const run = [...all, Number.NaN].findIndex(hash => !has(hash))
          const weight = (hash: number) =>
            Math.max(...[...tiers].filter(([, set]) => set.has(hash)).map(([tier]) => tierWeights[tier]))
          expect(found.cached[column]).toBe(run * 12)
          expect(found.credit[column]).toBeCloseTo(
            12 * all.slice(0, run).reduce((sum, hash) => sum + weight(hash), 0),
            9,
          )
          expect(index.heldTokens(column)).toBe(12 * all.filter(has).length)
        })
      }),
    )
  })
})

describe('createPrefixIndex', () => {
  test('events and what was just routed: the larger of the two, for some seconds', () => {
    const index = createPrefixIndex({ kind: 'events', predictionSeconds: 2 })
    const asked = prompt(0, [1, 2, 3])
    index.changed(1, stored(keys([1], 16, 16)))
    index.routed(0, asked, 0)
    expect(match(index, 2, asked, 1e6)).toEqual({ cached: [32, 16], credit: [32, 16] })
    expect(match(index, 2, asked, 3e6)).toEqual({ cached: [0, 16], credit: [0, 16] })
    index.changed(0, { kind: 'blocks-cleared', atUs: 0 })
    expect(match(index, 2, asked, 1e6).cached).toEqual([0, 16])
    index.removed(1)
    expect(match(index, 2, asked, 1e6).cached).toEqual([0, 0])
    expect(index.heldTokens(1)).toBe(0)
  })

  test('without prediction only events count', () => {
    const index = createPrefixIndex({ kind: 'events', predictionSeconds: null })
    index.routed(0, prompt(0, [1, 2, 3]), 0)
    expect(match(index, 1, prompt(0, [1, 2, 3])).cached).toEqual([0])
  })

  test('estimated by default in blocks of 16', () => {
    const index = createPrefixIndex({ kind: 'estimated' })
    index.routed(0, prompt(0, [1, 2, 3]), 0)
    expect(match(index, 1, prompt(1, [1, 2, 3])).cached).toEqual([32])
  })
})
