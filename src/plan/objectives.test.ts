import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { TokenwrightError } from '../core/errors.ts'
import { formatObjective, parseObjectives } from './objectives.ts'
import type { Objective } from './types.ts'

describe('parseObjectives', () => {
  it('reads the documented forms', () => {
    expect(parseObjectives('ttft p90 < 1s, tpot mean < 30ms')).toEqual([
      { metric: 'ttft', statistic: 'p90', limitMs: 1000 },
      { metric: 'tpot', statistic: 'mean', limitMs: 30 },
    ])
    expect(parseObjectives('E2E P95 <= 20 s; itl median ≤ 25.5 ms and ttft<1.5s')).toEqual([
      { metric: 'e2e', statistic: 'p95', limitMs: 20_000 },
      { metric: 'tpot', statistic: 'p50', limitMs: 25.5 },
      { metric: 'ttft', statistic: 'mean', limitMs: 1500 },
    ])
    expect(parseObjectives('  ')).toEqual([])
  })

  const faults: readonly [string, RegExp][] = [
    ['ttft p90 < 1', /no unit/],
    ['tpot < -3ms', /greater than 0/],
    ['tpot < 0ms', /greater than 0/],
    ['throughput < 3ms', /unknown metric/],
    ['ttft p80 < 1s', /unknown statistic/],
    ['ttft > 1s', /not an upper limit/],
    ['ttft < 1 fortnight', /unknown unit/],
    ['ttft < fast ms', /not a number|cannot read/],
    ['ttft < Infinity ms', /not a number/],
    ['ttft < 2000min', /longer than a day/],
    ['ttft p90', /cannot read/],
    ['ttft < 1s,', /empty/],
    ['tpot < 20ms, itl mean < 30ms', /limited twice/],
    ['ttft p99 < 1s, ttft p50 < 2s', /contradictory/],
    ['e2e < 1s, ttft < 2s', /contradictory/],
  ]
  it.each(faults)('refuses «%s»', (text, message) => {
    try {
      parseObjectives(text)
      expect.unreachable()
    } catch (error) {
      expect(error).toBeInstanceOf(TokenwrightError)
      const fault = error as TokenwrightError
      expect(fault.code).toBe('objective')
      expect(fault.message).toMatch(message)
      expect(fault.fix).toBeTruthy()
    }
  })

  it('reads back what it prints', () => {
    const one = fc.record({
      metric: fc.constantFrom('ttft', 'tpot', 'e2e'),
      statistic: fc.constantFrom('mean', 'p50', 'p90', 'p95', 'p99'),
      limitMs: fc.double({ min: 0.01, max: 86_000_000, noNaN: true }),
    }) as fc.Arbitrary<Objective>
    fc.assert(
      fc.property(one, objective => {
        expect(parseObjectives(formatObjective(objective))).toEqual([objective])
      }),
    )
  })

  it('never fails with anything but a TokenwrightError', () => {
    fc.assert(
      fc.property(fc.string(), text => {
        try {
          parseObjectives(text)
        } catch (error) {
          expect(error).toBeInstanceOf(TokenwrightError)
        }
      }),
    )
  })
})
