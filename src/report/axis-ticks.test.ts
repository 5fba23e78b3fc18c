import fc from 'fast-check'
import { expect, test } from 'vitest'
import { linearAxis, logAxis, positionOn, tickLabel } from './axis-ticks.ts'

test('ticks are round and cover the values', () => {
  expect(linearAxis([37, 61], 5, true).ticks).toEqual([0, 20, 40, 60, 80])
  expect(linearAxis([0.09, 0.2], 4, true).ticks).toEqual([0, 0.05, 0.1, 0.15, 0.2])
})

test('labels have as many decimals as the step', () => {
  const axis = linearAxis([0.09, 0.2], 4, true)
  expect(axis.ticks.map(tick => tickLabel(tick, axis))).toEqual(['0.00', '0.05', '0.10', '0.15', '0.20'])
})

test('every value lies on the axis', () => {
  fc.assert(
    fc.property(fc.array(fc.double({ min: 1e-9, max: 1e9, noNaN: true }), { minLength: 1 }), values => {
      const axis = linearAxis(values, 5, true)
      for (const value of values) {
        expect(positionOn(axis, value)).toBeGreaterThanOrEqual(-1e-9)
        expect(positionOn(axis, value)).toBeLessThanOrEqual(1 + 1e-9)
      }
      expect(axis.ticks.length).toBeLessThan(15)
    }),
  )
})

test('equal values get a range', () => {
  expect(linearAxis([5, 5], 4).high).toBeGreaterThan(5)
  expect(linearAxis([], 4).ticks.length).toBeGreaterThan(1)
})

test('a logarithmic axis covers values that lie a rounding error beside a power of ten', () => {
  for (const power of [-3, 0, 3, 9])
    for (const factor of [1 - 2e-15, 1, 1 + 2e-15])
      for (const span of [2, 300, 1e4]) {
        const low = 10 ** power * factor
        for (const axis of [logAxis(low, low * span), logAxis(low / span, low)]) {
          const ends = axis.low === axis.ticks[0] && axis.high === axis.ticks.at(-1)
          expect(ends && axis.high > axis.low).toBe(true)
        }
        expect(logAxis(low, low * span).low).toBeLessThanOrEqual(low)
        expect(logAxis(low / span, low).high).toBeGreaterThanOrEqual(low)
      }
})
