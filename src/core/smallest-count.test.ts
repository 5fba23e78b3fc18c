import fc from 'fast-check'
import { expect, test } from 'vitest'
import { smallestCount } from './smallest-count.ts'

test('finds the border, wherever it lies, in about twice its bits', () => {
  fc.assert(
    fc.property(fc.integer({ min: 2, max: 1e9 }), border => {
      let asked = 0
      const found = smallestCount(count => {
        asked++
        return count >= border
      })
      expect(found).toBe(border)
      expect(asked).toBeLessThanOrEqual(2 * Math.ceil(Math.log2(border)) + 1)
    }),
  )
})

test('is never below 2', () => {
  expect(smallestCount(() => true)).toBe(2)
})
