/** The radix cache against a naive model of it: the same hits, the same evictions in the same order, after every step. */
import fc from 'fast-check'
import { expect, test } from 'vitest'
import { playHistory } from './history.fixture.ts'
import { historyArbitrary, promptsArbitrary, sizesArbitrary } from './prompts.fixture.ts'
import { RadixCache } from './radix-cache.ts'
import { RadixModel } from './radix-model.fixture.ts'

test('any history', () => {
  fc.assert(
    fc.property(
      sizesArbitrary,
      promptsArbitrary,
      historyArbitrary,
      ({ blocks, blockTokens }, prompts, steps) => {
        playHistory(
          listener => new RadixCache(blocks, blockTokens, [], listener),
          new RadixModel(blocks, blockTokens),
          prompts,
          steps,
        )
      },
    ),
    { numRuns: 120 },
  )
})

test('such histories evict: the comparison is not about empty caches', () => {
  let evictions = 0
  fc.assert(
    fc.property(promptsArbitrary, historyArbitrary, (prompts, steps) => {
      playHistory(
        listener =>
          new RadixCache(30, 1, [], change => {
            if (change.kind === 'blocks-removed') evictions += change.hashes.length
            listener(change)
          }),
        new RadixModel(30, 1),
        prompts,
        steps,
      )
    }),
    { numRuns: 30, seed: 7 },
  )
  expect(evictions).toBeGreaterThan(50)
})
