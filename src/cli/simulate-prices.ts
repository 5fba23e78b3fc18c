/** What the devices of a deployment cost, and their energy where the price leaves it out. */
import {
  choosePrice,
  defaultPue,
  type ElectricityPrice,
  type FactsCatalog,
  findAccelerator,
  findElectricity,
  findPrice,
  type Price,
  type PriceTier,
} from '../catalog/index.ts'
import { TokenwrightError } from '../core/errors.ts'
import { acceleratorsOf } from '../report/describe-deployment.ts'
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
  if (planned === undefined && priceId !== undefined && ownIds.size === 0 && asked === undefined)
    notes.push(`the price ${priceId} of the file is not in the catalog: prices of the ${tier} tier are taken`)
  const accelerators = acceleratorsOf(question.deployment).map(id => {
    const keep =
      planned?.acceleratorId === id && asked === undefined && flags.region === undefined && !ownIds.has(id)
    const choice = keep ? { price: planned, reason: 'as planned' } : chosen(catalog, id, tier, region)
    return priced(catalog, id, choice.price, choice.reason, region, notes)
  })
  return { accelerators, notes }
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
