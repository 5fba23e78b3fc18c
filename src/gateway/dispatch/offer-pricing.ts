/** What an offer costs: the price book's price in force, looked up once a minute and context tier, or the prices of a contract. */
import { TokenwrightError } from '../../core/errors.ts'
import { costOfUsage, type PriceBook, type PriceInForce, type Prices, priceAt } from '../../market/index.ts'
import type { OfferConfig } from '../config/gateway-config.ts'
import type { CostClass } from '../ledger/index.ts'
import type { UsageClasses } from '../usage.ts'
import type { CandidatePricing, PricedUsage, PriceExtras } from './types.ts'

/** Dollars per token, for predictions; what is paid is reckoned exactly. */
export interface TokenPrices {
  readonly input: number
  readonly cached: number
  readonly output: number
  readonly request: number
}

export interface OfferPricing extends CandidatePricing {
  tokenPrices(atMs: number, promptTokens: number): TokenPrices
}

export type PriceAlarm = 'no-price' | 'unpriced-usage'

interface RuledPrices {
  readonly prices: Prices
  readonly ruleId: string
  readonly perToken: TokenPrices
}

const msPerMinute = 60_000

/**
 * @throws TokenwrightError when the book has no price of it now. Later, when a price ended and none follows, the last one is taken
 * and the alarm `no-price` raised: a request that was served must be paid.
 */
export function createOfferPricing(
  offer: OfferConfig,
  book: PriceBook,
  nowMs: number,
  onAlarm: (name: PriceAlarm, detail: string) => void,
): OfferPricing {
  const ruled = pricesOf(offer, book, nowMs, onAlarm)
  const alarmed = new Set<string>()
  return {
    price(usage, atMs, extras = {}) {
      const { prices, ruleId } = ruled(atMs, promptTokensOf(usage))
      const { priced, unpriced } = priceUsage(prices, ruleId, usage, extras)
      for (const name of unpriced) {
        if (alarmed.has(name)) continue
        alarmed.add(name)
        onAlarm('unpriced-usage', `${name} was used, for which ${ruleId} has no price`)
      }
      return priced
    },
    tokenPrices: (atMs, promptTokens) => ruled(atMs, promptTokens).perToken,
  }
}

function pricesOf(
  { name, price, serviceTier }: OfferConfig,
  book: PriceBook,
  startMs: number,
  onAlarm: (name: PriceAlarm, detail: string) => void,
): (atMs: number, promptTokens: number) => RuledPrices {
  if (price.kind === 'own') {
    const own = { prices: price.prices, ruleId: price.ruleId, perToken: perTokenOf(price.prices) }
    return () => own
  }
  const { provider, model } = price
  const first = priceAt(book, { provider, model, atMs: startMs, promptTokens: 0, serviceTier })
  if (first === null) {
    throw new TokenwrightError(
      'usage',
      `the price book has no price in force of ${provider}/${model} (${serviceTier})`,
      {
        where: `offers.${name}.price`,
        fix: `look it up with tokenwright market list ${model}, or give prices of your own`,
      },
    )
  }
  const thresholds = thresholdsOf(book, provider, model)
  let last: PriceInForce = first
  let minute = Number.NaN
  /** By number of thresholds that are reached. */
  let byTier: (RuledPrices | undefined)[] = []
  let alarmed = false
  return (atMs, promptTokens) => {
    const now = Math.floor(atMs / msPerMinute)
    if (now !== minute) {
      minute = now
      byTier = []
    }
    let tier = 0
    while (tier < thresholds.length && promptTokens >= thresholds[tier]!) tier++
    const known = byTier[tier]
    if (known !== undefined) return known
    const found = priceAt(book, { provider, model, atMs, promptTokens, serviceTier })
    if (found === null && !alarmed) {
      alarmed = true
      onAlarm('no-price', `the price book has no price of ${provider}/${model} (${serviceTier}) any more`)
    }
    last = found ?? last
    const ruled = { prices: last.prices, ruleId: last.entry.id, perToken: perTokenOf(last.prices) }
    byTier[tier] = ruled
    return ruled
  }
}

/** Lengths of prompts at which any of its prices changes, ascending. */
function thresholdsOf(book: PriceBook, provider: string, model: string): number[] {
  const all = book
    .entriesOf(provider, model)
    .flatMap(({ variants }) => variants.map(({ when }) => when.promptTokensFrom ?? 0))
  return [...new Set(all)].filter(tokens => tokens > 0).sort((a, b) => a - b)
}

export function promptTokensOf({ uncachedInput, cachedInput, cacheWrite, inputAudio }: UsageClasses): number {
  return uncachedInput + cachedInput + cacheWrite + inputAudio
}

function perTokenOf(prices: Prices): TokenPrices {
  const usd = (text: string | undefined) => (text === undefined ? 0 : Number(text))
  const input = usd(prices.uncachedInput) / 1e6
  return {
    input,
    cached: prices.cachedInput === undefined ? input : usd(prices.cachedInput) / 1e6,
    output: usd(prices.output) / 1e6,
    request: usd(prices.perRequest),
  }
}

function priceUsage(
  prices: Prices,
  priceRuleId: string,
  usage: UsageClasses,
  extras: PriceExtras,
): { priced: PricedUsage; unpriced: readonly string[] } {
  const { nanoUsd, lines, unpriced } = costOfUsage(prices, usage, extras)
  const costNanoUsd: Partial<Record<CostClass, bigint>> = {}
  for (const line of lines) {
    const name = costClassOf(line.used)
    costNanoUsd[name] = (costNanoUsd[name] ?? 0n) + line.nanoUsd
  }
  return { priced: { nanoUsd, costNanoUsd, priceRuleId, isExact: unpriced.length === 0 }, unpriced }
}

function costClassOf(used: string): CostClass {
  switch (used) {
    case 'uncachedInput':
    case 'cachedInput':
    case 'cacheWrite':
    case 'inputAudio':
    case 'output':
    case 'outputAudio':
      return used
    case 'cacheWriteOneHour':
      return 'cacheWrite'
    default:
      return 'other'
  }
}
