/**
 * What a deployment costs per hour (docs/models/cost.md):
 *
 *   cost rate = Σ devices × price of the tier + energy, where the tier excludes it + extras
 *
 * Every amount is a line with its formula; the rate is exactly their sum. What no price includes and nobody added is
 * named in `notCounted`, because a total that is silently incomplete looks like a cheap one.
 */
import type { Price, PriceComponent } from '../catalog/types.ts'
import { assert } from '../core/assert.ts'
import { formatNanoUsd, nanoUsdFromNumber, nanoUsdFromProduct } from '../core/money.ts'
import { carbonGramsPerHour, wattsPerKilowatt } from './power.ts'
import type {
  CostLine,
  CostRate,
  CostRateInput,
  ItemisedCostRate,
  NotCounted,
  PricedDevices,
} from './types.ts'

/** Never-ending decimals end here in formulas; amounts are computed from the full values. */
const printedDigits = 6

export function costRate(input: CostRateInput): ItemisedCostRate {
  checkInput(input)
  const energy = energyCost(input)
  const lines: CostLine[] = [
    ...input.devices.map(deviceLine),
    ...energy.lines,
    ...input.extraUsdPerHour.map(extraLine),
  ]
  const notCounted = [...energy.notCounted, ...missingComponents(input)]
  const carbon =
    input.itWatts === null || input.carbonGramsPerKilowattHour === null
      ? null
      : carbonGramsPerHour(input.itWatts, input.pue, input.carbonGramsPerKilowattHour)
  return {
    lines,
    nanoUsdPerHour: sumLines(lines),
    carbonGramsPerHour: carbon,
    notCounted: carbon === null ? [...notCounted, missingCarbon(input)] : notCounted,
  }
}

/** Exactly the sum of the lines' amounts. */
export function sumLines(lines: CostRate['lines']): bigint {
  return lines.reduce((sum, line) => sum + line.nanoUsdPerHour, 0n)
}

/** How a price is named in lines and warnings: "h200-sxm reserved, CoreWeave". */
export function describePrice(price: Price): string {
  return `${price.acceleratorId} ${price.tier}, ${price.provider}`
}

function describeDevices({ price, label }: PricedDevices): string {
  return label ?? describePrice(price)
}

function deviceLine(entry: PricedDevices): CostLine {
  const { count, price } = entry
  const amount = nanoUsdFromProduct([count, price.usdPerDeviceHour])
  const includes =
    price.includes.length === 0 ? 'includes are not stated' : `includes ${price.includes.join(', ')}`
  return {
    name: `${count} × ${describeDevices(entry)}`,
    component: 'capital',
    nanoUsdPerHour: amount,
    included: false,
    formula: `${count} ${count === 1 ? 'device' : 'devices'} × $${price.usdPerDeviceHour}/device-hour = ${formatNanoUsd(amount)}/h (${includes})`,
  }
}

function extraLine({ name, usdPerHour }: CostRateInput['extraUsdPerHour'][number]): CostLine {
  const amount = nanoUsdFromNumber(usdPerHour)
  return {
    name,
    component: 'extra',
    nanoUsdPerHour: amount,
    included: false,
    formula: `${formatNanoUsd(amount)}/h, as given`,
  }
}

interface EnergyCost {
  readonly lines: CostLine[]
  readonly notCounted: NotCounted[]
}

/** IT kW × PUE × tariff for the devices whose price excludes energy; a zero line for those whose price includes it. */
function energyCost(input: CostRateInput): EnergyCost {
  const including = input.devices.filter(entry => entry.price.includes.includes('energy'))
  const excluding = input.devices.filter(entry => !entry.price.includes.includes('energy'))
  const lines: CostLine[] = including.map(entry => ({
    name: 'energy',
    component: 'energy',
    nanoUsdPerHour: 0n,
    included: true,
    formula: `$0: included in the price of ${describeDevices(entry)}`,
  }))
  if (excluding.length === 0 || hasExtra(input, 'energy')) return { lines, notCounted: [] }
  const missing = [
    ...(input.itWatts === null ? ['the IT power'] : []),
    ...(input.usdPerKilowattHour === null ? ['the electricity tariff'] : []),
  ]
  if (input.itWatts === null || input.usdPerKilowattHour === null) {
    const reason = `the price excludes it, and ${missing.join(' and ')} is not known`
    return { lines, notCounted: [{ component: 'energy', reason }] }
  }
  const excluded = excludedShare(input.devices)
  const kilowatts = (input.itWatts / wattsPerKilowatt) * excluded
  // Multiplied as decimals and rounded once: 1/1000 is exact there, in binary it is not.
  const amount = nanoUsdFromProduct([
    input.itWatts,
    1 / wattsPerKilowatt,
    excluded,
    input.pue,
    input.usdPerKilowattHour,
  ])
  const share = including.length === 0 ? '' : ' (devices whose price excludes energy)'
  lines.push({
    name: 'energy',
    component: 'energy',
    nanoUsdPerHour: amount,
    included: false,
    formula: `${short(kilowatts)} kW IT${share} × ${short(input.pue)} PUE × $${input.usdPerKilowattHour}/kWh = ${formatNanoUsd(amount)}/h`,
  })
  return { lines, notCounted: [] }
}

/** Share of the deployment's power drawn by devices whose price excludes energy. */
function excludedShare(devices: readonly PricedDevices[]): number {
  const stated = devices.every(entry => entry.itWattsPerDevice !== undefined)
  let total = 0
  let excluded = 0
  for (const { count, price, itWattsPerDevice } of devices) {
    const watts = count * (stated ? itWattsPerDevice! : 1)
    total += watts
    if (!price.includes.includes('energy')) excluded += watts
  }
  return excluded === total ? 1 : excluded / total
}

/** Why a missing component matters. Energy is treated apart; a margin is not a cost to who owns the devices. */
const missingReasons: Readonly<Record<Exclude<PriceComponent, 'energy' | 'margin'>, string>> = {
  capital: 'no price covers buying or renting the devices',
  host: 'no price covers CPUs, memory and disks beside the devices',
  network: 'no price covers switches, cables and traffic',
  space: 'no price covers the building or colocation',
  cooling: 'no price covers the cooling plant (its electricity is in the PUE)',
  operations: 'no price covers staff, repairs and spares',
}

function missingComponents(input: CostRateInput): NotCounted[] {
  const found: NotCounted[] = []
  for (const [component, reason] of Object.entries(missingReasons) as [PriceComponent, string][]) {
    if (hasExtra(input, component)) continue
    const without = input.devices.filter(({ price }) => !price.includes.includes(component))
    if (without.length === 0) continue
    const part =
      without.length < input.devices.length ? ` for ${without.map(describeDevices).join('; ')}` : ''
    found.push({ component, reason: `${reason}${part}` })
  }
  return found
}

function missingCarbon(input: CostRateInput): NotCounted {
  const missing = input.itWatts === null ? 'the IT power' : "the grid's carbon intensity"
  return { component: 'carbon', reason: `${missing} is not known` }
}

/** An extra named like a component stands for it: `operations=3/h` counts operations. */
function hasExtra(input: CostRateInput, component: PriceComponent): boolean {
  return input.extraUsdPerHour.some(extra => extra.name.toLowerCase() === component)
}

function checkInput(input: CostRateInput): void {
  assert(input.devices.length > 0, 'a deployment has devices')
  for (const { count, price } of input.devices) {
    assert(Number.isInteger(count) && count > 0, `devices are counted from 1, got ${count}`)
    assertAmount(price.usdPerDeviceHour, `price ${price.id}`)
  }
  for (const { name, usdPerHour } of input.extraUsdPerHour) assertAmount(usdPerHour, `extra ${name}`)
  if (input.itWatts !== null) assertAmount(input.itWatts, 'IT power')
  if (input.usdPerKilowattHour !== null) assertAmount(input.usdPerKilowattHour, 'electricity tariff')
  if (input.carbonGramsPerKilowattHour !== null)
    assertAmount(input.carbonGramsPerKilowattHour, 'carbon intensity')
  assert(Number.isFinite(input.pue) && input.pue >= 1, `PUE is at least 1, got ${input.pue}`)
}

function assertAmount(value: number, name: string): void {
  assert(Number.isFinite(value) && value >= 0, `${name} is a finite number of 0 or more, got ${value}`)
}

function short(value: number): string {
  return String(Number(value.toPrecision(printedDigits)))
}
