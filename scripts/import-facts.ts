/**
 * Converts a folder of gathered facts into data/*.json: `node scripts/import-facts.ts <data folder>`.
 * The folder holds facts/*.json and measured/system_power_profiles.csv. The same input gives the same bytes.
 */
import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import type { FactsCatalog } from '../src/catalog/system-types.ts'
import { importAccelerators } from './import-facts/accelerators.ts'
import {
  importCostParameters,
  importElectricity,
  importPue,
  importShapes,
} from './import-facts/electricity.ts'
import { importPrices } from './import-facts/prices.ts'
import {
  type SourceAccelerator,
  type SourceElectricity,
  type SourceMarketIndex,
  type SourceOwnership,
  type SourcePue,
  type SourceRental,
  type SourceShape,
  withResolvedSources,
} from './import-facts/source-files.ts'
import { importSystems } from './import-facts/systems.ts'

const output = new URL('../data/', import.meta.url)

/** One entry a line: compact, yet a change of one fact is a change of one line. */
function write(name: string, entries: readonly { readonly id: string }[]): void {
  const ids = new Set(entries.map(entry => entry.id))
  if (ids.size !== entries.length) throw new Error(`${name}: ids are not unique`)
  const lines = entries.map(entry => JSON.stringify(entry)).join(',\n')
  writeFileSync(new URL(name, output), `[\n${lines}\n]\n`)
  console.log(`${name}: ${entries.length} entries`)
}

function importFacts(folder: string): Omit<FactsCatalog, 'models'> {
  const text = (path: string) => readFileSync(join(folder, path), 'utf8')
  const source = JSON.parse(text('facts/accelerators.json')) as { entries: SourceAccelerator[] }
  const rentals = JSON.parse(text('facts/rentals.json')) as {
    entries: SourceRental[]
    marketIndex: SourceMarketIndex[]
  }
  const raw = JSON.parse(text('facts/systems_tco.json')) as SourceOwnership
  const ownership: SourceOwnership = { ...raw, capex: withResolvedSources(raw.capex) }
  const electricity = JSON.parse(text('facts/electricity.json')) as SourceElectricity
  const pue = JSON.parse(text('facts/pue.json')) as { entries: SourcePue[] }
  const demand = JSON.parse(text('facts/demand_shapes.json')) as { shapes: SourceShape[] }

  const { accelerators, gaps } = importAccelerators(source.entries, ownership)
  const prices = importPrices(rentals.entries, rentals.marketIndex, ownership)
  console.log(`${prices.superseded} older prices of the same offer left out`)
  return {
    accelerators,
    prices: prices.prices,
    electricity: importElectricity(electricity),
    pue: importPue(withResolvedSources(pue.entries)),
    systems: importSystems(
      source.entries,
      accelerators,
      ownership,
      text('measured/system_power_profiles.csv'),
    ),
    shapes: importShapes(demand.shapes, electricity.timeOfUse),
    costParameters: importCostParameters(ownership.parameters),
    gaps: [...gaps, ...prices.gaps],
  }
}

const folder = process.argv[2]
if (folder === undefined) {
  console.error('usage: node scripts/import-facts.ts <data folder>')
  process.exitCode = 2
} else {
  const facts = importFacts(folder)
  write('accelerators.json', facts.accelerators)
  write('prices.json', facts.prices)
  write('electricity.json', facts.electricity)
  write('pue.json', facts.pue)
  write('systems.json', facts.systems)
  write('hourly-shapes.json', facts.shapes)
  write('cost-parameters.json', facts.costParameters)
  write('gaps.json', facts.gaps)
}
