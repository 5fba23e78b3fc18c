/** List prices of APIs for the models of the catalog, out of the shipped price book. */
import { loadPriceBook } from '../market/load-price-book-file.ts'
import { offersInForce } from '../market/offers.ts'
import type { PriceEntry } from '../market/types.ts'
import { dayStartMs } from '../market/utc-day.ts'
import type { ApiPrice } from './api-prices.ts'

/**
 * Standard offers for short prompts, in force on the day of the book. Where the hour decides, this is the price outside of the hours
 * that are named, and the provider's name says so.
 */
export function loadApiPrices(): readonly ApiPrice[] {
  const book = loadPriceBook()
  return offersInForce(book, {
    atMs: dayStartMs(book.asOf),
    serviceTiers: ['standard'],
    retired: false,
  }).flatMap(entry => apiPrice(entry, book.providers[entry.provider]!.name))
}

function apiPrice(entry: PriceEntry, providerName: string): ApiPrice[] {
  const { uncachedInput, cachedInput, output } = entry.prices
  if (entry.catalogModelId === null || uncachedInput === undefined || output === undefined) return []
  const hasHours = entry.variants.some(({ when }) => when.minutesUtc !== undefined)
  return [
    {
      id: entry.id.toLowerCase().replace(/[^a-z0-9]+/g, '-'),
      provider: hasHours ? `${providerName}, off-peak hours` : providerName,
      modelId: entry.catalogModelId,
      offeredAs: entry.model,
      usdPerMillionInputTokens: Number(uncachedInput),
      usdPerMillionCachedInputTokens:
        cachedInput === undefined || Number(cachedInput) >= Number(uncachedInput)
          ? null
          : Number(cachedInput),
      usdPerMillionOutputTokens: Number(output),
      provenance: entry.provenance,
    },
  ]
}
