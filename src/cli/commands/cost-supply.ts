/** What is bought and at which price: devices, power, PUE, electricity and extras, from flags and the catalog. */
import {
  type Accelerator,
  choosePrice,
  defaultPue,
  type FactsCatalog,
  findElectricity,
  findPrice,
  type Price,
  type PriceComponent,
  type PriceTier,
  pricedRegions,
} from '../../catalog/index.ts'
import { TokenwrightError } from '../../core/errors.ts'
import { nearestNames } from '../../core/nearest-name.ts'
import { parseNumber, parsePowerWatts, parseUsd, parseUsdPerHour } from '../../core/parse-quantity.ts'
import { isLowConfidence, type Provenance } from '../../core/provenance.ts'
import type { PowerBasis, StatedPower } from '../../cost/index.ts'
import { type CostOptions, flag, oneOf, usage } from './cost-options.ts'

const tiers: readonly PriceTier[] = ['owned', 'reserved', 'on-demand', 'spot']
const bases: readonly PowerBasis[] = ['board', 'it-all-in', 'utility']
/** What a stated price is taken to include, energy apart. */
const rentIncludes: readonly PriceComponent[] = [
  'capital',
  'host',
  'network',
  'space',
  'cooling',
  'operations',
  'margin',
]

/** Beyond these a flag holds a slip of units, not a fact. Dearest device rented today: about $100/h; hottest: 23 kW. */
const limits = {
  usdPerDeviceHour: 10_000,
  wattsPerDevice: 100_000,
  usdPerKilowattHour: 10,
  carbonGramsPerKilowattHour: 5_000,
  pue: 5,
} as const

export function readPrice(
  options: CostOptions,
  catalog: FactsCatalog,
  accelerator: Accelerator | null,
  notes: string[],
): Price {
  if (options.usdPerHour !== undefined) return statedPrice(options, options.usdPerHour, accelerator, notes)
  const id = accelerator?.id ?? ''
  const tier = oneOf(options.tier ?? 'reserved', tiers, 'tier')
  if (options.tier === undefined) notes.push('--tier not given: reserved is taken.')
  const query = { region: options.region ?? null, provider: options.provider ?? null }
  const choice = choosePrice(catalog, id, tier, query)
  const price = choice?.price ?? findPrice(catalog, id, tier, query)
  if (query.region !== null && choice?.inRegion !== true) {
    checkRegion(
      price,
      { ...query, region: query.region },
      pricedRegions(catalog, id, tier, query.provider),
      notes,
    )
  }
  const why = choice === null ? '' : `${choice.reason} of ${choice.candidates.length} known; `
  notes.push(`price ${price.id}: ${why}${cite(price.provenance)}`)
  return price
}

/**
 * A region without a price of the device would leave the answer as it is without the flag: refused, as plan refuses
 * unknown regions. The user's own price that names no region stands for all of them.
 */
function checkRegion(
  price: Price,
  asked: { readonly region: string; readonly provider: string | null },
  known: readonly string[],
  notes: string[],
): void {
  if (price.userSupplied === true && price.region === null) {
    notes.push(`price ${price.id} of the facts file names no region; it is taken for ${asked.region}.`)
    return
  }
  const by = asked.provider === null ? '' : ` by ${asked.provider}`
  const near = nearestNames(asked.region, known)
  const advice =
    known.length === 0
      ? 'no price of it names a region: leave --region out'
      : `${near.length > 0 ? `did you mean ${near.join(' or ')}? ` : ''}regions with a price: ${known.join(', ')}`
  throw new TokenwrightError(
    'unknown-entry',
    `no ${price.tier} price of ${price.acceleratorId}${by} in "${asked.region}"`,
    { where: flag('region'), fix: `${advice}; or add one in a facts file (--facts)` },
  )
}

function statedPrice(
  options: CostOptions,
  text: string,
  accelerator: Accelerator | null,
  notes: string[],
): Price {
  const usdPerDeviceHour = /\//.test(text)
    ? parseUsdPerHour(text, flag('usdPerHour'))
    : parseUsd(text, flag('usdPerHour'))
  atMost(
    usdPerDeviceHour,
    limits.usdPerDeviceHour,
    `$${usdPerDeviceHour} per device and hour`,
    flag('usdPerHour'),
  )
  const stated = options.energyIncluded
  const included =
    stated === undefined
      ? options.electricity === undefined
      : oneOf(stated, ['yes', 'no'], 'energyIncluded') === 'yes'
  if (stated === undefined) {
    notes.push(
      included
        ? 'energy is taken as included in your price (--energy-included no counts it apart).'
        : 'energy is counted apart from your price, because --electricity is given (--energy-included yes if it is in).',
    )
  }
  notes.push(
    'your price is taken to include host, network, space, cooling, operations and margin; add what it leaves out with --extra.',
  )
  return {
    id: 'stated-price',
    acceleratorId: accelerator?.id ?? 'device',
    provider: 'your price',
    tier: 'on-demand',
    usdPerDeviceHour,
    region: null,
    includes: included ? [...rentIncludes, 'energy'] : rentIncludes,
    commitment: null,
    provenance: { source: 'command line', asOf: 'now', confidence: 'published' },
    userSupplied: true,
  }
}

export function readPower(
  options: CostOptions,
  accelerator: Accelerator | null,
  devices: number,
  notes: string[],
): StatedPower | null {
  const basis = oneOf(options.powerBasis ?? 'it-all-in', bases, 'powerBasis')
  const name = options.watts === undefined ? 'wattsPerDevice' : 'watts'
  const text = options[name]
  if (text !== undefined) {
    const stated = parsePowerWatts(text, flag(name), { bareIsWatts: true })
    const watts = name === 'watts' ? stated : stated * devices
    if (watts === 0)
      throw new TokenwrightError('number', 'devices that serve draw power', {
        where: flag(name),
        fix: 'give watts above 0, e.g. 9kW',
      })
    atMost(watts / devices, limits.wattsPerDevice, `${watts / devices} W per device`, flag(name))
    return { watts, basis }
  }
  if (accelerator === null) return null
  if (accelerator.allInWatts !== null) {
    notes.push(
      `power: ${accelerator.allInWatts} W per device as provisioned, from the catalog; what is drawn under load is usually less (--watts).`,
    )
    return { watts: accelerator.allInWatts * devices, basis: 'it-all-in' }
  }
  notes.push(
    `power: no all-in figure of ${accelerator.id} is known; its board limit of ${accelerator.tdpWatts} W is taken.`,
  )
  return { watts: accelerator.tdpWatts * devices, basis: 'board' }
}

/** Null statement: nobody stated a PUE where one is needed. Power at the meter needs none. */
export function readPue(
  options: CostOptions,
  catalog: FactsCatalog,
  accelerator: Accelerator | null,
  power: StatedPower | null,
): { pue: number; statement: string | null } {
  if (options.pue !== undefined) {
    const pue = parseNumber(options.pue, flag('pue'), { minimum: 1, maximum: limits.pue })
    return { pue, statement: `PUE ${pue}` }
  }
  if (power?.basis === 'utility') return { pue: 1, statement: 'PUE is in the utility watts' }
  if (accelerator === null) return { pue: 1, statement: null }
  const entry = defaultPue(catalog, accelerator)
  return { pue: entry.pue, statement: `PUE ${entry.pue} (${entry.scope}, assumed)` }
}

/** `0.06`, `$0.06/kWh` or a region of the catalog, which brings its grid's carbon intensity. */
export function readElectricity(options: CostOptions, catalog: FactsCatalog, notes: string[]) {
  const carbon =
    options.carbon === undefined
      ? null
      : parseNumber(options.carbon.replace(/\s*g(\/kWh)?$/, ''), flag('carbon'), {
          minimum: 0,
          maximum: limits.carbonGramsPerKilowattHour,
        })
  const text = options.electricity
  if (text === undefined) return { usdPerKilowattHour: null, carbonGramsPerKilowattHour: carbon }
  if (/^\s*[-+$.\d]/.test(text)) {
    const tariff = parseUsd(text.replace(/\s*\/\s*kWh$/i, ''), flag('electricity'))
    atMost(tariff, limits.usdPerKilowattHour, `$${tariff} per kWh`, flag('electricity'))
    return { usdPerKilowattHour: tariff, carbonGramsPerKilowattHour: carbon }
  }
  const entry = findElectricity(catalog, text)
  notes.push(`electricity ${entry.id}, $${entry.usdPerKilowattHour}/kWh: ${cite(entry.provenance)}`)
  return {
    usdPerKilowattHour: entry.usdPerKilowattHour,
    carbonGramsPerKilowattHour: carbon ?? entry.carbonGramsPerKilowattHour,
  }
}

export function readExtra(text: string): { name: string; usdPerHour: number } {
  const separator = text.indexOf('=')
  const name = text.slice(0, Math.max(0, separator)).trim()
  if (name === '')
    throw usage(`"${text}" has no name`, flag('extra'), 'write for example --extra "staff=3.5/h"')
  return { name, usdPerHour: parseUsdPerHour(text.slice(separator + 1), `${flag('extra')} ${name}`) }
}

function cite(provenance: Provenance): string {
  const low = isLowConfidence(provenance) ? ' (low confidence)' : ''
  return `${provenance.source}, ${provenance.asOf}, ${provenance.confidence}${low}.`
}

function atMost(value: number, maximum: number, what: string, where: string): void {
  if (value <= maximum) return
  throw new TokenwrightError('number', `${what} is absurdly large`, { where, fix: `give ${maximum} or less` })
}
