/** Offers of the price book for the terminal: the price in force, and what it is under other conditions. */
import { conditionText, type PriceInForce } from '../market/price-at.ts'
import type { PriceBook, PriceClass, PriceEntry, Prices } from '../market/types.ts'
import { formatCount, missing, plural, readable } from './format-number.ts'
import { section } from './text-layout.ts'
import type { TextStyle } from './text-style.ts'
import { renderTable, type TableColumn } from './text-table.ts'

const priceColumns: readonly (readonly [PriceClass, string])[] = [
  ['uncachedInput', 'in'],
  ['cachedInput', 'cached'],
  ['cacheWrite', 'write'],
  ['output', 'out'],
]

const offerColumns: readonly TableColumn[] = [
  { header: 'provider' },
  { header: 'model' },
  { header: 'tier' },
  ...priceColumns.map(([, header]) => ({ header, align: 'right' as const })),
  { header: 'when' },
  { header: 'says' },
]

/** One line an offer, further ones for what holds at other hours or for long prompts. */
export function renderOffers(
  book: PriceBook,
  prices: readonly PriceInForce[],
  at: string,
  width: number,
  style: TextStyle,
): string {
  const heading = `${style.strong(`${plural(prices.length, 'offer')} in force at ${at}`)} as known on ${book.asOf}, dollars per million tokens`
  const table = renderTable(
    offerColumns,
    prices.flatMap(price => offerRows(price)),
    {
      maximumWidth: width,
      wrap: true,
      styleHeader: style.faint,
    },
  )
  return `${heading}\n\n${table}\n\n${style.faint(sourcesText(book, prices))}\n`
}

function offerRows(price: PriceInForce): string[][] {
  const { entry, rule } = price
  const others = entry.variants.filter(variant => !price.variants.includes(variant))
  return [
    [
      entry.provider,
      entry.model,
      entry.serviceTier,
      ...cells(price.prices),
      readable(
        [...rule.filter(part => !part.startsWith('service tier')), ...extras(price.prices)].join('; '),
      ),
      [entry.source, ...entry.agreeing].join(', '),
    ],
    ...others.map(({ when, prices }) => ['', '', '', ...cells(prices), readable(conditionText(when)), '']),
  ]
}

function cells(prices: Prices): string[] {
  return priceColumns.map(([name]) => prices[name] ?? missing)
}

/** Classes without a column of their own. */
function extras(prices: Prices): string[] {
  return [
    ...(prices.cacheWriteOneHour === undefined ? [] : [`1 h write ${prices.cacheWriteOneHour}`]),
    ...(prices.inputAudio === undefined ? [] : [`audio in ${prices.inputAudio}`]),
    ...(prices.outputAudio === undefined ? [] : [`audio out ${prices.outputAudio}`]),
    ...(prices.perRequest === undefined ? [] : [`$${prices.perRequest} per request`]),
    ...(prices.perAudioHour === undefined ? [] : [`$${prices.perAudioHour} per hour of audio`]),
  ]
}

export function sourcesText(book: PriceBook, prices: readonly PriceInForce[]): string {
  const used = new Set(prices.map(({ entry }) => entry.source))
  return [...used].map(id => `${id}: ${book.sources[id]!.title}, ${book.sources[id]!.asOf}`).join('\n')
}

/** What the book holds, by provider. */
export function renderBook(
  book: PriceBook,
  entries: readonly PriceEntry[],
  at: string,
  style: TextStyle,
): string {
  const rows = Object.entries(book.providers).map(([id, { name }]) => {
    const own = entries.filter(({ provider }) => provider === id)
    const tiers = new Set(own.map(({ serviceTier }) => serviceTier))
    const changes = book.entries.filter(({ provider, validTo }) => provider === id && validTo !== null)
    return [
      id,
      name,
      formatCount(new Set(own.map(({ model }) => model)).size),
      [...tiers].join(' '),
      formatCount(changes.length),
    ]
  })
  const columns: TableColumn[] = [
    { header: 'provider' },
    { header: 'name' },
    { header: 'models', align: 'right' },
    { header: 'tiers' },
    { header: 'ended or ending', align: 'right' },
  ]
  const sources = Object.entries(book.sources).map(([id, source]) => [
    id,
    source.title,
    source.asOf,
    source.licence,
  ])
  return `${[
    `${style.strong(`${plural(entries.length, 'offer')} in force at ${at}`)} among ${plural(book.entries.length, 'known price')}; choose with --model or --provider`,
    section('Providers', renderTable(columns, rows, { indent: '  ' }), style),
    section(
      'Lists, in the order in which they are believed',
      renderTable(
        ['list', 'title', 'as of', 'licence'].map(header => ({ header })),
        sources,
        { indent: '  ' },
      ),
      style,
    ),
  ].join('\n\n')}\n`
}
