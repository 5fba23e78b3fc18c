import { describe, expect, it } from 'vitest'
import { RandomSource } from '../core/random.ts'
import { Distribution } from '../metrics/distribution.ts'
import { rejected, streamed } from '../metrics/record.fixture.ts'
import { RunMetrics } from '../metrics/run-metrics.ts'
import { decide, objectiveInterval, objectiveIntervals } from './objective-interval.ts'

const p90 = { metric: 'ttft', statistic: 'p90', limitMs: 100 } as const
const mean = { metric: 'e2e', statistic: 'mean', limitMs: 100 } as const

function upTo(count: number): Distribution {
  const values = new Distribution()
  for (let value = 1; value <= count; value++) values.add(value)
  return values
}

describe('interval of an objective', () => {
  it('is that of the percentile, with lost requests as infinitely late', () => {
    const { lowMs, highMs } = objectiveInterval(p90, upTo(1_000), 0)
    expect([lowMs, highMs]).toEqual([881, 919])
    // 5 % lost: p90 of all is p94.7 of the served ones.
    const some = objectiveInterval(p90, upTo(1_000), 53)
    expect(some.lowMs).toBeGreaterThan(920)
    expect(some.highMs).toBeLessThan(1_000)
    expect(objectiveInterval(p90, upTo(1_000), 112)).toMatchObject({ highMs: Number.POSITIVE_INFINITY })
    expect(objectiveInterval(p90, upTo(1_000), 300)).toMatchObject({ lowMs: Number.POSITIVE_INFINITY })
    expect(objectiveInterval(p90, upTo(10), 0)).toMatchObject({ highMs: Number.POSITIVE_INFINITY })
    expect(objectiveInterval(p90, upTo(0), 0)).toMatchObject({ lowMs: 0, highMs: Number.POSITIVE_INFINITY })
  })

  it('of a mean covers it as often as it says', () => {
    const stream = new RandomSource('mean').stream('exponential')
    let covered = 0
    for (let trial = 0; trial < 500; trial++) {
      const values = new Distribution()
      for (let index = 0; index < 200; index++) values.add(10 * stream.exponential())
      const { lowMs, highMs } = objectiveInterval(mean, values, 0)
      if (lowMs <= 10 && highMs >= 10) covered++
    }
    expect(covered / 500).toBeGreaterThan(0.95 - 0.035)
  })

  it('of a mean is known of samples too large to keep', () => {
    const values = new Distribution(1_000)
    for (let index = 0; index < 4_000; index++) values.add(1 + (index % 100))
    expect(values.form).toBe('approximate')
    const { lowMs, highMs } = objectiveInterval(mean, values, 0)
    // Standard deviation 28.9: ± 1.96 · 28.9 ÷ √4000.
    expect(highMs - lowMs).toBeCloseTo((2 * 1.9605 * 28.87) / Math.sqrt(4_000), 1)
  })

  it('is looked up in a run', () => {
    const metrics = new RunMetrics({ objectives: [p90, mean] })
    for (let id = 0; id < 100; id++) metrics.addRecord(streamed(id, 1_000))
    metrics.addRecord(rejected({ id: 100 }))
    const [ttft, endToEnd] = objectiveIntervals(metrics)
    expect(ttft).toEqual({ objective: p90, lowMs: 200, highMs: 200 })
    expect(endToEnd).toEqual({ objective: mean, lowMs: 700, highMs: 700 })
  })
})

describe('decision', () => {
  it('is taken where the whole interval lies on one side', () => {
    expect(decide({ objective: p90, lowMs: 50, highMs: 100 })).toBe('met')
    expect(decide({ objective: p90, lowMs: 50, highMs: 101 })).toBe('undecided')
    expect(decide({ objective: p90, lowMs: 101, highMs: Number.POSITIVE_INFINITY })).toBe('missed')
  })
})
