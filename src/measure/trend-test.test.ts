import { describe, expect, it } from 'vitest'
import { RandomSource } from '../core/random.ts'
import { trendTest } from './trend-test.ts'

describe('trend', () => {
  it('of a straight line is its rise', () => {
    const { change, pValue } = trendTest([10, 11, 12, 13, 14, 15, 16, 17, 18, 19, 20])
    expect(change).toBeCloseTo(10 / 15, 12)
    // S = 55, variance 11 · 10 · 27 ÷ 18 = 165: z = 54 ÷ 12.85.
    expect(pValue).toBeCloseTo(2.6e-5, 6)
  })

  it('falls too, and does not follow one slow value', () => {
    expect(trendTest([20, 19, 18, 17, 16, 15, 14, 13]).change).toBeLessThan(-0.3)
    expect(trendTest([1, 1, 1, 1, 1, 1, 1, 1, 900]).change).toBe(0)
    expect(trendTest(new Array(10).fill(5))).toEqual({ change: 0, pValue: 1 })
  })

  it('is found in noise as rarely as the p-value says', () => {
    const stream = new RandomSource('trend').stream('noise')
    let found = 0
    for (let trial = 0; trial < 2_000; trial++) {
      if (trendTest(Array.from({ length: 20 }, () => stream.exponential())).pValue < 0.05) found++
    }
    expect(Math.abs(found / 2_000 - 0.05)).toBeLessThan(0.015)
  })

  it('is not asked of fewer than eight values', () => {
    expect(() => trendTest([1, 2, 3])).toThrow('eight values')
  })
})
