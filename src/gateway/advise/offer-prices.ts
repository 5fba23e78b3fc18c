/** What the book says an attempt would have cost elsewhere: exact, at the moment it was made. */
import type { NanoUsd } from '../../core/money.ts'
import {
  costOfUsage,
  offersInForce,
  type PriceBook,
  type PriceEntry,
  priceOfEntry,
  type ServiceTier,
} from '../../market/index.ts'
import type { OfferConfig } from '../config/gateway-config.ts'
import { type AttemptFacts, promptTokens } from './window-facts.ts'

/** What an attempt costs there; null where a class it used has no price. */
export type PriceOfAttempt = (attempt: AttemptFacts) => NanoUsd | null

export function priceByEntry(entry: PriceEntry): PriceOfAttempt {
  return ({ usage, atMs }) => {
    const { prices } = priceOfEntry(entry, atMs, promptTokens(usage))
    const { nanoUsd, unpriced } = costOfUsage(prices, usage)
    return unpriced.length > 0 ? null : nanoUsd
  }
}

/** Sum over attempts; null when one of them has no price. */
export function totalAt(attempts: readonly AttemptFacts[], price: PriceOfAttempt): NanoUsd | null {
  let total = 0n
  for (const attempt of attempts) {
    const nanoUsd = price(attempt)
    if (nanoUsd === null) return null
    total += nanoUsd
  }
  return total
}

/** The entry an attempt was charged by; null for prices of a contract and rules the book does not know. */
export function entryOfRule(book: PriceBook, ruleId: string): PriceEntry | null {
  return book.entries.find(({ id }) => id === ruleId) ?? null
}

/** How an offer of the configuration prices: its contract, or its entry of the book; null where the book has none now. */
export function priceOfOffer(book: PriceBook, offer: OfferConfig, atMs: number): PriceOfAttempt | null {
  const { price, serviceTier } = offer
  if (price.kind === 'own') {
    return ({ usage }) => {
      const { nanoUsd, unpriced } = costOfUsage(price.prices, usage)
      return unpriced.length > 0 ? null : nanoUsd
    }
  }
  const { provider, model } = price
  const entry = offersInForce(book, { atMs, provider, model, serviceTiers: [serviceTier] })[0]
  return entry === undefined ? null : priceByEntry(entry)
}

export interface CheapestOffer {
  readonly entry: PriceEntry
  readonly nanoUsd: NanoUsd
  readonly price: PriceOfAttempt
}

/**
 * Who sells the model cheapest for just these requests. Names of one model are matched as `market` does. null: the book knows nobody
 * who sells it and has a price for all that was used.
 */
export function cheapestOffer(
  book: PriceBook,
  attempts: readonly AttemptFacts[],
  question: {
    readonly model: string
    readonly atMs: number
    readonly provider?: string
    readonly serviceTiers?: readonly ServiceTier[]
  },
): CheapestOffer | null {
  const { serviceTiers = ['standard'], ...rest } = question
  let best: CheapestOffer | null = null
  for (const entry of offersInForce(book, { ...rest, serviceTiers, retired: false })) {
    const price = priceByEntry(entry)
    const nanoUsd = totalAt(attempts, price)
    if (nanoUsd !== null && (best === null || nanoUsd < best.nanoUsd)) best = { entry, nanoUsd, price }
  }
  return best
}
