/** An offer of the file: somebody else's API, with a price of the book or of a contract. */
import { createHash } from 'node:crypto'
import { nearestNames } from '../../core/nearest-name.ts'
import {
  type PriceBook,
  type PriceEntry,
  type Prices,
  priceAt,
  priceClasses,
  providerId,
  type ServiceTier,
} from '../../market/index.ts'
import { providerAddresses } from './config-defaults.ts'
import { type FaultPath, spoken } from './config-faults.ts'
import type { OfferConfig } from './gateway-config.ts'
import type { ReadContext } from './read-context.ts'
import { readUpstream } from './read-upstream.ts'
import { readBaseAddress } from './upstream-address.ts'
import type { OfferEntry } from './upstream-schema.ts'

export function readOffer(
  name: string,
  entry: OfferEntry,
  path: FaultPath,
  context: ReadContext,
): OfferConfig {
  const provider = plainProvider(entry.provider)
  const dialect = entry.dialect ?? (provider === 'anthropic' ? 'anthropic' : 'openai')
  // Newer models of OpenAI refuse max_tokens; elsewhere it is the name everybody knows.
  const outputLimitField = provider === 'openai' ? 'max_completion_tokens' : 'max_tokens'
  const read = readUpstream(
    entry,
    { dialect, outputLimitField, engineFields: false, dataPolicy: null },
    path,
    context,
  )
  const serviceTier = entry.serviceTier ?? 'standard'
  if (entry.apiKey === undefined && !Object.keys(read.upstream.headers).some(isKeyHeader)) {
    context.faults.add(
      [...path, 'apiKey'],
      'is missing',
      'write env:NAME or file:PATH, or none where no key is needed',
    )
  }
  return {
    name,
    url: addressOf(entry, provider, path, context),
    ...read,
    upstreamModel: read.upstreamModel ?? entry.model ?? null,
    price: readPrice(name, entry, serviceTier, path, context),
    serviceTier,
  }
}

function isKeyHeader(name: string): boolean {
  return name === 'authorization' || /api-?key/.test(name)
}

function plainProvider(provider: string | undefined): string {
  return (provider ?? '').toLowerCase()
}

function addressOf(entry: OfferEntry, provider: string, path: FaultPath, context: ReadContext): string {
  if (entry.url !== undefined) return readBaseAddress(entry.url, [...path, 'url'], context)
  const known = Object.hasOwn(providerAddresses, provider) ? providerAddresses[provider] : undefined
  if (known !== undefined) return known
  context.faults.add(
    [...path, 'url'],
    'is missing',
    `only ${Object.keys(providerAddresses).join(' and ')} are known by their names; write the address before /v1`,
  )
  return 'http://invalid'
}

function readPrice(
  name: string,
  entry: OfferEntry,
  serviceTier: ServiceTier,
  path: FaultPath,
  context: ReadContext,
): OfferConfig['price'] {
  if (entry.price !== undefined) return ownPrice(name, entry.price, [...path, 'price'], context)
  const { provider = '', model = '' } = entry
  if (provider === '' || model === '') {
    context.faults.add(
      path,
      'has no price',
      'name provider and model as the price book has them (tokenwright market list), or give a price of your own',
    )
  } else checkBook(context.facts.priceBook(), { provider, model, serviceTier }, path, context)
  return { kind: 'book', provider, model }
}

function ownPrice(
  name: string,
  entry: NonNullable<OfferEntry['price']>,
  path: FaultPath,
  { faults }: ReadContext,
): OfferConfig['price'] {
  const given = priceClasses.flatMap(priceClass => {
    const usd = entry[priceClass]
    return usd === undefined ? [] : [[priceClass, usd] as const]
  })
  const prices: Prices = Object.fromEntries(given)
  const countsTokens = prices.uncachedInput !== undefined && prices.output !== undefined
  if (!countsTokens && prices.perRequest === undefined && prices.perAudioHour === undefined) {
    faults.add(
      path,
      'lacks a price of input or output',
      'give uncachedInput and output, or perRequest, or perAudioHour',
    )
  }
  // The same id, the same prices: what was booked can be rated again after the contract changed.
  const digest = createHash('sha256').update(JSON.stringify(given)).digest('hex').slice(0, 8)
  return { kind: 'own', prices, ruleId: `own/${name}#${digest}` }
}

interface Wanted {
  readonly provider: string
  readonly model: string
  readonly serviceTier: ServiceTier
}

/** There must be a price now: requests without one could not be billed. */
function checkBook(book: PriceBook, wanted: Wanted, path: FaultPath, { faults, atMs }: ReadContext): void {
  const id = providerId(book, wanted.provider)
  const or = 'or give a price of your own under price'
  if (id === undefined) {
    const near = nearestNames(wanted.provider, Object.keys(book.providers), 1)
    faults.add(
      [...path, 'provider'],
      `the price book has no provider ${spoken(wanted.provider)}`,
      near.length > 0
        ? `did you mean ${near[0]}? ${or}`
        : `it has ${Object.keys(book.providers).join(', ')}; ${or}`,
    )
    return
  }
  const entries = book.entriesOf(id, wanted.model)
  if (entries.length === 0) {
    const models = new Set(book.entries.filter(({ provider }) => provider === id).map(({ model }) => model))
    const near = nearestNames(wanted.model, models, 3)
    faults.add(
      [...path, 'model'],
      `the price book has no model ${spoken(wanted.model)} of ${id}`,
      near.length > 0
        ? `did you mean ${near.join(', ')}? ${or}`
        : `tokenwright market list shows what it has; ${or}`,
    )
  } else if (priceAt(book, { ...wanted, provider: id, atMs, promptTokens: 0 }) === null) {
    const ofTier = entries.filter(({ serviceTier }) => serviceTier === wanted.serviceTier)
    const field = ofTier.length === 0 ? 'serviceTier' : 'model'
    const message =
      ofTier.length === 0
        ? `no price of this service tier is known, only of ${tiersOf(entries)}`
        : 'has no price that is in force now'
    faults.add([...path, field], message, `give a price of your own under price`)
  }
}

function tiersOf(entries: readonly PriceEntry[]): string {
  return [...new Set(entries.map(({ serviceTier }) => serviceTier))].join(', ')
}
