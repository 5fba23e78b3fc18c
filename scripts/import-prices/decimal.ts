/** Numbers of price lists as decimal texts of dollars per million tokens. */
import { present } from '../../src/core/assert.ts'
import { rationalFromDecimal, roundHalfEven } from '../../src/core/rational.ts'

/** Digits kept: a millionth of a nano-dollar per token. Lists hold floats such as 4.9999999999999996e-06. */
const digits = 9

/** value × 10^shift × factor without trailing zeros; `2.5e-7` per token at shift 6 is `0.25` per million. */
export function decimalUsd(value: number | string, shift: number, factor = 1): string {
  const { numerator, denominator } = present(
    rationalFromDecimal(String(value)),
    `a price is a decimal number, got ${value}`,
  )
  const scaled = roundHalfEven({
    numerator: numerator * 10n ** BigInt(shift + digits) * BigInt(factor),
    denominator,
  })
  const text = (scaled < 0n ? -scaled : scaled).toString().padStart(digits + 1, '0')
  const fraction = text.slice(-digits).replace(/0+$/, '')
  return `${scaled < 0n ? '-' : ''}${text.slice(0, -digits)}${fraction === '' ? '' : `.${fraction}`}`
}
