import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { compareShares, wilsonInterval } from './run-comparison-errors.ts'

test('Wilson’s interval against the published example: 81 of 263 (Newcombe 1998, table I)', () => {
  const { low, high } = wilsonInterval(81, 263)
  expect(low).toBeCloseTo(0.2553, 4)
  expect(high).toBeCloseTo(0.3662, 4)
})

describe('difference of shares', () => {
  test('against the published example: 56 of 70 and 48 of 80 (Newcombe 1998b, method 10)', () => {
    const { difference, low, high, significant } = compareShares(
      { failed: 48, all: 80 },
      { failed: 56, all: 70 },
    )
    expect(difference).toBeCloseTo(0.2, 9)
    expect(low).toBeCloseTo(0.0524, 4)
    expect(high).toBeCloseTo(0.3339, 4)
    expect(significant).toBe(true)
  })

  test('swapping the sides swaps the sign; the interval holds the difference', () => {
    const counts = fc
      .integer({ min: 1, max: 500 })
      .chain(all => fc.record({ failed: fc.nat(all), all: fc.constant(all) }))
    fc.assert(
      fc.property(counts, counts, (a, b) => {
        const there = compareShares(a, b)
        const back = compareShares(b, a)
        expect(there.difference).toBeCloseTo(-back.difference, 12)
        expect(there.low).toBeCloseTo(-back.high, 12)
        expect(there.low).toBeLessThanOrEqual(there.difference + 1e-12)
        expect(there.high).toBeGreaterThanOrEqual(there.difference - 1e-12)
      }),
    )
  })
})
