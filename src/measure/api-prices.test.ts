import { describe, expect, it } from 'vitest'
import { z } from 'zod'
import { loadCatalog } from '../catalog/load-catalog-file.ts'
import { provenanceSchema } from '../catalog/schema.ts'
import { apiPricesOf } from './api-prices.ts'
import { loadApiPrices } from './load-api-prices-file.ts'

const prices = loadApiPrices()
/** Dollars per million: a price per token or per thousand lies far outside. */
const amount = z.number().min(0.001).max(500)

const schema = z.strictObject({
  id: z.string().regex(/^[a-z0-9-]+$/),
  provider: z.string().min(1),
  modelId: z.string().min(1),
  offeredAs: z.string().min(1),
  usdPerMillionInputTokens: amount,
  usdPerMillionCachedInputTokens: amount.nullable(),
  usdPerMillionOutputTokens: amount,
  provenance: provenanceSchema,
})

describe('shipped list prices', () => {
  it('are well-formed, unique, and of models of the catalog', () => {
    const models = new Set(loadCatalog().models.map(({ id }) => id))
    for (const price of prices) {
      expect(schema.safeParse(price).error, price.id).toBeUndefined()
      expect(models.has(price.modelId), price.modelId).toBe(true)
      expect(price.usdPerMillionCachedInputTokens ?? 0).toBeLessThan(price.usdPerMillionInputTokens)
      expect(price.usdPerMillionOutputTokens).toBeGreaterThanOrEqual(price.usdPerMillionInputTokens)
    }
    expect(new Set(prices.map(({ id }) => id)).size).toBe(prices.length)
    expect(prices.length).toBeGreaterThan(100)
    expect(prices.find(({ id }) => id.startsWith('deepseek-deepseek-v4-flash'))!.provider).toContain(
      'off-peak',
    )
  })

  it('are found by any of a model’s names', () => {
    const llama = apiPricesOf(prices, 'meta-llama/Llama-3.1-70B')
    expect(llama.length).toBeGreaterThanOrEqual(2)
    expect(apiPricesOf(prices, 'meta-llama/Meta-Llama-3.1-70B-Instruct')).toEqual(llama)
    expect(apiPricesOf(prices, 'LLAMA_3.1_70b')).toEqual(llama)
    expect(apiPricesOf(prices, 'gpt-oss-120b').length).toBeGreaterThanOrEqual(4)
    const outputs = apiPricesOf(prices, 'openai/gpt-oss-120b').map(price => price.usdPerMillionOutputTokens)
    expect(outputs).toEqual(outputs.toSorted((a, b) => a - b))
  })

  it.each(['', '/', 'llama', 'meta-llama/Llama-3.1-7', 'test-model'])('knows none of %j', name => {
    expect(apiPricesOf(prices, name)).toEqual([])
  })
})
