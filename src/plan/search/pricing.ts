/** Which price, tariff and PUE each accelerator is planned with, and the fast arithmetic the search ranks by. */
import { defaultPue, findElectricity } from '../../catalog/lookup.ts'
import { choosePrice } from '../../catalog/price-choice.ts'
import type {
  Accelerator,
  Catalog,
  ElectricityPrice,
  PowerUsageEffectiveness,
  Price,
} from '../../catalog/types.ts'
import { TokenwrightError } from '../../core/errors.ts'
import type { PlanRequest } from '../types.ts'

/** Everything an hour of one device costs. */
export interface DevicePricing {
  readonly price: Price
  readonly pue: PowerUsageEffectiveness
  readonly electricity: ElectricityPrice | null
  /** IT watts beside the board that the device's share of host, network and fans draws; null when no source states it. */
  readonly hostWatts: number | null
}

export class PriceBook {
  readonly #catalog: Catalog
  readonly #request: PlanRequest
  readonly #electricity: ElectricityPrice | null
  readonly #found = new Map<string, DevicePricing | null>()
  readonly warnings: string[] = []

  constructor(catalog: Catalog, request: PlanRequest) {
    this.#catalog = catalog
    this.#request = request
    this.#electricity = this.#findElectricity()
  }

  /** Null when nobody states a price of this tier. */
  of(accelerator: Accelerator): DevicePricing | null {
    const known = this.#found.get(accelerator.id)
    if (known !== undefined) return known
    const { tier, region } = this.#request
    const choice = choosePrice(this.#catalog, accelerator.id, tier, { region })
    const pricing =
      choice === null
        ? null
        : {
            price: choice.price,
            pue: defaultPue(this.#catalog, accelerator),
            electricity: this.#electricity,
            hostWatts:
              accelerator.allInWatts === null
                ? null
                : Math.max(0, accelerator.allInWatts - accelerator.tdpWatts),
          }
    this.#found.set(accelerator.id, pricing)
    return pricing
  }

  /** A region may have prices of devices and no tariff: energy then costs what it costs by default, and a warning says so. */
  #findElectricity(): ElectricityPrice | null {
    const { region } = this.#request
    try {
      return findElectricity(this.#catalog, region)
    } catch (error) {
      if (!(error instanceof TokenwrightError) || error.code !== 'unknown-entry') throw error
    }
    if (region === null) return null
    try {
      const fallback = findElectricity(this.#catalog, null)
      this.warnings.push(
        `no electricity price of ${region} is known: ${fallback.region} is used where energy is billed`,
      )
      return fallback
    } catch (error) {
      if (!(error instanceof TokenwrightError) || error.code !== 'unknown-entry') throw error
      return null
    }
  }
}

/** Dollars per hour of devices and, where the price excludes it, energy. The exact bill is cost/'s; this one ranks. */
export function usdPerHour(pricing: DevicePricing, devices: number, acceleratorWatts: number): number {
  const rent = devices * pricing.price.usdPerDeviceHour
  if (pricing.price.includes.includes('energy') || pricing.electricity === null) return rent
  const itWatts = acceleratorWatts + devices * (pricing.hostWatts ?? 0)
  return rent + (itWatts / 1000) * pricing.pue.pue * pricing.electricity.usdPerKilowattHour
}
