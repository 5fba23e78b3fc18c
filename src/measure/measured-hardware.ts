/** The hardware behind an endpoint, as the user names it, with the price an answer takes for it. */
import { findAccelerator, findElectricity } from '../catalog/lookup.ts'
import { choosePrice, findPrice, type PriceQuery } from '../catalog/price-choice.ts'
import type { Catalog, ElectricityPrice, Price, PriceTier } from '../catalog/types.ts'
import { TokenwrightError } from '../core/errors.ts'
import { parseCount } from '../core/parse-quantity.ts'

export interface HardwareGroup {
  readonly acceleratorId: string
  readonly count: number
}

export interface PricedHardware {
  readonly count: number
  readonly price: Price
  /** Why this price, ready to print. */
  readonly reason: string
}

/** `8xh200`, `h200` (one), `4xh100, 4xl40s`: devices that serve, by catalog names. Errors name the part that is wrong. */
export function parseHardware(text: string, catalog: Catalog, where = '--hardware'): HardwareGroup[] {
  const groups = text.split(',').map(part => {
    const counted = /^\s*(\d[\d_]*)\s*[x×*]\s*(\S.*)$/i.exec(part)
    const name = (counted?.[2] ?? part).trim()
    if (name === '')
      throw new TokenwrightError('usage', `"${text}" names no device`, {
        where,
        fix: 'write for example 8xh200, or 4xh100,4xl40s',
      })
    return {
      acceleratorId: findAccelerator(catalog, name).id,
      count: counted === null ? 1 : parseCount(counted[1]!, where),
    }
  })
  return groups
}

/** The catalog's choice for each kind of device (docs/decisions/0008). An error says which tiers have a price. */
export function priceHardware(
  catalog: Catalog,
  groups: readonly HardwareGroup[],
  tier: PriceTier,
  query: PriceQuery = {},
): PricedHardware[] {
  return groups.map(({ acceleratorId, count }) => {
    const choice = choosePrice(catalog, acceleratorId, tier, query)
    return choice === null
      ? { count, price: findPrice(catalog, acceleratorId, tier, query), reason: '' }
      : { count, price: choice.price, reason: choice.reason }
  })
}

/** The tariff of a region, or null where none is known; without a region the catalog's default. */
export function tariffOf(catalog: Catalog, region: string | null): ElectricityPrice | null {
  try {
    return findElectricity(catalog, region)
  } catch (error) {
    if (error instanceof TokenwrightError && error.code === 'unknown-entry') return null
    throw error
  }
}
