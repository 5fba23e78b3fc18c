/** Which of many prices an answer takes for an accelerator and tier: one documented rule, the same answer every time. */
import { TokenwrightError } from '../core/errors.ts'
import { isLowConfidence } from '../core/provenance.ts'
import { compareDates, monthsOf } from './fact-date.ts'
import { nearestIds } from './lookup.ts'
import { normaliseName, normaliseRegion } from './normalise-name.ts'
import type { Accelerator, Catalog, Price, PriceTier } from './types.ts'

export interface PriceQuery {
  readonly region?: string | null
  /** Provider by name; `market median`, `hyperscaler`, `neocloud` are providers too. */
  readonly provider?: string | null
}

export interface PriceChoice {
  readonly price: Price
  /** Why this one, ready to print. */
  readonly reason: string
  /** Prices of the same accelerator and tier, the chosen one included. */
  readonly candidates: readonly Price[]
  /** Whether the price is one of the region asked for; false when none was asked for. */
  readonly inRegion: boolean
}

/** Providers whose figure stands for the market of a tier. */
const marketProviders = ['market median', 'market survey', 'hyperscaler']

/** A price this many months older than the newest candidate is out of date. */
const staleMonths = 12

/** Prices of an accelerator, of one tier when given, sorted by tier and price. */
export function pricesOf(catalog: Catalog, acceleratorId: string, tier?: PriceTier): Price[] {
  return catalog.prices
    .filter(price => price.acceleratorId === acceleratorId && (tier === undefined || price.tier === tier))
    .sort((a, b) => (a.tier === b.tier ? byAmount(a, b) : a.tier < b.tier ? -1 : 1))
}

/** Accelerators with an engine and without any price: a plan has to skip them. */
export function acceleratorsWithoutPrice(catalog: Catalog): Accelerator[] {
  const priced = new Set(catalog.prices.map(price => price.acceleratorId))
  return catalog.accelerators.filter(
    accelerator => accelerator.engines.length > 0 && !priced.has(accelerator.id),
  )
}

/**
 * The price an answer takes. In order:
 * 1. a provider, when named, restricts everything that follows;
 * 2. the user's own prices win over the built-in ones;
 * 3. a region, when named, is matched exactly or as a prefix (`us` takes `us-east-1`); without a match it plays no part
 *    and `inRegion` is false, so that a caller can refuse it;
 * 4. the market's figure (`market median`, `market survey`; for owned the hyperscaler's cost), the newest one,
 *    unless a provider was named or prices of the very region exist;
 * 5. otherwise entries of low confidence, capacity blocks and entries a year older than the newest give way to others,
 *    each provider is represented by its lower median, and the lower median over providers is taken. It is always an existing entry.
 * Ties go to the lower price, then to the lower id. Null when there is no price at all.
 */
export function choosePrice(
  catalog: Catalog,
  acceleratorId: string,
  tier: PriceTier,
  query: PriceQuery = {},
): PriceChoice | null {
  const candidates = pricesOf(catalog, acceleratorId, tier)
  const ofProvider =
    query.provider == null
      ? candidates
      : candidates.filter(price => sameProvider(price, query.provider ?? ''))
  const own = ofProvider.filter(price => price.userSupplied)
  const { prices, matched } = inRegion(own.length > 0 ? own : ofProvider, query.region ?? null)
  if (prices.length === 0) return null
  const where = matched && query.region ? ` in ${query.region}` : ''
  const chosen = (price: Price, reason: string): PriceChoice => ({
    price,
    reason,
    candidates,
    inRegion: matched,
  })
  if (own.length > 0) {
    const [price] = [...prices].sort(byNewest)
    if (price) return chosen(price, `from the facts file${where}`)
  }
  if (query.provider == null && !matched) {
    const market = marketFigure(prices)
    if (market) return chosen(market, market.provider)
  }
  const kept = trustworthy(prices)
  const byProvider = new Map<string, Price[]>()
  for (const price of kept) byProvider.set(price.provider, [...(byProvider.get(price.provider) ?? []), price])
  const price = lowerMedian([...byProvider.values()].map(group => lowerMedian(group)))
  const from =
    byProvider.size > 1 ? `lower median of ${byProvider.size} providers` : `list price of ${price.provider}`
  return chosen(price, `${from}${where}`)
}

/** Like choosePrice, but no price is an error that names what there is. */
export function findPrice(
  catalog: Catalog,
  acceleratorId: string,
  tier: PriceTier,
  query: PriceQuery = {},
): Price {
  const choice = choosePrice(catalog, acceleratorId, tier, query)
  if (choice) return choice.price
  const all = pricesOf(catalog, acceleratorId)
  const ofTier = all.filter(price => price.tier === tier)
  const by = query.provider != null && ofTier.length > 0 ? ` by ${query.provider}` : ''
  const known = by
    ? `providers: ${[...new Set(ofTier.map(price => price.provider))].join(', ')}`
    : all.length > 0
      ? `tiers with a price: ${[...new Set(all.map(price => price.tier))].join(', ')}`
      : 'no source states any price of it'
  throw new TokenwrightError('unknown-entry', `no ${tier} price of ${acceleratorId}${by}`, {
    where: acceleratorId,
    fix: `${known}; add one in a facts file (--facts)`,
  })
}

/** Regions with a price of the accelerator and tier, by provider when one is named; sorted. */
export function pricedRegions(
  catalog: Catalog,
  acceleratorId: string,
  tier: PriceTier,
  provider: string | null = null,
): string[] {
  const regions = pricesOf(catalog, acceleratorId, tier)
    .filter(price => provider === null || sameProvider(price, provider))
    .flatMap(price => (price.region === null ? [] : [price.region]))
  return [...new Set(regions)].sort()
}

/** A price by its id. */
export function findPriceById(catalog: Catalog, id: string): Price {
  const found = catalog.prices.find(price => normaliseName(price.id) === normaliseName(id))
  if (found) return found
  const near = nearestIds(id, catalog.prices)
  throw new TokenwrightError('unknown-entry', `unknown price "${id}"`, {
    where: id,
    fix: `${near.length > 0 ? `did you mean ${near.join(', ')}? ` : ''}tokenwright catalog prices lists them all`,
  })
}

function sameProvider(price: Price, provider: string): boolean {
  const wanted = normaliseName(provider)
  const known = normaliseName(price.provider)
  return known === wanted || (known.startsWith(wanted) && wanted.length >= 3)
}

function inRegion(
  prices: readonly Price[],
  region: string | null,
): { prices: readonly Price[]; matched: boolean } {
  if (region === null) return { prices, matched: false }
  const wanted = normaliseRegion(region)
  const matching = prices.filter(price => {
    const known = price.region === null ? null : normaliseRegion(price.region)
    return known !== null && (known === wanted || known.startsWith(`${wanted}-`))
  })
  return matching.length > 0 ? { prices: matching, matched: true } : { prices, matched: false }
}

function marketFigure(prices: readonly Price[]): Price | undefined {
  return prices.filter(price => marketProviders.includes(price.provider)).sort(byNewest)[0]
}

/** Drops what is doubtful as long as something remains. */
function trustworthy(prices: readonly Price[]): readonly Price[] {
  const newest = Math.max(...prices.map(price => monthsOf(price.provenance.asOf)))
  const doubts: ((price: Price) => boolean)[] = [
    price => isLowConfidence(price.provenance),
    price => price.commitment?.startsWith('capacity block') ?? false,
    price => newest - monthsOf(price.provenance.asOf) > staleMonths,
  ]
  return doubts.reduce<readonly Price[]>((kept, doubt) => {
    const rest = kept.filter(price => !doubt(price))
    return rest.length > 0 ? rest : kept
  }, prices)
}

function lowerMedian(prices: readonly Price[]): Price {
  const sorted = [...prices].sort(byAmount)
  return sorted[Math.floor((sorted.length - 1) / 2)] as Price
}

function byAmount(a: Price, b: Price): number {
  return a.usdPerDeviceHour - b.usdPerDeviceHour || (a.id < b.id ? -1 : a.id > b.id ? 1 : 0)
}

function byNewest(a: Price, b: Price): number {
  return compareDates(b.provenance.asOf, a.provenance.asOf) || byAmount(a, b)
}
