/** Products of plain numbers as exact money. */
import { assert } from '../core/assert.ts'
import { multiplyMoney, type NanoUsd, nanoPerUsd } from '../core/money.ts'
import { multiplyRationals, rationalFromNumber } from '../core/rational.ts'

/** The product of plain numbers ÷ a whole number, as dollars, computed exactly and rounded once. */
export function usdProduct(factors: readonly number[], divisor: bigint): NanoUsd {
  const { numerator, denominator } = multiplyRationals(factors.map(rationalFromNumber))
  assert(numerator >= 0n, `amounts and prices are not negative: ${factors.join(' × ')}`)
  return multiplyMoney(nanoPerUsd, { numerator, denominator: denominator * divisor })
}
