/** What LiteLLM's list said from day to day (a log of its changes), as spells of one price each. */
import { parseCsv } from '../../src/core/csv.ts'
import { implausiblePrices } from '../../src/market/plausibility.ts'
import type { Prices } from '../../src/market/types.ts'
import { decimalUsd } from './decimal.ts'
import { differs } from './differs.ts'
import type { WritablePrices } from './listed-offer.ts'

export interface ListedSpell {
  /** The day the list began to say so: not before the provider asked it, often later. */
  readonly from: string
  readonly prices: Prices
}

/** Shorter than this was a mistake of the list that was put right, not a price. */
const shortestSpellDays = 14

const columns = {
  new_input: 'uncachedInput',
  new_output: 'output',
  new_cache_read: 'cachedInput',
  new_cache_write: 'cacheWrite',
} as const

/** Spells by the list's key, in the order of time. */
export function readHistory(text: string): ReadonlyMap<string, readonly ListedSpell[]> {
  const spells = new Map<string, ListedSpell[]>()
  for (const row of parseCsv(text).records) {
    if (row.text('event') === 'removed') continue
    const prices: WritablePrices = {}
    for (const [column, name] of Object.entries(columns)) {
      const value = row.text(column)
      if (value !== '') prices[name] = decimalUsd(value, 6)
    }
    const slips = new Set(implausiblePrices(prices).map(slip => slip.class))
    if (slips.has('uncachedInput') || slips.has('output')) continue
    for (const name of slips) delete prices[name]
    const key = row.text('model')
    const known = spells.get(key) ?? []
    const last = known.at(-1)
    if (last === undefined) known.push({ from: row.text('date'), prices })
    else if (samePrices(last.prices, prices))
      // A class that is listed for the first time was not free before.
      known[known.length - 1] = { from: last.from, prices: { ...prices, ...last.prices } }
    else known.push({ from: row.text('date'), prices })
    spells.set(key, known)
  }
  for (const [key, known] of spells) spells.set(key, withoutMistakes(known))
  return spells
}

function samePrices(a: Prices, b: Prices): boolean {
  return Object.values(columns).every(name => !differs(a[name], b[name]))
}

function withoutMistakes(spells: readonly ListedSpell[]): ListedSpell[] {
  const kept: ListedSpell[] = []
  for (const [index, spell] of spells.entries()) {
    const next = spells[index + 1]
    if (next !== undefined && days(spell.from, next.from) < shortestSpellDays) {
      // What follows was meant from the beginning.
      const meant = { from: spell.from, prices: next.prices }
      const later = spells.slice(index + 2)
      const before = kept.at(-1)
      if (before !== undefined && samePrices(before.prices, meant.prices))
        return withoutMistakes([...kept, ...later])
      return withoutMistakes([...kept, meant, ...later])
    }
    kept.push(spell)
  }
  return kept
}

const days = (from: string, to: string) => (Date.parse(to) - Date.parse(from)) / 86_400_000
