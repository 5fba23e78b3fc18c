import { expect, it } from 'vitest'
import { acceptanceLength, measuredMethods, mostDraftTokens } from './acceptance-lengths.ts'

it('gives the length measured for the model, a relative, or the middle, and says which', () => {
  expect(acceptanceLength('zai-org/GLM-5.2', 'mtp', 3)).toMatchObject({ length: 2.99, basis: 'measured' })
  const r1 = acceptanceLength('deepseek-ai/DeepSeek-R1', 'mtp', 3)
  expect(r1).toMatchObject({ length: 2.49, basis: 'relative' })
  expect(r1.source).toContain('DeepSeek-V4-Pro')
  const unknown = acceptanceLength('some/model', 'mtp', 3)
  expect(unknown).toMatchObject({ length: 2.8, basis: 'assumed' })
  expect(unknown.source).toMatch(/^assumed/)
  expect(acceptanceLength('moonshotai/Kimi-K2.5', 'mtp', 3).basis).toBe('assumed')
})

it('knows external drafts only where they were measured', () => {
  expect(measuredMethods('moonshotai/Kimi-K2.5')).toEqual(['eagle3'])
  expect(measuredMethods('deepseek-ai/DeepSeek-V4-Pro')).toEqual(['mtp', 'dspark'])
  expect(measuredMethods('deepseek-ai/DeepSeek-R1')).toEqual([])
})

it('never emits more than was drafted, plus one', () => {
  for (const model of ['deepseek-ai/DeepSeek-V4-Pro', 'Qwen/Qwen3.5-397B-A17B', 'some/model']) {
    for (const method of ['mtp', 'eagle3', 'dspark'] as const) {
      for (let drafts = 1; drafts <= mostDraftTokens; drafts++) {
        const { length } = acceptanceLength(model, method, drafts)
        expect(length).toBeGreaterThan(1)
        expect(length).toBeLessThanOrEqual(drafts + 1)
      }
    }
  }
})
