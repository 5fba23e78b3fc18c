/** Tables of the catalog, one row an entry. Low confidence is marked with "?" after the confidence. */
import { acceleratorsWithoutPrice, choosePrice } from '../../catalog/price-choice.ts'
import type { FactsCatalog } from '../../catalog/system-types.ts'
import type { PriceTier } from '../../catalog/types.ts'
import { isLowConfidence, type Provenance } from '../../core/provenance.ts'
import {
  formatBytes,
  formatCount,
  formatSignificant,
  formatWatts,
  missing,
} from '../../report/format-number.ts'
import { renderTable, type TableColumn } from '../../report/text-table.ts'

export const sections = ['models', 'accelerators', 'systems', 'prices', 'electricity', 'pue'] as const
export type Section = (typeof sections)[number]

const left = (header: string): TableColumn => ({ header })
const right = (header: string): TableColumn => ({ header, align: 'right' })

const priceTiers: readonly PriceTier[] = ['owned', 'reserved', 'on-demand', 'spot']

/** The entries of a section whose JSON holds the filter, in the order of the data. */
export function sectionEntries(
  catalog: FactsCatalog,
  section: Section,
  filter: string,
): readonly { readonly id: string }[] {
  const wanted = filter.toLowerCase()
  const entries: readonly { readonly id: string }[] = catalog[section]
  return wanted === ''
    ? entries
    : entries.filter(entry =>
        JSON.stringify({ ...entry, provenance: undefined })
          .toLowerCase()
          .includes(wanted),
      )
}

/** The table of a section for the entries with these ids. */
export function sectionTable(catalog: FactsCatalog, section: Section, ids: ReadonlySet<string>): string {
  const [columns, rows] = tables[section](catalog, ids)
  return renderTable(columns, rows)
}

/** The same as columns and cells, for formats that lay tables out in their own way. */
export function sectionCells(
  catalog: FactsCatalog,
  section: Section,
  ids: ReadonlySet<string>,
): { readonly columns: readonly TableColumn[]; readonly rows: readonly (readonly string[])[] } {
  const [columns, rows] = tables[section](catalog, ids)
  return { columns, rows }
}

type Table = [columns: readonly TableColumn[], rows: string[][]]
type TableOf = (catalog: FactsCatalog, ids: ReadonlySet<string>) => Table

const tables: Readonly<Record<Section, TableOf>> = {
  models: (catalog, ids) => [
    [left('model'), right('parameters'), right('active'), left('aliases'), left('as of')],
    catalog.models
      .filter(model => ids.has(model.id))
      .map(model => [
        model.id,
        billions(model.publishedTotalParameters),
        billions(model.publishedActiveParameters),
        `${model.aliases.slice(0, 3).join(', ')}${model.aliases.length > 3 ? ', …' : ''}`,
        model.provenance.asOf,
      ]),
  ],
  accelerators: (catalog, ids) => [
    [
      left('accelerator'),
      left('generation'),
      right('memory'),
      right('bandwidth'),
      right('TFLOPS bf16'),
      right('fp8'),
      right('fp4'),
      right('domain'),
      right('TDP'),
      ...priceTiers.map(tier => right(`$/h ${tier}`)),
      left('engines'),
      left('as of'),
      left('confidence'),
    ],
    catalog.accelerators
      .filter(accelerator => ids.has(accelerator.id))
      .map(accelerator => [
        accelerator.id,
        accelerator.generation,
        formatBytes(accelerator.memoryBytes),
        `${formatBytes(accelerator.memoryBandwidthBytesPerSecond)}/s`,
        teraflops(accelerator.peakFlopsPerSecond.bf16),
        teraflops(accelerator.peakFlopsPerSecond.fp8),
        teraflops(accelerator.peakFlopsPerSecond.fp4),
        String(accelerator.scaleUp.domainDevices),
        formatWatts(accelerator.tdpWatts),
        ...priceTiers.map(tier => {
          const choice = choosePrice(catalog, accelerator.id, tier)
          if (!choice) return missing
          return `${choice.price.usdPerDeviceHour.toFixed(2)}${isLowConfidence(choice.price.provenance) ? '?' : ''}`
        }),
        accelerator.engines.join(' ') || missing,
        accelerator.provenance.asOf,
        confidence(accelerator.provenance),
      ]),
  ],
  systems: (catalog, ids) => [
    [
      left('system'),
      left('accelerator'),
      right('devices'),
      right('per host'),
      right('maximum'),
      right('fixed + network'),
      right('capital'),
      left('as of'),
      left('confidence'),
    ],
    catalog.systems
      .filter(system => ids.has(system.id))
      .map(system => [
        system.id,
        system.acceleratorId,
        String(system.devices),
        String(system.devicesPerHost),
        system.maximumWatts === null ? missing : formatWatts(system.maximumWatts),
        system.power
          ? formatWatts(system.power.fixedWatts.singleSystem + system.power.networkWatts.singleSystem)
          : missing,
        system.capital.map(entry => `$${formatSignificant(entry.usd)}`).join(' or ') || missing,
        system.provenance.asOf,
        confidence(system.provenance),
      ]),
  ],
  prices: (catalog, ids) => [
    [
      left('price'),
      left('accelerator'),
      left('tier'),
      right('$/device/h'),
      left('provider'),
      left('region'),
      left('commitment'),
      left('as of'),
      left('confidence'),
    ],
    catalog.prices
      .filter(price => ids.has(price.id))
      .map(price => [
        price.id,
        price.acceleratorId,
        price.tier,
        price.usdPerDeviceHour.toFixed(4),
        price.provider,
        price.region ?? missing,
        price.commitment ?? missing,
        price.provenance.asOf,
        confidence(price.provenance),
      ]),
  ],
  electricity: (catalog, ids) => [
    [
      left('id'),
      left('region'),
      left('kind'),
      right('$/kWh'),
      right('g CO2e/kWh'),
      left('as of'),
      left('confidence'),
    ],
    catalog.electricity
      .filter(entry => ids.has(entry.id))
      .map(entry => [
        entry.id,
        entry.region,
        entry.kind ?? missing,
        entry.usdPerKilowattHour.toFixed(4),
        entry.carbonGramsPerKilowattHour === null ? missing : entry.carbonGramsPerKilowattHour.toFixed(0),
        entry.provenance.asOf,
        confidence(entry.provenance),
      ]),
  ],
  pue: (catalog, ids) => [
    [left('id'), left('scope'), right('PUE'), left('as of'), left('confidence')],
    catalog.pue
      .filter(entry => ids.has(entry.id))
      .map(entry => [
        entry.id,
        entry.scope,
        entry.pue.toFixed(2),
        entry.provenance.asOf,
        confidence(entry.provenance),
      ]),
  ],
}

export interface OverviewRow {
  readonly section: string
  readonly entries: number
  readonly lowConfidence: number
  readonly newest: string
}

/** Counts of every part of the catalog. */
export function overview(catalog: FactsCatalog): {
  readonly sections: readonly OverviewRow[]
  readonly acceleratorsWithoutPrice: readonly string[]
  readonly gaps: readonly string[]
} {
  const row = (section: string, entries: readonly { readonly provenance: Provenance }[]): OverviewRow => ({
    section,
    entries: entries.length,
    lowConfidence: entries.filter(entry => isLowConfidence(entry.provenance)).length,
    newest:
      entries
        .map(entry => entry.provenance.asOf)
        .sort()
        .at(-1) ?? '',
  })
  return {
    sections: [
      ...sections.map(section => row(section, catalog[section])),
      row('hourly shapes', catalog.shapes),
      row('cost parameters', catalog.costParameters),
    ],
    acceleratorsWithoutPrice: acceleratorsWithoutPrice(catalog).map(accelerator => accelerator.id),
    gaps: catalog.gaps.map(gap => `${gap.name}: no ${gap.missing.join(', no ')}`),
  }
}

export function overviewText(catalog: FactsCatalog): string {
  const { sections: rows, acceleratorsWithoutPrice: unpriced, gaps } = overview(catalog)
  const table = renderTable(
    [left('part'), right('entries'), right('of low confidence'), left('newest')],
    rows.map(row => [row.section, String(row.entries), String(row.lowConfidence), row.newest || missing]),
  )
  return [
    table,
    '',
    `Engines run on these, but no source states a price: ${unpriced.join(', ') || 'none'}`,
    `Known to exist, figures not published: ${gaps.join('; ') || 'none'}`,
    'Low confidence ("?") means estimated or from memory; every answer that uses such a fact says so.',
  ].join('\n')
}

export function confidence(provenance: Provenance): string {
  return isLowConfidence(provenance) ? `${provenance.confidence} ?` : provenance.confidence
}

function teraflops(value: number | null): string {
  return value === null ? missing : formatCount(value / 1e12)
}

function billions(value: number | null): string {
  return value === null ? missing : `${formatSignificant(value / 1e9)} B`
}
