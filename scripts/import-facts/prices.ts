/** Rentals, market indices and ownership cost → Price[], with what each includes; offers without a figure → gaps. */
import type { FactGap } from '../../src/catalog/system-types.ts'
import type { Price, PriceComponent, PriceTier } from '../../src/catalog/types.ts'
import {
  provenanceOf,
  type SourceMarketIndex,
  type SourceOwnership,
  type SourceRental,
} from './source-files.ts'

/** A rental is all-inclusive: the provider pays for everything up to the machine's network port. */
const rentalIncludes: readonly PriceComponent[] = [
  'capital',
  'host',
  'network',
  'space',
  'cooling',
  'energy',
  'operations',
  'margin',
]

/** "server + network capex over useful life, colocation, power, cost of capital"; staff and licences are not named. */
const ownedIncludes: readonly PriceComponent[] = ['capital', 'host', 'network', 'space', 'cooling', 'energy']

interface Kind {
  readonly tier: PriceTier
  readonly commitment: string | null
  readonly note?: string
}

const kinds: Readonly<Record<string, Kind>> = {
  'on-demand': { tier: 'on-demand', commitment: null },
  marketplace: {
    tier: 'on-demand',
    commitment: null,
    note: 'marketplace: machines of many hosts, quality varies',
  },
  spot: { tier: 'spot', commitment: null, note: 'interruptible' },
  'reserved-1y': { tier: 'reserved', commitment: '1 year' },
  'reserved-3y': { tier: 'reserved', commitment: '3 years' },
  'capacity-block': {
    tier: 'reserved',
    commitment: 'capacity block of days to months, paid in advance',
  },
}

/** Offers seen outside the sources' tables, so that more (accelerator, tier) pairs have one. */
const additions: readonly SourceRental[] = [
  {
    provider: 'TensorWave',
    sku: 'MI325X',
    accelerator: 'mi325x',
    devices: 1,
    usdPerDeviceHour: 1.95,
    kind: 'on-demand',
    region: null,
    source: 'cliffcenter.com/research/amd-inference-economics',
    asOf: '2026-05-18',
    confidence: 'published analysis',
  },
  {
    provider: 'TensorWave',
    sku: 'MI300X',
    accelerator: 'mi300x',
    devices: 1,
    usdPerDeviceHour: 1.5,
    kind: 'on-demand',
    region: null,
    source: 'cliffcenter.com/research/amd-inference-economics',
    asOf: '2026-05-18',
    confidence: 'published analysis',
  },
  {
    provider: 'OCI',
    sku: 'BM.GPU.MI355X.8',
    accelerator: 'mi355x',
    devices: 8,
    usdPerDeviceHour: 8.6,
    kind: 'on-demand',
    region: null,
    source: 'Oracle list price, from memory',
    asOf: '2025-10',
    confidence: 'memory-unverified',
  },
  {
    provider: 'IBM Cloud',
    sku: 'gx3d-160x1792x8gaudi3',
    accelerator: 'gaudi3',
    devices: 8,
    usdPerDeviceHour: 7.5,
    kind: 'on-demand',
    region: null,
    source: 'IBM Cloud list price of $60 per hour for 8, from memory',
    asOf: '2025-06',
    confidence: 'memory-unverified',
  },
]

export function importPrices(
  rentals: readonly SourceRental[],
  indices: readonly SourceMarketIndex[],
  ownership: SourceOwnership,
): { prices: Price[]; gaps: FactGap[]; superseded: number } {
  const gaps: FactGap[] = []
  const byKey = new Map<string, Price>()
  let superseded = 0
  const keep = (price: Price) => {
    const known = byKey.get(price.id)
    if (known) superseded += 1
    if (!known || known.provenance.asOf < price.provenance.asOf) byKey.set(price.id, price)
  }
  for (const rental of [...rentals, ...additions]) {
    if (rental.usdPerDeviceHour === null) gaps.push(gapOf(rental))
    else if (rental.note?.startsWith('kept to show')) superseded += 1
    else keep(rentalPrice(rental, rental.usdPerDeviceHour))
  }
  for (const index of indices) for (const price of indexPrices(index)) keep(price)
  for (const price of ownedPrices(ownership)) keep(price)
  for (const price of surveyPrices(ownership, [...byKey.values()])) keep(price)
  return { prices: [...byKey.values()], gaps, superseded }
}

function gapOf(rental: SourceRental): FactGap {
  return {
    id: `${slug(rental.provider)}-${rental.accelerator}`,
    kind: 'price',
    name: `${rental.provider} ${rental.accelerator}`,
    missing: ['usdPerDeviceHour'],
    provenance: provenanceOf(rental, [rental.kind]),
  }
}

function rentalPrice(rental: SourceRental, usdPerDeviceHour: number): Price {
  const kind = kinds[rental.kind]
  if (!kind) throw new Error(`unknown price kind "${rental.kind}" of ${rental.provider} ${rental.sku}`)
  const region = rental.region === 'global' ? null : rental.region
  const survey = rental.provider === 'market survey'
  const name = survey || rental.sku === 'median offer' ? rental.accelerator : rental.sku
  return {
    id: [rental.provider, name, rental.kind, region]
      .filter(part => part !== null)
      .map(slug)
      .join('-'),
    acceleratorId: rental.accelerator,
    provider: rental.provider,
    tier: kind.tier,
    usdPerDeviceHour,
    region,
    includes: rentalIncludes,
    commitment: survey ? '3 years, 25 % paid upfront' : kind.commitment,
    provenance: provenanceOf(rental, [
      rental.sku !== name ? undefined : `sku ${rental.sku}`,
      kind.note,
      rental.note,
    ]),
  }
}

/** Medians over providers of on-demand list prices; `market median` is the default of its accelerator and tier. */
function indexPrices(index: SourceMarketIndex): Price[] {
  const price = (provider: string, tier: PriceTier, usdPerDeviceHour: number, note: string): Price => ({
    id: `${slug(provider)}-${index.accelerator}-${tier}`,
    acceleratorId: index.accelerator,
    provider,
    tier,
    usdPerDeviceHour,
    region: null,
    includes: rentalIncludes,
    commitment: null,
    provenance: { ...provenanceOf(index, [note]), confidence: 'analysis' },
  })
  return [
    price(
      'market median',
      'on-demand',
      index.index,
      "median of the providers' medians of on-demand list prices",
    ),
    price('market median', 'spot', index.spot, 'median of spot prices'),
    price('hyperscaler median', 'on-demand', index.hyperscaler, 'median of hyperscalers only'),
    price('neocloud median', 'on-demand', index.neocloud, 'median of neoclouds only'),
    price('marketplace median', 'on-demand', index.marketplace, 'median of marketplaces only'),
  ]
}

/** Cost of ownership, the newest figure of each kind of buyer. */
function ownedPrices(ownership: SourceOwnership): Price[] {
  const newest = new Map<string, Price>()
  for (const snapshot of ownership.snapshots) {
    for (const row of snapshot.rows) {
      for (const [buyer, usd] of [
        ['hyperscaler', row.ownHyperscalerUsdPerHour],
        ['neocloud', row.ownNeocloudUsdPerHour],
      ] as const) {
        if (usd === null) continue
        const id = `owned-${buyer}-${row.accelerator}`
        newest.set(id, {
          id,
          acceleratorId: row.accelerator,
          provider: buyer,
          tier: 'owned',
          usdPerDeviceHour: usd,
          region: null,
          includes: ownedIncludes,
          commitment: '4 years of use',
          provenance: provenanceOf(snapshot, [
            `cost of ownership of a ${buyer}: server and network capital over the useful life, cost of capital, colocation, power`,
            snapshot.note,
          ]),
        })
      }
    }
  }
  return [...newest.values()].filter(price => price.acceleratorId !== 'openai-jalapeno')
}

/** Contract rents that only the ownership tables have. */
function surveyPrices(ownership: SourceOwnership, known: readonly Price[]): Price[] {
  const snapshot = ownership.snapshots.at(-1)
  if (!snapshot) return []
  return snapshot.rows
    .filter(
      row =>
        row.accelerator !== 'openai-jalapeno' &&
        !known.some(
          price => price.acceleratorId === row.accelerator && price.commitment?.startsWith('3 years'),
        ),
    )
    .map(row => {
      const doubtful = row.rent3yrUsdPerHour < row.ownHyperscalerUsdPerHour
      return {
        id: `market-survey-${row.accelerator}-reserved-3y`,
        acceleratorId: row.accelerator,
        provider: 'market survey',
        tier: 'reserved' as const,
        usdPerDeviceHour: row.rent3yrUsdPerHour,
        region: null,
        includes: rentalIncludes,
        commitment: '3 years, 25 % paid upfront',
        provenance: provenanceOf(doubtful ? { ...snapshot, confidence: 'estimate' } : snapshot, [
          doubtful && 'below the cost of owning in the same table: doubtful',
        ]),
      }
    })
}

export function slug(text: string): string {
  return text
    .toLowerCase()
    .replace(/[^a-z0-9]+/g, '-')
    .replace(/^-|-$/g, '')
}
