/** Money that adds up as it is printed, not only as it was computed. */
import { formatBillUsd } from './format-number.ts'

/** Printed bills have four decimals: formatBillUsd. */
const unitNanoUsd = 100_000n

/**
 * Parts of a bill as dollars with four decimals that add up to their printed total: each is rounded down, and the units that
 * are missing go to the largest remainders (Hamilton's method), so none is off by a whole unit. Parts are not negative.
 */
export function formatBillParts(parts: readonly bigint[]): {
  readonly parts: readonly string[]
  readonly total: string
} {
  const total = parts.reduce((sum, part) => sum + part, 0n)
  const units = parts.map(part => part / unitNanoUsd)
  const missing = (total + unitNanoUsd / 2n) / unitNanoUsd - units.reduce((sum, unit) => sum + unit, 0n)
  const byRemainder = parts
    .map((part, index) => ({ index, remainder: part % unitNanoUsd }))
    .sort((a, b) => Number(b.remainder - a.remainder) || a.index - b.index)
  for (const { index } of byRemainder.slice(0, Number(missing))) units[index]!++
  return { parts: units.map(unit => formatBillUsd(unit * unitNanoUsd)), total: formatBillUsd(total) }
}
