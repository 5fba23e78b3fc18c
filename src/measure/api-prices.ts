/** What others charge for the tokens of an open model: list prices of APIs (data/price-book.json). */
import { normaliseName } from '../catalog/normalise-name.ts'
import type { Provenance } from '../core/provenance.ts'

export interface ApiPrice {
  readonly id: string
  readonly provider: string
  /** Id of the model in the catalog. */
  readonly modelId: string
  /** What the provider calls it. */
  readonly offeredAs: string
  readonly usdPerMillionInputTokens: number
  /** Null when cached input is not sold for less. */
  readonly usdPerMillionCachedInputTokens: number | null
  readonly usdPerMillionOutputTokens: number
  readonly provenance: Provenance
}

/**
 * Offers of a model, cheapest output first. The name may be the catalog's id, its part after the slash, or what a provider
 * calls it; names compare without case and punctuation. A base model's offers are those of its instruct version, too, as
 * both cost the same to serve.
 */
export function apiPricesOf(prices: readonly ApiPrice[], model: string): ApiPrice[] {
  const wanted = plainName(model)
  if (wanted === '') return []
  return prices
    .filter(({ modelId, offeredAs }) => plainName(modelId) === wanted || plainName(offeredAs) === wanted)
    .sort((a, b) => a.usdPerMillionOutputTokens - b.usdPerMillionOutputTokens || (a.id < b.id ? -1 : 1))
}

function plainName(model: string): string {
  return normaliseName(model.split('/').at(-1) ?? '')
    .replace(/^meta(?=llama)/, '')
    .replace(/(instruct|it|chat)$/, '')
}
