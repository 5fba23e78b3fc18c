import fc from 'fast-check'
import { expect, it } from 'vitest'
import { cellOf, resolveCoefficients } from '../perf/coefficients.ts'
import type { Deployment, Load } from '../perf/deployment.ts'
import { aggregated, denseModel, device, latentMoeModel, priorsOnly, shape } from '../perf/perf.fixture.ts'
import { predictWith } from '../perf/predict.ts'
import { preparePrediction } from './prepared-prediction.ts'

const size = fc.constantFrom(1, 2, 4, 8, 16)

it('equals predictWith for any deployment and load, however often it is asked', () => {
  fc.assert(
    fc.property(
      fc.constantFrom(denseModel, latentMoeModel),
      fc.constantFrom('vllm', 'sglang', 'trtllm'),
      size,
      size,
      fc.boolean(),
      fc.array(fc.double({ min: 0.1, max: 2000, noNaN: true }), { minLength: 1, maxLength: 4 }),
      (architecture, engine, tensor, attentionData, separate, loads) => {
        const pool = {
          acceleratorId: device.id,
          parallelism: { tensor, pipeline: 1, attentionData, expert: 1 },
          replicas: 2,
        }
        const { precision } = aggregated()
        const base = { engine, precision, speculation: null } as const
        const deployment: Deployment = separate
          ? { ...base, mode: 'disaggregated', prefill: pool, decode: pool }
          : { ...base, mode: 'aggregated', pool }
        const input = {
          modelId: 'test',
          architecture,
          accelerator: device,
          deployment,
          shape,
          coefficients: priorsOnly,
        }
        const local = resolveCoefficients(priorsOnly, cellOf('test', architecture, device, deployment))
        const predict = preparePrediction(input, local)
        for (const value of loads) {
          const closed: Load = { kind: 'closed', concurrency: value, requests: null }
          const open: Load = { kind: 'open', requestsPerSecond: value, arrivalVariation: 1 }
          for (const load of [closed, open])
            expect(predict(load)).toEqual(predictWith({ ...input, load }, local))
        }
      },
    ),
    { numRuns: 60 },
  )
})
