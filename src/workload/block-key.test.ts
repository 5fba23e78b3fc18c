import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { blockKey, firstBlockEndingIn } from './block-key.ts'

const content = (tokensPerBlock: number, ...blockIds: number[]) => ({ tokensPerBlock, blockIds })

describe('blockKey', () => {
  test('content of the same block size: one key per id', () => {
    expect([0, 1, 2].map(index => blockKey(content(16, 7, 8, 9), 16, index))).toEqual([
      7 * 4096 + 1,
      8 * 4096 + 1,
      9 * 4096 + 1,
    ])
  })

  test('coarser content: engine blocks are numbered within the content block they end in', () => {
    expect([0, 1, 2, 3].map(index => blockKey(content(32, 5, 6), 16, index))).toEqual([
      5 * 4096 + 1,
      5 * 4096 + 2,
      6 * 4096 + 1,
      6 * 4096 + 2,
    ])
  })

  test('finer content: the id that holds the last token', () => {
    expect([0, 1].map(index => blockKey(content(16, 1, 2, 3, 4), 32, index))).toEqual([
      2 * 4096 + 1,
      4 * 4096 + 1,
    ])
  })

  test('sizes that do not divide each other', () => {
    // Engine blocks of 10 end at tokens 9, 19, 29, 39; content blocks of 16 end at 15, 31, 47.
    expect([0, 1, 2, 3].map(index => blockKey(content(16, 1, 2, 3), 10, index))).toEqual([
      1 * 4096 + 1,
      2 * 4096 + 1,
      2 * 4096 + 2,
      3 * 4096 + 1,
    ])
  })

  test('refuses blocks beyond the content, ids and ratios that do not fit', () => {
    expect(() => blockKey(content(16, 1), 16, 1)).toThrow('within the content')
    expect(() => blockKey(content(16, 2 ** 41), 16, 0)).toThrow('exact number')
    expect(() => blockKey(content(5000, 1), 1, 4096)).toThrow('4096')
  })

  test('keys of one prompt differ; prompts share exactly the keys that end in shared content blocks', () => {
    fc.assert(
      fc.property(
        fc.integer({ min: 1, max: 70 }),
        fc.integer({ min: 1, max: 70 }),
        fc.integer({ min: 1, max: 12 }),
        fc.integer({ min: 0, max: 12 }),
        (contentTokens, blockTokens, count, sharedCount) => {
          const shared = Math.min(sharedCount, count)
          const left = Array.from({ length: count }, (_, index) => index)
          const right = left.map(id => (id < shared ? id : id + 1000))
          const blocks = Math.floor((count * contentTokens) / blockTokens)
          const keys = (ids: number[]) =>
            Array.from({ length: blocks }, (_, index) =>
              blockKey(content(contentTokens, ...ids), blockTokens, index),
            )
          const leftKeys = keys(left)
          const rightKeys = keys(right)
          expect(new Set(leftKeys).size).toBe(blocks)
          const sharedBlocks = Math.floor((shared * contentTokens) / blockTokens)
          for (let index = 0; index < blocks; index++) {
            expect(leftKeys[index] === rightKeys[index]).toBe(index < sharedBlocks)
          }
        },
      ),
    )
  })

  test('firstBlockEndingIn is the first one whose last token is not before the content block', () => {
    fc.assert(
      fc.property(
        fc.integer({ min: 1, max: 99 }),
        fc.integer({ min: 1, max: 99 }),
        fc.nat(50),
        (contentTokens, blockTokens, contentIndex) => {
          const first = firstBlockEndingIn(contentTokens, blockTokens, contentIndex)
          expect((first + 1) * blockTokens - 1).toBeGreaterThanOrEqual(contentIndex * contentTokens)
          expect(first * blockTokens - 1).toBeLessThan(contentIndex * contentTokens)
        },
      ),
    )
  })
})
