import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { RandomSource } from '../core/random.ts'
import type { Objective } from '../metrics/objective.ts'
import { type Endpoint, exactly, p95, rates, search, users } from './load-search.fixture.ts'
import { createLoadSearch, type LoadSearchSettings, type LoadToMeasure, requestsFor } from './load-search.ts'

/** Its p95 is known exactly and reaches the limit at this load. */
const certain =
  (limit: number): Endpoint =>
  ({ load }) => ({ intervals: [exactly((500 * load) / limit)] })

describe('search for the largest load', () => {
  it.each([1, 2, 3, 17, 64, 100, 611, 4095])('brackets a limit of %i users', limit => {
    const { best, steps, bracket, stoppedBecause } = search(users, certain(limit))
    expect(bracket.met!).toBeLessThanOrEqual(limit)
    expect(bracket.missed!).toBeGreaterThan(limit)
    expect(bracket.missed! - bracket.met!).toBeLessThanOrEqual(Math.max(1, 0.05 * bracket.met!))
    expect(steps[best!]!.load).toBe(bracket.met)
    expect(stoppedBecause).toContain('within 5 %')
    expect(steps.every(({ load }) => Number.isInteger(load))).toBe(true)
  })

  it('goes down where the start is too much', () => {
    const { bracket } = search({ ...rates, start: 50 }, certain(3.3))
    expect(bracket.met!).toBeLessThanOrEqual(3.3)
    expect(bracket.missed! / bracket.met!).toBeLessThanOrEqual(1.0501)
  })

  it('ends at the bounds', () => {
    expect(search({ ...users, maximum: 100 }, certain(1e6))).toMatchObject({
      bracket: { met: 100, missed: null },
      stoppedBecause: 'the largest load allowed meets the objectives',
    })
    expect(search({ ...users, start: 8 }, certain(0.5))).toMatchObject({
      best: null,
      bracket: { met: null, missed: 1 },
      stoppedBecause: 'even the smallest load allowed misses the objectives',
    })
  })

  it('takes a load that does not last for missed, whatever its percentiles', () => {
    const patient = { ...users, maximumPoints: 30 }
    const { bracket, steps } = search(patient, ({ load }) => ({
      intervals: [exactly(1)],
      sustained: load <= 20,
    }))
    expect(bracket).toEqual({ met: 20, missed: 21 })
    // A longer run might have shown that it does last.
    expect(steps.filter(({ load }) => load === 21).map(({ undecided }) => undecided)).toEqual([
      true,
      true,
      false,
    ])
  })

  it('looks at every objective', () => {
    const tpot: Objective = { metric: 'tpot', statistic: 'mean', limitMs: 30 }
    const { bracket } = search({ ...users, objectives: [p95, tpot] }, ({ load }) => ({
      intervals: [exactly(load), { objective: tpot, lowMs: load, highMs: load }],
    }))
    expect(bracket).toEqual({ met: 30, missed: 31 })
  })

  it('measures again with four times the requests, twice at most, and then goes below', () => {
    const asked: LoadToMeasure[] = []
    const { steps, bracket } = search({ ...users, requests: 100, maximumPoints: 30 }, ask => {
      asked.push(ask)
      if (ask.load < 8) return { intervals: [exactly(400)] }
      return { intervals: [{ objective: p95, lowMs: 400, highMs: ask.load > 20 ? 501 : 600 }] }
    })
    expect(asked.slice(3, 6)).toEqual([
      { load: 8, requests: 100 },
      { load: 8, requests: 400 },
      { load: 8, requests: 1_600 },
    ])
    expect(steps[5]).toMatchObject({ load: 8, met: false, undecided: true })
    // Nothing was surely missed: the limit may lie anywhere above.
    expect(bracket).toEqual({ met: 7, missed: null })
  })

  it('gives a first measurement enough requests for its percentile', () => {
    expect(requestsFor([p95], 1, 'concurrency')).toBe(144)
    expect(requestsFor([p95], 100, 'concurrency')).toBe(500)
    expect(requestsFor([{ ...p95, statistic: 'p99' }], 100, 'rate')).toBe(736)
    expect(requestsFor([{ ...p95, statistic: 'mean' }], 3, 'rate')).toBe(80)
  })

  it('refuses what it cannot look for', () => {
    expect(() => createLoadSearch({ ...users, objectives: [] })).toThrow('no objectives')
    expect(() => createLoadSearch({ ...users, start: 0 })).toThrow('starts between')
    expect(() => createLoadSearch({ ...users, start: 1.5 })).toThrow('whole numbers')
    expect(() => createLoadSearch({ ...users, goal: 'max-rate' })).toThrow('among rates')
    const over = createLoadSearch(users)
    over.next()
    const wrong = { load: 7, sustained: true, requestsPerSecond: 1, usdPerMillionTokens: null }
    expect(() => over.report({ ...wrong, goodRequestsPerSecond: 1, intervals: [] })).toThrow('asked for')
  })
})

describe('search for the least cost', () => {
  const cheapest: LoadSearchSettings = { ...users, goal: 'min-cost' }
  const costing =
    (limit: number, cost: (load: number) => number): Endpoint =>
    asked => ({ ...certain(limit)(asked), usdPerMillionTokens: cost(asked.load) })

  it('ends at the objective where cost falls until there', () => {
    const { best, steps, bracket } = search(
      cheapest,
      costing(100, load => 10 / load),
    )
    expect(steps[best!]!.load).toBe(bracket.met)
    expect(bracket.missed! / bracket.met!).toBeLessThan(1.06)
  })

  it('finds a minimum before the objective', () => {
    const { best, steps } = search(
      { ...cheapest, maximumPoints: 16 },
      costing(3_000, load => 40 / load + load / 10),
    )
    // Least at 20.
    const { load, usdPerMillionTokens } = steps[best!]!
    expect(Math.abs(Math.log(load / 20))).toBeLessThan(0.15)
    expect(usdPerMillionTokens!).toBeLessThan(4.03)
  })

  it('needs no objectives, and stops where cost has turned', () => {
    const { steps, best } = search({ ...cheapest, objectives: [], maximumPoints: 20 }, ({ load }) => ({
      intervals: [],
      usdPerMillionTokens: Math.abs(Math.log(load / 50)) + 1,
    }))
    expect(Math.max(...steps.map(({ load }) => load))).toBeLessThan(4096)
    expect(Math.abs(Math.log(steps[best!]!.load / 50))).toBeLessThan(0.06)
  })

  it('takes no load that misses, however cheap', () => {
    const { best, steps } = search(
      cheapest,
      costing(10, load => 1 / load ** 2),
    )
    expect(steps[best!]!.load).toBe(10)
    const never = search(
      cheapest,
      costing(0.5, load => 1 / load),
    )
    expect(never.best).toBeNull()
  })

  it('takes a load at which nothing was served for missed', () => {
    const { bracket } = search({ ...cheapest, objectives: [] }, ({ load }) => ({
      intervals: [],
      usdPerMillionTokens: load > 12 ? null : 1 / load,
    }))
    expect(bracket).toEqual({ met: 12, missed: 13 })
  })
})

describe('search for the most goodput', () => {
  const most: LoadSearchSettings = { ...users, goal: 'max-goodput', maximumPoints: 20 }

  it('finds the peak, objectives met or not', () => {
    const { best, steps } = search(most, asked => ({
      ...certain(20)(asked),
      goodRequestsPerSecond: asked.load * Math.exp(-asked.load / 90),
    }))
    expect(Math.abs(Math.log(steps[best!]!.load / 90))).toBeLessThan(0.12)
  })

  it('stops where more load brings no more', () => {
    const { steps } = search(most, asked => ({
      ...certain(1e6)(asked),
      goodRequestsPerSecond: Math.min(asked.load, 10),
    }))
    expect(Math.max(...steps.map(({ load }) => load))).toBeLessThanOrEqual(1024)
  })

  it('goes down where nothing is good', () => {
    const { best, steps } = search({ ...most, start: 512 }, asked => ({
      ...certain(6)(asked),
      goodRequestsPerSecond: asked.load <= 8 ? asked.load : 0,
    }))
    expect(steps[best!]!.load).toBe(8)
  })
})

it('never measures more points than allowed, nor beyond its bounds, whatever it is told', () => {
  fc.assert(
    fc.property(
      fc.constantFrom('max-concurrency', 'max-rate', 'min-cost', 'max-goodput'),
      fc.integer({ min: 1, max: 15 }),
      fc.integer({ min: 0, max: 1e6 }),
      (goal, maximumPoints, seed) => {
        const stream = new RandomSource(seed).stream('anything')
        const kind = goal === 'max-rate' ? 'rate' : 'concurrency'
        const settings = { ...users, goal, kind, maximumPoints, start: 4, minimum: 2, maximum: 300 } as const
        const trace = search(settings, ({ load, requests }) => {
          expect(load).toBeGreaterThanOrEqual(2)
          expect(load).toBeLessThanOrEqual(300)
          expect(requests).toBeGreaterThan(0)
          const lowMs = 1000 * stream.uniform()
          return {
            intervals: [{ objective: p95, lowMs, highMs: lowMs + 200 * stream.uniform() }],
            sustained: stream.uniform() < 0.9,
            usdPerMillionTokens: stream.uniform(),
            goodRequestsPerSecond: stream.uniform(),
          }
        })
        expect(trace.steps.length).toBeLessThanOrEqual(maximumPoints)
        expect(trace.stoppedBecause).not.toBe('the search is not over')
        const { met, missed } = trace.bracket
        if (goal !== 'max-goodput' && met !== null && missed !== null) expect(met).toBeLessThan(missed)
      },
    ),
    { numRuns: 300 },
  )
})
