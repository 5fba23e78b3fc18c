/** What a million tokens of each class and use cost, and which part of the bill that is: the columns of every such table. */
import { formatUsdPerMillionTokens } from './format-number.ts'
import type { Table } from './plan-facts.ts'

/** Name, dollars per million tokens, share of the bill in words, and how it was shared out. */
export type TokenPriceRow = readonly [string, number | null, string, string]

export function tokenPriceTable(rows: readonly TokenPriceRow[]): Table {
  return {
    columns: [
      { header: 'per million tokens' },
      { header: '$', align: 'right' },
      { header: 'of the bill', align: 'right' },
      { header: '' },
    ],
    rows: rows.map(([name, value, part, note]) => [name, formatUsdPerMillionTokens(value), part, note]),
  }
}
