import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { binomialAtMost } from '../core/incomplete-beta.ts'
import { RandomSource } from '../core/random.ts'
import { Distribution } from '../metrics/distribution.ts'
import { rejected, streamed } from '../metrics/record.fixture.ts'
import { RunMetrics } from '../metrics/run-metrics.ts'
import {
  latencyIntervals,
  mlperfSample,
  orderInterval,
  percentileInterval,
  smallestSample,
} from './percentile-interval.ts'

function distributionOf(values: Iterable<number>): Distribution {
  const distribution = new Distribution()
  for (const value of values) distribution.add(value)
  return distribution
}

describe('ranks of an interval', () => {
  it('are the tightest that keep the confidence', () => {
    fc.assert(
      fc.property(
        fc.integer({ min: 1, max: 5_000 }),
        fc.constantFrom(0.5, 0.9, 0.95, 0.99, 0.999, 0.01),
        fc.constantFrom(0.8, 0.95, 0.99),
        (count, q, confidence) => {
          const tail = (1 - confidence) / 2
          const { low, high } = orderInterval(count, q, confidence)
          if (low !== null) expect(binomialAtMost(low - 1, count, q)).toBeLessThanOrEqual(tail)
          expect(binomialAtMost(low ?? 0, count, q)).toBeGreaterThan(tail)
          if (high !== null) expect(1 - binomialAtMost(high - 1, count, q)).toBeLessThanOrEqual(tail)
          expect(1 - binomialAtMost((high ?? count + 1) - 2, count, q)).toBeGreaterThan(tail)
        },
      ),
      { numRuns: 300 },
    )
  })

  it('of the median of ten are 2 and 9', () => {
    // P(B ≤ 1) = 11/1024 ≤ 2.5 % < 56/1024 = P(B ≤ 2).
    expect(orderInterval(10, 0.5, 0.95)).toEqual({ low: 2, high: 9 })
    expect(orderInterval(1, 0.5, 0.95)).toEqual({ low: null, high: null })
    expect(orderInterval(0, 0.5, 0.95)).toEqual({ low: null, high: null })
  })

  it('hold for a hundred million values too', () => {
    const { low, high } = orderInterval(1e8, 0.99, 0.95)
    const deviation = Math.sqrt(1e8 * 0.99 * 0.01)
    expect((99e6 - low!) / deviation).toBeCloseTo(1.96, 2)
    expect((high! - 99e6) / deviation).toBeCloseTo(1.96, 2)
  })

  it('widen by the square root of what requests share', () => {
    const all = orderInterval(100_000, 0.9, 0.95)
    const quarter = orderInterval(100_000, 0.9, 0.95, 0.25)
    expect((quarter.high! - quarter.low!) / (all.high! - all.low!)).toBeCloseTo(2, 1)
    expect(orderInterval(100, 0.9, 0.95, 0.001)).toEqual({ low: null, high: null })
  })

  it('refuse what is no quantile or confidence', () => {
    expect(() => orderInterval(10, 1, 0.95)).toThrow('quantile')
    expect(() => orderInterval(10, 0.5, 95)).toThrow('confidence')
    expect(() => orderInterval(10, 0.5, 0.95, 0)).toThrow('share')
  })
})

describe('coverage', () => {
  // Distributions of very different tails, with their true quantiles.
  const shapes = [
    { name: 'exponential', draw: (u: number) => -Math.log(1 - u) },
    { name: 'Pareto', draw: (u: number) => (1 - u) ** (-1 / 1.5) },
    { name: 'two modes', draw: (u: number) => (u < 0.93 ? 1 + u : 40 + u) },
  ]
  it.each(shapes)('of the truth is at least the confidence: $name', ({ name, draw }) => {
    const stream = new RandomSource('coverage').stream(name)
    const runs = 600
    for (const [q, count] of [
      [0.5, 37],
      [0.95, 200],
      [0.99, 700],
    ] as const) {
      let covered = 0
      for (let run = 0; run < runs; run++) {
        const values = distributionOf(Array.from({ length: count }, () => draw(stream.uniform())))
        const { lowMs, highMs } = percentileInterval(values, q)
        if (lowMs! <= draw(q) && draw(q) <= highMs!) covered++
      }
      // Three standard errors of 600 runs: 2.7 %.
      expect(covered / runs).toBeGreaterThan(0.95 - 0.027)
    }
  })
})

describe('sample sizes', () => {
  it('are those at which the upper bound appears', () => {
    for (const q of [0.5, 0.9, 0.95, 0.99, 0.999]) {
      const count = smallestSample(q)
      expect(orderInterval(count, q, 0.95).high).toBe(count)
      expect(orderInterval(count - 1, q, 0.95).high).toBeNull()
    }
    expect(smallestSample(0.99)).toBe(368)
  })

  it("are MLPerf's where MLPerf's rule is asked", () => {
    expect([0.5, 0.9, 0.95, 0.99, 0.999].map(mlperfSample)).toEqual([11, 64, 130, 662, 6636])
    expect(() => mlperfSample(1)).toThrow('quantile')
  })
})

describe('intervals of a run', () => {
  const run = (served: number, missed: number) => {
    const metrics = new RunMetrics()
    for (let id = 0; id < served; id++) {
      const sentUs = id * 1000
      metrics.addRecord(
        streamed(id, 1000, { scheduledUs: sentUs, firstTokenUs: sentUs + 1000 * (1 + (id % 100)) }),
      )
    }
    for (let id = served; id < served + missed; id++) metrics.addRecord(rejected({ id }))
    return metrics
  }

  it('hold the value, and errors as infinitely late', () => {
    const { confidence, ttftService } = latencyIntervals(run(1000, 60))
    expect(confidence).toBe(0.95)
    expect(ttftService.map(({ q }) => q)).toEqual([0.5, 0.9, 0.95, 0.99])
    for (const { valueMs, lowMs, highMs } of ttftService) {
      expect(lowMs!).toBeLessThanOrEqual(valueMs!)
      expect(highMs!).toBeGreaterThanOrEqual(valueMs!)
    }
    const [median, p90, p95] = ttftService
    expect(median!.valueWithErrorsMs!).toBeGreaterThan(median!.valueMs!)
    expect(p90!.valueWithErrorsMs!).toBeGreaterThan(p90!.valueMs!)
    // 60 of 1,060 are infinite: p95 lies among them.
    expect(p95!.valueWithErrorsMs).toBeNull()
  })

  it('are null where too few requests came', () => {
    const [median, p90, p95, p99] = latencyIntervals(run(100, 0)).tpot
    expect(median!.highMs).not.toBeNull()
    expect(p90!.highMs).not.toBeNull()
    expect(p95!.highMs).not.toBeNull()
    expect(p99!.lowMs).not.toBeNull()
    expect(p99!.highMs).toBeNull()
    expect(latencyIntervals(run(0, 5)).tpot[0]).toEqual({
      q: 0.5,
      valueMs: null,
      lowMs: null,
      highMs: null,
      valueWithErrorsMs: null,
    })
  })

  it('tell p99.9 only of samples that bound it', () => {
    expect(latencyIntervals(run(3687, 0)).tpot).toHaveLength(4)
    expect(latencyIntervals(run(3688, 0)).tpot.at(-1)!.q).toBe(0.999)
  })
})
