/** A small book whose every price is made up and easy to reckon with. */
import { createPriceBook, type PriceRow } from './price-book.ts'
import type { PriceBook } from './types.ts'

const source = { title: 'a list', url: 'https://list.test', licence: 'none', asOf: '2026-09-01' }

export function bookOf(offers: readonly PriceRow[]): PriceBook {
  return createPriceBook({
    asOf: '2026-09-01',
    sources: { list: source },
    providers: { acme: { name: 'Acme AI', aliases: ['acme_ai'] }, other: { name: 'Other', aliases: [] } },
    offers,
  })
}

/** A price that fell on 2026-03-01, was given hours on 2026-08-17, costs more for long prompts, and half in batches. */
export const rows: readonly PriceRow[] = [
  {
    provider: 'acme',
    model: 'max-2.1',
    validTo: '2026-03-01',
    prices: { uncachedInput: '4', output: '8' },
    source: 'list',
  },
  {
    provider: 'acme',
    model: 'max-2.1',
    aliases: ['max-latest'],
    validFrom: '2026-03-01',
    validTo: '2026-08-17',
    prices: { uncachedInput: '2', cachedInput: '0.2', output: '8' },
    variants: [
      {
        when: { promptTokensFrom: 200_000 },
        prices: { uncachedInput: '4', cachedInput: '0.4', output: '12' },
      },
    ],
    source: 'list',
  },
  {
    provider: 'acme',
    model: 'max-2.1',
    validFrom: '2026-08-17',
    prices: { uncachedInput: '1', cachedInput: '0.1', output: '4' },
    variants: [
      {
        when: { minutesUtc: [60, 240], weekdaysUtc: [1, 2, 3, 4, 5] },
        prices: { uncachedInput: '2', cachedInput: '0.2', output: '8' },
      },
      { when: { minutesUtc: [1380, 30] }, prices: { output: '3' } },
    ],
    source: 'list',
  },
  {
    provider: 'acme',
    model: 'max-2.1',
    serviceTier: 'batch',
    validFrom: '2026-03-01',
    prices: { uncachedInput: '1', output: '4' },
    source: 'list',
  },
  {
    provider: 'other',
    model: 'acme/Max-2.1',
    prices: { uncachedInput: '1.5', cachedInput: '0.01', output: '9' },
    source: 'list',
  },
]
