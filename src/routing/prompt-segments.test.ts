import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { blockKey } from '../workload/block-key.ts'
import {
  bitOfKey,
  countBits,
  knownBlocks,
  leadingBits,
  lowBits,
  PromptSegments,
  segmentOfKey,
} from './prompt-segments.ts'

describe('PromptSegments', () => {
  test('holds exactly the blocks of blockKey, in order', () => {
    fc.assert(
      fc.property(
        fc.integer({ min: 1, max: 300 }),
        fc.integer({ min: 1, max: 40 }),
        fc.uniqueArray(fc.nat(1000), { maxLength: 8 }),
        fc.nat(2000),
        (tokensPerBlock, blockTokens, blockIds, tokens) => {
          const content = { tokensPerBlock, blockIds }
          const blocks = knownBlocks(content, tokens, blockTokens)
          const segments = new PromptSegments()
          segments.start(content, blockTokens, blocks)
          let block = 0
          while (segments.next()) {
            expect(segments.blocks).toBeGreaterThan(0)
            let mask = 0
            for (let index = 0; index < segments.blocks; index++) {
              const key = blockKey(content, blockTokens, block++)
              expect(segmentOfKey(key)).toBe(segments.segment)
              mask |= bitOfKey(key)
            }
            expect(mask).toBe(lowBits(segments.blocks))
          }
          expect(block).toBe(blocks)
        },
      ),
    )
  })

  test('a long prompt known in blocks of 512 takes one step for 32 blocks of 16', () => {
    const content = { tokensPerBlock: 512, blockIds: Array.from({ length: 196 }, (_, id) => id) }
    const segments = new PromptSegments()
    segments.start(content, 16, knownBlocks(content, 100_000, 16))
    let steps = 0
    while (segments.next()) steps++
    expect(steps).toBe(196)
  })
})

test('bits', () => {
  expect([0, 1, 0b1011, -1, 0x7fffffff].map(leadingBits)).toEqual([0, 1, 2, 32, 31])
  expect([0, 1, 0b1011, -1, 0x80000000 | 0].map(countBits)).toEqual([0, 1, 3, 32, 1])
  expect([1, 31, 32].map(lowBits)).toEqual([1, 0x7fffffff, -1])
})
