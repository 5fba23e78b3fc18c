import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import type { Load, Performance } from './deployment.ts'
import {
  aggregated,
  denseModel,
  device,
  fp8Precision,
  latentMoeModel,
  priorsOnly,
  shape,
} from './perf.fixture.ts'
import { predict } from './predict.ts'

function ask(load: Load, overrides: Partial<Parameters<typeof predict>[0]> = {}) {
  return predict({
    modelId: 'test/dense',
    architecture: denseModel,
    accelerator: device,
    deployment: aggregated(),
    shape,
    load,
    coefficients: priorsOnly,
    ...overrides,
  })
}

function closed(concurrency: number, overrides = {}): Performance {
  const result = ask({ kind: 'closed', concurrency, requests: null }, overrides)
  if (!result.feasible) throw new Error(result.detail)
  return result
}

describe('predict', () => {
  test('a lone request decodes no faster than its weights can be read', () => {
    const result = closed(1)
    const weightSeconds = 70.55e9 / 8 / 4.8e12
    expect(result.tpot.meanMs).toBeGreaterThan(1e3 * weightSeconds)
    expect(result.tpot.meanMs).toBeLessThan(30)
  })

  test("Little's law holds: requests in flight = rate × time in system", () => {
    fc.assert(
      fc.property(
        fc.integer({ min: 1, max: 2000 }),
        fc.integer({ min: 16, max: 8000 }),
        fc.integer({ min: 2, max: 4000 }),
        (c, i, o) => {
          const result = closed(c, { shape: { ...shape, inputTokens: i, outputTokens: o } })
          const inSystem = (result.requestsPerSecond * result.endToEnd.meanMs) / 1e3
          expect(inSystem / c).toBeGreaterThan(0.99)
          expect(inSystem / c).toBeLessThan(1.01)
        },
      ),
    )
  })

  test('more users never raise the speed of each and never lower throughput', () => {
    let previous: Performance | null = null
    for (const concurrency of [1, 2, 4, 8, 16, 32, 64, 128, 256]) {
      const result = closed(concurrency)
      if (previous !== null) {
        expect(result.tpot.meanMs).toBeGreaterThanOrEqual(previous.tpot.meanMs)
        expect(result.totalTokensPerSecond).toBeGreaterThanOrEqual(previous.totalTokensPerSecond * 0.999)
      }
      previous = result
    }
  })

  test('open and closed loops agree at the same operating point', () => {
    const loop = closed(200)
    const open = ask({ kind: 'open', requestsPerSecond: loop.requestsPerSecond, arrivalVariation: 1 })
    if (!open.feasible) throw new Error(open.detail)
    expect(open.tpot.meanMs / loop.tpot.meanMs).toBeGreaterThan(0.97)
    expect(open.tpot.meanMs / loop.tpot.meanMs).toBeLessThan(1.03)
  })

  test('an open loop beyond capacity is an overload that names what is sustained', () => {
    const result = ask({ kind: 'open', requestsPerSecond: 1e5, arrivalVariation: 1 })
    expect(result.feasible).toBe(false)
    if (!result.feasible) {
      expect(result.reason).toBe('overload')
      expect(result.detail).toMatch(/sustained/)
    }
  })

  test('breakdown parts add up to the step', () => {
    for (const c of [1, 64, 512]) {
      const { step } = closed(c)
      const sum = step.parts.reduce((total, part) => total + part.seconds, 0)
      expect(sum).toBeCloseTo(step.stepSeconds, 12)
    }
  })

  test('weights that do not fit are refused with the reason', () => {
    const result = ask(
      { kind: 'closed', concurrency: 1, requests: null },
      { architecture: latentMoeModel, deployment: aggregated({ tensor: 1 }) },
    )
    expect(result).toMatchObject({ feasible: false, reason: 'weights-exceed-memory' })
  })

  test('layouts that engines refuse are refused', () => {
    const result = ask(
      { kind: 'closed', concurrency: 1, requests: null },
      { deployment: aggregated({ tensor: 7 }) },
    )
    expect(result).toMatchObject({ feasible: false, reason: 'layout-unsupported' })
  })

  test('cached prompts answer sooner', () => {
    const cold = closed(64, { shape: { ...shape, inputTokens: 8000 } })
    const warm = closed(64, { shape: { ...shape, inputTokens: 8000, cachedTokens: 7000 } })
    expect(warm.ttft.meanMs).toBeLessThan(cold.ttft.meanMs)
    expect(warm.requestsPerSecond).toBeGreaterThan(cold.requestsPerSecond)
  })

  test('speculation helps a lone user more than a full batch', () => {
    const speculation = {
      method: 'mtp',
      draftTokens: 3,
      acceptanceLength: 2.4,
      acceptanceSource: 'test',
    } as const
    const gain = (c: number) => {
      const base = { architecture: latentMoeModel, deployment: aggregated() }
      const plain = closed(c, base)
      const faster = closed(c, { ...base, deployment: aggregated({}, { speculation }) })
      return plain.tpot.meanMs / faster.tpot.meanMs
    }
    expect(gain(1)).toBeGreaterThan(1.2)
    expect(gain(1)).toBeGreaterThan(gain(512))
  })

  test('disaggregated pools pass the same rate and count all devices', () => {
    const pool = (replicas: number) => ({
      acceleratorId: device.id,
      parallelism: { tensor: 8, pipeline: 1, attentionData: 1, expert: 1 },
      replicas,
    })
    const result = closed(256, {
      architecture: latentMoeModel,
      deployment: {
        mode: 'disaggregated',
        engine: 'sglang',
        precision: fp8Precision(),
        speculation: null,
        prefill: pool(1),
        decode: pool(2),
      },
    })
    expect(result.totalTokensPerSecondPerDevice).toBeCloseTo(result.totalTokensPerSecond / 24, 6)
    expect((result.requestsPerSecond * result.endToEnd.meanMs) / 1e3).toBeCloseTo(256, -1)
  })

  test('board power stays between idle and TDP', () => {
    for (const c of [1, 32, 1024]) {
      const { acceleratorWatts } = closed(c)
      expect(acceleratorWatts).toBeGreaterThan(8 * 100)
      expect(acceleratorWatts).toBeLessThanOrEqual(8 * 700)
    }
  })

  test('percentiles are ordered', () => {
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 3000 }), c => {
        for (const summary of [closed(c).ttft, closed(c).tpot, closed(c).endToEnd]) {
          expect(summary.p50Ms).toBeLessThanOrEqual(summary.p90Ms)
          expect(summary.p90Ms).toBeLessThanOrEqual(summary.p95Ms)
          expect(summary.p95Ms).toBeLessThanOrEqual(summary.p99Ms)
        }
      }),
    )
  })
})
