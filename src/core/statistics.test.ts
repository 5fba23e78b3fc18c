import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { geometricMean, mean, median, quantile, spearman } from './statistics.ts'

const numbers = fc.array(fc.double({ min: -1e6, max: 1e6, noNaN: true }), { minLength: 1, maxLength: 30 })

describe('statistics', () => {
  it('computes means', () => {
    expect(mean([1, 2, 6])).toBe(3)
    expect(geometricMean([1, 4, 16])).toBeCloseTo(4, 12)
    expect(mean([])).toBeNaN()
  })

  it('interpolates quantiles as R type 7', () => {
    expect(median([4, 1, 3, 2])).toBe(2.5)
    expect(quantile([1, 2, 3, 4, 5], 0.9)).toBeCloseTo(4.6, 12)
    expect(quantile([7], 0.3)).toBe(7)
    expect(quantile([], 0.5)).toBeNaN()
  })

  it('keeps quantiles between the extremes and in order', () => {
    fc.assert(
      fc.property(numbers, fc.double({ min: 0, max: 1, noNaN: true }), (values, q) => {
        const value = quantile(values, q)
        expect(value).toBeGreaterThanOrEqual(Math.min(...values))
        expect(value).toBeLessThanOrEqual(Math.max(...values))
        expect(quantile(values, Math.max(0, q - 0.1))).toBeLessThanOrEqual(value)
      }),
    )
  })

  it('ranks: 1 for the same order, −1 for the reverse, ties share a rank', () => {
    expect(spearman([1, 2, 3], [10, 200, 3000])).toBeCloseTo(1, 12)
    expect(spearman([1, 2, 3], [3, 2, 1])).toBeCloseTo(-1, 12)
    // Ranks 1, 2.5, 2.5, 4 against 1, 2, 3, 4: scipy.stats.spearmanr gives 0.9486832980505138.
    expect(spearman([1, 2, 2, 3], [1, 2, 3, 4])).toBeCloseTo(0.9486832980505138, 12)
    expect(spearman([1, 1], [1, 2])).toBeNaN()
  })
})
