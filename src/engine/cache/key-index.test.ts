import fc from 'fast-check'
import { expect, test } from 'vitest'
import { KeyIndex } from './key-index.ts'

const slots = 12

test('finds the first slot that got a key, in order as they go, whatever shares a bucket', () => {
  const steps = fc.array(
    fc.record({ slot: fc.integer({ min: 1, max: slots }), key: fc.integer({ min: 1, max: 6 }) }),
    { maxLength: 80, size: 'max' },
  )
  fc.assert(
    fc.property(steps, fc.constantFrom(1, 32, 33), (history, spread) => {
      const index = new KeyIndex(slots)
      // Spread 32 puts every key into the same bucket of this small index.
      const hash = (key: number) => key * spread
      const holders = new Map<number, number[]>()
      for (const { slot, key } of history) {
        const old = index.keys[slot]!
        if (old === 0) {
          const list = holders.get(key) ?? []
          expect(index.insert(slot, key, hash(key))).toBe(list.length === 0)
          expect(index.hashOf(slot)).toBe(hash(key))
          holders.set(key, [...list, slot])
        } else {
          const left = holders.get(old)!.filter(other => other !== slot)
          expect(index.remove(slot)).toBe(left.length === 0)
          holders.set(old, left)
        }
        for (let other = 1; other <= 6; other++) {
          expect(index.find(other, hash(other))).toBe(holders.get(other)?.[0] ?? 0)
        }
      }
    }),
  )
})

test('keeps its contents when it grows', () => {
  const index = new KeyIndex(3)
  index.insert(1, 10, 77)
  index.insert(3, 2 ** 52, 78)
  const grown = index.grown(2000)
  expect(grown.find(10, 77)).toBe(1)
  expect(grown.find(2 ** 52, 78)).toBe(3)
  expect(grown.find(11, 77)).toBe(0)
  grown.insert(2000, 11, 77)
  expect(grown.find(11, 77)).toBe(2000)
})

test('a thousand slots with one key are inserted and removed one by one in their order', () => {
  const index = new KeyIndex(1000)
  for (let slot = 1; slot <= 1000; slot++) index.insert(slot, 5, 5)
  for (let slot = 1; slot <= 1000; slot++) {
    expect(index.find(5, 5)).toBe(slot)
    index.remove(slot)
  }
  expect(index.find(5, 5)).toBe(0)
})
