import { describe, expect, it } from 'vitest'
import { RandomSource } from '../core/random.ts'
import { kolmogorovSmirnov } from './goodness-of-fit.ts'
import { comparePairs, wilcoxonSignedRanks } from './paired-comparison.ts'

describe('pairs', () => {
  it('are compared by difference and by ratio', () => {
    const { pairs, difference, ratio, effectSize, tPValue } = comparePairs([10, 20, 30], [11, 22, 33])
    expect(pairs).toBe(3)
    expect(difference).toBeCloseTo(2, 12)
    expect(ratio).toBeCloseTo(1.1, 12)
    expect(effectSize).toBeCloseTo(2, 12)
    // t = 2 ÷ (1 ÷ √3) = 3.46 with 2 degrees of freedom; its p is 1 − t ÷ √(2 + t²).
    expect(tPValue).toBeCloseTo(1 - Math.sqrt(12) / Math.sqrt(14), 10)
  })

  it('know of no ratio of values that are not above zero, of no spread from one pair', () => {
    expect(comparePairs([0, 1], [1, 2]).ratio).toBeNull()
    const one = comparePairs([1], [2])
    expect([one.difference, one.low, one.tPValue, one.ratio, one.ratioLow]).toEqual([1, null, null, 2, null])
    expect(comparePairs([], []).difference).toBeNull()
    expect(() => comparePairs([1], [])).toThrow('two sides')
  })

  it('find no difference where there is none', () => {
    expect(comparePairs([1, 2, 3], [1, 2, 3])).toMatchObject({
      difference: 0,
      tPValue: 1,
      wilcoxonPValue: null,
      effectSize: null,
      ratio: 1,
    })
  })

  it('cover the true ratio as often as they say, under a drift that both sides share', () => {
    const stream = new RandomSource('pairs').stream('normal')
    const covered = Array.from({ length: 1_000 }, () => {
      const drift = [1, 1.3, 1.9, 2.2, 2.8, 3.5]
      const a = drift.map(level => level * Math.exp(0.05 * stream.normal()))
      const b = drift.map(level => 1.1 * level * Math.exp(0.05 * stream.normal()))
      const { ratioLow, ratioHigh } = comparePairs(a, b)
      return ratioLow! <= 1.1 && ratioHigh! >= 1.1
    })
    expect(Math.abs(covered.filter(Boolean).length / 1_000 - 0.95)).toBeLessThan(0.021)
  })
})

describe("Wilcoxon's signed ranks", () => {
  it('count out small samples', () => {
    // All six one way: 2 of 64 sign patterns.
    expect(wilcoxonSignedRanks([1, 2, 3, 4, 5, 6])).toBeCloseTo(2 / 64, 12)
    // Rank sum 1 of five: subsets {} and {1}: 2 · 2/32.
    expect(wilcoxonSignedRanks([-1, 2, 3, 4, 5])).toBeCloseTo(4 / 32, 12)
    // Two equal ones, one each way: sums 0, 1.5, 1.5, 3, observed 1.5: certain.
    expect(wilcoxonSignedRanks([1, -1])).toBe(1)
    expect(wilcoxonSignedRanks([0, 0])).toBeNull()
  })

  it('go over to the normal distribution without a step', () => {
    const stream = new RandomSource('wilcoxon').stream('step')
    const values = Array.from({ length: 50 }, () => stream.normal() + 0.3)
    const exact = wilcoxonSignedRanks(values)!
    const normal = wilcoxonSignedRanks([...values, 1e-9, 0])!
    expect(Math.abs(normal / exact - 1)).toBeLessThan(0.15)
  })

  it('give uniform p-values without a difference', () => {
    const stream = new RandomSource('wilcoxon').stream('null')
    const pValues = Array.from(
      { length: 400 },
      () => wilcoxonSignedRanks(Array.from({ length: 60 }, () => stream.normal()))!,
    )
    expect(kolmogorovSmirnov(pValues, p => p).pValue).toBeGreaterThan(0.001)
  })
})
