/** Prices, tariff and PUE given as flags, laid over the catalog as the user's own facts. */
import type { FactsCatalog, Price, PriceTier } from '../catalog/index.ts'
import { findAccelerator, findElectricity, findPue } from '../catalog/lookup.ts'
import { TokenwrightError } from '../core/errors.ts'
import { parseUsd, parseUsdPerHour } from '../core/parse-quantity.ts'
import type { PlanFlags } from './plan-flags.ts'

export function withOverrides(
  catalog: FactsCatalog,
  flags: PlanFlags,
  tier: PriceTier,
  asOf: string,
): FactsCatalog {
  return {
    ...catalog,
    prices: [...catalog.prices, ...(flags.price ?? []).map(text => ownPrice(text, catalog, tier, asOf))],
    electricity:
      flags.electricity === undefined ? catalog.electricity : ownTariff(flags.electricity, catalog, asOf),
    pue: flags.pue === undefined ? catalog.pue : ownPue(flags.pue, catalog, asOf),
  }
}

/** `h200=2.50/h`: a rent that includes all that a cloud's price includes. */
function ownPrice(text: string, catalog: FactsCatalog, tier: PriceTier, asOf: string): Price {
  const where = '--price'
  const [name, amount, ...rest] = text.split('=')
  if (!name || !amount || rest.length > 0) {
    throw new TokenwrightError('usage', `"${text}" does not say the price of what`, {
      where,
      fix: 'write accelerator=price per device hour, e.g. --price h200=2.50/h',
    })
  }
  const accelerator = findAccelerator(catalog, name.trim())
  const usdPerDeviceHour = parseUsdPerHour(amount, where)
  return {
    id: `your-${accelerator.id}-${tier}`,
    acceleratorId: accelerator.id,
    provider: 'your price',
    tier,
    usdPerDeviceHour,
    region: null,
    includes: ['capital', 'host', 'network', 'space', 'cooling', 'energy', 'operations', 'margin'],
    commitment: null,
    provenance: { source: `--price ${text}`, asOf, confidence: 'published' },
    userSupplied: true,
  }
}

/** A tariff for every region, or the tariff of one region for all. */
function ownTariff(text: string, catalog: FactsCatalog, asOf: string): FactsCatalog['electricity'] {
  const tariff = /^(.*)\/\s*(kWh|MWh)$/i.exec(text.trim())
  if (tariff) {
    const usd = parseUsd(tariff[1]!, '--electricity') / (tariff[2]!.toLowerCase() === 'mwh' ? 1000 : 1)
    const provenance = { source: `--electricity ${text}`, asOf, confidence: 'published' } as const
    return catalog.electricity.map(entry => ({
      ...entry,
      usdPerKilowattHour: usd,
      kind: 'your tariff',
      provenance,
      userSupplied: true,
    }))
  }
  if (/^[$\d.]/.test(text.trim())) {
    throw new TokenwrightError('unit', `"${text}" does not say per what`, {
      where: '--electricity',
      fix: `write ${text}/kWh`,
    })
  }
  const { usdPerKilowattHour, carbonGramsPerKilowattHour, provenance } = findElectricity(catalog, text)
  return catalog.electricity.map(entry => ({
    ...entry,
    usdPerKilowattHour,
    carbonGramsPerKilowattHour,
    provenance,
    kind: `tariff of ${text}`,
  }))
}

function ownPue(text: string, catalog: FactsCatalog, asOf: string): FactsCatalog['pue'] {
  const value = Number(text)
  if (Number.isNaN(value)) {
    const { pue, provenance } = findPue(catalog, text)
    return catalog.pue.map(entry => ({ ...entry, pue, provenance }))
  }
  if (!(value >= 1 && value <= 4)) {
    throw new TokenwrightError('number', `a PUE of ${text} does not exist`, {
      where: '--pue',
      fix: 'PUE is utility power ÷ IT power, 1 or a little more: 1.25',
    })
  }
  const provenance = { source: `--pue ${text}`, asOf, confidence: 'published' } as const
  return catalog.pue.map(entry => ({ ...entry, pue: value, provenance }))
}
