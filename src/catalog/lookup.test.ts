import { describe, expect, it } from 'vitest'
import { TokenwrightError } from '../core/errors.ts'
import { loadCatalog } from './load-catalog-file.ts'
import { defaultPue, findAccelerator, findElectricity, findModel, findPue, findSystem } from './lookup.ts'
import { lowConfidenceMark, lowConfidenceMarks } from './low-confidence.ts'

const catalog = loadCatalog()

function failure(action: () => unknown): TokenwrightError {
  try {
    action()
  } catch (error) {
    if (error instanceof TokenwrightError) return error
    throw error
  }
  throw new Error('expected a TokenwrightError')
}

describe('look-ups', () => {
  it('offer near names for a mistyped accelerator', () => {
    const error = failure(() => findAccelerator(catalog, 'h2000'))
    expect(error.code).toBe('unknown-accelerator')
    expect(error.message).toBe('unknown accelerator "h2000"')
    expect(error.fix).toContain('h200-sxm')
  })

  it('say what is missing of an accelerator whose figures nobody published', () => {
    expect(failure(() => findAccelerator(catalog, 'TPU 8i')).message).toContain(
      'no source states its memoryGB',
    )
  })

  it('refuse an empty name', () => {
    expect(failure(() => findAccelerator(catalog, '')).code).toBe('unknown-accelerator')
    expect(failure(() => findAccelerator(catalog, '--')).code).toBe('unknown-accelerator')
  })

  it('find a model by id, alias and short name', () => {
    const provenance = { source: 'test', asOf: '2026', confidence: 'published' } as const
    const model = (id: string, ...aliases: string[]) => ({
      id,
      aliases,
      configPath: `${id}.json`,
      publishedTotalParameters: null,
      publishedActiveParameters: null,
      provenance,
    })
    const models = [model('deepseek-ai/DeepSeek-V3', 'dsv3'), model('a/Twin-1'), model('b/Twin-1')]
    const own = { ...catalog, models }
    expect(findModel(own, 'DSV3').id).toBe('deepseek-ai/DeepSeek-V3')
    expect(findModel(own, 'deepseek-v3').id).toBe('deepseek-ai/DeepSeek-V3')
    expect(failure(() => findModel(own, 'twin-1')).code).toBe('unknown-model')
    expect(failure(() => findModel(own, 'deepseek-v4')).fix).toContain('deepseek-ai/DeepSeek-V3')
  })

  it.each([
    [null, 'us-dc-range'],
    ['us', 'us-dc-range'],
    ['us-tx', 'us-tx'],
    ['US-TX', 'us-tx'],
    ['Texas', 'us-tx'],
    ['us-east-1', 'us-va'],
    ['us-west-2', 'us-or'],
    ['us-west2', 'us-ca'],
    ['Germany', 'de'],
    ['Norway', 'no'],
    ['United Kingdom', 'uk'],
  ])('electricity of %s is %s', (region, id) => {
    expect(findElectricity(catalog, region).id).toBe(id)
  })

  it('take the newest EIA figure of a state', () => {
    expect(findElectricity(catalog, 'us-tx').provenance.asOf).toBe('2026-01')
  })

  it('refuse an unknown region with near names', () => {
    expect(failure(() => findElectricity(catalog, 'germny')).fix).toMatch(/de\b|Germany/)
  })

  it('find PUE by alias, and assume liquid cooling where air does not suffice', () => {
    expect(findPue(catalog, 'liquid').pue).toBe(1.1)
    expect(failure(() => findPue(catalog, 'steam')).code).toBe('unknown-entry')
    expect(defaultPue(catalog, findAccelerator(catalog, 'gb200')).id).toBe('infx-dlc')
    expect(defaultPue(catalog, findAccelerator(catalog, 'mi355x')).id).toBe('infx-dlc')
    expect(defaultPue(catalog, findAccelerator(catalog, 'h100')).id).toBe('infx-air')
  })

  it('find systems', () => {
    expect(findSystem(catalog, 'dgx-h100').power?.fixedWatts.singleSystem).toBeCloseTo(1271.6)
    expect(failure(() => findSystem(catalog, 'dgx-h900')).fix).toContain('hgx-h100')
  })

  it('word facts of low confidence for answers, each once', () => {
    const guess = findElectricity(catalog, 'norway')
    expect(lowConfidenceMark('electricity', guess)).toBe('electricity no: unverified, 2025 (from memory)')
    expect(lowConfidenceMark('accelerator', findAccelerator(catalog, 'h100'))).toBeNull()
    expect(
      lowConfidenceMarks([
        ['electricity', guess],
        ['electricity', guess],
      ]),
    ).toHaveLength(1)
  })
})
