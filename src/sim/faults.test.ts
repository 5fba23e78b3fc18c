import { describe, expect, test } from 'vitest'
import { RandomSource } from '../core/random.ts'
import { type FaultRates, faultSchedule } from './faults.ts'

const day = 86_400e6
const rates: FaultRates = {
  crash: { meanSecondsBetween: 3600, meanSeconds: 60 },
  slow: { meanSecondsBetween: 7200, meanSeconds: 600, factor: 3 },
}

describe('a fault schedule', () => {
  test('is in order, within the run, and the same for the same seed', () => {
    const faults = faultSchedule(rates, 4, day, new RandomSource(1))
    expect(faults.length).toBeGreaterThan(50)
    expect(faults).toEqual([...faults].sort((a, b) => a.atUs - b.atUs))
    expect(faults.every(({ atUs }) => atUs >= 0 && atUs <= day)).toBe(true)
    expect(faultSchedule(rates, 4, day, new RandomSource(1))).toEqual(faults)
    expect(faultSchedule(rates, 4, day, new RandomSource(2))).not.toEqual(faults)
  })

  test('has the rate and the length asked for', () => {
    const crashes = faultSchedule({ crash: rates.crash! }, 100, day, new RandomSource(3))
    // 100 replicas × 24 h ÷ (1 h + 1 min): 2,360; the spread of a Poisson count is its root, 49.
    expect(Math.abs(crashes.length - 2360)).toBeLessThan(200)
    const seconds = crashes.map(({ fault }) => (fault.kind === 'crash' ? fault.downSeconds : 0))
    const mean = seconds.reduce((sum, value) => sum + value, 0) / seconds.length
    expect(Math.abs(mean - 60)).toBeLessThan(6)
  })

  test('more replicas or another kind do not shift the others', () => {
    const few = faultSchedule({ crash: rates.crash! }, 2, day, new RandomSource(4))
    const many = faultSchedule(rates, 5, day, new RandomSource(4))
    const kept = many.filter(({ fault }) => fault.kind === 'crash' && fault.replica < 2)
    expect(kept).toEqual(few)
  })

  test('faults of one replica and kind do not overlap', () => {
    const slow = faultSchedule(
      { slow: { meanSecondsBetween: 10, meanSeconds: 100, factor: 2 } },
      1,
      day,
      new RandomSource(5),
    )
    for (let index = 1; index < slow.length; index++) {
      const before = slow[index - 1]!
      if (before.fault.kind !== 'slow') throw new Error('not a slow phase')
      expect(slow[index]!.atUs).toBeGreaterThanOrEqual(before.atUs + Math.floor(before.fault.seconds * 1e6))
    }
  })

  test.each([
    [{ crash: { meanSecondsBetween: 0, meanSeconds: 1 } }, /crash.meanSecondsBetween is 0/],
    [{ stall: { meanSecondsBetween: 1, meanSeconds: -1 } }, /stall.meanSeconds is -1/],
    [{ slow: { meanSecondsBetween: 1, meanSeconds: 1, factor: Number.NaN } }, /slow.factor is NaN/],
  ] satisfies [FaultRates, RegExp][])('refuses %j', (bad, message) => {
    expect(() => faultSchedule(bad, 1, day, new RandomSource(1))).toThrow(message)
  })

  test('refuses a run without an end', () => {
    expect(() => faultSchedule(rates, 1, Number.POSITIVE_INFINITY, new RandomSource(1))).toThrow(/untilUs/)
  })
})
