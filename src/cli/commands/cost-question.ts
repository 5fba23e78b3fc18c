/** From flags to the inputs of the cost equation; whatever is assumed on the way is noted. */
import { findAccelerator, loadCatalogWithFacts, type Price } from '../../catalog/index.ts'
import { parseCount } from '../../core/parse-quantity.ts'
import { type CostRateInput, itWattsOf, type NotCounted, type StatedPower } from '../../cost/index.ts'
import { type CostOptions, checkCombinations, flag } from './cost-options.ts'
import { readElectricity, readExtra, readPower, readPrice, readPue } from './cost-supply.ts'
import {
  readAllocation,
  readThroughput,
  readUtilisation,
  type StatedAllocation,
  type StatedUtilisation,
  type TokensPerSecond,
} from './cost-traffic.ts'

export interface CostQuestion {
  readonly rateInput: CostRateInput
  readonly devices: number
  readonly power: StatedPower | null
  readonly pueStatement: string
  readonly capacity: TokensPerSecond
  readonly utilisation: StatedUtilisation
  readonly allocation: StatedAllocation
  readonly notes: readonly string[]
  readonly notCounted: readonly NotCounted[]
}

export async function readQuestion(options: CostOptions): Promise<CostQuestion> {
  checkCombinations(options)
  const catalog = await loadCatalogWithFacts(options.facts)
  const notes: string[] = []
  const devices = parseCount(options.devices ?? '1', flag('devices'))
  const accelerator = options.hardware === undefined ? null : findAccelerator(catalog, options.hardware)
  const price = readPrice(options, catalog, accelerator, notes)
  const power = readPower(options, accelerator, devices, notes)
  const { pue, statement } = readPue(options, catalog, accelerator, power)
  const electricity = readElectricity(options, catalog, notes)
  if (options.electricity !== undefined && price.includes.includes('energy')) {
    notes.push(
      '--electricity changes no dollar here: the price includes energy (its grid may still count as carbon).',
    )
  }
  const stated = options.usdPerHour !== undefined
  const priced = {
    count: devices,
    price,
    ...(stated ? { label: `${accelerator?.id ?? 'device'}, your price` } : {}),
  }
  const capacity = readThroughput(options, devices)
  const utilisation = readUtilisation(options, catalog)
  return {
    rateInput: {
      devices: [priced],
      itWatts: power === null ? null : itWattsOf(power, pue),
      pue,
      ...electricity,
      extraUsdPerHour: (options.extra ?? []).map(readExtra),
    },
    devices,
    power,
    pueStatement: statement ?? 'PUE 1 (no --pue given)',
    capacity,
    utilisation,
    allocation: readAllocation(options, capacity, devices),
    notes: [...notes, ...utilisation.notes],
    notCounted: [...missingUse(options), ...missingPower(price, power, statement, electricity)],
  }
}

/** Idle time and downtime that nobody stated are taken as none, which is never so: the answer has to say it. */
function missingUse(options: CostOptions): NotCounted[] {
  const missing: NotCounted[] = []
  if (options.loadFactor === undefined && options.demandShape === undefined) {
    missing.push({ component: 'idle', reason: 'no --load-factor or --demand-shape: always full is assumed' })
  }
  if (options.availability === undefined) {
    missing.push({ component: 'availability', reason: 'no --availability: always up is assumed' })
  }
  return missing
}

/** Parts of the energy that the stated basis or a missing PUE leaves out, where energy or carbon is counted. */
function missingPower(
  price: Price,
  power: StatedPower | null,
  pueStatement: string | null,
  electricity: ReturnType<typeof readElectricity>,
): NotCounted[] {
  const energy = !price.includes.includes('energy') && electricity.usdPerKilowattHour !== null
  if (power === null || !(energy || electricity.carbonGramsPerKilowattHour !== null)) return []
  const component = energy ? 'energy' : 'carbon'
  const missing: NotCounted[] = []
  if (power.basis === 'board') {
    missing.push({ component, reason: 'of host, network and fans: only board power is known' })
  }
  if (pueStatement === null) {
    missing.push({ component, reason: 'of cooling and power conversion: no --pue given, IT power only' })
  }
  return missing
}
