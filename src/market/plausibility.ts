/** Named rules that a listed price must pass: slips of price lists are ratios no provider has. */
import { type PriceClass, type Prices, type ServiceTier, tokenPriceClasses } from './types.ts'

/** A price that no provider is likely to ask. */
export interface Implausibility {
  readonly rule: string
  readonly class: PriceClass
  /** The figure that was judged: a multiple of `relativeTo`, or dollars per million tokens. */
  readonly value: number
  readonly band: readonly [minimum: number, maximum: number]
}

interface RatioRule {
  readonly name: string
  readonly class: PriceClass
  readonly relativeTo: PriceClass
  readonly band: readonly [minimum: number, maximum: number]
}

/**
 * Multiples of the offer's own input or output price. The bands hold what makers ask, with room: cache reads 0.006 (DeepSeek V4
 * before 2026-08) to 1, cache writes 0.62 (MiniMax highspeed) to 1.25 and 2 for an hour (Anthropic), output 0.8 (pictures as words) to 10 times input,
 * audio up to 68 (Alibaba omni). Of 3,937 output and 1,594 cache-read multiples in the four lists the hundredths at the ends
 * begin at 1 and 10, 0.02 and 0.8: what lies beyond the bands was looked at, and was a slip, another unit or a free trial.
 */
const ratioRules: readonly RatioRule[] = [
  { name: 'output-multiple', class: 'output', relativeTo: 'uncachedInput', band: [0.7, 30] },
  { name: 'cached-input-share', class: 'cachedInput', relativeTo: 'uncachedInput', band: [0.005, 1] },
  { name: 'cache-write-multiple', class: 'cacheWrite', relativeTo: 'uncachedInput', band: [0.6, 1.6] },
  {
    name: 'one-hour-write-multiple',
    class: 'cacheWriteOneHour',
    relativeTo: 'uncachedInput',
    band: [1, 2.6],
  },
  { name: 'input-audio-multiple', class: 'inputAudio', relativeTo: 'uncachedInput', band: [0.3, 70] },
  { name: 'output-audio-multiple', class: 'outputAudio', relativeTo: 'output', band: [0.5, 60] },
]

/** Dollars per million input tokens: a price per token or per thousand that was read as one per million lies outside. */
const unitSlipBand = [0.001, 1000] as const

/** Multiples of the standard tier, class by class: batch and flex are rebates, priority is a surcharge. */
const tierBands: Readonly<Record<ServiceTier, readonly [number, number]>> = {
  standard: [1, 1],
  batch: [0.2, 1],
  flex: [0.2, 1],
  priority: [1.1, 4],
}

/** Multiples of the short prompt's or the plain hour's price. */
const variantBand = [0.25, 10] as const

export const plausibilityBands = {
  ratios: ratioRules,
  unitSlip: unitSlipBand,
  serviceTier: tierBands,
  variant: variantBand,
}

/** What is implausible about prices taken for themselves. Zero is a price only of what is called free. */
export function implausiblePrices(prices: Prices): Implausibility[] {
  const found: Implausibility[] = []
  for (const name of Object.keys(prices) as PriceClass[]) {
    const value = Number(prices[name])
    if (!(value >= 0)) found.push({ rule: 'negative', class: name, value, band: [0, Infinity] })
  }
  const input = prices.uncachedInput === undefined ? null : Number(prices.uncachedInput)
  if (input !== null && input >= 0) {
    const [minimum, maximum] = unitSlipBand
    if (input === 0) found.push({ rule: 'zero', class: 'uncachedInput', value: 0, band: unitSlipBand })
    else if (input < minimum || input > maximum)
      found.push({ rule: 'unit-slip', class: 'uncachedInput', value: input, band: unitSlipBand })
  }
  for (const rule of ratioRules) {
    const ratio = ratioOf(prices[rule.class], prices[rule.relativeTo])
    if (ratio !== null && !within(ratio, rule.band))
      found.push({ rule: rule.name, class: rule.class, value: ratio, band: rule.band })
  }
  return found
}

/** What is implausible about a service tier's prices beside the standard ones. */
export function implausibleTier(tier: ServiceTier, prices: Prices, standard: Prices): Implausibility[] {
  return compared(`${tier}-multiple`, prices, standard, tierBands[tier])
}

/** What is implausible about the prices of a condition (long prompts, hours) beside the plain ones. */
export function implausibleVariant(prices: Prices, plain: Prices): Implausibility[] {
  return compared('variant-multiple', prices, plain, variantBand)
}

function compared(rule: string, prices: Prices, base: Prices, band: readonly [number, number]) {
  return tokenPriceClasses.flatMap((name): Implausibility[] => {
    const ratio = ratioOf(prices[name], base[name])
    return ratio === null || within(ratio, band) ? [] : [{ rule, class: name, value: ratio, band }]
  })
}

function ratioOf(value: string | undefined, base: string | undefined): number | null {
  if (value === undefined || base === undefined || !(Number(base) > 0)) return null
  return Number(value) / Number(base)
}

/** Listed prices are rounded: half of 0.25 is listed as 0.13, 4 % above. So much more is no slip. */
const roundingSlack = 0.05

function within(value: number, [minimum, maximum]: readonly [number, number]): boolean {
  return value >= minimum * (1 - roundingSlack) && value <= maximum * (1 + roundingSlack)
}
