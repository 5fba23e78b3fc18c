/** The price book of APIs with what was found when it was made: refused prices, and lists that disagree. */
import type { Provenance } from '../../src/core/provenance.ts'
import type { Disagreement, PriceFindings, RefusedPrice } from '../../src/market/findings.ts'
import { createPriceBook, type PriceBookDocument } from '../../src/market/price-book.ts'
import type { PriceBook, PriceEntry } from '../../src/market/types.ts'

export interface RefusedEntry extends RefusedPrice {
  readonly id: string
  readonly provenance: Provenance
}

export interface MarketFacts {
  readonly book: PriceBook
  readonly refused: readonly RefusedEntry[]
  /** What was refused of an offer, and which lists say something else. */
  readonly findingsOf: (entry: PriceEntry) => EntryFindings
}

export interface EntryFindings {
  readonly refused: readonly RefusedPrice[]
  readonly disputes: readonly Disagreement[]
}

export function marketFacts(document: PriceBookDocument, findings: PriceFindings): MarketFacts {
  const book = createPriceBook(document)
  const refused = Map.groupBy(findings.refused, offerOf)
  const disputes = Map.groupBy(findings.disagreements, offerOf)
  return {
    book,
    refused: findings.refused.map((price, index) => refusedEntry(price, index, book)),
    findingsOf: entry => ({
      // Refused is what the lists say now.
      refused: entry.validTo === null ? (refused.get(offerOf(entry)) ?? []) : [],
      disputes: (disputes.get(offerOf(entry)) ?? []).filter(({ day }) => isInForce(entry, day)),
    }),
  }
}

function offerOf({
  provider,
  model,
  serviceTier,
}: Pick<RefusedPrice, 'provider' | 'model' | 'serviceTier'>): string {
  return `${provider}/${model}@${serviceTier}`
}

/** Days as ISO dates compare as they are written. */
export function isInForce({ validFrom, validTo }: PriceEntry, day: string): boolean {
  return (validFrom === null || validFrom <= day) && (validTo === null || day < validTo)
}

function refusedEntry(price: RefusedPrice, index: number, { sources }: PriceBook): RefusedEntry {
  const source = sources[price.source]
  return {
    ...price,
    id: `${offerOf(price)} ${price.class} ${index}`,
    provenance: {
      source: source === undefined ? price.source : `${source.title}, ${source.url}`,
      asOf: source?.asOf ?? 'not stated',
      confidence: 'published',
    },
  }
}
