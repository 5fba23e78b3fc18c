/** The block pool against a naive model of it: the same hits, the same evictions in the same order, after every step. */
import fc from 'fast-check'
import { expect, test } from 'vitest'
import type { TierSettings } from '../settings.ts'
import { BlockPool, type BlockPoolRules } from './block-pool.ts'
import { BlockTiers, type WritePolicy } from './block-tiers.ts'
import { playHistory } from './history.fixture.ts'
import { PoolModel } from './pool-model.fixture.ts'
import { historyArbitrary, promptsArbitrary, sizesArbitrary } from './prompts.fixture.ts'

const rulesArbitrary: fc.Arbitrary<BlockPoolRules> = fc.constantFrom(
  { unusedFirst: true, answersAtEnd: false, partialReuse: false },
  { unusedFirst: false, answersAtEnd: false, partialReuse: false },
  { unusedFirst: false, answersAtEnd: true, partialReuse: true },
)

test('any history on a device alone', () => {
  fc.assert(
    fc.property(
      rulesArbitrary,
      sizesArbitrary,
      promptsArbitrary,
      historyArbitrary,
      (rules, { blocks, blockTokens }, prompts, steps) => {
        playHistory(
          listener => new BlockPool(blocks, blockTokens, rules, null, listener),
          new PoolModel(blocks, blockTokens, rules),
          prompts,
          steps,
        )
      },
    ),
    { numRuns: 120 },
  )
})

test('any history with slower tiers', () => {
  const tiersArbitrary = fc.record({
    host: fc.integer({ min: 1, max: 30 }),
    disk: fc.integer({ min: 0, max: 60 }),
  })
  fc.assert(
    fc.property(
      fc.constantFrom<WritePolicy>('write-through', 'write-back'),
      rulesArbitrary,
      sizesArbitrary,
      tiersArbitrary,
      promptsArbitrary,
      historyArbitrary,
      (policy, rules, { blocks, blockTokens }, { host, disk }, prompts, steps) => {
        const settings = [tier('host', host), ...(disk > 0 ? [tier('disk', disk)] : [])]
        const model = new PoolModel(
          blocks,
          blockTokens,
          rules,
          policy,
          settings.map(({ tier, blocksPerRank }) => ({ tier, capacity: blocksPerRank, queue: [] })),
        )
        playHistory(
          listener =>
            new BlockPool(
              blocks,
              blockTokens,
              rules,
              new BlockTiers(settings, blockTokens, policy, listener),
              listener,
            ),
          model,
          prompts,
          steps,
        )
      },
    ),
    { numRuns: 120 },
  )
})

test('such histories evict: the comparisons are not about empty caches', () => {
  let evictions = 0
  fc.assert(
    fc.property(promptsArbitrary, historyArbitrary, (prompts, steps) => {
      const rules = { unusedFirst: true, answersAtEnd: false, partialReuse: false }
      playHistory(
        listener =>
          new BlockPool(8, 4, rules, null, change => {
            if (change.kind === 'blocks-removed') evictions += change.hashes.length
            listener(change)
          }),
        new PoolModel(8, 4, rules),
        prompts,
        steps,
      )
    }),
    { numRuns: 30, seed: 7 },
  )
  expect(evictions).toBeGreaterThan(50)
})

function tier(name: 'host' | 'disk', blocksPerRank: number): TierSettings {
  return { tier: name, blocksPerRank, readBytesPerSecond: 1e9, writeBytesPerSecond: 1e9, blockBytes: 1e6 }
}
