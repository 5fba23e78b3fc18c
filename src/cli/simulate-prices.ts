/** What the devices of a deployment cost, and their energy where the price leaves it out. */
import { defaultPue, findAccelerator, findElectricity } from '../catalog/lookup.ts'
import { choosePrice, findPrice } from '../catalog/price-choice.ts'
import type { FactsCatalog } from '../catalog/system-types.ts'
import type { ElectricityPrice, Price, PriceTier } from '../catalog/types.ts'
import { TokenwrightError } from '../core/errors.ts'
import { acceleratorsOf, poolsOf } from '../report/describe-deployment.ts'
import { formatUsd } from '../report/format-number.ts'
import type { PricedAccelerator } from '../report/simulation-report.ts'
import { withOverrides } from './plan-overrides.ts'
import { chosenOf, region as regionOf, tiers } from './plan-request.ts'
import type { SimulateFlags } from './simulate-flags.ts'
import type { SimulationQuestion } from './simulate-question.ts'

export interface SimulationPrices {
  /** One entry per kind of device. */
  readonly accelerators: readonly PricedAccelerator[]
  readonly notes: readonly string[]
}

/**
 * The price that a deployment file names, unless a flag says otherwise; else the catalog's choice for the tier
 * (src/catalog/price-choice.ts). `asOf` dates prices given by flags.
 */
export function simulationPrices(
  question: SimulationQuestion,
  flags: SimulateFlags,
  facts: FactsCatalog,
  asOf: string,
): SimulationPrices {
  const planFlags = { ...pick(flags), disaggregated: true, speculation: true }
  const region = regionOf(planFlags, facts)
  const priceId = question.planned?.priceId
  const planned = facts.prices.find(price => price.id === priceId)
  const asked = chosenOf<PriceTier>(flags.tier?.replaceAll('_', '-'), '--tier', tiers, [])[0]
  const tier = asked ?? planned?.tier ?? 'reserved'
  const catalog = withOverrides(facts, planFlags, tier, asOf)
  const own = new Set((flags.price ?? []).map(text => text.split('=')[0]!.trim()))
  const ownIds = new Set([...own].map(name => findAccelerator(catalog, name).id))
  const notes: string[] = []
  const asPlanned = asked === undefined && flags.region === undefined
  const ids = acceleratorsOf(question.deployment)
  const billed = asPlanned ? billedPrices(question, catalog, tier, region, ownIds) : new Map<string, Price>()
  for (const price of billed.values())
    notes.push(
      `the catalog does not have the price that the file was planned with: ${price.acceleratorId} is taken at what its bill ` +
        `came to, ${formatUsd(price.usdPerDeviceHour)} per device-hour; --price says otherwise`,
    )
  const accelerators = ids.map(id => {
    const bill = billed.get(id)
    const keep = asPlanned && planned?.acceleratorId === id && !ownIds.has(id)
    const choice =
      bill !== undefined
        ? { price: bill, reason: 'from the bill of the plan' }
        : keep
          ? { price: planned, reason: 'as planned' }
          : chosen(catalog, id, tier, region)
    return priced(catalog, id, choice.price, choice.reason, region, notes)
  })
  return { accelerators, notes }
}

/**
 * Prices that a plan was given by flags are not in its file, but its bill is: what the bill leaves after devices of known
 * price, shared equally by the others. Empty when all are known.
 */
function billedPrices(
  { planned, deployment }: SimulationQuestion,
  catalog: FactsCatalog,
  tier: PriceTier,
  region: string | null,
  own: ReadonlySet<string>,
): Map<string, Price> {
  if (planned === null) return new Map()
  const listed = catalog.prices.find(({ id }) => id === planned.priceId)
  // The file names the price of the devices that decode; others follow the catalog.
  const main = poolsOf(deployment).at(-1)!.acceleratorId
  let rest = planned.usdPerHour
  let count = 0
  const unknown: string[] = []
  for (const [id, devices] of planned.devices) {
    const price = id === listed?.acceleratorId ? listed : choosePrice(catalog, id, tier, { region })?.price
    if (own.has(id) || (price !== undefined && !(id === main && listed === undefined)))
      rest -= devices * (price?.usdPerDeviceHour ?? 0)
    else {
      unknown.push(id)
      count += devices
    }
  }
  if (unknown.length === 0 || !(rest > 0)) return new Map()
  return new Map(unknown.map(id => [id, billedPrice(id, rest / count, tier)]))
}

function billedPrice(acceleratorId: string, usdPerDeviceHour: number, tier: PriceTier): Price {
  return {
    id: `bill-${acceleratorId}`,
    acceleratorId,
    provider: 'deployment file',
    tier,
    usdPerDeviceHour,
    region: null,
    // A bill pays for everything.
    includes: ['capital', 'host', 'network', 'space', 'cooling', 'energy', 'operations', 'margin'],
    commitment: null,
    provenance: { source: 'usdPerHour of the deployment file', asOf: 'not stated', confidence: 'estimate' },
  }
}

/** Flags that plan has, too. */
function pick(flags: SimulateFlags): Pick<SimulateFlags, 'price' | 'electricity' | 'pue' | 'region'> {
  const { price, electricity, pue, region } = flags
  return {
    ...(price === undefined ? {} : { price }),
    ...(electricity === undefined ? {} : { electricity }),
    ...(pue === undefined ? {} : { pue }),
    ...(region === undefined ? {} : { region }),
  }
}

function chosen(
  catalog: FactsCatalog,
  id: string,
  tier: PriceTier,
  region: string | null,
): { readonly price: Price; readonly reason: string } {
  // findPrice says what there is where there is none of this tier.
  return choosePrice(catalog, id, tier, { region }) ?? { price: findPrice(catalog, id, tier), reason: '' }
}

function priced(
  catalog: FactsCatalog,
  acceleratorId: string,
  price: Price,
  reason: string,
  region: string | null,
  notes: string[],
): PricedAccelerator {
  if (price.includes.includes('energy')) return { acceleratorId, price, reason, energy: null }
  const electricity = tariffOf(catalog, region, notes)
  const { pue } = defaultPue(catalog, findAccelerator(catalog, acceleratorId))
  notes.push(
    `the price of ${acceleratorId} leaves energy out: billed is what the boards draw; hosts and network are not simulated`,
  )
  return {
    acceleratorId,
    price,
    reason,
    energy: { usdPerKilowattHour: electricity.usdPerKilowattHour, pue, region: electricity.region },
  }
}

/** A region may have prices of devices and no tariff: energy then costs what it costs by default, and a note says so. */
function tariffOf(catalog: FactsCatalog, region: string | null, notes: string[]): ElectricityPrice {
  try {
    return findElectricity(catalog, region)
  } catch (error) {
    if (!(error instanceof TokenwrightError) || region === null) throw error
    const fallback = findElectricity(catalog, null)
    notes.push(
      `no electricity price of ${region} is known: ${fallback.region} is used where energy is billed`,
    )
    return fallback
  }
}
