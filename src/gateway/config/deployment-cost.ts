/**
 * What a replica costs an hour, and what it draws: from the file, or from the catalog's price of its devices, chosen as `plan` chooses
 * (docs/decisions/0008-default-price.md). Energy that the price leaves out is charged by the region's tariff times PUE.
 */
import {
  type Accelerator,
  type Catalog,
  choosePrice,
  defaultPue,
  findAccelerator,
  findElectricity,
  findPrice,
  findPriceById,
  type Price,
} from '../../catalog/index.ts'
import { TokenwrightError } from '../../core/errors.ts'
import { nanoUsdFromProduct, usdFromNano } from '../../core/money.ts'
import type { CoefficientName, CoefficientSet } from '../../perf/coefficients.ts'
import { valueFromLog } from '../../perf/coefficients.ts'
import { boardWatts, type PowerCoefficients } from '../../perf/power.ts'
import { defaultPriceTier } from './config-defaults.ts'
import { type FaultPath, withoutSecretsOf } from './config-faults.ts'
import type { DeploymentCost } from './gateway-config.ts'
import type { ReadContext } from './read-context.ts'
import type { CostEntry } from './upstream-schema.ts'

const forms = 'either usdPerReplicaHour, or accelerator with devices and tier, or price with devices'
const unknownCost: DeploymentCost = {
  usdPerReplicaHour: 0,
  devicesPerReplica: 1,
  priceRuleId: 'configuration',
  energyUsdPerKilowattHour: null,
  watts: null,
}

export function readDeploymentCost(entry: CostEntry, path: FaultPath, context: ReadContext): DeploymentCost {
  const { faults } = context
  const given = (['usdPerReplicaHour', 'accelerator', 'price'] as const).filter(
    field => entry[field] !== undefined,
  )
  if (given.length !== 1) {
    faults.add(path, given.length === 0 ? 'says no price' : `has two prices: ${given.join(' and ')}`, forms)
    return unknownCost
  }
  refuseChoices(entry, given[0]!, path, context)
  if (entry.usdPerReplicaHour !== undefined) return ownCost(entry, entry.usdPerReplicaHour)
  try {
    return catalogCost(entry, context)
  } catch (error) {
    if (!(error instanceof TokenwrightError)) throw error
    faults.add([...path, given[0]!], withoutSecretsOf(entry, error.message), error.fix)
    return unknownCost
  }
}

/** A tier or provider beside a price that is chosen already would be ignored, and its writer would not know. */
function refuseChoices(
  entry: CostEntry,
  given: 'usdPerReplicaHour' | 'accelerator' | 'price',
  path: FaultPath,
  { faults }: ReadContext,
): void {
  if (given === 'accelerator') return
  const choosing =
    given === 'price' ? (['tier', 'provider'] as const) : (['tier', 'provider', 'region'] as const)
  for (const field of choosing) {
    if (entry[field] !== undefined) {
      faults.add([...path, field], `chooses a price of the catalog, and ${given} is one already`, forms)
    }
  }
}

function ownCost(entry: CostEntry, usdPerReplicaHour: number): DeploymentCost {
  return {
    usdPerReplicaHour,
    devicesPerReplica: entry.devices ?? 1,
    priceRuleId: 'configuration',
    energyUsdPerKilowattHour: entry.energyUsdPerKilowattHour ?? null,
    watts: entry.watts ?? null,
  }
}

function catalogCost(entry: CostEntry, { facts }: ReadContext): DeploymentCost {
  const catalog = facts.catalog()
  const devices = entry.devices ?? 1
  const price = catalogPrice(entry, catalog)
  const accelerator = findAccelerator(catalog, price.acceleratorId)
  return {
    usdPerReplicaHour: usdFromNano(nanoUsdFromProduct([devices, price.usdPerDeviceHour])),
    devicesPerReplica: devices,
    priceRuleId: price.id,
    energyUsdPerKilowattHour: energyPrice(entry, price, accelerator, catalog),
    watts: entry.watts === undefined ? catalogWatts(accelerator, devices, facts.coefficients()) : entry.watts,
  }
}

function catalogPrice(entry: CostEntry, catalog: Catalog): Price {
  if (entry.price !== undefined) return findPriceById(catalog, entry.price)
  const { id } = findAccelerator(catalog, entry.accelerator!)
  const tier = entry.tier ?? defaultPriceTier
  const query = { region: entry.region ?? null, provider: entry.provider ?? null }
  return choosePrice(catalog, id, tier, query)?.price ?? findPrice(catalog, id, tier, query)
}

/** Said in the file, or nothing where the price includes it, or the region's tariff × PUE; a region without a tariff has the default. */
function energyPrice(
  entry: CostEntry,
  price: Price,
  accelerator: Accelerator,
  catalog: Catalog,
): number | null {
  if (entry.energyUsdPerKilowattHour !== undefined) return entry.energyUsdPerKilowattHour
  if (price.includes.includes('energy')) return null
  const { usdPerKilowattHour } = tariffOf(catalog, entry.region ?? price.region)
  return usdFromNano(nanoUsdFromProduct([usdPerKilowattHour, defaultPue(catalog, accelerator).pue]))
}

function tariffOf(catalog: Catalog, region: string | null) {
  try {
    return findElectricity(catalog, region)
  } catch (error) {
    if (region === null || !(error instanceof TokenwrightError) || error.code !== 'unknown-entry') throw error
    return findElectricity(catalog, null)
  }
}

/**
 * Watts of a replica by what it does, as the performance model has them (src/perf/power.ts): idle, reading memory all the time
 * (decoding), multiplying all the time (prompts). Plus each device's share of its host, where a source states it.
 */
export function catalogWatts(
  accelerator: Accelerator,
  devices: number,
  set: CoefficientSet,
): NonNullable<DeploymentCost['watts']> {
  const shares: PowerCoefficients = {
    powerIdle: powerCoefficient(set, 'powerIdle', accelerator),
    powerMemory: powerCoefficient(set, 'powerMemory', accelerator),
    powerCompute: powerCoefficient(set, 'powerCompute', accelerator),
    powerOther: powerCoefficient(set, 'powerOther', accelerator),
  }
  const { tdpWatts, allInWatts } = accelerator
  const hostWatts = allInWatts === null ? 0 : Math.max(0, allInWatts - tdpWatts)
  const watts = (memory: number, compute: number) =>
    Math.round(devices * (boardWatts(tdpWatts, shares, { memory, compute, other: 0 }) + hostWatts))
  return { idle: watts(0, 0), decode: watts(1, 0), prefill: watts(0, 1) }
}

/** As resolveCoefficients, for an engine nobody named: prior and the effects of vendor, generation and device. */
function powerCoefficient(set: CoefficientSet, name: CoefficientName, accelerator: Accelerator): number {
  const { id, vendor, generation } = accelerator
  const levels = [`vendor:${vendor}`, `generation:${generation}`, `accelerator:${id}`]
  const shifts = levels.reduce((sum, level) => sum + (set.effects[`${name}|${level}`]?.shift ?? 0), 0)
  return valueFromLog(name, Math.log(set.priors[name].default!) + shifts)
}
