/** Figures of a trace, against definitions written another way. */
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { quantile, spearman } from '../core/statistics.ts'
import { tableOf } from './trace.fixture.ts'
import { correlationOf, distributionOf, ranksOf } from './trace-distribution.ts'
import { traceSummary } from './trace-statistics.ts'

const ranks = (values: readonly number[]) =>
  ranksOf(Float64Array.from(values), Float64Array.from(values).sort())

describe('distribution', () => {
  it('agrees with the plain definitions', () => {
    fc.assert(
      fc.property(fc.array(fc.integer({ min: 0, max: 30 }), { minLength: 2, maxLength: 40 }), values => {
        const found = distributionOf(Float64Array.from(values))!
        for (const [share, value] of [
          [0.5, found.p50],
          [0.9, found.p90],
          [0.99, found.p99],
          [1, found.maximum],
        ] as const)
          expect(value).toBeCloseTo(quantile(values, share), 9)
        expect(found.total).toBeCloseTo(
          values.reduce((sum, value) => sum + value, 0),
          6,
        )
      }),
    )
    expect(distributionOf(new Float64Array())).toBeNull()
  })

  it('correlates ranks as core does', () => {
    const pairs = fc.array(fc.tuple(fc.integer({ min: 0, max: 9 }), fc.integer({ min: 0, max: 9 })), {
      minLength: 2,
    })
    fc.assert(
      fc.property(pairs, values => {
        const left = values.map(([value]) => value)
        const right = values.map(([, value]) => value)
        const found = correlationOf(ranks(left), ranks(right))
        const wanted = spearman(left, right)
        if (Number.isNaN(wanted)) expect(found).toBeNull()
        else expect(found).toBeCloseTo(wanted, 9)
      }),
    )
  })
})

describe('arrivals', () => {
  const csv = (times: readonly number[]) =>
    traceSummary(tableOf(['time,input_tokens,output_tokens', ...times.map(time => `${time},5,5`)].join('\n')))
      .arrivals!

  it('finds the busiest minute wherever it begins', () => {
    fc.assert(
      fc.property(fc.array(fc.integer({ min: 0, max: 400 }), { minLength: 2, maxLength: 60 }), times => {
        const span = Math.max(...times) - Math.min(...times)
        fc.pre(span > 0)
        const counts = times.map(start => times.filter(time => time >= start && time < start + 60).length)
        expect(csv(times).peakRequestsPerMinute).toBe(span < 60 ? null : Math.max(...counts))
      }),
    )
  })

  it('tells ticks from times', () => {
    expect(csv([0, 0, 0, 3, 3, 6, 6, 6, 6, 9]).tickSeconds).toBe(3)
    expect(csv([0, 0.4, 1.7, 2.2, 2.3, 5]).tickSeconds).toBe(0)
    expect(csv([4, 4]).requestsPerSecond).toBeNull()
  })
})

describe('reuse', () => {
  const row = (time: number, ids: readonly number[]) =>
    JSON.stringify({ timestamp: time, input_length: 512 * ids.length, output_length: 1, hash_ids: ids })

  it('counts hits in order of time, not of the file', () => {
    const late = tableOf([row(9000, [1, 2, 3, 4]), row(0, [1, 2]), row(1000, [1])].join('\n'))
    // In time: two new blocks, one found, two found of four.
    expect(traceSummary(late).reuse!.cachedTokens).toBe(512 * 3)
    expect(traceSummary(late).notes.join()).toMatch(/1 requests are stamped earlier/)
  })
})
