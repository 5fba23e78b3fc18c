import fc from 'fast-check'
import { expect, test } from 'vitest'
import { anonymousKey, BlockKeys, knownBlocks, storedHashes } from './block-keys.ts'
import { blockHash, blockName, chainedContent, promptsArbitrary } from './prompts.fixture.ts'

function keysOf(
  tokensPerBlock: number,
  blockIds: readonly number[],
  blockTokens: number,
  count: number,
): number[] {
  const keys = new BlockKeys(blockTokens)
  keys.start({ tokensPerBlock, blockIds }, 3, 0)
  return Array.from({ length: count }, () => {
    const { key } = keys
    keys.next()
    return key
  })
}

test('two engine blocks have the same key if and only if they end with the same token of the same prefix', () => {
  fc.assert(
    fc.property(promptsArbitrary, fc.integer({ min: 1, max: 20 }), (prompts, blockTokens) => {
      const keys = new Map<string, number>()
      const names = new Map<number, string>()
      prompts.forEach(({ content, inputTokens }, owner) => {
        for (let block = 0; block * blockTokens < inputTokens + 30; block++) {
          const name = blockName(content, owner, blockTokens, block)!
          const key = blockHash(content, owner, blockTokens, block)
          expect(keys.get(name) ?? key).toBe(key)
          expect(names.get(key) ?? name).toBe(name)
          keys.set(name, key)
          names.set(key, name)
        }
      })
    }),
  )
})

test('walking gives what starting at each block gives', () => {
  fc.assert(
    fc.property(
      promptsArbitrary,
      fc.integer({ min: 1, max: 20 }),
      fc.nat(5),
      fc.boolean(),
      (prompts, size, from, owned) => {
        const walker = new BlockKeys(size)
        const starter = new BlockKeys(size)
        prompts.forEach(({ content, inputTokens }, index) => {
          const owner = owned ? index : -1
          walker.start(content, owner, from)
          for (let block = from; block * size < inputTokens + 30; block++) {
            starter.start(content, owner, block)
            expect(walker.key).toBe(starter.key)
            if (walker.key !== anonymousKey) expect(walker.hash).toBe(starter.hash)
            walker.next()
          }
        })
      },
    ),
  )
})

test('a content block of several engine blocks: keys in a row; then private ones', () => {
  const [a, b, c, d, e] = keysOf(32, [7, 9], 16, 5)
  expect([b! - a!, d! - c!]).toEqual([1, 1])
  expect(new Set([a, b, c, d, e]).size).toBe(5)
  expect(e).toBeLessThan(anonymousKey)
})

test('an engine block of several content blocks is named by the last of them', () => {
  expect(keysOf(16, [1, 2, 3, 4], 32, 2)).toEqual([
    keysOf(16, [5, 2], 32, 1)[0],
    keysOf(16, [5, 6, 7, 4], 32, 2)[1],
  ])
})

test('blocks that straddle content blocks', () => {
  // 24-token engine blocks over 16-token content: tokens 23 and 47 end in the second and third block, 71 in the fifth.
  const keys = keysOf(16, [1, 2, 3, 4, 5], 24, 4)
  expect(keys.slice(0, 3)).toEqual([...new Set(keys.slice(0, 3))])
  expect(keys[3]).toBeLessThan(anonymousKey)
  expect(knownBlocks({ tokensPerBlock: 16, blockIds: [1, 2, 3, 4, 5] }, 24)).toBe(3)
})

test('the largest ids and owners still have keys of their own', () => {
  const largest = 2 ** 40 - 1
  const keys = keysOf(512, [largest - 1, largest], 1, 1024)
  expect(new Set(keys).size).toBe(1024)
  expect(keys.every(Number.isSafeInteger)).toBe(true)
  const owner = 2 ** 31 - 1
  expect(Number.isSafeInteger(blockHash(null, owner, 16, 1000))).toBe(true)
  expect(blockHash(null, owner, 16, 1000)).not.toBe(blockHash(null, owner - 1, 16, 1000))
})

test('nobody is asked for what nobody owns, and the first block of the first owner is not mistaken for that', () => {
  expect(blockHash(null, -1, 16, 0)).toBe(anonymousKey)
  expect(blockHash(null, 0, 16, 0)).not.toBe(anonymousKey)
})

test('content blocks of more than 4096 engine blocks are refused', () => {
  const keys = new BlockKeys(1)
  expect(() => keys.start({ tokensPerBlock: 4097, blockIds: [1] }, 0, 0)).toThrow('4096 engine blocks')
})

test('hashes of an event: the known blocks and the one before them', () => {
  const keys = new BlockKeys(4)
  const content = chainedContent(8, [0, 1])
  const all = storedHashes(keys, content, 0, 0, 9)!
  expect(all.parentHash).toBeNull()
  expect(all.hashes).toHaveLength(4)
  const rest = storedHashes(keys, content, 0, 1, 3)!
  expect(rest).toEqual({ hashes: all.hashes.slice(1, 3), parentHash: all.hashes[0] })
  expect(storedHashes(keys, content, 0, 4, 9)).toBeNull()
})
