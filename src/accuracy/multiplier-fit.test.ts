import { describe, expect, it } from 'vitest'
import { fitLogs, type MultiplierFitSettings } from './multiplier-fit.ts'

const settings: MultiplierFitSettings = {
  priorSigmas: [1],
  huber: Number.POSITIVE_INFINITY,
  rounds: 50,
  tries: Number.POSITIVE_INFINITY,
  smallestGain: 1e-12,
  difference: 0.01,
  largestStep: 10,
}

/** One unknown, measured a few times with standard deviation 1. */
const measuredAs =
  (...values: readonly number[]) =>
  ([x]: readonly number[]) =>
    values.map(value => x! - value)

describe('fitLogs', () => {
  it('is the weighted mean of measurements and prior, and as sure, with least squares', () => {
    const { logs, sigmas, objective, objectiveBefore } = fitLogs(measuredAs(1, 2, 3), settings)
    // Precision 3 at 2 and 1 at 0.
    expect(logs[0]).toBeCloseTo(1.5, 9)
    expect(sigmas[0]).toBeCloseTo(0.5, 9)
    expect(objectiveBefore).toBeCloseTo(7, 9)
    expect(objective).toBeCloseTo((0.25 + 0.25 + 2.25 + 2.25) / 2, 9)
  })

  it('lets an outlier count less with a turning point', () => {
    const residualsAt = measuredAs(1, 1, 1, 1, 100)
    const squares = fitLogs(residualsAt, { ...settings, priorSigmas: [10] })
    const bounded = fitLogs(residualsAt, { ...settings, priorSigmas: [10], huber: 1 })
    expect(squares.logs[0]).toBeGreaterThan(15)
    expect(bounded.logs[0]).toBeLessThan(2)
  })

  it('goes no further in a step than it may', () => {
    const once = { ...settings, rounds: 1, largestStep: 0.3 }
    expect(fitLogs(measuredAs(5), once).logs).toEqual([0.3])
    expect(fitLogs(measuredAs(-5), once).logs).toEqual([-0.3])
  })

  it('counts steps that gained nothing as tries, not as rounds', () => {
    let asked = 0
    // Steep on the left of 0.5, the wall beyond it: full steps gain nothing until damping has shortened them.
    const wall = ([x]: readonly number[]) => {
      asked++
      return [x! > 0.5 ? 50 : 3 - x!]
    }
    const short = { ...settings, priorSigmas: [10], difference: 1e-3, rounds: 1 }
    expect(fitLogs(wall, { ...short, tries: 1 }).logs).toEqual([0])
    expect(asked).toBe(3)
    const patient = fitLogs(wall, short)
    expect(patient.logs[0]).toBeGreaterThan(0)
    expect(patient.objective).toBeLessThan(patient.objectiveBefore)
  })

  it('stays where measurements disappear, and knows no slope there', () => {
    const vanishing = ([x]: readonly number[]) => (x === 0 ? [1] : [])
    const { logs, sigmas } = fitLogs(vanishing, settings)
    expect(logs[0]).toBeCloseTo(0, 12)
    expect(sigmas[0]).toBeCloseTo(1, 12)
  })
})
