import { statSync } from 'node:fs'
import { describe, expect, it } from 'vitest'
import { z } from 'zod'
import { dataFolder, loadCatalog } from '../catalog/load-catalog-file.ts'
import { provenanceSchema } from '../catalog/schema.ts'
import { loadPriceBook, loadPriceFindings } from './load-price-book-file.ts'
import { implausiblePrices, implausibleVariant } from './plausibility.ts'
import { priceAt } from './price-at.ts'
import { endMs, startMs } from './price-book.ts'
import { priceClasses, serviceTiers } from './types.ts'

const book = loadPriceBook()
const findings = loadPriceFindings()

const day = z.string().regex(/^20\d\d-\d\d-\d\d$/)
const prices = z.partialRecord(z.enum(priceClasses), z.string().regex(/^\d{1,4}(\.\d{1,9})?$/))
const minute = z.number().int().min(0).max(1440)
const schema = z.strictObject({
  id: z.string().min(3),
  provider: z.string(),
  model: z.string().min(1),
  aliases: z.array(z.string().min(1)),
  catalogModelId: z.string().nullable(),
  serviceTier: z.enum(serviceTiers),
  validFrom: day.nullable(),
  validTo: day.nullable(),
  retiredOn: day.nullable(),
  prices,
  variants: z.array(
    z.strictObject({
      when: z
        .strictObject({
          promptTokensFrom: z.number().int().min(1000),
          minutesUtc: z.tuple([minute, minute]),
          weekdaysUtc: z.array(z.number().int().min(0).max(6)).min(1),
        })
        .partial(),
      prices,
    }),
  ),
  provenance: provenanceSchema,
  source: z.enum(Object.keys(book.sources)),
  agreeing: z.array(z.enum(Object.keys(book.sources))),
})

const inForce = (provider: string, model: string, at: string, promptTokens = 1000) =>
  priceAt(book, { provider, model, atMs: Date.parse(at), promptTokens })?.prices

describe('the shipped price book', () => {
  it('is well-formed', () => {
    const faults = book.entries.flatMap(entry => {
      const { error } = schema.safeParse(entry)
      return error === undefined ? [] : [`${entry.id}: ${error.message}`]
    })
    expect(faults).toEqual([])
    expect(new Set(book.entries.map(({ id }) => id)).size).toBe(book.entries.length)
    expect(statSync(new URL('price-book.json', dataFolder)).size).toBeLessThan(600_000)
  })

  it('ends after it begins and names models of the catalog', () => {
    const models = new Set(loadCatalog().models.map(({ id }) => id))
    for (const entry of book.entries) {
      expect(startMs(entry), entry.id).toBeLessThan(endMs(entry))
      if (entry.catalogModelId !== null) expect(models.has(entry.catalogModelId), entry.id).toBe(true)
    }
  })

  it('holds no price that a rule refuses', () => {
    const slips = book.entries.flatMap(entry => [
      ...implausiblePrices(entry.prices),
      ...entry.variants.flatMap(variant => implausibleVariant(variant.prices, entry.prices)),
    ])
    expect(slips).toEqual([])
  })

  it('knows DeepSeek’s hours, and that weekends have none', () => {
    const input = (at: string) => inForce('deepseek', 'deepseek-v4-flash', at)?.uncachedInput
    expect(input('2026-08-16T02:00Z')).toBe('0.14')
    expect(input('2026-08-22T02:00Z')).toBe('0.44')
    expect(input('2026-08-23T02:00Z')).toBe('0.22')
    expect(input('2026-11-02T03:00Z')).toBe('0.44')
    expect(input('2026-11-02T04:00Z')).toBe('0.22')
    expect(inForce('deepseek', 'deepseek-chat', '2026-09-01')).toBeUndefined()
  })

  it('knows announced, past and long-prompt prices', () => {
    expect(inForce('google', 'gemini-3.8-flash', '2026-12-31T23:59Z')?.output).toBe('3.75')
    expect(inForce('gemini', 'gemini-3.8-flash', '2027-01-01')?.output).toBe('7.5')
    expect(inForce('openai', 'gpt-5.6-luna', '2026-07-29')?.uncachedInput).toBe('1')
    expect(inForce('openai', 'gpt-5.6-luna', '2026-07-30')?.uncachedInput).toBe('0.2')
    expect(inForce('openai', 'gpt-5.4', '2026-11-01', 272_000)?.output).toBe('22.5')
    expect(inForce('openai', 'gpt-5.4', '2026-11-01', 271_999)?.output).toBe('15')
  })

  it('left slips out and says which', () => {
    const slip = findings.refused.find(
      ({ model, class: name }) => model.startsWith('claude-3-haiku') && name === 'cacheWriteOneHour',
    )
    expect(slip).toMatchObject({ source: 'litellm', listed: '6', value: 24 })
    expect(inForce('anthropic', 'claude-3-haiku', '2026-11-01')?.cacheWriteOneHour).toBe('0.5')
    expect(findings.refused).toContainEqual(
      expect.objectContaining({ model: 'gpt-5-nano', serviceTier: 'priority', value: 50 }),
    )
    expect(book.entriesOf('openai', 'gpt-5-nano').some(entry => entry.serviceTier === 'priority')).toBe(false)
  })

  it('says which lists dispute a chosen price', () => {
    expect(findings.disagreements).toContainEqual(
      expect.objectContaining({ model: 'gpt-5.6-luna', source: 'openrouter', listed: '0.1', chosen: '0.2' }),
    )
  })
})
