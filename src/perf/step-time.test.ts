import { describe, expect, it } from 'vitest'
import { cellOf, resolveCoefficients } from './coefficients.ts'
import { aggregated, denseModel, device, fp8Precision, priorsOnly } from './perf.fixture.ts'
import { rankFeatures } from './rank-features.ts'
import { idleWork, newStepSeconds, StepModel } from './step-time.ts'

const deployment = aggregated({ tensor: 8 })
const features = rankFeatures(denseModel, fp8Precision(), deployment.pool.parallelism, 'vllm')
const coefficients = resolveCoefficients(priorsOnly, cellOf('dense', denseModel, device, deployment))
const model = new StepModel(features, device, coefficients)

function sequenceOverhead(sequences: number): number {
  const out = newStepSeconds()
  model.seconds({ ...idleWork, sequences, sequencesAllGroups: sequences, contextTokens: 100 }, out)
  return out.sequenceOverhead
}

describe('host work per sequence', () => {
  it('costs what its coefficient says for a few sequences', () => {
    expect(sequenceOverhead(2)).toBeCloseTo(2e-6 * coefficients.sequenceMicroseconds, 6)
  })

  it('grows ever more slowly, and is bounded', () => {
    const perSequence = [8, 64, 512, 4096].map(n => sequenceOverhead(n) / n)
    expect(perSequence).toEqual([...perSequence].sort((a, b) => b - a))
    expect(sequenceOverhead(2048)).toBeLessThan(0.25 * 2048e-6 * coefficients.sequenceMicroseconds)
    expect(sequenceOverhead(2048)).toBeGreaterThan(sequenceOverhead(1024))
    expect(sequenceOverhead(1e6)).toBeLessThan(501e-6 * coefficients.sequenceMicroseconds)
  })
})
