import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { EstimatedPrefixIndex, type EstimatedPrefixSettings } from './estimated-prefix-index.ts'
import type { PrefixIndex } from './prefix-index.ts'
import { prompt, request } from './routing.fixture.ts'

function index(settings: Partial<EstimatedPrefixSettings> = {}): EstimatedPrefixIndex {
  return new EstimatedPrefixIndex({ blockTokens: 16, capacityTokens: 1e6, ttlSeconds: null, ...settings })
}

function cached(of: PrefixIndex, columns: number, asked: ReturnType<typeof prompt>, nowUs = 0): number[] {
  const matches = {
    cachedTokens: new Float64Array(columns).fill(7),
    creditTokens: new Float64Array(columns).fill(7),
  }
  of.match(nowUs, asked, columns, matches)
  expect([...matches.creditTokens]).toEqual([...matches.cachedTokens])
  return [...matches.cachedTokens]
}

describe('EstimatedPrefixIndex', () => {
  test('knows the longest prefix of each candidate', () => {
    const known = index()
    known.routed(0, prompt(0, [1, 2, 3, 4]), 0)
    known.routed(0, prompt(1, [1, 2, 9]), 2)
    expect(cached(known, 3, prompt(2, [1, 2, 3, 5, 6]))).toEqual([48, 0, 32])
  })

  test('the last token is never cached, and prompts without content share nothing', () => {
    const known = index()
    known.routed(0, prompt(0, [1, 2]), 0)
    expect(cached(known, 1, prompt(1, [1, 2]))).toEqual([16])
    expect(cached(known, 1, request({ inputTokens: 32 }))).toEqual([0])
    known.routed(0, request({ inputTokens: 32 }), 0)
    expect(known.heldTokens(0)).toBe(32)
  })

  test('coarser and finer content', () => {
    const known = index()
    known.routed(0, prompt(0, [1, 2], 512), 0)
    known.routed(0, prompt(1, [11, 12, 13, 14, 15], 4), 1)
    expect(cached(known, 2, prompt(2, [1, 2, 3], 512))).toEqual([1024, 0])
    expect(cached(known, 2, { ...prompt(2, [1, 2], 512), inputTokens: 530 })).toEqual([528, 0])
    expect(cached(known, 2, prompt(3, [11, 12, 13, 14, 16], 4))).toEqual([0, 16])
  })

  test('a part of a content block is held in part', () => {
    const known = index()
    known.routed(0, { ...prompt(0, [1], 512), inputTokens: 100 }, 0)
    expect(known.heldTokens(0)).toBe(96)
    expect(cached(known, 1, prompt(1, [1, 2], 512))).toEqual([96])
    known.routed(0, prompt(1, [1, 2], 512), 0)
    expect(known.heldTokens(0)).toBe(1024)
  })

  test('the answer counts when the request ends, as far as its content is known', () => {
    const known = index()
    const asked = { ...prompt(0, [1, 2, 3]), inputTokens: 20, outputTokens: 20 }
    known.routed(0, asked, 0)
    expect(known.heldTokens(0)).toBe(16)
    known.served(0, asked, 0)
    expect(known.heldTokens(0)).toBe(32)
  })

  test('forgets the least recently used prompt, from its end', () => {
    const known = index({ capacityTokens: 6 * 16 })
    known.routed(0, prompt(0, [1, 2, 3]), 0)
    known.routed(1, prompt(1, [4, 5, 6]), 0)
    known.routed(2, prompt(2, [1]), 0)
    known.routed(3, prompt(3, [7]), 0)
    // 3 went first, the end of the prompt whose start was used again.
    expect(cached(known, 1, prompt(9, [1, 2, 3, 99]))).toEqual([32])
    expect(cached(known, 1, prompt(9, [4, 5, 6, 99]))).toEqual([48])
    known.routed(4, prompt(4, [8, 9, 10]), 0)
    expect(cached(known, 1, prompt(9, [1, 2, 3, 99]))).toEqual([16])
    expect(cached(known, 1, prompt(9, [4, 5, 6, 99]))).toEqual([16])
    expect(known.heldTokens(0)).toBe(96)
  })

  test('a prompt larger than the cache leaves its start', () => {
    const known = index({ capacityTokens: 40 })
    known.routed(0, prompt(0, [1, 2, 3, 4]), 0)
    expect(known.heldTokens(0)).toBe(32)
    expect(cached(known, 1, prompt(1, [1, 2, 3, 4]))).toEqual([32])
  })

  test('forgets after its time to live, and when the cache is smaller than thought', () => {
    const known = index({ ttlSeconds: 1 })
    known.routed(0, prompt(0, [1, 2]), 0)
    expect(cached(known, 1, prompt(1, [1, 2, 3]), 1_000_000)).toEqual([32])
    expect(cached(known, 1, prompt(1, [1, 2, 3]), 1_000_001)).toEqual([0])
    known.routed(1_000_001, prompt(2, [5]), 0)
    expect(known.heldTokens(0)).toBe(16)
    known.routed(1_000_001, prompt(3, [6, 7, 8]), 0)
    known.resize(0, 32)
    expect(known.heldTokens(0)).toBe(32)
  })

  test('forgets candidates that are gone', () => {
    const known = index()
    known.routed(0, prompt(0, [1, 2]), 3)
    known.removed(3)
    known.removed(17)
    expect(known.heldTokens(3)).toBe(0)
    expect(cached(known, 4, prompt(1, [1, 2, 3]))).toEqual([0, 0, 0, 0])
  })

  test('agrees with a plain LRU of blocks that keeps prefixes', () => {
    const tree = fc.array(fc.integer({ min: 0, max: 2 }), { minLength: 1, maxLength: 6 })
    fc.assert(
      fc.property(
        fc.array(fc.tuple(fc.nat(1), tree), { maxLength: 40, size: 'max' }),
        fc.integer({ min: 1, max: 12 }),
        (prompts, blocks) => {
          const known = index({ capacityTokens: blocks * 16 })
          const plain: number[][] = [[], []]
          prompts.forEach(([column, path], id) => {
            const asked = prompt(id, chained(path))
            const ids = chained(path)
            // Oldest first; the start of a prompt is the most recent.
            const kept = plain[column]!.filter(block => !ids.includes(block))
            plain[column] = [...kept, ...ids.toReversed()].slice(-blocks)
            known.routed(id, asked, column)
          })
          for (const [, path] of prompts) {
            const ids = [...chained(path), -1]
            const expected = plain.map(held => 16 * ids.findIndex(block => !held.includes(block)))
            const asked = { ...prompt(0, [...chained(path), 10 ** 6]) }
            expect(cached(known, 2, asked)).toEqual(expected)
          }
          expect([known.heldTokens(0), known.heldTokens(1)]).toEqual(plain.map(held => held.length * 16))
        },
      ),
    )
  })
})

test('more candidates than bits in a word, each with its own part of one prompt', () => {
  const known = index()
  const ids = Array.from({ length: 80 }, (_, id) => id)
  const asked = prompt(0, [...ids, 99], 40)
  const lengths = ids.map(column => (column * 37) % 80)
  for (const column of ids) known.routed(0, prompt(column, ids.slice(0, lengths[column]), 40), column)
  const blocks = (length: number) => 16 * Math.floor((length * 40) / 16)
  expect(cached(known, 80, asked)).toEqual(lengths.map(blocks))
  for (const column of ids.filter(id => id % 3 === 0)) known.removed(column)
  expect(cached(known, 80, asked)).toEqual(
    lengths.map((length, column) => (column % 3 === 0 ? 0 : blocks(length))),
  )
})

/** Ids that name the whole path before them, as content ids do. */
function chained(path: readonly number[]): number[] {
  let id = 0
  return path.map(step => {
    id = id * 3 + step + 1
    return id
  })
}
