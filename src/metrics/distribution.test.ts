import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { quantile } from '../core/statistics.ts'
import { Distribution } from './distribution.ts'
import { distributionToJson } from './distribution-json.ts'
import { histogramRelativeError } from './log-histogram.ts'

const shares = [0, 0.01, 0.1, 0.5, 0.9, 0.95, 0.99, 0.999, 1]
const latency = fc.oneof(
  fc.double({ min: 0, max: 1e7, noNaN: true }),
  fc.integer({ min: 0, max: 50 }),
  fc.double({ min: 1e-6, max: 1, noNaN: true }),
)

function distributionOf(values: readonly number[], limit?: number): Distribution {
  const result = new Distribution(limit)
  for (const value of values) result.add(value)
  return result
}

/** All but the error term of the sum, which alone may depend on the order. */
function contents(distribution: Distribution): unknown {
  const { sum, ...rest } = distributionToJson(distribution)
  return rest
}

describe('exact', () => {
  test('quantiles are those of type 7 of all values', () => {
    fc.assert(
      fc.property(fc.array(latency, { minLength: 1, maxLength: 200 }), values => {
        const distribution = distributionOf(values)
        expect(distribution.form).toBe('exact')
        for (const q of shares) expect(distribution.quantile(q)).toBe(quantile(values, q))
      }),
    )
  })

  test('by hand: 1, 2, 3, 4', () => {
    const distribution = distributionOf([4, 2, 3, 1])
    expect(distribution.quantile(0.5)).toBe(2.5)
    expect(distribution.quantile(0.9)).toBeCloseTo(3.7, 12)
    expect(distribution.mean).toBe(2.5)
    expect([distribution.minimum, distribution.maximum, distribution.count]).toEqual([1, 4, 4])
  })

  test('a value added so many times at once is that value so many times', () => {
    const weighted = fc.array(fc.tuple(latency, fc.integer({ min: 1, max: 5 })), {
      minLength: 1,
      maxLength: 60,
    })
    fc.assert(
      fc.property(weighted, pairs => {
        const distribution = new Distribution()
        for (const [value, count] of pairs) distribution.add(value, count)
        const all = pairs.flatMap(([value, count]) => new Array<number>(count).fill(value))
        for (const q of shares) expect(distribution.quantile(q)).toBe(quantile(all, q))
        expect(distribution.count).toBe(all.length)
      }),
    )
  })

  test('values may come between questions', () => {
    const distribution = distributionOf([5, 1])
    expect(distribution.quantile(0)).toBe(1)
    distribution.add(0.5, 3)
    distribution.add(7)
    expect(distribution.quantile(1)).toBe(7)
    expect(distribution.quantile(0.5)).toBe(0.75)
  })
})

describe('approximate', () => {
  test('begins with the first entry beyond the limit', () => {
    expect(distributionOf([1, 2, 3], 3).form).toBe('exact')
    expect(distributionOf([1, 2, 3, 4], 3).form).toBe('approximate')
    expect(distributionOf([1], 0).form).toBe('approximate')
  })

  test('quantiles are within the stated error of the exact ones; mean, ends and count are exact', () => {
    fc.assert(
      fc.property(
        fc.array(latency, { minLength: 1, maxLength: 300 }),
        fc.integer({ min: 0, max: 20 }),
        (values, limit) => {
          const distribution = distributionOf(values, limit)
          for (const q of shares) {
            const exact = quantile(values, q)
            const error = Math.abs(distribution.quantile(q) - exact)
            expect(error).toBeLessThanOrEqual(histogramRelativeError * exact * (1 + 1e-9) + 2 ** -1022)
          }
          const whole = distributionOf(values)
          expect(distribution.mean).toBe(whole.mean)
          expect(distribution.minimum).toBe(Math.min(...values))
          expect(distribution.maximum).toBe(Math.max(...values))
          expect(distribution.count).toBe(values.length)
        },
      ),
    )
  })
})

describe('merging', () => {
  const lists = fc.tuple(
    fc.array(latency, { maxLength: 40 }),
    fc.array(latency, { maxLength: 40 }),
    fc.array(latency, { maxLength: 40 }),
  )

  test('comes to the same as adding all, whatever the form', () => {
    fc.assert(
      fc.property(lists, fc.integer({ min: 0, max: 130 }), ([a, b, c], limit) => {
        const merged = distributionOf(a, limit)
        merged.merge(distributionOf(b, limit))
        merged.merge(distributionOf(c, limit))
        const whole = distributionOf([...a, ...b, ...c], limit)
        expect(contents(merged)).toEqual(contents(whole))
        if (whole.count > 0)
          expect(merged.mean).toBeCloseTo(whole.mean, 12 - Math.ceil(Math.log10(1 + whole.mean)))
      }),
    )
  })

  test('is associative and commutative', () => {
    fc.assert(
      fc.property(lists, fc.integer({ min: 0, max: 130 }), ([a, b, c], limit) => {
        const left = distributionOf(a, limit)
        left.merge(distributionOf(b, limit))
        left.merge(distributionOf(c, limit))
        const tail = distributionOf(c, limit)
        tail.merge(distributionOf(b, limit))
        tail.merge(distributionOf(a, limit))
        expect(contents(left)).toEqual(contents(tail))
      }),
    )
  })

  test('the mean does not depend on the order of values that differ by sixteen orders of magnitude', () => {
    const values = [1e12, 1e-4, 3.3, 1e12, 2e-4, 1e-4]
    const mean = distributionOf(values).mean
    expect(distributionOf(values.toReversed()).mean).toBe(mean)
    expect(distributionOf(values.toSorted()).mean).toBe(mean)
  })

  test('leaves the other as it was; refuses other limits and itself', () => {
    const [one, other] = [distributionOf([1, 2]), distributionOf([3])]
    one.merge(other)
    expect([one.count, other.count, other.maximum]).toEqual([3, 1, 3])
    expect(() => one.merge(new Distribution(7))).toThrow('one limit')
    expect(() => one.merge(one)).toThrow('itself')
  })
})

describe('odd input', () => {
  test('NaN is left out, and no values give NaN', () => {
    const distribution = distributionOf([Number.NaN])
    distribution.add(3, 0)
    expect(distribution.count).toBe(0)
    for (const value of [
      distribution.quantile(0.5),
      distribution.mean,
      distribution.minimum,
      distribution.maximum,
    ]) {
      expect(value).toBeNaN()
    }
  })

  test('negative, infinite and miscounted values are refused', () => {
    const distribution = new Distribution()
    expect(() => distribution.add(-1)).toThrow('-1 × 1')
    expect(() => distribution.add(Number.POSITIVE_INFINITY)).toThrow('Infinity')
    expect(() => distribution.add(1, -2)).toThrow('1 × -2')
    expect(distribution.count).toBe(0)
  })

  test('positions beyond the values are NaN', () => {
    const distribution = distributionOf([1, 2])
    expect(distribution.atPosition(1)).toBe(2)
    expect(distribution.atPosition(1.5)).toBeNaN()
    expect(distribution.atPosition(-1)).toBeNaN()
  })
})
