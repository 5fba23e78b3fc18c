import { expect, test } from 'vitest'
import { cellOf } from '../perf/coefficients.ts'
import { aggregated, denseModel, device, latentMoeModel, priorsOnly, shape } from '../perf/perf.fixture.ts'
import type { ErrorBands } from './error-bands.ts'
import type { Neighbour } from './neighbours.ts'
import { classOf, type TrustData, trustOf } from './trust.ts'

const band = (width: number) => ({ low: 1 / width, high: width, rows: 10 })
const mode = (width: number) => ({
  tpot: band(width),
  ttft: band(2 * width),
  throughput: { low: 0.8, high: width, rows: 10 },
})
const both = (width: number) => ({ aggregated: mode(width), disaggregated: mode(width + 0.1) })
const bands: ErrorBands = {
  schema: 'error-bands/1',
  source: 'test',
  asOf: '2026-11-20',
  classes: { cell: both(1.1), accelerator: both(1.2), model: both(1.3), unseen: both(1.5) },
}
const neighbour: Neighbour = {
  model: 'test/dense',
  accelerator: device.id,
  engine: 'vllm',
  precision: 'fp8',
  mode: 'aggregated',
  layout: 'TP8',
  devices: 8,
  inputTokens: 1000,
  outputTokens: 500,
  concurrency: 64,
  tpotMs: 12,
  ttftMs: 100,
  predictedTpotMs: 11.5,
  date: '2026-01-01',
}
const data: TrustData = {
  bands,
  neighbours: [neighbour, { ...neighbour, model: 'other/model', concurrency: 8 }],
}
const cell = cellOf('test/dense', denseModel, device, aggregated())
const effect = { shift: 0, sigma: 1, rows: 1 }
const generation = { [`stepMicroseconds|generation:${cell.generation}`]: effect }
const model = { [`stepFactor|model:${cell.modelKey}`]: effect }
const accelerator = { [`attentionLayerMicroseconds|accelerator:${device.id}`]: effect }

function ask(effects: Record<string, typeof effect>, concurrency = 64) {
  const trust = trustOf('test/dense', denseModel, { ...priorsOnly, effects }, data, () => 'hopper')
  return trust({ deployment: aggregated(), accelerator: device, shape }, concurrency)
}

test('the more of a question was measured, the narrower its band', () => {
  expect(ask({ ...generation, ...model, ...accelerator }).basis).toBe('measured')
  expect(ask({ ...generation, ...model, ...accelerator }, 5000).basis).toBe('fitted')
  expect(ask({ ...generation, ...model }).basis).toBe('transferred')
  expect(ask({ ...generation, ...accelerator }).basis).toBe('transferred')
  expect(ask({}).basis).toBe('assumed')
  const widths = [
    ask({ ...generation, ...model, ...accelerator }),
    ask({ ...generation, ...model }),
    ask({}),
  ].map(t => t.band.tpot.high)
  expect(widths).toEqual([1.1, 1.2, 1.5])
})

test('the band of cost is the inverse of the band of throughput', () => {
  const { band: b } = ask({ ...generation, ...model, ...accelerator })
  expect(b.cost.low).toBeCloseTo(1 / 1.1)
  expect(b.cost.high).toBeCloseTo(1 / 0.8)
})

test('nearest measurements come nearest first, with what was predicted for them', () => {
  const { nearest } = ask({})
  expect(nearest[0]).toMatchObject({ distance: 0, measuredTpotMs: 12, predictedTpotMs: 11.5 })
  expect(nearest[1]!.distance).toBeGreaterThan(1)
})

test('a renamed checkpoint shares what is known of its shape, another shape does not', () => {
  const fitted = new Set(Object.keys({ ...generation, ...model, ...accelerator }))
  expect(classOf(cellOf('somebody/fine-tune', denseModel, device, aggregated()), fitted)).toBe('cell')
  expect(classOf(cellOf('test/moe', latentMoeModel, device, aggregated()), fitted)).toBe('model')
})
