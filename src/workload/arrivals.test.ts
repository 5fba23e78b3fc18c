/** Arrivals meet their rate at every time of the run, and their gaps the stated variation. */
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { TokenwrightError } from '../core/errors.ts'
import { RandomSource } from '../core/random.ts'
import { mean } from '../core/statistics.ts'
import { type ArrivalSpec, createArrivals } from './arrivals.ts'
import type { RateSpec } from './rates.ts'

function arrivalsOf(spec: ArrivalSpec, untilSeconds: number, seed: string | number = 1): number[] {
  const arrivals = createArrivals(spec, 'arrivals', new RandomSource(seed).stream('arrivals'))
  const times: number[] = []
  for (let time = arrivals.nextSeconds(); time < untilSeconds; time = arrivals.nextSeconds()) times.push(time)
  return times
}

function variation(values: readonly number[]): number {
  const average = mean(values)
  return Math.sqrt(mean(values.map(value => (value - average) ** 2))) / average
}

const gapsOf = (times: readonly number[]) => times.slice(1).map((time, i) => time - times[i]!)

describe('constant rate', () => {
  it('is even and begins at once', () => {
    expect(arrivalsOf({ kind: 'constant', rate: 4 }, 1)).toEqual([0, 0.25, 0.5, 0.75])
  })

  it('stops with its series, holds or repeats it', () => {
    const steps = [
      { seconds: 2, rate: 1 },
      { seconds: 1, rate: 0 },
      { seconds: 1, rate: 2 },
    ]
    const rate = (after?: 'hold' | 'repeat'): RateSpec => ({
      kind: 'series',
      steps,
      ...(after ? { after } : {}),
    })
    expect(arrivalsOf({ kind: 'constant', rate: rate() }, 99)).toEqual([0, 1, 3, 3.5])
    expect(arrivalsOf({ kind: 'constant', rate: rate('hold') }, 5)).toEqual([0, 1, 3, 3.5, 4, 4.5])
    expect(arrivalsOf({ kind: 'constant', rate: rate('repeat') }, 8)).toEqual([0, 1, 3, 3.5, 4, 5, 7, 7.5])
  })

  it('follows a ramp: √-spaced on the way up, then even', () => {
    const times = arrivalsOf({ kind: 'constant', rate: { kind: 'ramp', from: 0, to: 2, seconds: 4 } }, 6)
    // Λ(t) = t²/4 up to 4 s.
    for (const n of [0, 1, 2, 3]) expect(times[n]).toBeCloseTo(2 * Math.sqrt(n), 12)
    expect(times.slice(4)).toEqual([4, 4.5, 5, 5.5])
  })

  it('slopes within a series', () => {
    const steps = [
      { seconds: 2, from: 0, to: 2 },
      { seconds: 1, rate: 2 },
      { seconds: 2, from: 2, to: 0 },
    ]
    const times = arrivalsOf({ kind: 'constant', rate: { kind: 'series', steps } }, 99)
    // Λ: 2 by second 2, 4 by second 3, 6 at the end, which is never reached.
    expect(times.length).toBe(6)
    expect(times[1]).toBeCloseTo(Math.SQRT2, 12)
    expect(times.slice(2, 5)).toEqual([2, 2.5, 3])
    expect(times[5]).toBeCloseTo(5 - Math.SQRT2, 12)
  })

  it('ramps down to nothing and ends', () => {
    const times = arrivalsOf({ kind: 'constant', rate: { kind: 'ramp', from: 2, to: 0, seconds: 4 } }, 1e9)
    expect(times.length).toBe(4)
    expect(times[3]).toBeCloseTo(4 - 2, 12)
  })
})

describe('bursts', () => {
  it('come at once, or again and again', () => {
    expect(arrivalsOf({ kind: 'burst', requests: 3 }, 99)).toEqual([0, 0, 0])
    expect(arrivalsOf({ kind: 'burst', requests: 2, everySeconds: 5 }, 11)).toEqual([0, 0, 5, 5, 10, 10])
  })
})

describe('random arrivals', () => {
  it.each([
    [{ kind: 'poisson', rate: 50 }, 1],
    [{ kind: 'gamma', rate: 50, cv: 2.5 }, 2.5],
    [{ kind: 'gamma', rate: 50, cv: 0.3 }, 0.3],
    [{ kind: 'gamma', rate: 50, cv: 0 }, 0],
    [{ kind: 'weibull', rate: 50, cv: 2 }, 2],
    [{ kind: 'weibull', rate: 50, cv: 0.5 }, 0.5],
  ] as const)('have the rate and the CV stated: %j', (spec, cv) => {
    const times = arrivalsOf(spec, 1000)
    // The count's standard deviation is about CV × √count (renewal theory).
    expect(Math.abs(times.length - 50_000)).toBeLessThanOrEqual(4 * cv * Math.sqrt(50_000) + 1)
    expect(Math.abs(variation(gapsOf(times)) - cv)).toBeLessThanOrEqual(0.05 * cv + 1e-9)
  })

  it('keep their CV locally while the rate changes', () => {
    const times = arrivalsOf(
      { kind: 'gamma', rate: { kind: 'ramp', from: 20, to: 400, seconds: 400 }, cv: 2 },
      400,
    )
    for (const [from, to] of [
      [50, 100],
      [350, 370],
    ] as const) {
      const gaps = gapsOf(times.filter(time => time >= from && time < to))
      expect(Math.abs(variation(gaps) - 2)).toBeLessThan(0.3)
    }
  })

  it.each([
    { kind: 'poisson', rate: 3 },
    { kind: 'gamma', rate: 3, cv: 3 },
    { kind: 'gamma', rate: 3, cv: 0.2 },
    { kind: 'weibull', rate: 3, cv: 2 },
  ] as const)('are expected as the rate says from the first instant on: %j', spec => {
    // A process begun by an arrival would bring (1 + CV²)/2 − 1 requests more or less than that at the start.
    const runs = 2000
    const counts = Array.from({ length: runs }, (_, seed) => arrivalsOf(spec, 1, seed).length)
    const deviation = Math.sqrt(mean(counts.map(count => (count - mean(counts)) ** 2)))
    expect(Math.abs(mean(counts) - 3)).toBeLessThan((4 * deviation) / Math.sqrt(runs))
  })

  it('never run backwards', () => {
    fc.assert(
      fc.property(
        fc.constantFrom('poisson' as const, 'gamma' as const, 'weibull' as const),
        fc.double({ min: 0, max: 10, noNaN: true }),
        fc.array(
          fc.record({ seconds: fc.integer({ min: 1, max: 50 }), rate: fc.integer({ min: 0, max: 20 }) }),
          {
            minLength: 1,
            maxLength: 5,
          },
        ),
        fc.integer(),
        (kind, cv, steps, seed) => {
          fc.pre(steps.some(step => step.rate > 0))
          const rate = { kind: 'series', steps, after: 'repeat' } as const
          const spec = kind === 'poisson' ? { kind, rate } : { kind, rate, cv }
          const times = arrivalsOf(spec, 300, seed)
          expect(gapsOf(times).every(gap => gap >= 0)).toBe(true)
          const idle = (time: number) => {
            let left = time % steps.reduce((sum, step) => sum + step.seconds, 0)
            for (const step of steps) {
              if (left < step.seconds - 1e-6 && left > 1e-6) return step.rate === 0
              left -= step.seconds
            }
            return false
          }
          expect(times.some(idle)).toBe(false)
        },
      ),
      { numRuns: 60 },
    )
  })
})

describe('a day', () => {
  const hourly: number[] = Array.from({ length: 24 }, (_, hour) => (hour === 12 ? 5 : hour < 6 ? 0 : 1))
  const day = (extra: Partial<Extract<RateSpec, { kind: 'day' }>> = {}): ArrivalSpec => ({
    kind: 'constant',
    rate: { kind: 'day', meanRate: 0.1, hourly, ...extra },
  })
  const countByHour = (times: readonly number[]) => {
    const counts = new Array<number>(24).fill(0)
    for (const time of times) counts[Math.floor(time / 3600) % 24]!++
    return counts
  }
  const weightSum = hourly.reduce((sum, weight) => sum + weight, 0)

  it('has its mean rate whatever the interpolation', () => {
    for (const interpolation of ['linear', 'steps'] as const) {
      for (const days of [1, 3]) {
        const count = arrivalsOf(day({ interpolation }), days * 86_400).length
        expect(Math.abs(count - days * 8640)).toBeLessThanOrEqual(1)
      }
    }
  })

  it('gives each hour its weight in steps, and its neighbours a share when linear', () => {
    const stepped = countByHour(arrivalsOf(day({ interpolation: 'steps' }), 86_400))
    const linear = countByHour(arrivalsOf(day(), 86_400))
    for (let hour = 0; hour < 24; hour++) {
      const own = hourly[hour]!
      const around = (hourly[(hour + 23) % 24]! + 6 * own + hourly[(hour + 1) % 24]!) / 8
      expect(Math.abs(stepped[hour]! - (own / weightSum) * 8640)).toBeLessThanOrEqual(1)
      expect(Math.abs(linear[hour]! - (around / weightSum) * 8640)).toBeLessThanOrEqual(1)
    }
  })

  it('starts at the hour asked for', () => {
    const turned = countByHour(arrivalsOf(day({ interpolation: 'steps', startHour: 11.5 }), 86_400))
    // Half an hour of weight 1, then half an hour of weight 5.
    expect(Math.abs(turned[0]! - (3 / weightSum) * 8640)).toBeLessThanOrEqual(1)
    expect(Math.abs(arrivalsOf(day({ startHour: 7.25 }), 86_400).length - 8640)).toBeLessThanOrEqual(1)
    expect(arrivalsOf(day({ startHour: 24 }), 7200)).toEqual(arrivalsOf(day(), 7200))
  })
})

describe('faults', () => {
  const poisson = (rate: unknown) => ({ kind: 'poisson', rate })
  const faults: readonly [unknown, RegExp][] = [
    [poisson(-1), /rate per second must be above zero, got -1/],
    [poisson(0), /above zero, got 0/],
    [poisson(Number.NaN), /must be a number, got NaN/],
    [poisson(undefined), /must be a number, got nothing/],
    [poisson('12/s'), /rate must be an object, got "12\/s"/],
    [{ kind: 'gamma', rate: 1 }, /coefficient of variation of gaps must be a number/],
    [{ kind: 'gamma', rate: 1, cv: -0.5 }, /at least 0, got -0.5/],
    [{ kind: 'poison', rate: 1 }, /"poison" is no kind of arrivals/],
    [{ kind: 'poisson', rate: 1, cv: 2 }, /poisson arrivals has no field "cv"/],
    [poisson({ kind: 'series', steps: [] }), /at least one entry/],
    [poisson({ kind: 'series', steps: [{ seconds: 1, rate: 0 }] }), /brings no requests/],
    [poisson({ kind: 'series', steps: [{ seconds: 1, from: 2 }] }), /rate per second must be a number/],
    [poisson({ kind: 'series', steps: [{ seconds: 1, rate: 2, to: 3 }] }), /has no field "to"/],
    [poisson({ kind: 'series', steps: [7] }), /must be an object, got 7/],
    [poisson({ kind: 'series', steps: [{ seconds: 0, rate: 1 }] }), /seconds must be above zero/],
    [
      poisson({ kind: 'series', steps: [{ seconds: 1, rate: 1 }], after: 'loop' }),
      /"loop" is no way to go on/,
    ],
    [poisson({ kind: 'ramp', from: 0, to: 0, seconds: 9 }), /the ramp brings no requests/],
    [poisson({ kind: 'ramp', from: 1, to: 2 }), /seconds must be a number, got nothing/],
    [poisson({ kind: 'day', meanRate: 1, hourly: [1, 2] }), /2 hourly weights/],
    [poisson({ kind: 'day', meanRate: 1, hourly: new Array(24).fill(0) }), /add up to nothing/],
    [poisson({ kind: 'day', meanRate: 1, hourly: new Array(24).fill(-1) }), /at least 0, got -1/],
    [{ kind: 'burst', requests: 0 }, /at least 1, got 0/],
    [{ kind: 'burst', requests: 2, everySeconds: 0 }, /above zero/],
  ]
  it.each(faults)('%j', (spec, message) => {
    const create = () => createArrivals(spec as ArrivalSpec, 'arrivals', new RandomSource(1).stream('x'))
    expect(create).toThrow(message)
    expect(create).toThrow(TokenwrightError)
  })
})
