/** The shipped file made into a price book: short rows become entries, names become an index. */
import { assert, present } from '../core/assert.ts'
import type { Provenance } from '../core/provenance.ts'
import type {
  PriceBook,
  PriceEntry,
  PriceProvider,
  PriceSource,
  Prices,
  PriceVariant,
  ServiceTier,
} from './types.ts'
import { dayStartMs } from './utc-day.ts'

/** A row of the file: what an entry says, without what goes without saying. */
export interface PriceRow {
  readonly provider: string
  readonly model: string
  readonly aliases?: readonly string[]
  readonly catalogModelId?: string
  readonly serviceTier?: Exclude<ServiceTier, 'standard'>
  readonly validFrom?: string
  readonly validTo?: string
  readonly retiredOn?: string
  readonly prices: Prices
  readonly variants?: readonly PriceVariant[]
  readonly source: string
  readonly agreeing?: readonly string[]
  readonly confidence?: Provenance['confidence']
  readonly notes?: string
}

export interface PriceBookDocument {
  readonly asOf: string
  readonly sources: Readonly<Record<string, PriceSource>>
  readonly providers: Readonly<Record<string, PriceProvider>>
  readonly offers: readonly PriceRow[]
}

/** Expands and indexes a document. Asserts that no two entries of an offer and tier are in force at once. */
export function createPriceBook(document: PriceBookDocument): PriceBook {
  const entries = document.offers.map(row => entryOf(row, document))
  const providerOfName = new Map<string, string>()
  for (const [id, { aliases }] of Object.entries(document.providers)) {
    for (const name of [id, ...aliases]) providerOfName.set(plainProvider(name), id)
  }
  const byModel = new Map<string, PriceEntry[]>()
  for (const entry of entries) {
    const key = keyOf(entry.provider, entry.model)
    byModel.set(key, [...(byModel.get(key) ?? []), entry])
  }
  for (const list of byModel.values()) assertNoOverlap(list)
  // A model's own name goes before another's alias.
  const byName = new Map(byModel)
  for (const entry of entries) {
    for (const alias of entry.aliases) {
      const key = keyOf(entry.provider, alias)
      if (!byName.has(key)) byName.set(key, byModel.get(keyOf(entry.provider, entry.model))!)
    }
  }
  return {
    asOf: document.asOf,
    sources: document.sources,
    providers: document.providers,
    entries,
    entriesOf: (provider, model) => {
      const id = providerOfName.get(plainProvider(provider))
      if (id === undefined) return []
      return byName.get(keyOf(id, model)) ?? byName.get(keyOf(id, withoutSnapshot(model))) ?? []
    },
  }
}

function entryOf(row: PriceRow, document: PriceBookDocument): PriceEntry {
  const source = present(document.sources[row.source], `the book names its source ${row.source}`)
  assert(row.provider in document.providers, `the book names its provider ${row.provider}`)
  const tier = row.serviceTier ?? 'standard'
  return {
    id: `${row.provider}/${row.model}${tier === 'standard' ? '' : `@${tier}`}${row.validFrom === undefined ? '' : `#${row.validFrom}`}`,
    provider: row.provider,
    model: row.model,
    aliases: row.aliases ?? [],
    catalogModelId: row.catalogModelId ?? null,
    serviceTier: tier,
    validFrom: row.validFrom ?? null,
    validTo: row.validTo ?? null,
    retiredOn: row.retiredOn ?? null,
    prices: row.prices,
    variants: row.variants ?? [],
    provenance: {
      source: `${source.title}, ${source.url}`,
      asOf: source.asOf,
      confidence: row.confidence ?? 'published',
      ...(row.notes === undefined ? {} : { notes: row.notes }),
    },
    source: row.source,
    agreeing: row.agreeing ?? [],
  }
}

function assertNoOverlap(entries: readonly PriceEntry[]): void {
  for (const [index, a] of entries.entries()) {
    for (const b of entries.slice(index + 1)) {
      const apart = endMs(a) <= startMs(b) || endMs(b) <= startMs(a)
      assert(a.serviceTier !== b.serviceTier || apart, `${a.id} and ${b.id} are in force at once`)
    }
  }
}

/** Start and end of an entry as moments; an unknown end lies at infinity. */
export const startMs = ({ validFrom }: PriceEntry) => (validFrom === null ? -Infinity : dayStartMs(validFrom))
export const endMs = ({ validTo }: PriceEntry) => (validTo === null ? Infinity : dayStartMs(validTo))

const plainProvider = (provider: string) => provider.toLowerCase().replace(/[^a-z0-9]/g, '')

/** Names compare without case; dots, colons, underscores, slashes and at signs are hyphens: claude-opus-4.5 is claude-opus-4-5. */
const keyOf = (provider: string, model: string) =>
  `${provider}|${model.toLowerCase().replace(/[._:@/]/g, '-')}`

/** A dated snapshot costs what its model costs unless the book knows it apart: gpt-5-2025-08-07, claude-opus-5-20260724. */
function withoutSnapshot(model: string): string {
  return model.replace(/[-@](\d{4}-\d{2}-\d{2}|\d{8})$/, '')
}
