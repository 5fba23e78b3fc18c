import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { cellOf, resolveCoefficients } from './coefficients.ts'
import type { Deployment, Load, Performance, PerformanceResult } from './deployment.ts'
import { aggregated, denseModel, device, latentMoeModel, priorsOnly, shape } from './perf.fixture.ts'
import { predict } from './predict.ts'
import { preparePrediction } from './prepare-prediction.ts'

const size = fc.constantFrom(1, 2, 4, 8, 16)
const { precision } = aggregated()
const base = { engine: 'sglang', precision, speculation: null } as const
const pool = (acceleratorId: string, tensor: number, replicas = 1) => ({
  acceleratorId,
  parallelism: { tensor, pipeline: 1, attentionData: 1, expert: 1 },
  replicas,
})
const feasible = (result: PerformanceResult): Performance => {
  if (!result.feasible) throw new Error(result.detail)
  return result
}

it('answers the same however often and in whatever order it is asked', () => {
  fc.assert(
    fc.property(
      fc.constantFrom(denseModel, latentMoeModel),
      fc.constantFrom('vllm', 'sglang', 'trtllm'),
      size,
      fc.boolean(),
      fc.array(fc.double({ min: 0.1, max: 2000, noNaN: true }), { minLength: 1, maxLength: 4 }),
      (architecture, engine, tensor, separate, values) => {
        const own = pool(device.id, tensor, 2)
        const deployment: Deployment = separate
          ? { ...base, engine, mode: 'disaggregated', prefill: own, decode: own }
          : { ...base, engine, mode: 'aggregated', pool: own }
        const input = { modelId: 'test', architecture, accelerator: device, deployment, shape }
        const local = resolveCoefficients(priorsOnly, cellOf('test', architecture, device, deployment))
        const prepared = preparePrediction(input, { serving: local, prefill: local })
        const loads = values.flatMap((value): Load[] => [
          { kind: 'closed', concurrency: value, requests: null },
          { kind: 'open', requestsPerSecond: value, arrivalVariation: 1 },
        ])
        const asked = loads.map(prepared)
        expect(loads.toReversed().map(prepared).toReversed()).toEqual(asked)
        expect(loads.map(load => predict({ ...input, load, coefficients: priorsOnly }))).toEqual(asked)
      },
    ),
    { numRuns: 40 },
  )
})

describe('pools on different hardware', () => {
  const other = { ...device, id: 'other', generation: 'cdna3', vendor: 'AMD', tdpWatts: 500 } as const
  const deployment: Deployment = {
    ...base,
    mode: 'disaggregated',
    prefill: pool(other.id, 8),
    decode: pool(device.id, 8),
  }
  const load: Load = { kind: 'closed', concurrency: 32, requests: null }
  const input = { modelId: 'test', architecture: denseModel, accelerator: device, deployment, shape, load }
  const mixed = { ...input, prefillAccelerator: other }

  it('have the coefficients of their own cells', () => {
    const slowPrefill = {
      ...priorsOnly,
      effects: { 'mfuDense|generation:cdna3': { shift: -1, sigma: 0, rows: 1 } },
    }
    const slowDecode = {
      ...priorsOnly,
      effects: { 'stepMicroseconds|generation:hopper': { shift: 2, sigma: 0, rows: 1 } },
    }
    const ask = (coefficients: typeof priorsOnly) => feasible(predict({ ...mixed, coefficients }))
    const plain = ask(priorsOnly)
    expect(ask(slowPrefill).ttft.meanMs).toBeGreaterThan(1.1 * plain.ttft.meanMs)
    // Slower prompts thin out the decode batch: TPOT can only fall.
    expect(ask(slowPrefill).tpot.meanMs).toBeLessThanOrEqual(plain.tpot.meanMs)
    expect(ask(slowDecode).tpot.meanMs).toBeGreaterThan(plain.tpot.meanMs)
  })

  it('draw the idle watts of each', () => {
    const powered = {
      ...priorsOnly,
      effects: { 'powerIdle|accelerator:other': { shift: Math.log(2), sigma: 0, rows: 1 } },
    }
    const idle = (coefficients: typeof priorsOnly) =>
      feasible(predict({ ...mixed, coefficients })).idleWatts ?? 0
    const share = resolveCoefficients(priorsOnly, cellOf('test', denseModel, device, deployment)).powerIdle
    expect(idle(powered) - idle(priorsOnly)).toBeCloseTo(
      8 * 500 * resolveCoefficients(priorsOnly, cellOf('test', denseModel, other, deployment)).powerIdle,
      3,
    )
    expect(idle(priorsOnly)).toBeGreaterThan(8 * device.tdpWatts * share)
  })
})
