import { describe, expect, it } from 'vitest'
import type { MeasuredPoint, MeasuredRows } from './measured-point.ts'
import { examplePoint } from './rows/rows.fixture.ts'
import { errorStatistics, type PointOutcome, scoreFile } from './score.ts'

function rowsOf(points: readonly MeasuredPoint[], more: Partial<MeasuredRows> = {}): MeasuredRows {
  return {
    file: 'serving_latency',
    rows: points.length,
    distinct: points.length,
    points,
    skipped: [],
    ...more,
  }
}

const prediction = {
  tpotMs: 10,
  ttftMs: 40,
  totalTokensPerSecondPerDevice: 1000,
  joulesPerOutputToken: 2,
} satisfies PointOutcome

describe('errorStatistics', () => {
  it('separates size and sign', () => {
    const statistics = errorStatistics([0.1, -0.1, 0.3])
    expect(statistics.n).toBe(3)
    expect(statistics.mape).toBeCloseTo(0.5 / 3, 12)
    expect(statistics.median).toBeCloseTo(0.1, 12)
    expect(statistics.p90).toBeCloseTo(0.26, 12)
    expect(statistics.bias).toBeCloseTo(0.1, 12)
  })

  it('counts what lies within half', () => {
    expect(errorStatistics([0.5, -0.5, 0.51, -0.9]).shareWithinHalf).toBe(0.5)
  })
})

describe('scoreFile', () => {
  it('compares what both sides have', () => {
    const measured = examplePoint({
      tpotMs: 8,
      ttftMs: 50,
      totalTokensPerSecondPerDevice: 2000,
      joulesPerOutputToken: 2,
    })
    const { metrics } = scoreFile(rowsOf([measured]), [prediction])
    expect(metrics.tpot!.mape).toBeCloseTo(0.25, 12)
    expect(metrics.ttft!.bias).toBeCloseTo(-0.2, 12)
    expect(metrics.throughput_per_gpu!.bias).toBeCloseTo(-0.5, 12)
    expect(metrics.joules_per_output_token!.mape).toBe(0)
    expect(metrics.derived_throughput_per_gpu).toBeUndefined()
  })

  it('derives throughput by Little’s law where the file has none', () => {
    const { metrics } = scoreFile(rowsOf([examplePoint({ tpotMs: 10, ttftMs: 40 })]), [prediction])
    expect(metrics.throughput_per_gpu).toBeUndefined()
    expect(metrics.derived_throughput_per_gpu!.mape).toBeCloseTo(0, 12)
  })

  it('compares output tokens where the file counts nothing else', () => {
    const point = examplePoint({
      tpotMs: null,
      ttftMs: null,
      outputTokensPerSecondPerDevice: 400,
      totalTokensPerSecondPerDevice: null,
    })
    const { metrics } = scoreFile(rowsOf([point]), [{ ...prediction, outputTokensPerSecondPerDevice: 500 }])
    expect(Object.keys(metrics)).toEqual(['output_throughput_per_gpu'])
    expect(metrics.output_throughput_per_gpu!.bias).toBeCloseTo(0.25, 12)
  })

  it('leaves what is no language model out of the share, not out of the count', () => {
    const skipped = [{ id: 'x', reason: 'speech', kind: 'outside' as const }]
    const { coverage } = scoreFile(rowsOf([examplePoint()], { rows: 2, distinct: 2, skipped }), [prediction])
    expect(coverage).toMatchObject({ outside: 1, share: 1, shareOfDistinct: 0.5 })
  })

  it('leaves out what a prediction does not state', () => {
    const { metrics } = scoreFile(rowsOf([examplePoint()]), [
      { ...prediction, ttftMs: null, tpotMs: Number.NaN },
    ])
    expect(metrics.ttft).toBeUndefined()
    expect(metrics.tpot).toBeUndefined()
  })

  it('keeps suspect rows apart from clean ones', () => {
    const points = [examplePoint(), examplePoint({ id: 'odd', suspect: 'odd', tpotMs: 1 })]
    const score = scoreFile(rowsOf(points), [prediction, prediction])
    expect(score.metrics.tpot).toMatchObject({ n: 1, mape: 0.25 })
    expect(score.metricsAllRows.tpot!.n).toBe(2)
    expect(score.suspect).toEqual({ odd: 1 })
  })

  it('counts coverage over distinct measurements and every reason', () => {
    const rows = rowsOf([examplePoint(), examplePoint({ id: 'b' })], {
      rows: 5,
      distinct: 4,
      skipped: [
        { id: 'c', reason: 'copy', kind: 'duplicate' },
        { id: 'd', reason: 'no workers', kind: 'filtered' },
        { id: 'e', reason: 'engine', kind: 'unpredictable' },
      ],
    })
    const score = scoreFile(rows, [prediction, { skipped: 'unknown model' }])
    expect(score.skipped).toEqual({ copy: 1, 'no workers': 1, engine: 1, 'unknown model': 1 })
    expect(score.coverage).toEqual({
      distinct: 4,
      filtered: 1,
      outside: 0,
      predicted: 1,
      share: 1 / 3,
      shareOfDistinct: 1 / 4,
    })
    expect(score.predicted).toBe(1)
  })

  it('groups by model, accelerator, engine and mode', () => {
    const other = examplePoint({ id: 'b', modelId: 'openai/gpt-oss-120b' })
    const { groups } = scoreFile(rowsOf([examplePoint(), examplePoint(), other]), [
      prediction,
      prediction,
      prediction,
    ])
    expect(
      groups.map(({ model, accelerator, engine, mode, n }) => [model, accelerator, engine, mode, n]),
    ).toEqual([
      ['meta-llama/Llama-3.1-8B', 'h100-sxm', 'vllm', 'aggregated', 2],
      ['openai/gpt-oss-120b', 'h100-sxm', 'vllm', 'aggregated', 1],
    ])
    expect(groups[0]!.tpot!.n).toBe(2)
  })
})
