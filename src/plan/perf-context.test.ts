import { expect, it } from 'vitest'
import { latentMoeModel, priorsOnly } from '../perf/perf.fixture.ts'
import { measuredValueMs } from './objectives.ts'
import { perfContext } from './perf-context.ts'
import { planDeployments } from './plan.ts'
import { worldCatalog, worldRequest } from './world.fixture.ts'

it('plans with the real performance model: aggregated and disaggregated, with and without drafts', () => {
  const context = perfContext({
    modelId: 'deepseek-ai/DeepSeek-R1',
    architecture: latentMoeModel,
    catalog: worldCatalog,
    coefficients: priorsOnly,
  })
  const result = planDeployments({ ...worldRequest, requestsPerSecond: 10, maximumDevices: 128 }, context)
  expect(result.ranking.length).toBeGreaterThan(3)
  for (const { performance, costRate, basis } of result.ranking) {
    expect(basis).toBe('assumed')
    expect(costRate.lines.reduce((sum, line) => sum + line.nanoUsdPerHour, 0n)).toBe(costRate.nanoUsdPerHour)
    for (const objective of worldRequest.objectives) {
      expect(measuredValueMs(objective, performance)).toBeLessThanOrEqual(objective.limitMs)
    }
  }
  const names = result.contributions.map(contribution => contribution.technique)
  expect(names).toContain('speculation')
  expect(names).toContain('disaggregation')
})
