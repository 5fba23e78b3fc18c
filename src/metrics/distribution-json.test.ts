import fc from 'fast-check'
import { expect, test } from 'vitest'
import { TokenwrightError } from '../core/errors.ts'
import { Distribution } from './distribution.ts'
import { type DistributionJson, distributionFromJson, distributionToJson } from './distribution-json.ts'

const pairs = fc.array(
  fc.tuple(fc.double({ min: 0, max: 1e8, noNaN: true }), fc.integer({ min: 1, max: 4 })),
  { maxLength: 50 },
)

function distributionOf(entries: readonly (readonly [number, number])[], limit: number): Distribution {
  const result = new Distribution(limit)
  for (const [value, count] of entries) result.add(value, count)
  return result
}

test('text and back: the same figures, and it can go on', () => {
  fc.assert(
    fc.property(pairs, fc.integer({ min: 0, max: 60 }), (entries, limit) => {
      const distribution = distributionOf(entries, limit)
      const text = JSON.stringify(distributionToJson(distribution))
      const restored = distributionFromJson(JSON.parse(text) as DistributionJson, 'test')
      expect(JSON.stringify(distributionToJson(restored))).toBe(text)
      distribution.add(17, 2)
      restored.add(17, 2)
      for (const q of [0, 0.5, 0.99]) expect(restored.quantile(q)).toBe(distribution.quantile(q))
      expect([restored.count, restored.mean]).toEqual([distribution.count, distribution.mean])
    }),
  )
})

test('restored ones merge', () => {
  const [a, b] = [
    distributionOf(
      [
        [1, 1],
        [5, 2],
      ],
      2,
    ),
    distributionOf([[9, 1]], 2),
  ]
  const merged = distributionFromJson(distributionToJson(a), 'a')
  merged.merge(distributionFromJson(distributionToJson(b), 'b'))
  expect([merged.count, merged.maximum, merged.mean, merged.form]).toEqual([4, 9, 5, 'approximate'])
})

test('what is not a distribution is refused with its place', () => {
  const exact = distributionToJson(distributionOf([[1, 1]], 5))
  const histogram = distributionToJson(distributionOf([[1, 1]], 0))
  const wrong: [unknown, string][] = [
    [null, 'not an object'],
    [{}, 'form'],
    [{ ...exact, exactLimit: -1 }, 'exactLimit'],
    [{ ...exact, sum: [1] }, 'sum'],
    [{ ...exact, values: [-1] }, 'a value'],
    [{ ...exact, values: ['1'] }, 'a value'],
    [{ ...exact, values: [1, 2, 3, 4, 5, 6] }, 'more values'],
    [{ ...exact, weights: [1, 2] }, 'weights'],
    [{ ...exact, weights: [0.5] }, 'weights'],
    [{ ...histogram, bucketsPerOctave: 64 }, 'not 128'],
    [{ ...histogram, zeros: -1 }, 'zeros'],
    [{ ...histogram, minimum: 2, maximum: 1 }, 'range'],
    [{ ...histogram, buckets: [[1]] }, 'a bucket'],
    [{ ...histogram, buckets: [[10, -3]] }, 'a bucket'],
    [{ ...histogram, buckets: [] }, 'no values'],
    [{ ...histogram, buckets: [[1e7, 1]] }, 'a bucket'],
  ]
  for (const [json, message] of wrong) {
    const read = () => distributionFromJson(json as DistributionJson, 'agent-2.json')
    expect(read, JSON.stringify(json)).toThrow(TokenwrightError)
    expect(read).toThrow(message)
  }
})
