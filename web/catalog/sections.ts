/** The catalog's parts as tables: those of `tokenwright catalog`, and the facts that it lists by name only. */
import type { FactsCatalog } from '../../src/catalog/system-types.ts'
import { sections as commandSections, sectionCells } from '../../src/cli/commands/catalog-tables.ts'
import { isLowConfidence, type Provenance } from '../../src/core/provenance.ts'
import type { Table } from '../../src/report/plan-facts.ts'

export interface FactEntry {
  readonly id: string
  readonly provenance: Provenance
}

export interface CatalogSection {
  readonly name: string
  readonly title: string
  readonly entries: (catalog: FactsCatalog) => readonly FactEntry[]
  readonly table: (catalog: FactsCatalog, shown: readonly FactEntry[]) => Table
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

export const catalogSections: readonly CatalogSection[] = [
  ...commandSections.map(
    (name): CatalogSection => ({
      name,
      title: titles[name],
      entries: catalog => catalog[name],
      table: (catalog, shown) => sectionCells(catalog, name, new Set(shown.map(({ id }) => id))),
    }),
  ),
  {
    name: 'shapes',
    title: 'Days of demand',
    entries: catalog => catalog.shapes,
    table: (catalog, shown) => ({
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
    name: 'costs',
    title: 'Ownership',
    entries: catalog => catalog.costParameters,
    table: (catalog, shown) => ({
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
    name: 'gaps',
    title: 'Not known',
    entries: catalog => catalog.gaps,
    table: (catalog, shown) => ({
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

function entriesOf<Entry extends FactEntry>(entries: readonly Entry[], shown: readonly FactEntry[]): Entry[] {
  const ids = new Set(shown.map(({ id }) => id))
  return entries.filter(({ id }) => ids.has(id))
}

/** Every word stands somewhere in the entry, its source included. */
export function matching(entries: readonly FactEntry[], query: string, lowOnly: boolean): FactEntry[] {
  const words = query.toLowerCase().split(/\s+/).filter(Boolean)
  return entries.filter(entry => {
    if (lowOnly && !isLowConfidence(entry.provenance)) return false
    if (words.length === 0) return true
    const text = JSON.stringify(entry).toLowerCase()
    return words.every(word => text.includes(word))
  })
}
