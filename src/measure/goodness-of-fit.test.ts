import { describe, expect, it } from 'vitest'
import { RandomSource } from '../core/random.ts'
import { type ArrivalSpec, createArrivals } from '../workload/arrivals.ts'
import { arrivalFit, kolmogorovSmirnov, kolmogorovSurvival } from './goodness-of-fit.ts'

const source = new RandomSource('fit')

/** Send times of so many arrivals, µs, rounded as clocks do. */
function sends(spec: ArrivalSpec, count: number, name: string | number): number[] {
  const arrivals = createArrivals(spec, 'arrivals', source.stream('sends', name))
  return Array.from({ length: count }, () => Math.round(arrivals.nextSeconds() * 1e6))
}

describe('Kolmogorov distribution', () => {
  it('has the classic critical values', () => {
    // 10, 5 and 1 % points as textbooks print them, from memory.
    expect(kolmogorovSurvival(1.2238)).toBeCloseTo(0.1, 4)
    expect(kolmogorovSurvival(1.3581)).toBeCloseTo(0.05, 4)
    expect(kolmogorovSurvival(1.6276)).toBeCloseTo(0.01, 4)
    expect(kolmogorovSurvival(0)).toBe(1)
    expect(kolmogorovSurvival(0.2)).toBeCloseTo(1, 10)
  })

  it('joins its two series without a step', () => {
    expect(kolmogorovSurvival(1 - 1e-9)).toBeCloseTo(kolmogorovSurvival(1 + 1e-9), 8)
  })
})

describe('test of a sample', () => {
  it('finds the distance of a sample by hand', () => {
    // Steps at 0.1, 0.6, 0.7 against the uniform: largest at 0.6, where 1/3 have passed.
    const { distance } = kolmogorovSmirnov([0.7, 0.1, 0.6], value => value)
    expect(distance).toBeCloseTo(0.3, 12)
  })

  it('gives p-values that are uniform when the sample is what was asked for', () => {
    const stream = source.stream('uniform')
    for (const count of [10, 200]) {
      const pValues = Array.from(
        { length: 400 },
        () =>
          kolmogorovSmirnov(
            Array.from({ length: count }, () => stream.uniform()),
            value => value,
          ).pValue,
      )
      expect(kolmogorovSmirnov(pValues, value => value).pValue).toBeGreaterThan(0.001)
    }
  })

  it('refuses an empty sample', () => {
    expect(() => kolmogorovSmirnov([], value => value)).toThrow('at least one value')
  })
})

describe('arrivals', () => {
  const specs: ArrivalSpec[] = [
    { kind: 'poisson', rate: 40 },
    { kind: 'gamma', rate: 5, cv: 2.5 },
    { kind: 'gamma', rate: 5, cv: 0.3 },
    { kind: 'weibull', rate: 120, cv: 1.7 },
  ]

  it.each(specs)('as asked pass: $kind, cv $cv', spec => {
    const fit = arrivalFit(sends(spec, 3_000, JSON.stringify(spec)), spec)!
    expect(fit.kind === 'distribution' && fit.gaps.pValue).toBeGreaterThan(0.01)
    if (fit.kind === 'distribution' && fit.times !== null) expect(fit.times.pValue).toBeGreaterThan(0.01)
  })

  it('10 % below the rate that was asked fail, as relative sleeps make them', () => {
    const asked: ArrivalSpec = { kind: 'poisson', rate: 40 }
    const fit = arrivalFit(sends({ kind: 'poisson', rate: 36 }, 5_000, 'slow'), asked)!
    expect(fit.kind === 'distribution' && fit.gaps.pValue).toBeLessThan(1e-3)
  })

  it('rounded to a grid of timers fail', () => {
    const asked: ArrivalSpec = { kind: 'poisson', rate: 500 }
    const late = sends(asked, 5_000, 'grid').map(time => Math.ceil(time / 1000) * 1000)
    const fit = arrivalFit(late, asked)!
    expect(fit.kind === 'distribution' && fit.gaps.pValue).toBeLessThan(1e-6)
  })

  it('whose rate drifts have times that are not uniform', () => {
    const ramp: ArrivalSpec = { kind: 'poisson', rate: { kind: 'ramp', from: 10, to: 60, seconds: 60 } }
    const fit = arrivalFit(sends(ramp, 2_000, 'ramp'), { kind: 'poisson', rate: 35 })!
    expect(fit.kind === 'distribution' && fit.times!.pValue).toBeLessThan(1e-6)
  })

  it('that are even are judged by their distance from the grid', () => {
    const spec: ArrivalSpec = { kind: 'constant', rate: 10 }
    const times = sends(spec, 100, 'even')
    times[50]! += 3_500
    expect(arrivalFit(times, spec)).toEqual({ kind: 'even', count: 100, largestErrorMs: 3.5 })
  })

  it('that cannot be tested are not', () => {
    expect(arrivalFit([0, 1, 2], { kind: 'poisson', rate: 1 })).toBeNull()
    expect(arrivalFit(new Float64Array(100), { kind: 'burst', requests: 100 })).toBeNull()
    const ramp: ArrivalSpec = { kind: 'poisson', rate: { kind: 'ramp', from: 1, to: 2, seconds: 9 } }
    expect(arrivalFit(new Float64Array(100), ramp)).toBeNull()
  })
})
