import { describe, expect, it } from 'vitest'
import { RandomSource } from '../core/random.ts'
import { furtherRunsNeeded, summariseRuns } from './repeated-runs.ts'

describe('repeated runs', () => {
  it('have a mean with its interval', () => {
    // t(4) = 2.776 at 97.5 %; sd of 1…5 is √2.5.
    const { mean, standardDeviation, cv, low, high } = summariseRuns([1, 2, 3, 4, 5])
    expect(mean).toBe(3)
    expect(standardDeviation).toBeCloseTo(Math.sqrt(2.5), 12)
    expect(cv).toBeCloseTo(Math.sqrt(2.5) / 3, 12)
    expect(high! - 3).toBeCloseTo((2.776445 * Math.sqrt(2.5)) / Math.sqrt(5), 5)
    expect(3 - low!).toBeCloseTo(high! - 3, 12)
  })

  it('say nothing of spread from one run, and nothing at all from none', () => {
    expect(summariseRuns([7])).toEqual({
      runs: 1,
      mean: 7,
      standardDeviation: null,
      cv: null,
      low: null,
      high: null,
      confidence: 0.95,
    })
    expect(summariseRuns([]).mean).toBeNull()
    expect(() => summariseRuns([1, Number.NaN])).toThrow('finite')
  })

  it('cover the true mean as often as they say', () => {
    const stream = new RandomSource('runs').stream('normal')
    let covered = 0
    for (let trial = 0; trial < 2_000; trial++) {
      const { low, high } = summariseRuns([1, 2, 3, 4].map(() => 10 + stream.normal()))
      if (low! <= 10 && high! >= 10) covered++
    }
    expect(Math.abs(covered / 2_000 - 0.95)).toBeLessThan(0.015)
  })
})

describe('further runs', () => {
  it('are as many as bring the interval down to the error', () => {
    const values = [9, 10, 11, 10]
    const more = furtherRunsNeeded(values, 0.03)!
    const { cv } = summariseRuns(values)
    const half = (runs: number, t: number) => (t * cv!) / Math.sqrt(runs)
    // cv 8.2 %: 31 runs give 2.9950 % with t(30) = 2.0423, 30 give 3.049 % with t(29) = 2.0452.
    expect(half(31, 2.0423)).toBeLessThan(0.03)
    expect(half(30, 2.0452)).toBeGreaterThan(0.03)
    expect(more).toBe(27)
  })

  it('are none when it is known well enough, and unknown from one run', () => {
    expect(furtherRunsNeeded([10, 10.001, 9.999, 10], 0.05)).toBe(0)
    expect(furtherRunsNeeded([10], 0.05)).toBeNull()
    expect(furtherRunsNeeded([-1, 1], 0.05)).toBeNull()
    expect(() => furtherRunsNeeded([1, 2], 0)).toThrow('above zero')
  })
})
