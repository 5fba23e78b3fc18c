/** The two files, one row a line, so that a change of a price is a line of a diff. */
import type { PriceRow } from '../../src/market/price-book.ts'
import type { MergeContext } from './choose-price.ts'
import { listedProviders } from './providers.ts'
import { sources } from './sources.ts'

export function bookText(rows: readonly PriceRow[]): string {
  const used = new Set(rows.map(({ provider }) => provider))
  const providers = Object.fromEntries(
    listedProviders.filter(({ id }) => used.has(id)).map(({ id, name, aliases }) => [id, { name, aliases }]),
  )
  return [
    '{',
    `"asOf": ${JSON.stringify(sources['genai-prices'].asOf)},`,
    `"sources": ${block(sources)},`,
    `"providers": ${block(providers)},`,
    `"offers": [\n${lines(rows)}\n]`,
    '}\n',
  ].join('\n')
}

/** Findings about offers that are not in the book for other reasons are left out. */
export function findingsText({ refused, disagreements }: MergeContext, kept: ReadonlySet<string>): string {
  const ofBook = ({ provider, model }: { readonly provider: string; readonly model: string }) =>
    kept.has(`${provider}/${model}`)
  const unique = [...new Set(refused.map(finding => JSON.stringify(finding)))].sort()
  return `{\n"refused": [\n${unique.join(',\n')}\n],\n"disagreements": [\n${lines(disagreements.filter(ofBook))}\n]\n}\n`
}

const lines = (rows: readonly object[]) => rows.map(row => JSON.stringify(row)).join(',\n')

function block(object: object): string {
  const entries = Object.entries(object).map(
    ([key, value]) => `${JSON.stringify(key)}: ${JSON.stringify(value)}`,
  )
  return `{\n${entries.join(',\n')}\n}`
}
