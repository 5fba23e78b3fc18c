/** Quantities of a run as people read them, beside format-number.ts. */
import { formatMilliseconds, formatPercent, formatSignificant } from './format-number.ts'

/** 12 ms, 45.0 s, 12.0 min, 2.50 h, 14.0 days. */
export function seconds(value: number): string {
  if (value >= 48 * 3600) return `${formatSignificant(value / 86_400)} days`
  if (value >= 2 * 3600) return `${formatSignificant(value / 3600)} h`
  return value === 0 ? '0 s' : formatMilliseconds(value * 1000)
}

/** A share as per cent that is 100 % only when nothing is missing: 99.6 %, >99.9 %. */
export function formatShare(share: number): string {
  const percent = share * 100
  if (percent < 99.5 || percent >= 100) return formatPercent(share)
  return percent > 99.9 ? '>99.9 %' : `${(Math.floor(percent * 10) / 10).toFixed(1)} %`
}

/** 8.00 J, 77.0 Wh, 2.51 kWh, 1.20 MWh. */
export function formatEnergy(joules: number): string {
  if (joules >= 3.6e9) return `${formatSignificant(joules / 3.6e9)} MWh`
  if (joules >= 3.6e6) return `${formatSignificant(joules / 3.6e6)} kWh`
  return joules >= 3600 ? `${formatSignificant(joules / 3600)} Wh` : `${formatSignificant(joules)} J`
}
