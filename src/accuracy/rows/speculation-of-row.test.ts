import { describe, expect, it } from 'vitest'
import { speculationOfRow } from './speculation-of-row.ts'

describe('speculationOfRow', () => {
  it('is null without speculation', () => {
    expect(speculationOfRow('deepseek-ai/DeepSeek-R1', 'none')).toBeNull()
    expect(speculationOfRow('deepseek-ai/DeepSeek-R1', '')).toBeNull()
  })

  it('says where the acceptance of a model outside the table comes from', () => {
    expect(speculationOfRow('deepseek-ai/DeepSeek-R1', 'mtp')).toMatchObject({
      method: 'mtp',
      acceptanceSource: expect.stringContaining('DeepSeek-V4-Pro'),
    })
    expect(speculationOfRow('unknown/model', 'mtp')!.acceptanceSource).toContain('middle')
  })

  it('keeps acceptance between 1 and drafted + 1', () => {
    for (const model of ['Qwen/Qwen3.5-397B-A17B', 'MiniMaxAI/MiniMax-M3', 'unknown/model']) {
      const { acceptanceLength, draftTokens } = speculationOfRow(model, 'mtp')!
      expect(acceptanceLength).toBeGreaterThan(1)
      expect(acceptanceLength).toBeLessThanOrEqual(draftTokens + 1)
    }
  })
})
