/** `tokenwright catalog`: what the shipped facts (and a facts file) say, each with source, date and confidence. */
import { Command } from 'commander'
import { loadCatalogWithFacts } from '../../catalog/load-facts-file.ts'
import type { FactsCatalog } from '../../catalog/system-types.ts'
import { nearestNames } from '../../core/nearest-name.ts'
import {
  overview,
  overviewText,
  type Section,
  sectionEntries,
  sections,
  sectionTable,
} from './catalog-tables.ts'

interface CatalogOptions {
  readonly json?: boolean
  readonly facts?: string
}

const descriptions: Readonly<Record<Section, string>> = {
  models: 'models whose configuration ships with tokenwright',
  accelerators: 'accelerators with the price each tier would take',
  systems: 'nodes and racks: power and purchase prices',
  prices: 'prices per device hour: owned, reserved, on demand, spot',
  electricity: 'electricity prices and carbon intensity by region',
  pue: 'power usage effectiveness by kind of site',
}

const examples = `
Examples:
  $ tokenwright catalog
  $ tokenwright catalog accelerators hopper
  $ tokenwright catalog prices h200 --json
  $ tokenwright catalog show b200
  $ tokenwright catalog show us-east-1
  $ tokenwright catalog show ./config.json --json
  $ tokenwright catalog prices our --facts our-facts.yaml
`

type Write = (text: string) => void
type Print = (value: string | object) => void

/** The command with its subcommands; `--json` and `--facts` work on each of them. Tests give their own `write`. */
export function catalogCommand(write: Write = text => process.stdout.write(text)): Command {
  const print = (value: string | object) =>
    write(`${typeof value === 'string' ? value : JSON.stringify(value, null, 2)}\n`)
  const command = withOptions(new Command('catalog'))
    .description('look up models, accelerators, systems, prices, electricity and PUE, each with its source')
    .addHelpText('after', examples)
    .action(async (_options: unknown, self: Command) => {
      const { catalog, json } = await opened(self)
      print(json ? overview(catalog) : overviewText(catalog))
    })
  for (const section of sections) command.addCommand(sectionCommand(section, print))
  command.addCommand(showCommand(print))
  return command
}

function sectionCommand(section: Section, print: Print): Command {
  return withOptions(new Command(section))
    .description(descriptions[section])
    .argument('[filter]', 'only entries that contain this text')
    .addHelpText('after', `\nExample:\n  $ tokenwright catalog ${section} ${exampleFilters[section]}\n`)
    .action(async (filter: string | undefined, _options: unknown, self: Command) => {
      const { catalog, json } = await opened(self)
      const entries = sectionEntries(catalog, section, filter ?? '')
      if (json) print(entries)
      else if (entries.length === 0) print(nothingFound(catalog, section, filter ?? ''))
      else print(sectionTable(catalog, section, new Set(entries.map(entry => entry.id))))
    })
}

const exampleFilters: Readonly<Record<Section, string>> = {
  models: 'deepseek',
  accelerators: 'h200',
  systems: 'nvl72',
  prices: 'reserved',
  electricity: 'virginia',
  pue: 'liquid',
}

function nothingFound(catalog: FactsCatalog, section: Section, filter: string): string {
  if (filter === '') return `no ${section} in the catalog`
  const ids = (catalog[section] as readonly { readonly id: string }[]).map(entry => entry.id)
  const near = nearestNames(filter, ids)
  return `no ${section} contain "${filter}"${near.length > 0 ? `; near: ${near.join(', ')}` : ''}`
}

function showCommand(print: Print): Command {
  return withOptions(new Command('show'))
    .description('one entry with source, date and confidence; or a model by the path of its config.json')
    .argument(
      '<name>',
      'model, accelerator, system, price id, region, PUE, or a path to a config.json or its folder',
    )
    .addHelpText(
      'after',
      '\nExamples:\n  $ tokenwright catalog show h200\n  $ tokenwright catalog show germany\n  $ tokenwright catalog show ./config.json --json\n',
    )
    .action(async (name: string, _options: unknown, self: Command) => {
      const { showByName, shownText } = await import('./catalog-show.ts')
      const { catalog, json } = await opened(self)
      const shown = await showByName(catalog, name)
      print(json ? shown.entry : shownText(shown))
    })
}

function withOptions(command: Command): Command {
  return command
    .option('--json', 'print JSON')
    .option('--facts <file>', 'YAML file with facts that override or extend the shipped ones')
}

async function opened(command: Command): Promise<{ catalog: FactsCatalog; json: boolean }> {
  const options = command.optsWithGlobals<CatalogOptions>()
  return { catalog: await loadCatalogWithFacts(options.facts), json: options.json === true }
}
