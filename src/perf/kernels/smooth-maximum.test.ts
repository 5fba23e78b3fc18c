import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { smoothMaximum } from './smooth-maximum.ts'

const times = fc.double({ min: 1e-9, max: 10, noNaN: true })

describe('smoothMaximum', () => {
  it('lies between the maximum and 2^(1/p) times it, whatever the order', () => {
    fc.assert(
      fc.property(times, times, fc.double({ min: 1.4, max: 8, noNaN: true }), (first, second, sharpness) => {
        const value = smoothMaximum(first, second, sharpness)
        const largest = Math.max(first, second)
        expect(value).toBeGreaterThanOrEqual(largest)
        expect(value).toBeLessThanOrEqual(largest * 2 ** (1 / sharpness) * (1 + 1e-12))
        expect(value).toBe(smoothMaximum(second, first, sharpness))
      }),
    )
  })

  it('is zero for nothing', () => {
    expect(smoothMaximum(0, 0, 4)).toBe(0)
    expect(smoothMaximum(0, 3, 4)).toBe(3)
  })
})
