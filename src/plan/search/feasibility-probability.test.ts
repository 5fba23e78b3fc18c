import fc from 'fast-check'
import { expect, it } from 'vitest'
import type { Performance } from '../../perf/deployment.ts'
import { feasibilityProbability, normalDistribution } from './feasibility-probability.ts'

const latency = (meanMs: number) => ({ meanMs, p50Ms: meanMs, p90Ms: meanMs, p95Ms: meanMs, p99Ms: meanMs })
const performance = { ttft: latency(500), tpot: latency(20), endToEnd: latency(10_000) } as Performance
const band = { tpot: { low: 0.8, high: 1.25 }, ttft: { low: 0.5, high: 2 } }

it('is one half at the limit, 90 % at the end of the band, and 1 without objectives', () => {
  const tpot = (limitMs: number) =>
    feasibilityProbability([{ metric: 'tpot', statistic: 'mean', limitMs }], performance, band)
  expect(tpot(20)).toBeCloseTo(0.5, 6)
  expect(tpot(25)).toBeCloseTo(0.9, 3)
  expect(tpot(16)).toBeCloseTo(0.1, 3)
  expect(feasibilityProbability([], performance, band)).toBe(1)
})

it('multiplies over TTFT and TPOT, not over statistics of one metric', () => {
  const both = feasibilityProbability(
    [
      { metric: 'ttft', statistic: 'mean', limitMs: 500 },
      { metric: 'ttft', statistic: 'p90', limitMs: 500 },
      { metric: 'tpot', statistic: 'mean', limitMs: 20 },
    ],
    performance,
    band,
  )
  expect(both).toBeCloseTo(0.25, 6)
})

it('the normal distribution is symmetric and monotone', () => {
  fc.assert(
    fc.property(fc.double({ min: -6, max: 6, noNaN: true }), z => {
      expect(normalDistribution(z) + normalDistribution(-z)).toBeCloseTo(1, 6)
      expect(normalDistribution(z + 0.01)).toBeGreaterThanOrEqual(normalDistribution(z) - 1e-7)
    }),
  )
})
