/** OpenRouter's own list: its offers, and a witness for makers whose models it passes on at their price. */
import type { Prices, PriceVariant } from '../../src/market/types.ts'
import { decimalUsd } from './decimal.ts'
import type { ListedOffer, WritablePrices } from './listed-offer.ts'
import { listedProviders } from './providers.ts'

type RawPricing = Readonly<Record<string, unknown>> & { readonly overrides?: readonly RawPricing[] }

interface RawModel {
  readonly id: string
  readonly pricing: RawPricing
  readonly hugging_face_id?: string | null
}

const fields: Readonly<Record<string, keyof Prices>> = {
  prompt: 'uncachedInput',
  completion: 'output',
  input_cache_read: 'cachedInput',
  input_cache_write: 'cacheWrite',
  input_cache_write_1h: 'cacheWriteOneHour',
  audio: 'inputAudio',
  audio_output: 'outputAudio',
}

export function readOpenrouter(document: unknown): ListedOffer[] {
  const models = (document as { data?: RawModel[] }).data ?? (document as RawModel[])
  return models.flatMap(raw => {
    // Negative prices stand for "depends on the model that is chosen" (openrouter/auto).
    if (raw.id.endsWith(':free') || Number(raw.pricing.prompt) < 0) return []
    const spells = [
      { validFrom: null, validTo: null, prices: pricesOf(raw.pricing), variants: overridesOf(raw.pricing) },
    ]
    const offer = (provider: string, model: string): ListedOffer => ({
      source: 'openrouter',
      provider,
      model,
      serviceTier: 'standard',
      spells,
    })
    const [author, model = ''] = raw.id.split('/')
    const maker = listedProviders.find(({ openrouterAuthor }) => openrouterAuthor === author)
    return [
      offer('openrouter', raw.id),
      ...(maker === undefined || model.includes(':') ? [] : [offer(maker.id, model)]),
    ]
  })
}

function pricesOf(pricing: RawPricing): Prices {
  const prices: WritablePrices = {}
  for (const [field, name] of Object.entries(fields)) {
    const value = pricing[field]
    if (typeof value === 'string') prices[name] = decimalUsd(value, 6)
  }
  return prices
}

/** `min_prompt_tokens` is inclusive. */
function overridesOf(pricing: RawPricing): PriceVariant[] {
  return (pricing.overrides ?? []).flatMap(override =>
    typeof override.min_prompt_tokens === 'number'
      ? [{ when: { promptTokensFrom: override.min_prompt_tokens }, prices: pricesOf(override) }]
      : [],
  )
}
