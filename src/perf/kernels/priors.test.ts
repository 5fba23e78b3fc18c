import { describe, expect, it } from 'vitest'
import data from '../../../data/calibration/kernels.json' with { type: 'json' }
import { entryId } from './entry-selection.ts'
import { kernelPrior } from './priors.ts'
import type { KernelsFile } from './types.ts'

const file = data as unknown as KernelsFile

describe('kernels.json', () => {
  it('names every entry once, with provenance and a held-out residual', () => {
    expect(new Set(file.entries.map(entryId)).size).toBe(file.entries.length)
    for (const entry of file.entries) {
      expect(entry.source).toMatch(/\.parquet$/)
      expect(entry.residual.heldOutRows).toBeGreaterThan(4)
      expect(file.accelerators[entry.acceleratorId]?.generation).toBe(entry.generation)
      for (const value of Object.values(entry.coefficients)) expect(Number.isFinite(value)).toBe(true)
    }
  })
})

describe('priors', () => {
  it('are physical for every generation, engine and format', () => {
    for (const prior of file.priors) {
      for (const share of [prior.mbuKv, prior.mbuKvFp8, prior.mfuAttention, prior.busEfficiency]) {
        expect(share.value).toBeGreaterThan(0.02)
        expect(share.value).toBeLessThanOrEqual(1.1)
      }
      for (const format of Object.values(prior.formats))
        for (const share of [format.mbuWeights, format.mbuExperts, format.mfuDense, format.mfuMoe]) {
          expect(share.value).toBeGreaterThan(0.02)
          expect(share.value).toBeLessThanOrEqual(1)
          expect(share.sigma).toBeGreaterThanOrEqual(0.1)
        }
    }
  })

  it('agree with the prototype study within its spread', () => {
    const hopper = kernelPrior(file, 'hopper', 'vllm', 'bf16')
    expect(hopper.mbuWeights.value).toBeCloseTo(0.8, 0)
    expect(hopper.mfuDense.value).toBeGreaterThan(0.7)
    expect(hopper.mfuDense.basis).toBe('fitted')
    const blackwell = kernelPrior(file, 'blackwell', 'trtllm', 'nvfp4')
    expect(blackwell.mfuDense.value).toBeGreaterThan(0.3)
    expect(blackwell.mfuDense.value).toBeLessThan(0.5)
    expect(blackwell.peak).toBe('fp4')
  })

  it('widen where nothing was measured', () => {
    const known = kernelPrior(file, 'hopper', 'vllm', 'bf16')
    const amd = kernelPrior(file, 'cdna', 'vllm', 'bf16')
    const unknown = kernelPrior(file, 'tpu', 'atom', 'bf16')
    expect(amd.mbuWeights.sigma).toBeGreaterThan(3 * known.mbuWeights.sigma)
    expect(amd.mbuWeights.basis).toBe('transferred')
    expect(unknown.mbuWeights.value).toBe(amd.mbuWeights.value)
    expect(kernelPrior(file, 'hopper', 'atom', 'bf16').mbuWeights.basis).toBe('transferred')
  })
})
