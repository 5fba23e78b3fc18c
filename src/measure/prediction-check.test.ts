import { describe, expect, it } from 'vitest'
import { aggregated, denseModel, device, priorsOnly } from '../perf/perf.fixture.ts'
import { predict } from '../perf/predict.ts'
import type { LoadPoint } from './bench-result.ts'
import {
  figuresOfPerformance,
  figuresOfPlan,
  loadOfPoint,
  type PredictedFigures,
  predictionCheck,
  shapeOfLengths,
} from './prediction-check.ts'

const predicted: PredictedFigures = {
  usdPerMillionTokens: 0.31,
  meanTtftMs: 400,
  meanTpotMs: 20,
  tokensPerSecondPerDevice: 1000,
  band: { cost: { low: 0.8, high: 1.25 }, ttft: { low: 0.6, high: 1.6 }, tpot: { low: 0.9, high: 1.1 } },
}
const measured = {
  usdPerMillionTokens: 0.36,
  meanTtftMs: 700,
  meanTpotMs: 21,
  tokensPerSecondPerDevice: 860,
}
const point = (change: Partial<LoadPoint>): LoadPoint => ({
  name: '',
  kind: 'concurrency',
  concurrency: 16,
  requestsPerSecond: null,
  ...change,
})

describe('predictionCheck', () => {
  it('predicted $0.31, measured $0.36, inside the band', () => {
    const { rows, deployment } = predictionCheck('plan/deployment.yaml', predicted, measured)
    expect(deployment).toBe('plan/deployment.yaml')
    expect(rows.map(({ name, inside }) => [name, inside])).toEqual([
      ['usd per million tokens', true],
      ['TTFT mean', false],
      ['TPOT mean', true],
      ['tokens/s per GPU', true],
    ])
    expect(rows[0]).toMatchObject({ predicted: 0.31, measured: 0.36, unit: 'USD' })
    expect(rows[0]!.low).toBeCloseTo(0.248, 12)
    expect(rows[3]!.low).toBeCloseTo(800, 9)
    expect(rows[3]!.high).toBeCloseTo(1250, 9)
  })

  it('judges nothing without a band or a measurement, and has no row of cost without a price', () => {
    const { rows } = predictionCheck(
      'x',
      { ...predicted, band: null, usdPerMillionTokens: null },
      { ...measured, meanTpotMs: null },
    )
    expect(rows.map(({ name }) => name)).toEqual(['TTFT mean', 'TPOT mean', 'tokens/s per GPU'])
    expect(rows.every(({ inside, low }) => inside === null && low === null)).toBe(true)
  })

  it('prices a prediction at the measured bill: cost and throughput say the same', () => {
    const answer = predict({
      modelId: 'test/dense',
      architecture: denseModel,
      accelerator: device,
      prefillAccelerator: device,
      deployment: aggregated(),
      shape: { inputTokens: 1000, outputTokens: 200, cachedTokens: 0, inputVariation: 0, outputVariation: 0 },
      load: { kind: 'closed', concurrency: 8, requests: null },
      coefficients: priorsOnly,
    })
    if (!answer.feasible) throw new Error(answer.detail)
    const figures = figuresOfPerformance(answer, 12, null)
    expect(figures.usdPerMillionTokens! * answer.totalTokensPerSecond * 3600).toBeCloseTo(12e6, 3)
    expect(figures.meanTtftMs).toBe(answer.ttft.meanMs)
    expect(figuresOfPerformance(answer, null, null).usdPerMillionTokens).toBeNull()
  })

  it('reads what a deployment file promises', () => {
    const shape = {
      inputTokens: 900,
      outputTokens: 100,
      cachedTokens: 0,
      inputVariation: 0,
      outputVariation: 0,
    }
    const plan = {
      meanTtftMs: 1,
      meanTpotMs: 2,
      requestsPerSecond: 4,
      usdPerMillionTokens: 3,
      band: predicted.band,
    }
    expect(figuresOfPlan(plan, shape, 8)).toMatchObject({
      tokensPerSecondPerDevice: 500,
      usdPerMillionTokens: 3,
    })
  })
})

describe('loadOfPoint', () => {
  it('says a measured load in the model’s words', () => {
    expect(loadOfPoint(point({}), 3)).toEqual({ kind: 'closed', concurrency: 16, requests: null })
    expect(loadOfPoint(point({ kind: 'sessions', concurrency: 4 }), 3)).toMatchObject({ concurrency: 4 })
    expect(loadOfPoint(point({ kind: 'rate', concurrency: null, requestsPerSecond: 2 }), 1.9)).toEqual({
      kind: 'open',
      requestsPerSecond: 2,
      arrivalVariation: 1,
    })
    expect(loadOfPoint(point({ kind: 'schedule', concurrency: null }), 1.9, 0.5)).toEqual({
      kind: 'open',
      requestsPerSecond: 1.9,
      arrivalVariation: 0.5,
    })
    expect(loadOfPoint(point({ kind: 'schedule', concurrency: null }), null)).toBeNull()
    expect(loadOfPoint(point({ concurrency: null }), 1)).toBeNull()
  })
})

describe('shapeOfLengths', () => {
  it('is means and spread', () => {
    expect(
      shapeOfLengths({
        requests: 2,
        inputTokens: 300,
        cachedTokens: 50,
        outputTokens: 20,
        squaredInputTokens: 100 ** 2 + 200 ** 2,
        squaredOutputTokens: 200,
      }),
    ).toEqual({
      inputTokens: 150,
      outputTokens: 10,
      cachedTokens: 25,
      inputVariation: 50 / 150,
      outputVariation: 0,
    })
    expect(
      shapeOfLengths({
        requests: 0,
        inputTokens: 0,
        cachedTokens: 0,
        outputTokens: 0,
        squaredInputTokens: 0,
        squaredOutputTokens: 0,
      }),
    ).toBeNull()
  })
})
