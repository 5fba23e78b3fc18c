import fc from 'fast-check'
import { expect, test } from 'vitest'
import { bucketBounds, oneTwoFive } from './buckets.ts'
import { createHistogram, observe } from './histogram.ts'

test('a weight is that many observations', () => {
  fc.assert(
    fc.property(
      fc.array(fc.tuple(fc.double({ min: 0, max: 100, noNaN: true }), fc.integer({ min: 0, max: 20 }))),
      pairs => {
        const weighted = createHistogram([0.1, 1, 10, 50])
        const repeated = createHistogram([0.1, 1, 10, 50])
        for (const [value, weight] of pairs) {
          observe(weighted, value, weight)
          for (let index = 0; index < weight; index++) observe(repeated, value)
        }
        expect(weighted.counts).toEqual(repeated.counts)
        expect(weighted.count).toBe(repeated.count)
        expect(weighted.sum).toBeCloseTo(repeated.sum, 6)
      },
    ),
  )
})

test('bounds belong to the bucket below; NaN is not counted', () => {
  const histogram = createHistogram([1, 2])
  for (const value of [1, 1.0001, 2, 3, Number.NaN]) observe(histogram, value)
  expect([...histogram.counts]).toEqual([1, 2, 1])
  expect(histogram.count).toBe(4)
  expect(histogram.sum).toBeCloseTo(7.0001)
})

test('bounds that do not rise are refused', () => {
  expect(() => createHistogram([1, 1])).toThrow('rise')
})

test('token bounds end at the longest context', () => {
  expect(oneTwoFive(100)).toEqual([1, 2, 5, 10, 20, 50, 100])
  expect(oneTwoFive(99)).toEqual([1, 2, 5, 10, 20, 50])
  expect(bucketBounds('vllm', 131_072).promptTokens.at(-1)).toBe(100_000)
})

test('all bounds of all engines rise', () => {
  for (const engine of ['vllm', 'sglang', 'trtllm'] as const)
    for (const bounds of Object.values(bucketBounds(engine, 8192))) createHistogram(bounds)
})
