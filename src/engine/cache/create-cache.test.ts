import fc from 'fast-check'
import { expect, test } from 'vitest'
import type { EngineSettings, SchedulerRules, TierSettings } from '../settings.ts'
import { createCache } from './create-cache.ts'
import type { CacheChange, KeyValueCache, SequenceBlocks } from './key-value-cache.ts'
import { chainedContent, historyArbitrary, promptsArbitrary, sizesArbitrary } from './prompts.fixture.ts'

const vllm: SchedulerRules = { engine: 'vllm', policy: 'fcfs', longPrefillTokenThreshold: 0 }
const sglang: SchedulerRules = { engine: 'sglang', policy: 'fcfs', conservativeness: 1, mixedChunk: false }
const trtllm: SchedulerRules = { engine: 'trtllm', policy: 'max-utilization', chunkedContext: true }
const host: TierSettings = {
  tier: 'host',
  blocksPerRank: 10,
  readBytesPerSecond: 1e9,
  writeBytesPerSecond: 1e9,
  blockBytes: 1e6,
}

function settings(rules: SchedulerRules, changes: Partial<EngineSettings> = {}) {
  return { rules, blocksPerRank: 40, blockTokens: 4, prefixCaching: true, tiers: [], ...changes }
}

function found(cache: KeyValueCache, tokens: number): number {
  const hit = { deviceTokens: 0, hostTokens: 0, diskTokens: 0 }
  cache.lookup(chainedContent(4, [0, 0, 0]), tokens, hit)
  return hit.deviceTokens
}

test('each engine has its own rules', () => {
  const hits = [vllm, sglang, trtllm].map(rules => {
    const cache = createCache(settings(rules))
    const sequence = cache.open(chainedContent(4, [0, 0, 0]), 0, 12)!
    cache.commit(sequence, 8)
    cache.commit(sequence, 12, true)
    const running = found(cache, 12)
    cache.close(sequence)
    return [running, found(cache, 12), found(cache, 11)]
  })
  expect(hits).toEqual([
    [12, 12, 8],
    [8, 12, 8],
    [8, 12, 11],
  ])
})

test('without prefix caching nothing is found, and blocks are counted', () => {
  const cache = createCache(settings(vllm, { prefixCaching: false, tiers: [host] }))
  const sequence = cache.open(chainedContent(4, [0, 0, 0]), 0, 10)!
  cache.commit(sequence, 10)
  expect(found(cache, 12)).toBe(0)
  expect(cache.freeBlocks()).toBe(37)
  expect(cache.blocksNeeded(sequence, 160)).toBe(37)
  expect(cache.fits(null, 0, 149)).toBe(false)
  expect(cache.fits(null, 0, 148)).toBe(true)
  expect(cache.fits(null, 0, 148, 1)).toBe(false)
  expect(cache.grow(sequence, 161)).toBe(false)
  expect(cache.grow(sequence, 160)).toBe(true)
  expect(cache.open(null, 0, 1)).toBeNull()
  cache.checkInvariants()
  cache.close(sequence)
  expect(cache.freeBlocks()).toBe(40)
  expect(() => cache.grow(sequence, 20)).toThrow('only open sequences grow')
  cache.clear()
  cache.close(sequence)
  expect(cache.freeBlocks()).toBe(40)
})

test('whatever happens, blocks are free or used, and closing everything frees everything', () => {
  fc.assert(
    fc.property(
      fc.constantFrom(vllm, sglang, trtllm),
      fc.boolean(),
      fc.boolean(),
      sizesArbitrary,
      promptsArbitrary,
      historyArbitrary,
      (rules, prefixCaching, tiered, { blocks, blockTokens }, prompts, steps) => {
        const tiers = tiered ? [host] : []
        const cache = createCache({ rules, prefixCaching, tiers, blocksPerRank: blocks, blockTokens })
        const open: { sequence: SequenceBlocks; tokens: number }[] = []
        const hit = { deviceTokens: 0, hostTokens: 0, diskTokens: 0 }
        for (const { kind, which, amount } of steps) {
          const entry = open[which % Math.max(1, open.length)]
          if (kind === 'open') {
            // An owner is a request, and a request has one prompt.
            const owner = which % prompts.length
            const { content, inputTokens } = prompts[owner]!
            cache.lookup(content, inputTokens - 1, hit, owner)
            const cached = hit.deviceTokens + hit.hostTokens + hit.diskTokens
            expect(cached).toBeLessThan(inputTokens)
            const sequence = cache.open(content, cached, inputTokens, owner)
            if (sequence !== null) open.push({ sequence, tokens: cached })
          } else if (entry !== undefined && (kind === 'commit' || kind === 'decode')) {
            if (!cache.grow(entry.sequence, entry.tokens + amount)) continue
            entry.tokens += amount
            cache.commit(entry.sequence, entry.tokens, kind === 'decode')
          } else if (entry !== undefined && kind !== 'clear') {
            cache.close(entry.sequence, kind === 'retract')
            open.splice(open.indexOf(entry), 1)
          }
          cache.checkInvariants()
          const held = open.reduce((sum, { sequence }) => sum + sequence.blockCount, 0)
          expect(cache.totalBlocks - cache.freeBlocks()).toBeLessThanOrEqual(held)
          const largest = Math.max(0, ...open.map(({ sequence }) => sequence.blockCount))
          expect(cache.totalBlocks - cache.freeBlocks()).toBeGreaterThanOrEqual(largest)
        }
        for (const { sequence } of open) cache.close(sequence)
        expect(cache.freeBlocks()).toBe(blocks)
        cache.checkInvariants()
      },
    ),
    { numRuns: 150 },
  )
})

test('a listener changes nothing of what happens', () => {
  fc.assert(
    fc.property(
      fc.constantFrom(vllm, sglang, trtllm),
      fc.boolean(),
      promptsArbitrary,
      (rules, tiered, prompts) => {
        const changes: CacheChange[] = []
        const tiers = tiered ? [host] : []
        const small = settings(rules, { blocksPerRank: 12, tiers })
        const caches = [createCache(small), createCache(small, change => changes.push(change))]
        const outcomes = caches.map(cache =>
          [...prompts, ...prompts].map(({ content, inputTokens }, index) => {
            const hit = { deviceTokens: 0, hostTokens: 0, diskTokens: 0 }
            cache.lookup(content, inputTokens - 1, hit, index)
            const cached = hit.deviceTokens + hit.hostTokens + hit.diskTokens
            const sequence = cache.open(content, cached, inputTokens, index)
            if (sequence === null) return null
            cache.commit(sequence, inputTokens)
            cache.close(sequence)
            return hit
          }),
        )
        expect(outcomes[0]).toEqual(outcomes[1])
      },
    ),
  )
})
