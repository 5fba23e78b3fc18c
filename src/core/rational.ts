/** Exact fractions of integers: what decimal numbers are before they are rounded to money. */
import { assert } from './assert.ts'

/** numerator ÷ denominator, denominator > 0; not necessarily in lowest terms. */
export interface Rational {
  readonly numerator: bigint
  readonly denominator: bigint
}

const decimalPattern = /^([+-]?)(\d+)(?:\.(\d+))?(?:e([+-]?\d{1,3}))?$/i

/** Decimal notation, exponents allowed, as an exact fraction; null when the text is no such number. */
export function rationalFromDecimal(text: string): Rational | null {
  const match = decimalPattern.exec(text.trim())
  if (match === null) return null
  const [, sign, whole, fraction = '', exponent = '0'] = match
  const digits = BigInt(`${whole}${fraction}`) * (sign === '-' ? -1n : 1n)
  const shift = Number(exponent) - fraction.length
  return shift >= 0
    ? { numerator: digits * 10n ** BigInt(shift), denominator: 1n }
    : { numerator: digits, denominator: 10n ** BigInt(-shift) }
}

/**
 * A finite number as the decimal a person wrote: 0.1 becomes 1/10, not the binary neighbour of 0.1.
 * JavaScript prints the shortest decimal that reads back as the same number (ECMA-262, Number::toString).
 */
export function rationalFromNumber(value: number): Rational {
  assert(Number.isFinite(value), `a fraction needs a finite number, got ${value}`)
  const rational = rationalFromDecimal(String(value))
  assert(rational !== null, `unexpected notation of ${value}`)
  return rational
}

export function multiplyRationals(factors: readonly Rational[]): Rational {
  return factors.reduce((product, factor) => ({
    numerator: product.numerator * factor.numerator,
    denominator: product.denominator * factor.denominator,
  }))
}

/** The nearest integer; a tie goes to the even one, so that many roundings do not drift. */
export function roundHalfEven({ numerator, denominator }: Rational): bigint {
  assert(denominator > 0n, 'a fraction needs a positive denominator')
  let quotient = numerator / denominator
  let remainder = numerator % denominator
  if (remainder < 0n) {
    quotient -= 1n
    remainder += denominator
  }
  const twice = remainder * 2n
  if (twice > denominator || (twice === denominator && quotient % 2n !== 0n)) quotient += 1n
  return quotient
}
