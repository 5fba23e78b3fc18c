/** API prices as parts of the catalog: every price of the book, and what lists say that it refuses. */
import type { RefusedPrice } from '../../src/market/findings.ts'
import { conditionText } from '../../src/market/price-at.ts'
import {
  type PriceBook,
  type PriceClass,
  type PriceEntry,
  type Prices,
  priceClasses,
} from '../../src/market/types.ts'
import { formatSignificant, missing, plural, readable } from '../../src/report/format-number.ts'
import type { Pair } from '../../src/report/plan-facts.ts'
import { isInForce, type MarketFacts } from './market-facts.ts'
import { type CatalogSection, entriesOf } from './sections.ts'

const classNames: Readonly<Record<PriceClass, string>> = {
  uncachedInput: 'input',
  cachedInput: 'cached input',
  cacheWrite: 'cache write',
  cacheWriteOneHour: 'cache write for an hour',
  output: 'output',
  inputAudio: 'audio input',
  outputAudio: 'audio output',
  perRequest: 'a request',
  perAudioHour: 'an hour of audio',
}

const right = { align: 'right' } as const
const columnClasses = ['uncachedInput', 'cachedInput', 'cacheWrite', 'output'] as const

/** `market` is null until its files are there. */
export function marketSections(market: MarketFacts | null, today: string): readonly CatalogSection[] {
  return [apiSection(market, today), refusedSection(market)]
}

function apiSection(market: MarketFacts | null, today: string): CatalogSection {
  const entries = market?.book.entries ?? null
  const remarks = (entry: PriceEntry) => remarksOf(entry, market)
  const byId = new Map(entries?.map(entry => [entry.id, entry]))
  return {
    name: 'api',
    title: 'API prices',
    explanation:
      'What providers ask for a million tokens, in dollars, from when to when. A price without a start held before; a long ' +
      'prompt’s price is that of the whole request. Flagged: a list says something else, or what it says was refused.',
    entries,
    text: ({ id }) => {
      const entry = byId.get(id)
      return entry === undefined ? '' : `${market?.book.providers[entry.provider]?.name} ${remarks(entry)}`
    },
    filters: [
      { name: 'now', label: 'In force today', holds: ({ id }) => isInForce(byId.get(id)!, today) },
      { name: 'flagged', label: 'Flagged only', holds: ({ id }) => remarks(byId.get(id)!) !== '' },
    ],
    table: shown => ({
      columns: [
        { header: 'provider' },
        { header: 'model' },
        { header: 'tier' },
        { header: 'in', ...right },
        { header: 'cached', ...right },
        { header: 'write', ...right },
        { header: 'out', ...right },
        { header: 'flag' },
        { header: 'valid from' },
        { header: 'until' },
        { header: 'another price' },
        { header: 'says' },
        { header: 'as of' },
      ],
      rows: entriesOf(entries ?? [], shown).map(entry => [
        entry.provider,
        entry.model,
        entry.serviceTier,
        ...columnClasses.map(name => entry.prices[name] ?? missing),
        remarks(entry),
        entry.validFrom ?? missing,
        entry.validTo ?? missing,
        entry.variants.map(({ when }) => readable(conditionText(when))).join('; '),
        [entry.source, ...entry.agreeing].join(', '),
        entry.provenance.asOf,
      ]),
    }),
    pairs: ({ id }) => {
      const entry = byId.get(id)
      return entry === undefined || market === null ? [] : offerPairs(entry, market)
    },
  }
}

/** `1 refused, 2 disputed`; empty when nothing is. */
function remarksOf(entry: PriceEntry, market: MarketFacts | null): string {
  if (market === null) return ''
  const { refused, disputes } = market.findingsOf(entry)
  return [
    ...(refused.length > 0 ? [`${refused.length} implausible`] : []),
    ...(disputes.length > 0 ? [`${disputes.length} disputed`] : []),
  ].join(', ')
}

function offerPairs(entry: PriceEntry, market: MarketFacts): Pair[] {
  const { refused, disputes } = market.findingsOf(entry)
  const { book } = market
  return [
    ['provider', book.providers[entry.provider]?.name ?? entry.provider],
    ['also called', entry.aliases.join(', ') || 'nothing else'],
    ['model of this catalog', entry.catalogModelId ?? 'none'],
    ...(entry.retiredOn === null ? [] : ([['to be retired on', entry.retiredOn]] as const)),
    ['price', pricesText(entry.prices)],
    ...entry.variants.map(({ when, prices }): Pair => [readable(conditionText(when)), pricesText(prices)]),
    ['lists that say the same', entry.agreeing.map(name => sourceName(book, name)).join(', ') || 'none'],
    ...refused.map((price): Pair => ['refused as implausible', refusedText(price, book)]),
    ...disputes.map(
      ({ class: name, source, day, listed, chosen, chosenFrom }): Pair => [
        'disputed',
        `${classNames[name]} $${listed} by ${source} on ${day}; believed is $${chosen} of ${chosenFrom}`,
      ],
    ),
  ]
}

/** Decimal texts as they are in the book: a list's price is exact. */
function pricesText(prices: Prices): string {
  return priceClasses
    .filter(name => prices[name] !== undefined)
    .map(name => `${classNames[name]} $${prices[name]}`)
    .join(', ')
}

function sourceName({ sources }: PriceBook, name: string): string {
  const source = sources[name]
  return source === undefined ? name : `${name} (${source.asOf})`
}

function refusedText(price: RefusedPrice, book: PriceBook): string {
  return `${classNames[price.class]} $${price.listed} by ${sourceName(book, price.source)}: ${ruleText(price)}`
}

/** `output-multiple is 0.248, plausible 0.7 to 30`. */
function ruleText({ rule, value, band: [minimum, maximum] }: RefusedPrice): string {
  const plausible =
    maximum === null
      ? `from ${formatSignificant(minimum)} on`
      : `${formatSignificant(minimum)} to ${formatSignificant(maximum)}`
  return `${rule} is ${formatSignificant(value)}, plausible ${plausible}`
}

function refusedSection(market: MarketFacts | null): CatalogSection {
  const entries = market?.refused ?? null
  return {
    name: 'refused',
    title: 'Refused prices',
    explanation:
      'What lists say that no provider is likely to ask: a slip, another unit, a free trial. It is not in the book; another ' +
      'list’s price is taken, and where there is none, none.',
    entries,
    text: () => '',
    filters: [],
    table: shown => ({
      columns: [
        { header: 'provider' },
        { header: 'model' },
        { header: 'tier' },
        { header: 'price of' },
        { header: 'listed, $', ...right },
        { header: 'rule' },
        { header: 'is', ...right },
        { header: 'plausible' },
        { header: 'list' },
        { header: 'as of' },
      ],
      rows: entriesOf(entries ?? [], shown).map(entry => [
        entry.provider,
        entry.model,
        entry.serviceTier,
        classNames[entry.class],
        entry.listed,
        entry.rule,
        formatSignificant(entry.value),
        `${entry.band[0]} to ${entry.band[1] ?? 'any'}`,
        entry.source,
        entry.provenance.asOf,
      ]),
    }),
    pairs: ({ id }) => {
      const entry = entries?.find(each => each.id === id)
      if (entry === undefined || market === null) return []
      const own = market.book.entriesOf(entry.provider, entry.model)
      return [
        ['refused', refusedText(entry, market.book)],
        ['in the book', own.length === 0 ? 'no price of this model' : plural(own.length, 'price')],
      ]
    },
  }
}
