import { describe, expect, it } from 'vitest'
import { resolveCoefficients } from '../perf/coefficients.ts'
import { aggregated, denseModel, device, priorsOnly } from '../perf/perf.fixture.ts'
import { type PointPrediction, preparePoint } from './evaluate-point.ts'
import type { MeasuredPoint } from './measured-point.ts'
import { examplePoint } from './rows/rows.fixture.ts'

const lookups = {
  architecture: (id: string) => (id === 'dense' ? denseModel : null),
  accelerator: (id: string) => (id === device.id ? device : null),
}

function evaluate(parts: Partial<MeasuredPoint>): PointPrediction {
  const point = examplePoint({
    modelId: 'dense',
    deployment: aggregated({ tensor: 8 }),
    devices: 8,
    ...parts,
  })
  const prepared = preparePoint(point, lookups)
  if ('skipped' in prepared) throw new Error(prepared.skipped)
  const prediction = prepared.evaluate(resolveCoefficients(priorsOnly, prepared.cell))
  if ('skipped' in prediction) throw new Error(prediction.skipped)
  return prediction
}

describe('preparePoint', () => {
  it('compares medians with the steady state, means with the whole run and its burst', () => {
    const load = { kind: 'closed', concurrency: 128, requests: 1280 } as const
    const mean = evaluate({ load, statistic: 'mean' })
    const median = evaluate({ load, statistic: 'median' })
    const steady = evaluate({ load: { ...load, requests: null }, statistic: 'mean' })
    expect(median.ttftMs).toBeLessThan(mean.ttftMs)
    expect(median.ttftMs).toBeCloseTo(steady.ttftMs, 6)
    expect(median.tpotMs).toBe(mean.tpotMs)
  })

  it('names the model or accelerator it does not know', () => {
    expect(preparePoint(examplePoint({ modelId: 'a/B' }), lookups)).toEqual({
      skipped: 'model not in the catalog: a/B',
    })
    expect(preparePoint(examplePoint({ modelId: 'dense' }), lookups)).toEqual({
      skipped: 'accelerator not in the catalog: h100-sxm',
    })
  })
})
