/** Answers of `tokenwright market` as JSON: everything the text shows, money as decimal strings. */
import type { PriceFindings } from '../market/findings.ts'
import type { JobOffer } from '../market/offers.ts'
import type { PriceInForce } from '../market/price-at.ts'
import { exactUsd } from './format-number.ts'
import { jsonText } from './json-text.ts'
import type { JobQuestion } from './market-job-text.ts'

const version = 1

export function renderOffersJson(prices: readonly PriceInForce[], at: string, asOf: string): string {
  return jsonText({
    kind: 'tokenwright-market-list',
    version,
    asOf,
    at,
    offers: prices.map(({ entry, prices: inForce, rule }) => ({ ...entry, inForce, rule })),
  })
}

export function renderJobJson(question: JobQuestion, offers: readonly JobOffer[], asOf: string): string {
  return jsonText({
    kind: 'tokenwright-market-price',
    version,
    asOf,
    ...question,
    offers: offers.map(({ price, cost, usdPerMillionTokens }) => ({
      id: price.entry.id,
      provider: price.entry.provider,
      model: price.entry.model,
      serviceTier: price.entry.serviceTier,
      usd: cost.unpriced.length > 0 ? null : exactUsd(cost.nanoUsd),
      usdPerMillionTokens,
      rule: price.rule,
      lines: cost.lines.map(({ nanoUsd, ...line }) => ({ ...line, lineUsd: exactUsd(nanoUsd) })),
      unpriced: cost.unpriced,
      source: price.entry.source,
      agreeing: price.entry.agreeing,
      provenance: price.entry.provenance,
    })),
  })
}

export function renderFindingsJson(findings: PriceFindings): string {
  return jsonText({ kind: 'tokenwright-market-check', version, ...findings })
}
