import { describe, expect, it } from 'vitest'
import { RandomSource } from '../core/random.ts'
import { Distribution } from '../metrics/distribution.ts'
import { compareMetrics, type MetricSample } from './metric-comparison.ts'
import { percentileInterval } from './percentile-interval.ts'

const sample = (runs: readonly number[], overrides: Partial<MetricSample> = {}): MetricSample => ({
  name: 'TTFT p95',
  unit: 'ms',
  better: 'lower',
  runs,
  low: null,
  high: null,
  ...overrides,
})

describe('comparison of runs', () => {
  it("has Welch's interval of the ratio", () => {
    const [row] = compareMetrics([sample([100, 102, 98, 100])], [sample([110, 113, 107, 110])])
    expect(row).toMatchObject({ name: 'TTFT p95', a: 100, b: 110, significant: true, method: 'runs' })
    expect(row!.ratio).toBeCloseTo(1.1, 3)
    expect(row!.low!).toBeLessThan(row!.ratio!)
    expect(row!.high!).toBeGreaterThan(row!.ratio!)
  })

  it('is wrong as rarely as it says', () => {
    const stream = new RandomSource('welch').stream('null')
    const draw = (count: number, sd: number) =>
      Array.from({ length: count }, () => 50 * Math.exp(sd * stream.normal()))
    const trials = 1_000
    let significant = 0
    for (let trial = 0; trial < trials; trial++) {
      if (compareMetrics([sample(draw(4, 0.02))], [sample(draw(6, 0.1))])[0]!.significant) significant++
    }
    expect(Math.abs(significant / trials - 0.05)).toBeLessThan(0.021)
  })

  it('of equal runs is 1 with certainty', () => {
    const [row] = compareMetrics([sample([5, 5])], [sample([5, 5])])
    expect(row).toMatchObject({ ratio: 1, low: 1, high: 1, significant: false })
  })
})

describe('comparison of single runs', () => {
  const run = (seed: string, trial: number, scale: number): MetricSample => {
    const stream = new RandomSource(seed).stream(trial)
    const values = new Distribution()
    for (let index = 0; index < 400; index++) values.add(scale * stream.exponential())
    const { valueMs, lowMs, highMs } = percentileInterval(values, 0.9)
    return sample([valueMs!], { low: lowMs, high: highMs })
  }

  it('covers the true ratio of percentiles at least as often as it says', () => {
    const trials = 300
    let covered = 0
    for (let trial = 0; trial < trials; trial++) {
      const [row] = compareMetrics([run('a', trial, 1)], [run('b', trial, 1.2)])
      expect(row!.method).toBe('intervals')
      if (row!.low! <= 1.2 && row!.high! >= 1.2) covered++
    }
    expect(covered / trials).toBeGreaterThan(0.95 - 0.038)
  })

  it('can tell figures apart whose intervals overlap', () => {
    const a = sample([100], { low: 95, high: 106 })
    const b = sample([110], { low: 104, high: 116 })
    expect(compareMetrics([a], [b])[0]!.significant).toBe(true)
  })

  it('says nothing where nothing is known', () => {
    const unknown = { low: null, high: null, significant: null, method: 'none' }
    expect(compareMetrics([sample([100])], [sample([90])])[0]).toMatchObject({ ...unknown, ratio: 0.9 })
    expect(compareMetrics([sample([0])], [sample([90])])[0]).toMatchObject({ ...unknown, ratio: null, a: 0 })
    expect(compareMetrics([sample([1, 2])], [sample([2])])[0]).toMatchObject({ ...unknown, b: 2 })
    expect(compareMetrics([], [sample([7])])).toMatchObject([{ ...unknown, a: null, b: 7, ratio: null }])
    expect(compareMetrics([sample([7])], [])).toMatchObject([{ ...unknown, a: 7, b: null, ratio: null }])
    expect(() => compareMetrics([sample([1])], [sample([1], { unit: 's' })])).toThrow('one unit')
  })
})
