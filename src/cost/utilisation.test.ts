import fc from 'fast-check'
import { expect, test } from 'vitest'
import { anyBill } from './cost.fixture.ts'
import { demandFill, demandShape } from './demand-shape.ts'
import {
  availabilityFromInterruptions,
  billByUse,
  idleShare,
  operatingPoint,
  servedShare,
  utilisation,
} from './utilisation.ts'

const factor = fc.double({ min: 0, max: 1, noNaN: true, minExcluded: true })
const anyUtilisation = fc.record({ availability: factor, demandFill: factor, operatingPoint: factor })
const day = fc
  .array(fc.double({ min: 0, noNaN: true, noDefaultInfinity: true }), { minLength: 24, maxLength: 24 })
  .filter(hours => hours.some(value => value > 0))

test('the bill by use adds up to the bill', () => {
  fc.assert(
    fc.property(anyBill, anyUtilisation, (bill, factors) => {
      const use = billByUse(bill, factors)
      expect(use.workNanoUsd + use.operatingPointNanoUsd + use.unfilledNanoUsd + use.unavailableNanoUsd).toBe(
        bill,
      )
    }),
  )
})

test('three factors, multiplied; idle time knows only the first two', () => {
  const factors = utilisation({ availability: 0.98, demandFill: 0.5, operatingPoint: 0.8 })
  expect(servedShare(factors)).toBeCloseTo(0.392, 12)
  expect(idleShare(factors)).toBeCloseTo(0.51, 12)
  expect(() => utilisation({ ...factors, demandFill: 0 })).toThrow('demandFill')
  expect(() => utilisation({ ...factors, availability: 1.01 })).toThrow('availability')
})

test('availability and operating point from what causes them', () => {
  expect(availabilityFromInterruptions(24 * 24, 6)).toBeCloseTo(576 / 582, 12)
  expect(operatingPoint(600, 1000)).toBe(0.6)
  expect(() => operatingPoint(1100, 1000)).toThrow('operating point')
})

test('capacity for the peak all day: fill = mean ÷ peak', () => {
  const shape = demandShape('half day', [...Array(12).fill(1), ...Array(12).fill(0.5)])
  expect(demandFill(shape, { kind: 'peak' })).toMatchObject({ fill: 0.75, meanCapacityShare: 1 })
  expect(demandFill(shape, { kind: 'peak' }).peakToMean).toBeCloseTo(4 / 3, 12)
})

test('autoscaling fills more; a floor at the peak is no autoscaling', () => {
  const shape = demandShape('half day', [...Array(12).fill(100), ...Array(12).fill(20)])
  const scaled = (floor: number, headroom = 0) => demandFill(shape, { kind: 'autoscale', floor, headroom })
  expect(scaled(0).fill).toBe(1)
  expect(scaled(0.5).fill).toBeCloseTo(0.6 / 0.75, 12)
  expect(scaled(1).fill).toBeCloseTo(demandFill(shape, { kind: 'peak' }).fill, 12)
  expect(scaled(0, 0.25).fill).toBeCloseTo(0.8, 12)
})

test('fill lies in (0, 1] and falls as the floor rises, for any day', () => {
  fc.assert(
    fc.property(day, factor, factor, (hours, a, b) => {
      const shape = demandShape('any', hours)
      const at = (floor: number) => demandFill(shape, { kind: 'autoscale', floor, headroom: 0 }).fill
      const [low, high] = [Math.min(a, b), Math.max(a, b)]
      expect(at(low)).toBeGreaterThan(0)
      expect(at(low)).toBeLessThanOrEqual(1)
      expect(at(high)).toBeLessThanOrEqual(at(low) * (1 + 1e-12))
    }),
  )
})

test('a day without demand, or without 24 hours, is refused', () => {
  expect(() => demandShape('empty', Array(24).fill(0))).toThrow('zero demand')
  expect(() => demandShape('short', [1, 2, 3])).toThrow('has 3')
  expect(() => demandShape('negative', [-1, ...Array(23).fill(1)])).toThrow('negative')
})
