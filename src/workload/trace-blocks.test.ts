/** Blocks as a tree: equal nodes exactly for equal prefixes, whatever ids mean. */
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { type BlockId, BlockTree } from './trace-blocks.ts'

const prompts = fc.array(
  fc.array(
    fc.oneof(fc.integer({ min: 0, max: 4 }), fc.constantFrom('a', 'b'), fc.constantFrom(2 ** 40, 2 ** 26)),
    {
      maxLength: 6,
    },
  ),
  { maxLength: 12 },
)

/** The prefix that ends in each block, as text. */
const prefixes = (ids: readonly BlockId[]) => ids.map((_, index) => JSON.stringify(ids.slice(0, index + 1)))

describe('block tree', () => {
  it('gives equal numbers to equal prefixes only, and counts what was there', () => {
    fc.assert(
      fc.property(prompts, texts => {
        const tree = new BlockTree()
        const numberOf = new Map<string, number>()
        for (const ids of texts) {
          const wanted = prefixes(ids)
          const knownBefore = wanted.filter(prefix => numberOf.has(prefix)).length
          const path = Array.from(tree.path(tree.add(ids), ids.length))
          expect(tree.known).toBe(knownBefore)
          for (const [index, prefix] of wanted.entries()) {
            if (numberOf.has(prefix)) expect(path[index]).toBe(numberOf.get(prefix))
            else numberOf.set(prefix, path[index]!)
          }
        }
        expect(new Set(numberOf.values()).size).toBe(numberOf.size)
        expect(tree.size).toBe(numberOf.size)
      }),
    )
  })

  it('forgets what ids meant when a scope begins, and offsets paths', () => {
    const tree = new BlockTree()
    const first = tree.add([1, 2, 'x'])
    tree.beginScope()
    const second = tree.add([1, 2, 'x'])
    expect(tree.known).toBe(0)
    expect([tree.path(first, 3), tree.path(second, 3)]).toEqual([
      Int32Array.of(0, 1, 2),
      Int32Array.of(3, 4, 5),
    ])
    expect(tree.path(second, 3, 2 ** 33)).toEqual(Float64Array.of(2 ** 33 + 3, 2 ** 33 + 4, 2 ** 33 + 5))
    expect(tree.ancestor(second, 2)).toBe(3)
    expect(tree.ancestor(second, 9)).toBe(-1)
  })
})
