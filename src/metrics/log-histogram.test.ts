import fc from 'fast-check'
import { expect, test } from 'vitest'
import { bucketsPerOctave, histogramRelativeError, LogHistogram, largestValue } from './log-histogram.ts'

const single = (value: number) => {
  const histogram = new LogHistogram()
  histogram.add(value, 1)
  return histogram.atRank(0)
}

test('any value is given back within the guaranteed error', () => {
  const anyDouble = fc.double({ min: 2 ** -1022, max: largestValue, noNaN: true })
  const anyLatency = fc.double({ min: 1e-3, max: 1e9, noNaN: true })
  fc.assert(
    fc.property(fc.oneof(anyDouble, anyLatency), value => {
      expect(Math.abs(single(value) - value)).toBeLessThanOrEqual(
        histogramRelativeError * value * (1 + 1e-12),
      )
    }),
    { numRuns: 2000 },
  )
})

test('the error is guaranteed to be below half a percent, and no smaller than stated at the edge of a bucket', () => {
  expect(histogramRelativeError).toBeLessThan(0.005)
  expect(Math.abs(single(1) - 1)).toBeCloseTo(histogramRelativeError, 12)
  const below = 2 - 2 ** -52
  expect(single(below)).toBeLessThan(2)
  expect(single(2)).toBeGreaterThan(2)
})

test('a power of two has as many buckets as it says', () => {
  const histogram = new LogHistogram()
  for (let index = 0; index < 10_000; index++) histogram.add(1 + index / 10_000, 1)
  expect(histogram.entries().buckets).toHaveLength(bucketsPerOctave)
})

test('zero and what is too small for a normal number count as zero', () => {
  const histogram = new LogHistogram()
  histogram.add(0, 2)
  histogram.add(5e-324, 1)
  histogram.add(3, 1)
  expect([0, 2, 3].map(rank => histogram.atRank(rank))).toEqual([0, 0, single(3)])
  expect(() => histogram.atRank(4)).toThrow('rank 4 of 4')
})

test('entries give the histogram back; buckets out of range are refused', () => {
  const histogram = new LogHistogram()
  for (const value of [0, 1e-9, 1, 1, 1e9]) histogram.add(value, 1)
  const { zeros, buckets } = histogram.entries()
  expect(LogHistogram.fromEntries(zeros, buckets).entries()).toEqual({ zeros, buckets })
  expect(() => LogHistogram.fromEntries(0, [[2 ** 20, 1]])).toThrow('in range')
})
