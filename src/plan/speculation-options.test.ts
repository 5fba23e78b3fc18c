import { expect, it } from 'vitest'
import { denseModel, latentMoeModel } from '../perf/perf.fixture.ts'
import { speculationOptions } from './speculation-options.ts'

it('offers the layers a checkpoint ships, and says where acceptance comes from', () => {
  expect(speculationOptions('x', { ...latentMoeModel, multiTokenPrediction: null })).toEqual([])
  const glm = speculationOptions('zai-org/GLM-5.2', latentMoeModel)
  expect(glm.map(s => s.acceptanceLength)).toEqual([1.84, 2.5, 2.99])
  expect(speculationOptions('unknown/model', latentMoeModel)[0]!.acceptanceSource).toMatch(/^assumed/)
})

it('offers separate drafts only where their acceptance was measured', () => {
  const kimi = speculationOptions('moonshotai/Kimi-K2.5', denseModel)
  expect(kimi.map(s => [s.method, s.draftTokens, s.acceptanceLength])).toEqual([
    ['eagle3', 1, 1.83],
    ['eagle3', 2, 2.43],
    ['eagle3', 3, 2.88],
  ])
  expect(kimi[0]!.acceptanceSource).toContain('draft checkpoint')
  expect(speculationOptions('deepseek-ai/DeepSeek-V4-Pro', latentMoeModel).map(s => s.method)).toContain(
    'dspark',
  )
})
