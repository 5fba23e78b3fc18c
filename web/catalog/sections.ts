/** The catalog's parts as tables: those of `tokenwright catalog`, and the facts that it lists by name only. */
import type { FactsCatalog } from '../../src/catalog/system-types.ts'
import { sections as commandSections, sectionCells } from '../../src/cli/commands/catalog-tables.ts'
import { isLowConfidence, type Provenance } from '../../src/core/provenance.ts'
import type { Pair, Table } from '../../src/report/plan-facts.ts'
import { entryPairs } from './entry-facts.ts'

export interface FactEntry {
  readonly id: string
  readonly provenance: Provenance
}

export interface CatalogSection {
  readonly name: string
  readonly title: string
  /** Of the section, where its name does not say enough. */
  readonly explanation?: string
  /** Null: its files are fetched when it is opened. */
  readonly entries: readonly FactEntry[] | null
  /** What is searched beside the entry itself. */
  readonly text?: (entry: FactEntry) => string
  readonly filters: readonly SectionFilter[]
  readonly table: (shown: readonly FactEntry[]) => Table
  /** What is shown of one entry, beside its source. */
  readonly pairs: (entry: FactEntry) => Pair[]
}

/** A box to tick; `name` stands in the address. */
export interface SectionFilter {
  readonly name: string
  readonly label: string
  readonly holds: (entry: FactEntry) => boolean
}

const lowConfidence: SectionFilter = {
  name: 'low',
  label: 'Low confidence only',
  holds: ({ provenance }) => isLowConfidence(provenance),
}

const titles: Readonly<Record<(typeof commandSections)[number], string>> = {
  models: 'Models',
  accelerators: 'Accelerators',
  systems: 'Systems',
  prices: 'Prices',
  electricity: 'Electricity',
  pue: 'PUE',
}

function noted(provenance: Provenance): string[] {
  return [provenance.asOf, `${provenance.confidence}${isLowConfidence(provenance) ? ' ?' : ''}`]
}

const notedColumns = [{ header: 'as of' }, { header: 'confidence' }]

export function factSections(catalog: FactsCatalog): readonly CatalogSection[] {
  return [
    ...commandSections.map(
      (name): CatalogSection => ({
        ...plain,
        name,
        title: titles[name],
        entries: catalog[name],
        table: shown => sectionCells(catalog, name, new Set(shown.map(({ id }) => id))),
      }),
    ),
    {
      ...plain,
      name: 'shapes',
      title: 'Days of demand',
      entries: catalog.shapes,
      table: shown => ({
        columns: [
          { header: 'shape' },
          { header: 'kind' },
          { header: 'peak ÷ mean', align: 'right' },
          { header: 'description' },
          ...notedColumns,
        ],
        rows: entriesOf(catalog.shapes, shown).map(shape => [
          shape.id,
          shape.kind,
          shape.peakToMean.toFixed(2),
          shape.description,
          ...noted(shape.provenance),
        ]),
      }),
    },
    {
      ...plain,
      name: 'costs',
      title: 'Ownership',
      entries: catalog.costParameters,
      table: shown => ({
        columns: [{ header: 'parameter' }, { header: 'name' }, { header: 'values' }, ...notedColumns],
        rows: entriesOf(catalog.costParameters, shown).map(parameter => [
          parameter.id,
          parameter.name,
          Object.entries(parameter.values)
            .map(([name, value]) => `${name} ${value}`)
            .join(', '),
          ...noted(parameter.provenance),
        ]),
      }),
    },
    {
      ...plain,
      name: 'gaps',
      title: 'Not known',
      entries: catalog.gaps,
      table: shown => ({
        columns: [{ header: 'entry' }, { header: 'name' }, { header: 'no source states' }, ...notedColumns],
        rows: entriesOf(catalog.gaps, shown).map(gap => [
          gap.id,
          gap.name,
          gap.missing.join(', '),
          ...noted(gap.provenance),
        ]),
      }),
    },
  ]
}

const plain = { filters: [lowConfidence], pairs: (entry: FactEntry) => entryPairs(entry) }

/** In their own order. */
export function entriesOf<Entry extends FactEntry>(
  entries: readonly Entry[],
  shown: readonly FactEntry[],
): Entry[] {
  const ids = new Set(shown.map(({ id }) => id))
  return entries.filter(({ id }) => ids.has(id))
}

/** What is searched of each entry, written out once. */
const texts = new WeakMap<FactEntry, string>()

function textOf(entry: FactEntry, section: CatalogSection): string {
  const known = texts.get(entry)
  if (known !== undefined) return known
  const text = `${JSON.stringify(entry)} ${section.text?.(entry) ?? ''}`.toLowerCase()
  texts.set(entry, text)
  return text
}

/** Every word stands somewhere in the entry, its source included, and every ticked filter holds. */
export function matching(
  section: CatalogSection,
  query: string,
  ticked: (filter: string) => boolean,
): readonly FactEntry[] {
  const words = query.toLowerCase().split(/\s+/).filter(Boolean)
  const filters = section.filters.filter(({ name }) => ticked(name))
  return (section.entries ?? []).filter(entry => {
    if (!filters.every(({ holds }) => holds(entry))) return false
    if (words.length === 0) return true
    const text = textOf(entry, section)
    return words.every(word => text.includes(word))
  })
}
