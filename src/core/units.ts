/** Units people may write, as factors to the unit the code uses. Names are case-sensitive where case carries meaning. */

/** What one unit is worth in the base unit of its table. */
export type UnitTable = ReadonlyMap<string, number>

const secondsPerMinute = 60
const secondsPerHour = 3_600
const secondsPerDay = 86_400
/** A mean calendar month and year, as bills use them: 365 days a year. */
export const hoursPerDay = 24
export const hoursPerMonth = 730
export const hoursPerYear = 8_760

/** To milliseconds. "m" is left out: it reads as minutes to some and as milli- to others. */
export const durationUnits: UnitTable = new Map([
  ['ns', 1e-6],
  ['us', 1e-3],
  ['µs', 1e-3],
  ['μs', 1e-3],
  ['ms', 1],
  ['s', 1e3],
  ['sec', 1e3],
  ['min', secondsPerMinute * 1e3],
  ['h', secondsPerHour * 1e3],
  ['d', secondsPerDay * 1e3],
])

/** What follows the slash of a rate, in seconds. */
export const ratePeriods: UnitTable = new Map([
  ['s', 1],
  ['sec', 1],
  ['second', 1],
  ['min', secondsPerMinute],
  ['minute', secondsPerMinute],
  ['h', secondsPerHour],
  ['hour', secondsPerHour],
  ['d', secondsPerDay],
  ['day', secondsPerDay],
])

/** What follows the slash of a bill, in hours. */
export const billPeriods: UnitTable = new Map([
  ['h', 1],
  ['hour', 1],
  ['d', hoursPerDay],
  ['day', hoursPerDay],
  ['month', hoursPerMonth],
  ['year', hoursPerYear],
])

/** To watts. mW is left out: whoever writes it of a GPU means megawatts. */
export const powerUnits: UnitTable = new Map([
  ['W', 1],
  ['kW', 1e3],
  ['MW', 1e6],
  ['GW', 1e9],
])

/** Decimal and binary multiples of counts: 4k tokens are 4,000, 4Ki are 4,096. */
export const countMultiples: UnitTable = new Map([
  ['', 1],
  ['k', 1e3],
  ['K', 1e3],
  ['M', 1e6],
  ['B', 1e9],
  ['G', 1e9],
  ['T', 1e12],
  ['Ki', 2 ** 10],
  ['Mi', 2 ** 20],
])

/**
 * Sizes beyond which a quantity is a slip of the keyboard, not a deployment. Generous: each lies orders of magnitude
 * above what exists (largest announced sites: about 10 GW and 1e6 devices; all published tokens: about 1e14 a day).
 */
export const plausibleMaximum = {
  durationMs: 10 * hoursPerYear * secondsPerHour * 1e3,
  ratePerSecond: 1e12,
  tokens: 1e15,
  watts: 1e12,
  usd: 1e12,
  count: 1e9,
} as const

/** Non-zero quantities below this, in any base unit, are slips too. */
export const plausibleMinimum = 1e-12
