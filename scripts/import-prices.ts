/**
 * Reads four lists of API prices and a log of one list's changes, and writes data/price-book.json and
 * data/price-book-findings.json. DATA holds the files named in `files`.
 *
 *   node scripts/import-prices.ts DATA
 */
import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { dataFolder, loadCatalog } from '../src/catalog/load-catalog-file.ts'
import { bookText, findingsText } from './import-prices/book-text.ts'
import type { MergeContext } from './import-prices/choose-price.ts'
import { corrected } from './import-prices/corrections.ts'
import { readGenaiPrices } from './import-prices/genai-prices.ts'
import { groupOffers } from './import-prices/group-offers.ts'
import { readHistory } from './import-prices/history.ts'
import { sourceIds } from './import-prices/listed-offer.ts'
import { readLitellm } from './import-prices/litellm.ts'
import { mergeOffers } from './import-prices/merge.ts'
import { readModelsDev } from './import-prices/models-dev.ts'
import { readOpenrouter } from './import-prices/openrouter.ts'
import { sources } from './import-prices/sources.ts'

const files = {
  genaiPrices: 'genai-prices_npm-0.1.8_2026-09-23.json',
  litellm: 'litellm_model_prices_2026-08-01.json',
  modelsDev: 'models.dev_2026-07-02.json',
  openrouter: 'openrouter_models_2026-08-01.json',
  history: 'litellm_price_history_2025-02_2026-07.csv',
}

const folder = process.argv[2]
if (folder === undefined) throw new Error('usage: node scripts/import-prices.ts DATA')
const text = (name: string) => readFileSync(join(folder, name), 'utf8')
const json = (name: string) => JSON.parse(text(name)) as unknown

const offers = corrected([
  ...readGenaiPrices(json(files.genaiPrices)),
  ...readLitellm(json(files.litellm)),
  ...readOpenrouter(json(files.openrouter)),
  ...readModelsDev(json(files.modelsDev)),
]).filter(({ model }) => !/[:-]free$/.test(model))
const dayOf = {
  corrections: sources.corrections.asOf,
  'genai-prices': sources['genai-prices'].asOf,
  litellm: sources.litellm.asOf,
  openrouter: sources.openrouter.asOf,
  'models.dev': sources['models.dev'].asOf,
}
const context: MergeContext = { dayOf, refused: [], disagreements: [] }
const rows = mergeOffers(
  {
    groups: groupOffers(offers, dayOf),
    history: readHistory(text(files.history)),
    historyDay: sources['litellm-history'].asOf,
    catalog: loadCatalog().models,
  },
  context,
)
const book = bookText(rows)
const findings = findingsText(context, new Set(rows.map(({ provider, model }) => `${provider}/${model}`)))
writeFileSync(new URL('price-book.json', dataFolder), book)
writeFileSync(new URL('price-book-findings.json', dataFolder), findings)

for (const source of [...sourceIds, 'litellm-history']) {
  console.log(`${source}: ${rows.filter(row => row.source === source).length} rows`)
}
console.log(`${rows.length} rows, ${book.length} bytes; findings ${findings.length} bytes`)
console.log(`${context.refused.length} refused prices, ${context.disagreements.length} disagreements`)
