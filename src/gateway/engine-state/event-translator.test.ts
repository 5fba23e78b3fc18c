import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import type { CacheEvent, CacheTier } from '../../engine/types.ts'
import { EventPrefixIndex } from '../../routing/event-prefix-index.ts'
import { request } from '../../routing/routing.fixture.ts'
import type { DecodedCacheEvent } from './cache-event-decoder.ts'
import { EngineBlockTable } from './engine-block-table.ts'
import { createEventTranslator, ownBlockTokens } from './event-translator.ts'
import { absorbBlocks, commonScope, type PrefixScope, scopedPrefix } from './prefix-hash.ts'
import { commonBlockTokens } from './prompt-memo.ts'

type Stored = DecodedCacheEvent & { kind: 'stored' }

function stored(
  hashes: readonly number[],
  parent: number | null,
  tokens: readonly number[],
  change: Partial<Stored> = {},
): Stored {
  return {
    kind: 'stored',
    hashes: Int32Array.from(hashes.flatMap(hash => [hash, 0])),
    parent: parent === null ? null : Int32Array.of(parent, 0),
    tokens,
    blockTokens: tokens.length / hashes.length,
    tier: 'device',
    loraName: null,
    extraKeys: null,
    group: null,
    groupKind: null,
    ...change,
  }
}

function removed(
  hashes: readonly number[],
  tier: CacheTier = 'device',
  group: number | null = null,
): DecodedCacheEvent {
  return { kind: 'removed', hashes: Int32Array.from(hashes.flatMap(hash => [hash, 0])), tier, group }
}

const tokens = (count: number, first = 0) => Array.from({ length: count }, (_, index) => first + index)

/** A translator in front of the router's index, and what it finds of a prompt. */
function stage(maximumBlocks = 1000, isAlone = true) {
  const translator = createEventTranslator(maximumBlocks, isAlone)
  const index = new EventPrefixIndex({ blockTokens: 64, tierWeights: { device: 1, host: 0.75, disk: 0.25 } })
  return {
    translator,
    index,
    apply(event: DecodedCacheEvent) {
      const out: CacheEvent[] = []
      const isPlaced = translator.apply(0, event, out)
      for (const told of out) index.changed(0, told)
      return isPlaced
    },
    cached(prompt: readonly number[], scope: PrefixScope = commonScope, contentTokens = 64) {
      const blockIds: number[] = []
      absorbBlocks(scopedPrefix(scope), prompt, prompt.length, contentTokens, blockIds)
      const matches = { cachedTokens: new Float64Array(1), creditTokens: new Float64Array(1) }
      const asked = request({
        inputTokens: prompt.length + 1,
        content: { tokensPerBlock: contentTokens, blockIds },
      })
      index.match(0, asked, 1, matches)
      return matches.cachedTokens[0]!
    },
  }
}

describe('blocks of the engine in blocks of ours', () => {
  test('sizes', () => {
    expect([1, 16, 32, 48, 64, 128, 528].map(ownBlockTokens)).toEqual([64, 64, 64, 96, 64, 128, 528])
    expect(commonBlockTokens([64, 64, 528])).toBe(16)
    expect(commonBlockTokens([])).toBe(64)
  })

  test.each([1, 16, 64, 128])('engine blocks of %d tokens', size => {
    const { apply, cached, translator } = stage()
    const prompt = tokens(256)
    const hashes = tokens(256 / size, 1)
    const half = hashes.length / 2
    apply(stored(hashes.slice(0, half), null, prompt.slice(0, 128)))
    expect(cached(prompt)).toBe(128)
    apply(stored(hashes.slice(half), hashes[half - 1]!, prompt.slice(128)))
    expect(cached(prompt)).toBe(256)
    expect(translator.blocks).toBe(256 / size)
    apply(removed(hashes.slice(-1)))
    expect(cached(prompt)).toBe(256 - ownBlockTokens(size))
    apply({ kind: 'cleared' })
    expect(cached(prompt)).toBe(0)
    expect(translator.blocks).toBe(0)
  })

  test('engines of several sizes agree on prompts in common blocks', () => {
    const { apply, cached } = stage()
    const prompt = tokens(1056)
    apply(stored([1, 2], null, prompt))
    expect(cached(prompt, commonScope, 16)).toBe(1056)
    expect(cached([...prompt.slice(0, 1055), -5], commonScope, 16)).toBe(528)
  })

  test('another size after a restart drops what was known', () => {
    const { apply, cached } = stage()
    apply(stored([1], null, tokens(64)))
    apply(stored([9], null, tokens(128, 500)))
    expect(cached(tokens(64))).toBe(0)
    expect(cached(tokens(128, 500))).toBe(128)
  })
})

describe('what looks alike and is not', () => {
  test('adapters, salts and images are kept apart', () => {
    const { apply, cached } = stage()
    const prompt = tokens(128)
    apply(stored([1, 2], null, prompt, { loraName: 'sql' }))
    apply(stored([3, 4], null, prompt, { extraKeys: ['salt', null] }))
    apply(stored([5, 6], null, prompt, { loraName: 'sql', extraKeys: ['salt', 'image'] }))
    expect(cached(prompt)).toBe(0)
    expect(cached(prompt, { loraName: 'sql', cacheSalt: null })).toBe(128)
    expect(cached(prompt, { loraName: null, cacheSalt: 'salt' })).toBe(128)
    expect(cached(prompt, { loraName: 'sql', cacheSalt: 'salt' })).toBe(64)
    expect(cached(prompt, { loraName: 'salt', cacheSalt: 'sql' })).toBe(0)
  })

  test('of a hybrid model the group with whole attention counts', () => {
    const { apply, cached, translator } = stage()
    const prompt = tokens(64)
    apply(stored([1], null, prompt, { group: 1, groupKind: 'full_attention' }))
    apply(stored([1], null, prompt, { group: 0, groupKind: 'sliding_window' }))
    apply(removed([1], 'device', 0))
    expect(cached(prompt)).toBe(64)
    expect(translator.counts.otherGroupBlocks).toBe(2)
    apply(removed([1], 'device', 1))
    expect(cached(prompt)).toBe(0)
  })
})

describe('what does not fit', () => {
  test('an unknown parent is said', () => {
    const { apply, translator } = stage()
    expect(apply(stored([2], 1, tokens(64)))).toBe(false)
    expect(translator.counts).toMatchObject({ orphanBlocks: 1, storedBlocks: 0 })
    expect(translator.blocks).toBe(0)
  })

  test('tiers: gone when the last copy is; copies without tokens are placed by their hash', () => {
    const { apply, cached, translator } = stage()
    const prompt = tokens(64)
    apply(stored([1], null, prompt))
    apply(stored([1, 99], null, [], { tier: 'host', blockTokens: 64 }))
    expect(translator.counts.strangeBlocks).toBe(1)
    apply(removed([1]))
    expect(cached(prompt)).toBe(64)
    apply(removed([1], 'disk'))
    apply(removed([1, 2], 'host'))
    expect(cached(prompt)).toBe(0)
    expect(translator.counts).toMatchObject({ strangeBlocks: 2, removedBlocks: 2 })
  })

  test('more than the cache holds is not believed', () => {
    const { apply, cached, translator } = stage(3)
    apply(stored([1, 2, 3], null, tokens(192)))
    expect(cached(tokens(192))).toBe(192)
    expect(apply(stored([4], 3, tokens(64, 192)))).toBe(false)
    expect(translator.counts.overflows).toBe(1)
    expect(translator.blocks).toBe(0)
    expect(cached(tokens(192))).toBe(0)
  })

  test('the size of the device bounds, unless there are slower tiers', () => {
    const { apply, translator } = stage(10)
    translator.resize(2)
    apply(stored([1, 2], null, tokens(128)))
    apply(stored([3], null, tokens(64, 300)))
    expect(translator.counts.overflows).toBe(1)
    apply(stored([3], null, [], { tier: 'host', blockTokens: 64 }))
    apply(stored([4, 5], null, tokens(128, 600)))
    expect(translator.counts.overflows).toBe(1)
    expect(translator.blocks).toBe(3)
    translator.resize(1000)
    apply(stored(tokens(8, 20), null, tokens(512, 900)))
    expect(translator.counts.overflows).toBe(2)
  })

  test('a rank beside others takes back its own blocks only', () => {
    const { apply, cached, translator, index } = stage(1000, false)
    const other = createEventTranslator(1000, false)
    const out: CacheEvent[] = []
    apply(stored([1], null, tokens(64)))
    other.apply(0, stored([1], null, tokens(64, 900)), out)
    other.apply(0, stored([1], null, [], { tier: 'host', blockTokens: 64 }), out)
    for (const event of out) index.changed(0, event)
    const cleared: CacheEvent[] = []
    translator.clear(0, cleared)
    for (const event of cleared) index.changed(0, event)
    expect(cached(tokens(64))).toBe(0)
    expect(cached(tokens(64, 900))).toBe(64)
  })
})

test('the table agrees with a Map', () => {
  const step = fc.record({
    low: fc.integer({ min: -4, max: 60 }),
    high: fc.constantFrom(0, 1, -7),
    add: fc.boolean(),
  })
  fc.assert(
    fc.property(fc.array(step, { maxLength: 200, size: 'max' }), steps => {
      const table = new EngineBlockTable()
      const plain = new Map<string, number>()
      steps.forEach(({ low, high, add }, number) => {
        const key = `${low},${high}`
        const place = table.find(low, high)
        expect(place !== -1).toBe(plain.has(key))
        if (add) {
          const put = table.put(low, high, number, -number, number % 64)
          if (!plain.has(key)) plain.set(key, number)
          expect(table.stateA(put)).toBe(plain.get(key))
          table.setTiers(put, number % 8)
          expect(table.phase(put)).toBe(plain.get(key)! % 64)
          expect(table.tiers(put)).toBe(number % 8)
        } else if (place !== -1) {
          table.remove(place)
          plain.delete(key)
        }
        expect(table.size).toBe(plain.size)
      })
      const seen: number[] = []
      table.each(place => seen.push(table.stateA(place)))
      expect(seen.sort()).toEqual([...plain.values()].sort())
      for (const [key, state] of plain) {
        const [low, high] = key.split(',').map(Number)
        expect(table.stateA(table.find(low!, high!))).toBe(state)
      }
    }),
    { numRuns: 40 },
  )
})
