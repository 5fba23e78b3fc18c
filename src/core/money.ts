/**
 * Exact money: integer nano-dollars. One nano-dollar is a thousandth of the price of one token at $1 per million tokens,
 * so even a single cached token of the cheapest model is worth whole units, and sums never depend on their order.
 */
import { assert } from './assert.ts'
import {
  multiplyRationals,
  type Rational,
  rationalFromDecimal,
  rationalFromNumber,
  roundHalfEven,
} from './rational.ts'

/** Exact amount: 1 USD = 1_000_000_000n. */
export type NanoUsd = bigint

export const nanoPerUsd = 1_000_000_000n
const nanoDigits = 9

/** "2.50" → 2_500_000_000n. Digits beyond the ninth are rounded half to even. Null when the text is no decimal number. */
export function nanoUsdFromDecimal(text: string): NanoUsd | null {
  const usd = rationalFromDecimal(text)
  return usd === null ? null : toNanoUsd(usd)
}

/** A number of dollars, read as the decimal it prints as (0.1 is a tenth), rounded half to even to nano-dollars. */
export function nanoUsdFromNumber(usd: number): NanoUsd {
  return quickNanoUsd(usd) ?? toNanoUsd(rationalFromNumber(usd))
}

/** Some $1,100. Below it a number × 10^9 is off by 2^40 × 2^-52 nano-dollars: half a unit in the last place for the number, half for the product. */
const mostQuickNanoUsd = 2 ** 40
/** Twice that. */
const quickErrorNanoUsd = 2 ** -11

/** The same by floating point, where its error cannot matter: not near a half; null elsewhere. Money is made of numbers with each request. */
function quickNanoUsd(usd: number): NanoUsd | null {
  const scaled = usd * Number(nanoPerUsd)
  const below = Math.floor(scaled)
  const fraction = scaled - below
  if (!(Math.abs(scaled) < mostQuickNanoUsd && Math.abs(fraction - 0.5) > quickErrorNanoUsd)) return null
  return BigInt(fraction < 0.5 ? below : below + 1)
}

/**
 * The product of plain numbers ÷ a whole number as dollars (e.g. seconds × price per hour ÷ 3600), multiplied exactly and
 * rounded once, half to even: 3 × 0.1 is 0.3, not 0.30000000000000004.
 */
export function nanoUsdFromProduct(factors: readonly number[], divisor = 1n): NanoUsd {
  const { numerator, denominator } = multiplyRationals(factors.map(rationalFromNumber))
  return toNanoUsd({ numerator, denominator: denominator * divisor })
}

/** amount × numerator ÷ denominator, rounded half to even. */
export function multiplyMoney(amount: NanoUsd, factor: Rational): NanoUsd {
  return roundHalfEven({ numerator: amount * factor.numerator, denominator: factor.denominator })
}

/** Nearest number of dollars, for display and ratios only; what is added up stays in nano-dollars. */
export function usdFromNano(amount: NanoUsd): number {
  return Number(amount) / Number(nanoPerUsd)
}

/** "$1,234.50": exact, at least cents, thousands separated, further digits only where they are not zero. */
export function formatNanoUsd(amount: NanoUsd): string {
  const size = amount < 0n ? -amount : amount
  const whole = (size / nanoPerUsd).toString().replace(/\B(?=(\d{3})+$)/g, ',')
  const fraction = (size % nanoPerUsd).toString().padStart(nanoDigits, '0')
  return `${amount < 0n ? '-' : ''}$${whole}.${fraction.slice(0, 2)}${fraction.slice(2).replace(/0+$/, '')}`
}

/**
 * Splits a total by weights so that the parts add up to it to the last unit, for any weights: largest remainder
 * (Hamilton's method), ties to the earlier part. A weight of zero gets nothing. Numbers are used at their exact binary
 * value, so neither 1e-300 beside 1e300 nor a long list loses anything.
 */
export function splitByWeights(total: bigint, weights: readonly (number | bigint)[]): bigint[] {
  for (const weight of weights) {
    assert(typeof weight === 'bigint' || Number.isFinite(weight), `weights are finite, got ${weight}`)
    assert(weight >= 0, `weights are not negative, got ${weight}`)
  }
  const integers = toCommonIntegers(weights)
  const sum = integers.reduce((running, weight) => running + weight, 0n)
  if (sum === 0n) {
    assert(total === 0n, 'an amount cannot be split when every weight is zero')
    return integers
  }
  const size = total < 0n ? -total : total
  const parts = integers.map(weight => (size * weight) / sum)
  const remainders = integers.map((weight, index) => ({ index, remainder: (size * weight) % sum }))
  remainders.sort((a, b) =>
    a.remainder === b.remainder ? a.index - b.index : a.remainder > b.remainder ? -1 : 1,
  )
  // Each remainder is below the sum, so fewer units are left over than there are parts with a remainder.
  const leftOver = Number(size - parts.reduce((running, part) => running + part, 0n))
  for (const { index } of remainders.slice(0, leftOver)) parts[index]! += 1n
  return total < 0n ? parts.map(part => -part) : parts
}

function toNanoUsd(usd: Rational): NanoUsd {
  return roundHalfEven({ numerator: usd.numerator * nanoPerUsd, denominator: usd.denominator })
}

/** IEEE 754 binary64: 52 stored bits of significand, exponent bias 1023. */
const significandBits = 52
const exponentBias = 1023
const exponentMask = 0x7ffn

/** The weights, all multiplied by the same power of two, as integers: proportions stay exact. */
function toCommonIntegers(weights: readonly (number | bigint)[]): bigint[] {
  const scaled = weights.map(weight =>
    typeof weight === 'bigint' ? { significand: weight, exponent: 0 } : binaryParts(weight),
  )
  const present = scaled.filter(part => part.significand !== 0n)
  const lowest = present.reduce((least, part) => Math.min(least, part.exponent), Infinity)
  return scaled.map(part =>
    part.significand === 0n ? 0n : part.significand << BigInt(part.exponent - lowest),
  )
}

/** value = significand × 2^exponent, exactly. */
function binaryParts(value: number): { significand: bigint; exponent: number } {
  const view = new DataView(new ArrayBuffer(8))
  view.setFloat64(0, value)
  const bits = view.getBigUint64(0)
  const stored = Number((bits >> BigInt(significandBits)) & exponentMask)
  const fraction = bits & ((1n << BigInt(significandBits)) - 1n)
  const subnormal = stored === 0
  return {
    significand: subnormal ? fraction : fraction | (1n << BigInt(significandBits)),
    exponent: (subnormal ? 1 : stored) - exponentBias - significandBits,
  }
}
