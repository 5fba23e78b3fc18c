/** Is a series still moving? Mann and Kendall's test for a trend, and Theil and Sen's slope for how much. */
import { assert } from '../core/assert.ts'
import { normalProbability } from '../core/special-functions.ts'
import { median } from '../core/statistics.ts'

export interface TrendTest {
  /** Median slope over all pairs × (n − 1), relative to the median of the values: change over the series. NaN at median 0. */
  readonly change: number
  readonly pValue: number
}

/**
 * Two-sided Mann–Kendall test by its normal approximation with corrections for ties and continuity (Mann 1945, Kendall 1975;
 * Gilbert 1987, §16.4; from memory), good from 8 values on. Rank-based: one slow bin is one slow bin. Assumes bins that are
 * independent but for the trend.
 */
export function trendTest(values: readonly number[]): TrendTest {
  const count = values.length
  assert(count >= 8, `a trend needs eight values, got ${count}`)
  const slopes: number[] = []
  let score = 0
  for (let i = 0; i < count; i++) {
    for (let j = i + 1; j < count; j++) {
      const rise = values[j]! - values[i]!
      score += Math.sign(rise)
      slopes.push(rise / (j - i))
    }
  }
  const spread = (n: number) => n * (n - 1) * (2 * n + 5)
  const ties = new Map<number, number>()
  for (const value of values) ties.set(value, (ties.get(value) ?? 0) + 1)
  const tied = [...ties.values()].reduce((sum, n) => sum + spread(n), 0)
  const variance = (spread(count) - tied) / 18
  const z = variance === 0 || score === 0 ? 0 : (Math.abs(score) - 1) / Math.sqrt(variance)
  return {
    change: (median(slopes) * (count - 1)) / Math.abs(median(values)),
    pValue: Math.min(1, 2 * normalProbability(-z)),
  }
}
