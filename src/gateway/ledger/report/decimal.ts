/** Integers as decimal numbers, exactly. */

/** 1_500_000_000n with 9 places → "1.5"; no exponent, no trailing zeros. */
export function decimalText(amount: bigint, places: number): string {
  const sign = amount < 0n ? '-' : ''
  const digits = (amount < 0n ? -amount : amount).toString().padStart(places + 1, '0')
  const fraction = digits.slice(digits.length - places).replace(/0+$/, '')
  return `${sign}${digits.slice(0, digits.length - places)}${fraction === '' ? '' : `.${fraction}`}`
}

/** Dollars: "0.004625". */
export function usdText(nanoUsd: bigint): string {
  return decimalText(nanoUsd, 9)
}
