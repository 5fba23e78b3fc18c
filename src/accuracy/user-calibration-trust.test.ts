import { describe, expect, it } from 'vitest'
import { loadCatalog } from '../catalog/index.ts'
import { present } from '../core/assert.ts'
import { architectureKey, type CellCalibration, calibratedCell, cellOf } from '../perf/coefficients.ts'
import { loadCoefficients } from '../perf/load-coefficients-file.ts'
import { aggregated, shape } from '../perf/perf.fixture.ts'
import { catalogLookups } from './catalog-lookups-file.ts'
import type { TrustAnswer, TrustQuestion } from './trust.ts'
import { calibrationNotes, withCalibratedTrust } from './user-calibration-trust.ts'

const lookups = catalogLookups(loadCatalog())
const modelId = 'meta-llama/Llama-3.1-70B'
const architecture = present(lookups.architecture(modelId), 'is in the catalog')
const accelerator = present(lookups.accelerator('h200-sxm'), 'is in the catalog')

function question(tensor: number, acceleratorId = 'h200-sxm'): TrustQuestion {
  const { pool, ...deployment } = aggregated({ tensor })
  return {
    deployment: { ...deployment, pool: { ...pool, acceleratorId } },
    accelerator: present(lookups.accelerator(acceleratorId), 'is in the catalog'),
    shape,
  }
}

const wide = { low: 0.5, high: 2, rows: 10 }
const narrow = { low: 0.9, high: 1.1, rows: 20 }
const narrower = { low: 0.95, high: 1.05, rows: 30 }
const before: TrustAnswer = {
  basis: 'transferred',
  band: { tpot: wide, ttft: narrow, cost: wide },
  nearest: [],
}
const bands = [
  { points: 2, bands: { tpot: narrow, ttft: wide, throughput: narrow } },
  { points: 4, bands: { tpot: narrower, ttft: wide, throughput: { low: 0.8, high: 1.25, rows: 1 } } },
]

const cell = cellOf(modelId, architecture, accelerator, question(2).deployment)
const calibrated = (change: Partial<CellCalibration> = {}) => ({
  ...loadCoefficients(),
  calibrations: {
    [calibratedCell(cell)]: { shifts: {}, points: 3, layouts: ['TP2'], source: 'points.csv', ...change },
  },
})
const trustWith = (set: ReturnType<typeof calibrated>) =>
  withCalibratedTrust(() => before, modelId, architecture, set, bands)

describe('trust in a calibrated cell', () => {
  it('takes the band of as many points where it is narrower', () => {
    const { basis, band } = trustWith(calibrated())(question(2), 8)
    expect(basis).toBe('fitted')
    expect(band.tpot).toBe(narrow)
    expect(band.ttft).toBe(narrow)
    expect(trustWith(calibrated({ points: 40 }))(question(2), 8).band.tpot).toBe(narrower)
  })

  it('inverts throughput for cost', () => {
    const { band } = trustWith(calibrated({ points: 4 }))(question(2), 8)
    expect(band.cost.low).toBeCloseTo(0.8, 9)
    expect(band.cost.high).toBeCloseTo(1.25, 9)
  })

  it('keeps bands of other layouts, and of fewer points than were tried', () => {
    expect(trustWith(calibrated())(question(4), 8).band).toBe(before.band)
    expect(trustWith(calibrated({ points: 1 }))(question(2), 8).band).toBe(before.band)
  })

  it('leaves other cells alone', () => {
    expect(trustWith(calibrated())(question(2, 'h100-sxm'), 8)).toBe(before)
  })
})

describe('notes of an answer', () => {
  it('say which cell was calibrated, and when none is of this model', () => {
    const key = architectureKey(architecture)
    expect(calibrationNotes(calibrated(), key)).toEqual([
      expect.stringContaining(
        'h200-sxm with vllm and fp8 is calibrated on 3 measured points (points.csv) of TP2',
      ),
    ])
    expect(calibrationNotes(calibrated(), 'another')).toEqual([
      expect.stringContaining('nothing on this model'),
    ])
    expect(calibrationNotes(loadCoefficients(), key)).toEqual([])
  })
})
