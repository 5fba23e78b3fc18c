/** Numbers as people read them: few significant digits, thousands separated, never an exponent, always a unit. */

/** Shown where a value does not exist. */
export const missing = '–'

/** 3 significant digits by default: 0.0143, 1.43, 143, 14,300. Trailing zeros are kept, so that columns line up. */
export function formatSignificant(value: number, digits = 3): string {
  if (!Number.isFinite(value)) return value === Infinity ? '∞' : missing
  if (value === 0) return '0'
  const rounded = Number(value.toPrecision(digits))
  const exponent = Math.floor(Math.log10(Math.abs(rounded)))
  const decimals = Math.min(100, Math.max(0, digits - 1 - exponent))
  return groupThousands(rounded.toFixed(decimals))
}

/** Whole numbers: 14,302. */
export function formatCount(value: number | bigint): string {
  return typeof value === 'bigint' ? groupThousands(value.toString()) : groupThousands(value.toFixed(0))
}

/** `1 device`, `738 deployments`: English plurals in s. */
export function plural(count: number, noun: string): string {
  return `${formatCount(count)} ${count === 1 ? noun : `${noun}s`}`
}

const countedNouns = 'tokens|devices|requests|replicas|deployments|sequences'
const longCount = new RegExp(`(?<![\\w.,-])\\d{4,}(?= (?:${countedNouns})\\b| ×)`, 'g')
const oneOfMany = new RegExp(`(?<![\\w.,-])1 (${countedNouns})\\b(?!/)( are)?`, 'g')

/**
 * A sentence of the planner as people read it: `999945225236 tokens` as `999,945,225,236 tokens`, `at most 1 devices` as
 * `at most 1 device`. Numbers in names (`h200-sxm-tp1`) stay.
 */
export function readable(sentence: string): string {
  return sentence
    .replace(longCount, groupThousands)
    .replace(oneOfMany, (_, nouns: string, are?: string) => `1 ${nouns.slice(0, -1)}${are ? ' is' : ''}`)
}

function groupThousands(digits: string): string {
  const [whole, fraction] = digits.split('.')
  const grouped = whole!.replace(/\B(?=(\d{3})+$)/g, ',')
  return fraction === undefined ? grouped : `${grouped}.${fraction}`
}

/** Dollars with 3 significant digits, at least cents from $1 upwards: $0.0143, $1.43, $143.20. */
export function formatUsd(value: number | null): string {
  if (value === null) return missing
  const sign = value < 0 ? '-' : ''
  const amount = Math.abs(value)
  return `${sign}$${amount >= 10 ? groupThousands(amount.toFixed(2)) : formatSignificant(amount)}`
}

/** Dollars per million tokens: 3 significant digits. */
export function formatUsdPerMillionTokens(value: number | null): string {
  return value === null ? missing : `$${formatSignificant(value)}`
}

/** Integer nano-dollars as dollars: exact, without trailing zeros beyond cents. */
export function exactUsd(nanoUsd: bigint): string {
  const sign = nanoUsd < 0n ? '-' : ''
  const amount = nanoUsd < 0n ? -nanoUsd : nanoUsd
  const fraction = (amount % 1_000_000_000n).toString().padStart(9, '0')
  return `${sign}${amount / 1_000_000_000n}.${fraction.slice(0, 2)}${fraction.slice(2).replace(/0+$/, '')}`
}

/** Integer nano-dollars as a number of dollars, for display only; sums are made in bigint. */
export function usdOfNano(nanoUsd: bigint): number {
  return Number(nanoUsd) / 1e9
}

/** 3.20 µs, 8.41 ms, 1.23 s, 12.0 min. */
export function formatMilliseconds(ms: number | null): string {
  if (ms === null || Number.isNaN(ms)) return missing
  if (ms >= 600_000) return `${formatSignificant(ms / 60_000)} min`
  if (Number(ms.toPrecision(3)) >= 1000) return `${formatSignificant(ms / 1000)} s`
  return ms > 0 && ms < 0.1 ? `${formatSignificant(ms * 1000)} µs` : `${formatSignificant(ms)} ms`
}

/** 740 W, 11.2 kW, 1.20 MW. */
export function formatWatts(watts: number): string {
  if (watts >= 1e6) return `${formatSignificant(watts / 1e6)} MW`
  return watts >= 1000 ? `${formatSignificant(watts / 1000)} kW` : `${formatSignificant(watts)} W`
}

/** 80.0 GB (decimal). */
export function formatBytes(bytes: number): string {
  const units = ['B', 'kB', 'MB', 'GB', 'TB', 'PB']
  let value = bytes
  let unit = 0
  while (Math.abs(value) >= 1000 && unit < units.length - 1) {
    value /= 1000
    unit += 1
  }
  return unit === 0 ? `${value} B` : `${formatSignificant(value)} ${units[unit]}`
}

/** A share as per cent: 0.123 → 12 %, 0.012 → 1.2 %. */
export function formatPercent(share: number): string {
  const percent = share * 100
  if (!Number.isFinite(percent)) return missing
  const size = Math.abs(percent)
  if (size > 0 && size < 0.1) return '<0.1 %'
  return `${size < 9.95 && size > 0 ? percent.toFixed(1) : percent.toFixed(0)} %`
}

/** 950k, 14.7M: for figures with a long unit behind them. */
export function formatLarge(value: number): string {
  if (value >= 1e9) return `${formatSignificant(value / 1e9)}G`
  if (value >= 1e6) return `${formatSignificant(value / 1e6)}M`
  return value >= 1e4 ? `${formatSignificant(value / 1e3)}k` : `${formatSignificant(value)}`
}

/** Without trailing zeros, for values that people typed: 1 s, 30 ms. */
export function formatLimit(ms: number): string {
  return ms >= 1000 ? `${Number((ms / 1000).toPrecision(12))} s` : `${Number(ms.toPrecision(12))} ms`
}

/** Dollars of a bill, four decimals, so that the lines visibly add up. */
export function formatBillUsd(nanoUsd: bigint): string {
  const sign = nanoUsd < 0n ? '-' : ''
  const tenThousandths = ((nanoUsd < 0n ? -nanoUsd : nanoUsd) + 50_000n) / 100_000n
  const digits = tenThousandths.toString().padStart(5, '0')
  return `${sign}${groupThousands(`${digits.slice(0, -4)}.${digits.slice(-4)}`)}`
}
