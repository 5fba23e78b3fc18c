/** models.dev: dollars per million, context tiers, and modes that name a service tier. */
import type { Prices, PriceVariant } from '../../src/market/types.ts'
import { decimalUsd } from './decimal.ts'
import type { ListedOffer, WritablePrices } from './listed-offer.ts'
import { listedProviders } from './providers.ts'

type RawCost = Readonly<Record<string, unknown>>

interface RawModel {
  readonly cost?: RawCost
  readonly status?: string
  readonly modalities?: { readonly output?: readonly string[] }
  readonly experimental?: {
    readonly modes?: Readonly<
      Record<
        string,
        {
          readonly cost?: RawCost
          readonly provider?: { readonly body?: { readonly service_tier?: string } }
        }
      >
    >
  }
}

const fields: Readonly<Record<string, keyof Prices>> = {
  input: 'uncachedInput',
  output: 'output',
  cache_read: 'cachedInput',
  cache_write: 'cacheWrite',
  input_audio: 'inputAudio',
  output_audio: 'outputAudio',
}

export function readModelsDev(document: unknown): ListedOffer[] {
  const { providers } = document as { providers: Record<string, { models: Record<string, RawModel> }> }
  return listedProviders.flatMap(({ id, modelsDev }) =>
    Object.entries(providers[modelsDev ?? '']?.models ?? {}).flatMap(([model, raw]) =>
      raw.cost === undefined || raw.status === 'deprecated' ? [] : offersOf(id, model, raw, raw.cost),
    ),
  )
}

function offersOf(provider: string, model: string, raw: RawModel, cost: RawCost): ListedOffer[] {
  const isText = raw.modalities?.output?.includes('text') ?? true
  const priority = Object.values(raw.experimental?.modes ?? {}).find(
    mode => mode.provider?.body?.service_tier === 'priority',
  )
  const named = model.replace(/^accounts\/fireworks\/models\//, '')
  const offer = (serviceTier: ListedOffer['serviceTier'], costs: RawCost): ListedOffer => ({
    source: 'models.dev',
    provider,
    model: named,
    serviceTier,
    spells: [{ validFrom: null, validTo: null, prices: pricesOf(costs), variants: tiersOf(costs) }],
  })
  if (!isText) return []
  return [
    offer('standard', cost),
    ...(priority?.cost === undefined ? [] : [offer('priority', priority.cost)]),
  ]
}

function pricesOf(cost: RawCost): Prices {
  const prices: WritablePrices = {}
  for (const [field, name] of Object.entries(fields)) {
    const value = cost[field]
    // A cache price of zero stands for "none known" in this list (gpt-3.5-turbo has one and no cache).
    if (typeof value === 'number' && !(value === 0 && field.startsWith('cache')))
      prices[name] = decimalUsd(value, 0)
  }
  if (prices.output === '0' && prices.uncachedInput !== '0') delete prices.output
  return prices
}

function tiersOf(cost: RawCost): PriceVariant[] {
  const tiers = (cost.tiers ?? []) as (RawCost & { readonly tier?: { readonly size?: number } })[]
  return tiers.flatMap(tier =>
    tier.tier?.size === undefined
      ? []
      : [{ when: { promptTokensFrom: tier.tier.size + 1 }, prices: pricesOf(tier) }],
  )
}
