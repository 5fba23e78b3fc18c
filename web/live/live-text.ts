/** How the page writes what the gateway tells. */
import {
  formatMilliseconds,
  formatPercent,
  formatSignificant,
  missing,
} from '../../src/report/format-number.ts'

export function shareText(share: number | null): string {
  return share === null ? missing : formatPercent(share)
}

export function rateText(perSecond: number): string {
  return perSecond === 0 ? '0' : formatSignificant(perSecond)
}

export function millisecondsText(ms: number | null): string {
  return formatMilliseconds(ms)
}

/** Exact decimal text of dollars, as the ledger has it, to so many places; what is smaller is not said to be nothing. */
export function exactUsdText(text: string, places = 4): string {
  const value = Number(text)
  const sign = value < 0 ? '-' : ''
  const amount = Math.abs(value)
  if (amount > 0 && amount < 10 ** -places) return `${sign}$${text.replace(/^-/, '').replace(/0+$/, '')}`
  return `${sign}$${amount.toLocaleString('en-US', { minimumFractionDigits: places, maximumFractionDigits: places })}`
}

/** 45 s, 12 min, 3.2 h, 5.0 days. */
export function agoText(ms: number): string {
  const seconds = Math.max(0, ms) / 1000
  if (seconds < 100) return `${Math.floor(seconds)} s`
  if (seconds < 6000) return `${Math.floor(seconds / 60)} min`
  return seconds < 172_800 ? `${(seconds / 3600).toFixed(1)} h` : `${(seconds / 86_400).toFixed(1)} days`
}
