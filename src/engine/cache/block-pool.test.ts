/** vLLM's and TensorRT-LLM's rules by example; histories at large are in block-pool-model.test.ts. */
import { expect, test } from 'vitest'
import type { TokenContent } from '../../workload/request.ts'
import { BlockPool, type BlockPoolRules } from './block-pool.ts'
import type { CacheChange, CacheListener, KeyValueCache } from './key-value-cache.ts'
import { chainedContent } from './prompts.fixture.ts'

const vllm: BlockPoolRules = { unusedFirst: true, answersAtEnd: false, partialReuse: false }
const olderVllm: BlockPoolRules = { ...vllm, unusedFirst: false }
const trtllm: BlockPoolRules = { unusedFirst: false, answersAtEnd: true, partialReuse: true }

function pool(
  blocks: number,
  blockTokens: number,
  rules: BlockPoolRules,
  listener: CacheListener | null = null,
): KeyValueCache {
  return new BlockPool(blocks, blockTokens, rules, null, listener)
}

function deviceTokens(
  cache: KeyValueCache,
  content: TokenContent | null,
  maximum: number,
  owner = -1,
): number {
  const hit = { deviceTokens: 0, hostTokens: 0, diskTokens: 0 }
  cache.lookup(content, maximum, hit, owner)
  return hit.deviceTokens
}

/** Opens, computes and closes a prompt without an answer. */
function serve(cache: KeyValueCache, content: TokenContent | null, tokens: number, owner = -1): void {
  const sequence = cache.open(content, deviceTokens(cache, content, tokens - 1, owner), tokens, owner)!
  cache.commit(sequence, tokens)
  cache.close(sequence)
}

test('a prompt that was computed is found in whole blocks, never its last token', () => {
  const cache = pool(10, 16, vllm)
  const content = chainedContent(16, [0, 0, 0, 0])
  serve(cache, content, 64)
  expect(deviceTokens(cache, content, 64)).toBe(64)
  expect(deviceTokens(cache, content, 63)).toBe(48)
  expect(deviceTokens(cache, content, 15)).toBe(0)
  expect(deviceTokens(cache, content, 0)).toBe(0)
  expect(cache.freeBlocks()).toBe(10)
})

test('nothing is found before it is committed, and no more than was committed', () => {
  const cache = pool(10, 16, vllm)
  const content = chainedContent(16, [0, 0, 0, 0])
  const sequence = cache.open(content, 0, 64)!
  expect(deviceTokens(cache, content, 64)).toBe(0)
  cache.commit(sequence, 40)
  expect(deviceTokens(cache, content, 64)).toBe(32)
})

test('the end of a prompt is evicted before its beginning, older prompts before newer ones', () => {
  const cache = pool(8, 4, vllm)
  const old = chainedContent(4, [0, 0, 0, 0])
  const recent = chainedContent(4, [1, 0, 0, 0])
  serve(cache, old, 16)
  serve(cache, recent, 16)
  const sequence = cache.open(null, 0, 8)!
  expect([deviceTokens(cache, old, 16), deviceTokens(cache, recent, 16)]).toEqual([8, 16])
  cache.grow(sequence, 20)
  expect([deviceTokens(cache, old, 16), deviceTokens(cache, recent, 16)]).toEqual([0, 12])
})

test('a hit makes a prompt recent; looking does not', () => {
  const cache = pool(8, 4, vllm)
  const first = chainedContent(4, [0, 0, 0, 0])
  const second = chainedContent(4, [1, 0, 0, 0])
  serve(cache, first, 16)
  serve(cache, second, 16)
  deviceTokens(cache, first, 16)
  serve(cache, null, 4)
  expect([deviceTokens(cache, first, 16), deviceTokens(cache, second, 16)]).toEqual([12, 16])
  serve(cache, first, 13)
  serve(cache, null, 12)
  expect([deviceTokens(cache, first, 16), deviceTokens(cache, second, 16)]).toEqual([12, 4])
})

test('blocks that were never full are given out before any cached one; in older versions they wait their turn', () => {
  for (const [rules, left] of [
    [vllm, 12],
    [olderVllm, 8],
  ] as const) {
    const cache = pool(4, 4, rules)
    const content = chainedContent(4, [0, 0, 0])
    const half = cache.open(null, 0, 2)!
    serve(cache, content, 12)
    cache.close(half)
    cache.open(null, 0, 2)
    expect(deviceTokens(cache, content, 12)).toBe(left)
  }
})

test('tokens without content take their places in the order of eviction and are found by nobody', () => {
  const cache = pool(4, 4, vllm)
  serve(cache, null, 8)
  const content = chainedContent(4, [0, 0])
  serve(cache, content, 8)
  expect(deviceTokens(cache, null, 100)).toBe(0)
  // The anonymous blocks are older: they go first.
  cache.open(null, 0, 8)
  expect(deviceTokens(cache, content, 8)).toBe(8)
})

test('a preempted request finds its own answer again, others do not', () => {
  const cache = pool(10, 4, vllm)
  const content = chainedContent(4, [0, 1])
  const sequence = cache.open(content, 0, 8, 7)!
  cache.commit(sequence, 8)
  cache.grow(sequence, 20)
  cache.commit(sequence, 20, true)
  cache.close(sequence, true)
  expect(deviceTokens(cache, content, 100, 7)).toBe(20)
  expect(deviceTokens(cache, content, 100, 8)).toBe(8)
  expect(deviceTokens(cache, content, 100)).toBe(8)
})

test('shared blocks are counted once and stay until the last holder is gone', () => {
  const cache = pool(6, 4, vllm)
  const content = chainedContent(4, [0, 0, 0])
  const first = cache.open(content, 0, 12)!
  cache.commit(first, 12)
  const second = cache.open(content, 8, 12)!
  expect(cache.freeBlocks()).toBe(2)
  cache.close(first)
  expect(cache.freeBlocks()).toBe(3)
  cache.close(second)
  expect(cache.freeBlocks()).toBe(6)
  cache.checkInvariants()
})

test('equal blocks computed at the same time are all kept: losing one loses nothing', () => {
  const cache = pool(4, 4, vllm)
  const content = chainedContent(4, [0, 0])
  const first = cache.open(content, 0, 8)!
  const second = cache.open(content, 0, 8)!
  cache.commit(first, 8)
  cache.commit(second, 8)
  cache.close(first)
  cache.open(null, 0, 8)
  expect(deviceTokens(cache, content, 8)).toBe(8)
})

test('what does not fit changes nothing: hits that are free count as taken', () => {
  const cache = pool(4, 4, vllm)
  const content = chainedContent(4, [0, 0])
  serve(cache, content, 8)
  const other = cache.open(null, 0, 8)!
  // Two cached blocks are free, and all there is: with them taken nothing is left to grow into.
  expect(cache.fits(content, 8, 12)).toBe(false)
  expect(cache.open(content, 8, 12)).toBeNull()
  expect(cache.freeBlocks()).toBe(2)
  expect(cache.fits(content, 8, 8, 1)).toBe(false)
  expect(cache.fits(content, 8, 8)).toBe(true)
  expect(cache.blocksNeeded(other, 17)).toBe(3)
  expect(cache.grow(other, 17)).toBe(false)
  expect(other.blockCount).toBe(2)
  expect(cache.grow(other, 16)).toBe(true)
  expect(cache.freeBlocks()).toBe(0)
  cache.checkInvariants()
})

test('the same ids with longer and shorter prompts: hits go as far as the other one was computed', () => {
  const cache = pool(40, 16, vllm)
  const content = chainedContent(512, [0])
  serve(cache, content, 100)
  expect(deviceTokens(cache, content, 400)).toBe(96)
  serve(cache, content, 401)
  expect(deviceTokens(cache, content, 512)).toBe(400)
  expect(deviceTokens(cache, content, 50)).toBe(48)
})

test('a crash loses everything; closing what it took does nothing', () => {
  const cache = pool(4, 4, vllm)
  const content = chainedContent(4, [0, 0])
  const sequence = cache.open(content, 0, 8)!
  cache.commit(sequence, 8)
  cache.clear()
  expect(cache.freeBlocks()).toBe(4)
  expect(deviceTokens(cache, content, 8)).toBe(0)
  cache.close(sequence)
  expect(cache.freeBlocks()).toBe(4)
  expect(() => cache.grow(sequence, 12)).toThrow('only open sequences grow')
  cache.checkInvariants()
})

test('TensorRT-LLM: an equal prompt hits up to its last token but one, by a copy', () => {
  const cache = pool(10, 32, trtllm)
  const content = chainedContent(32, [0, 0])
  serve(cache, content, 64)
  expect(deviceTokens(cache, content, 63)).toBe(63)
  const copy = cache.open(content, 63, 64)!
  expect(cache.freeBlocks()).toBe(8)
  cache.commit(copy, 64)
  cache.close(copy)
  cache.checkInvariants()
})

test('TensorRT-LLM: answers are found when the sequence has ended', () => {
  const cache = pool(10, 4, trtllm)
  const content = chainedContent(4, [0, 0, 0, 0])
  const sequence = cache.open(content, 0, 8)!
  cache.commit(sequence, 8)
  cache.grow(sequence, 16)
  cache.commit(sequence, 16, true)
  expect(deviceTokens(cache, content, 16)).toBe(8)
  cache.close(sequence)
  expect(deviceTokens(cache, content, 16)).toBe(16)
})

test('events: what is stored, behind what, and what goes; private blocks are nobody’s business', () => {
  const changes: CacheChange[] = []
  const cache = pool(4, 4, vllm, change => changes.push(change))
  const content = chainedContent(4, [0, 1])
  const sequence = cache.open(content, 0, 12, 5)!
  cache.commit(sequence, 4)
  cache.commit(sequence, 12)
  const [first, second] = changes
  expect(first).toMatchObject({
    kind: 'blocks-stored',
    requestId: 5,
    parentHash: null,
    firstBlock: 0,
    tier: 'device',
  })
  const [parentHash] = first?.kind === 'blocks-stored' ? first.hashes : []
  expect(second).toMatchObject({ kind: 'blocks-stored', parentHash, firstBlock: 1 })
  expect(second).toHaveProperty('hashes.length', 1)
  expect(changes).toHaveLength(2)
  cache.close(sequence)
  cache.open(null, 0, 12)
  expect(changes.slice(2)).toEqual([
    { kind: 'blocks-removed', hashes: second?.kind === 'blocks-stored' ? second.hashes : [], tier: 'device' },
  ])
  cache.clear()
  expect(changes.at(-1)).toEqual({ kind: 'blocks-cleared' })
})

test('misuse is caught', () => {
  const cache = pool(4, 4, vllm)
  const content = chainedContent(4, [0, 0])
  expect(() => cache.open(content, 8, 8)).toThrow('found by a lookup just before')
  expect(() => cache.open(content, 8, 4)).toThrow('room for what is cached')
  const sequence = cache.open(content, 0, 4)!
  expect(() => cache.commit(sequence, 8)).toThrow('in blocks that are held')
  expect(() => pool(0, 4, vllm)).toThrow('a pool has blocks')
})
