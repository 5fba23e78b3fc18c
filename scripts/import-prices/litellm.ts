/** LiteLLM's model_prices_and_context_window.json: dollars per token, service tiers and context tiers as suffixes of field names. */
import type { Prices, PriceVariant, ServiceTier } from '../../src/market/types.ts'
import { decimalUsd } from './decimal.ts'
import type { ListedOffer, WritablePrices } from './listed-offer.ts'
import { type ListedProvider, listedProviders } from './providers.ts'

const isDay = (value: unknown): value is string =>
  typeof value === 'string' && /^\d{4}-\d{2}-\d{2}$/.test(value)

type RawEntry = Readonly<Record<string, unknown>>

const modes = new Set(['chat', 'completion', 'responses', 'embedding', 'audio_transcription'])

const fields: Readonly<Record<string, keyof Prices>> = {
  input_cost_per_token: 'uncachedInput',
  cache_read_input_token_cost: 'cachedInput',
  cache_creation_input_token_cost: 'cacheWrite',
  cache_creation_input_token_cost_above_1hr: 'cacheWriteOneHour',
  output_cost_per_token: 'output',
  input_cost_per_audio_token: 'inputAudio',
  output_cost_per_audio_token: 'outputAudio',
}

const tierSuffixes: Readonly<Record<string, ServiceTier>> = {
  '': 'standard',
  _batches: 'batch',
  _flex: 'flex',
  _priority: 'priority',
}

export function readLitellm(document: unknown): ListedOffer[] {
  const providerOf = new Map(
    listedProviders.flatMap(provider => provider.litellm.map(name => [name, provider] as const)),
  )
  return Object.entries(document as Record<string, RawEntry>).flatMap(([key, entry]) => {
    const provider = providerOf.get(String(entry.litellm_provider))
    if (provider === undefined || !modes.has(String(entry.mode))) return []
    const model = modelName(key, provider)
    if (model === null) return []
    return (Object.keys(tierSuffixes) as string[]).flatMap(suffix =>
      offerOf(provider.id, model, key, entry, suffix),
    )
  })
}

/** The key without what names the provider; null for what is no model of its own: sizes, regions, fine-tunes, commitments. */
export function modelName(key: string, provider: ListedProvider): string | null {
  if (/^ft:|-default$|\d+b-(to-\d+b|above)|-above-\d|^together-ai-|commitment/.test(key)) return null
  const prefix = [...provider.litellm, 'cohere', 'bedrock'].find(name => key.startsWith(`${name}/`))
  const name = (prefix === undefined ? key : key.slice(prefix.length + 1)).replace(
    /^accounts\/fireworks\/models\//,
    '',
  )
  // Azure's and Bedrock's regions are further paths: azure/eu/gpt-5, bedrock/us-east-1/….
  return (provider.id === 'aws' || provider.id === 'azure') && name.includes('/') ? null : name
}

function offerOf(
  provider: string,
  model: string,
  listKey: string,
  entry: RawEntry,
  suffix: string,
): ListedOffer[] {
  const prices = pricesOf(entry, suffix)
  if (suffix === '') {
    const perSecond = entry.input_cost_per_second
    if (entry.mode === 'audio_transcription' && typeof perSecond === 'number' && perSecond > 0)
      prices.perAudioHour = decimalUsd(perSecond, 0, 3600)
    const perRequest = entry.input_cost_per_request
    if (typeof perRequest === 'number') prices.perRequest = decimalUsd(perRequest, 0)
  }
  // An embedding has no output to be sold.
  if (entry.mode === 'embedding' && prices.output === '0') delete prices.output
  const variants =
    suffix === '' && Array.isArray(entry.tiered_pricing) ? listedTiers(entry) : aboveTiers(entry, suffix)
  const [first, ...rest] = variants
  // A list of ranges has no plain price: its first range is the plain one.
  const plain = Object.keys(prices).length === 0 && first?.when.promptTokensFrom === 1 ? first.prices : prices
  if (Object.keys(plain).length === 0) return []
  return [
    {
      source: 'litellm',
      provider,
      model,
      listKey,
      ...(isDay(entry.deprecation_date) ? { retiredOn: entry.deprecation_date } : {}),
      serviceTier: tierSuffixes[suffix]!,
      spells: [
        { validFrom: null, validTo: null, prices: plain, variants: plain === prices ? variants : rest },
      ],
    },
  ]
}

function pricesOf(entry: RawEntry, suffix: string): WritablePrices {
  const prices: WritablePrices = {}
  for (const [field, name] of Object.entries(fields)) {
    const value = entry[field + suffix]
    if (typeof value === 'number') prices[name] = decimalUsd(value, 6)
  }
  return prices
}

/** `…_above_272k_tokens_priority`: for prompts of more than 272,000 tokens, the whole request. */
function aboveTiers(entry: RawEntry, suffix: string): PriceVariant[] {
  const thresholds = new Set<number>()
  for (const field of Object.keys(entry)) {
    const match = /^(?:input_cost_per_token|output_cost_per_token)_above_(\d+)k_tokens(_\w+)?$/.exec(field)
    if (match !== null && (match[2] ?? '') === suffix) thresholds.add(Number(match[1]))
  }
  return [...thresholds]
    .sort((a, b) => a - b)
    .map(thousands => ({
      when: { promptTokensFrom: thousands * 1000 + 1 },
      prices: pricesOf(entry, `_above_${thousands}k_tokens${suffix}`),
    }))
}

function listedTiers(entry: RawEntry): PriceVariant[] {
  return (entry.tiered_pricing as RawEntry[])
    .filter(tier => Array.isArray(tier.range))
    .map(tier => ({
      when: { promptTokensFrom: Number((tier.range as number[])[0]) + 1 },
      prices: pricesOf(tier, ''),
    }))
}
