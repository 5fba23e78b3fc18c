import { describe, expect, test } from 'vitest'
import { claimsCommand } from './claims.ts'

async function claims(...words: readonly string[]): Promise<string> {
  let text = ''
  await claimsCommand(part => {
    text += part
  })
    .exitOverride()
    .parseAsync([...words], { from: 'user' })
  return text
}

describe('claims', () => {
  test('prints inputs, formulas, results beside what is claimed, and where it holds', async () => {
    const text = await claims('nv-35x')
    expect(text).toContain('holds under conditions')
    expect(text).toMatch(/cost ratio\s+34\.2\d? +× +35/)
    expect(text).toContain('model: DeepSeek-R1')
    expect(text).toContain('hopper price × 1,000,000')
    expect(text).not.toContain('rubin-10x')
  })

  test('marks what differs from the claim', async () => {
    expect(await claims('rubin-10x')).toMatch(/10 \(−79 %\)/)
  })

  test('prints all as JSON, computed', async () => {
    const all = JSON.parse(await claims('--json')) as { id: string; steps: { computed: number }[] }[]
    expect(all.length).toBeGreaterThan(10)
    expect(all.find(({ id }) => id === 'parakeet-cost')!.steps[0]!.computed).toBeCloseTo(0.0066, 6)
  })

  test('refuses a filter that nothing contains', async () => {
    await expect(claims('nv-35y')).rejects.toThrow(/no claim contains/)
  })
})
