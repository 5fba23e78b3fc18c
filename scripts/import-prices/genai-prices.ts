/** pydantic/genai-prices: the only list with start dates and times of day. */
import type { Prices, PriceVariant } from '../../src/market/types.ts'
import { decimalUsd } from './decimal.ts'
import type { ListedOffer, PriceSpell, WritablePrices } from './listed-offer.ts'
import { listedProviders } from './providers.ts'

interface Tiered {
  readonly base: number
  readonly tiers: readonly { readonly start: number; readonly price: number }[]
}

type RawPrices = Readonly<Record<string, number | Tiered>>

interface Conditional {
  readonly constraint?: {
    readonly type: string
    readonly start_date?: string
    readonly start_time?: string
    readonly end_time?: string
  }
  readonly prices: RawPrices
}

type Match = { readonly [kind: string]: string | readonly Match[] }

interface RawModel {
  readonly id: string
  readonly match: Match
  readonly prices: RawPrices | readonly Conditional[]
  readonly price_comments?: string
  readonly deprecated?: boolean
}

const perMillion: Readonly<Record<string, keyof Prices>> = {
  input_mtok: 'uncachedInput',
  cache_read_mtok: 'cachedInput',
  cache_write_mtok: 'cacheWrite',
  cache_write_1h_mtok: 'cacheWriteOneHour',
  output_mtok: 'output',
  input_audio_mtok: 'inputAudio',
  output_audio_mtok: 'outputAudio',
}

export function readGenaiPrices(document: unknown): ListedOffer[] {
  const byId = new Map(
    (document as { id: string; models: RawModel[] }[]).map(({ id, models }) => [id, models]),
  )
  return listedProviders.flatMap(({ id, genaiPrices }) =>
    (byId.get(genaiPrices ?? '') ?? [])
      .filter(model => isSold(id, model))
      .flatMap(model => [offerOf(id, model), ...statedTiers(id, model)]),
  )
}

/** What the list calls imported from elsewhere, guessed or out of date is no offer of the provider's. */
const secondHand = /Imported from OpenRouter|Seen on OpenRouter|trusting|kept for historical usage|Retired/

function isSold(provider: string, { id, deprecated, price_comments }: RawModel): boolean {
  // OpenRouter's names have the author in them; those without are left from earlier days of the list.
  const isName = provider !== 'openrouter' || id.includes('/')
  return deprecated !== true && isName && !secondHand.test(price_comments ?? '')
}

function offerOf(provider: string, model: RawModel): ListedOffer {
  return {
    source: 'genai-prices',
    provider,
    model: model.id,
    serviceTier: 'standard',
    spells: spellsOf(model),
    matches: name => matches(model.match, name.toLowerCase()),
  }
}

/** The list says of Gemini's newer models in words what their other tiers cost. */
function statedTiers(provider: string, model: RawModel): ListedOffer[] {
  const words = model.price_comments ?? ''
  const half = /Batch and Flex tiers offer 50% discount/.test(words)
  const priority = /Priority tier is 1\.8x/.test(words)
  const scaled = (serviceTier: ListedOffer['serviceTier'], tenths: number): ListedOffer => ({
    source: 'genai-prices',
    provider,
    model: model.id,
    serviceTier,
    spells: spellsOf(model).map(spell => ({
      ...spell,
      prices: timesTenths(spell.prices, tenths),
      variants: spell.variants.map(variant => ({ ...variant, prices: timesTenths(variant.prices, tenths) })),
    })),
    notes: 'computed from a multiple of the standard price that the list states in words',
  })
  return [
    ...(half && !/on input\/output/.test(words) ? [scaled('batch', 5), scaled('flex', 5)] : []),
    ...(priority ? [scaled('priority', 18)] : []),
  ]
}

function timesTenths(prices: Prices, tenths: number): Prices {
  return Object.fromEntries(
    Object.entries(prices).map(([name, price]) => [name, decimalUsd(price, -1, tenths)]),
  )
}

function spellsOf({ prices }: RawModel): PriceSpell[] {
  const parts: readonly Conditional[] = Array.isArray(prices) ? prices : [{ prices: prices as RawPrices }]
  const dated = parts.filter(({ constraint }) => constraint?.type !== 'time_of_date')
  const bands = parts.filter(({ constraint }) => constraint?.type === 'time_of_date').map(bandOf)
  const starts = dated.map(({ constraint }) => constraint?.start_date ?? null)
  // Hours are not dated in the list; they belong to its newest dated prices (its comments on DeepSeek say so).
  return dated.map((part, index) => ({
    validFrom: starts[index]!,
    validTo: starts[index + 1] ?? null,
    prices: basePrices(part.prices),
    variants: [...contextVariants(part.prices), ...(index === dated.length - 1 ? bands : [])],
  }))
}

function bandOf({ constraint, prices }: Conditional): PriceVariant {
  return {
    when: { minutesUtc: [minutes(constraint!.start_time!), minutes(constraint!.end_time!)] },
    prices: basePrices(prices),
  }
}

const minutes = (time: string) => Number(time.slice(0, 2)) * 60 + Number(time.slice(3, 5))

function basePrices(raw: RawPrices): Prices {
  const prices: WritablePrices = {}
  for (const [name, value] of Object.entries(raw)) {
    const price = typeof value === 'number' ? value : value.base
    const tokenClass = perMillion[name]
    if (tokenClass !== undefined) prices[tokenClass] = decimalUsd(price, 0)
    else if (name === 'requests_kcount') prices.perRequest = decimalUsd(price, -3)
    else if (name === 'input_audio_hours') prices.perAudioHour = decimalUsd(price, 0)
  }
  return prices
}

/** The list's engine takes a tier when the prompt is longer than its start, and prices the whole request by it. */
function contextVariants(raw: RawPrices): PriceVariant[] {
  const byStart = new Map<number, { [name: string]: string }>()
  for (const [name, value] of Object.entries(raw)) {
    const tokenClass = perMillion[name]
    if (tokenClass === undefined || typeof value === 'number') continue
    for (const { start, price } of value.tiers) {
      byStart.set(start, { ...byStart.get(start), [tokenClass]: decimalUsd(price, 0) })
    }
  }
  return [...byStart]
    .sort(([a], [b]) => a - b)
    .map(([start, prices]) => ({ when: { promptTokensFrom: start + 1 }, prices }))
}

function matches(rule: Match, name: string): boolean {
  return Object.entries(rule).every(([kind, value]) => {
    if (typeof value !== 'string') {
      return kind === 'or'
        ? value.some(part => matches(part, name))
        : value.every(part => matches(part, name))
    }
    const text = value.toLowerCase()
    if (kind === 'equals') return name === text
    if (kind === 'starts_with') return name.startsWith(text)
    if (kind === 'ends_with') return name.endsWith(text)
    if (kind === 'contains') return name.includes(text)
    return kind === 'regex' && new RegExp(value, 'i').test(name)
  })
}
