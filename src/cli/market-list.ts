/** `market list`: offers in force at a moment. */
import { loadPriceBook } from '../market/load-price-book-file.ts'
import { priceOfEntry } from '../market/price-at.ts'
import { renderOffersJson } from '../report/market-json.ts'
import { renderBook, renderOffers } from '../report/market-text.ts'
import type { TextStyle } from '../report/text-style.ts'
import { chosenEntries, type FilterFlags, momentOf, momentText, tiersOf } from './market-filter.ts'

export interface ListFlags extends FilterFlags {
  readonly model?: string
  readonly json?: boolean
}

export function marketList(flags: ListFlags, nowMs: number, width: number, style: TextStyle): string {
  const book = loadPriceBook()
  const atMs = momentOf(flags.at, nowMs)
  const entries = chosenEntries(book, {
    atMs,
    ...(flags.model === undefined ? {} : { model: flags.model }),
    ...(flags.provider === undefined ? {} : { provider: flags.provider }),
    serviceTiers: tiersOf(flags.tier ?? 'all'),
  })
  const prices = entries.map(entry => priceOfEntry(entry, atMs, 0))
  if (flags.json === true) return renderOffersJson(prices, momentText(atMs), book.asOf)
  if (flags.model === undefined && flags.provider === undefined)
    return renderBook(book, entries, momentText(atMs), style)
  return renderOffers(book, prices, momentText(atMs), width, style)
}
