/**
 * Quantities as people write them, with units: 30ms, 40/s, 4k, 1.2kW, 80%, $2.5. A unit that is missing where it
 * matters is an error and never guessed; so are negative, infinite and absurd values.
 */
import { TokenwrightError } from './errors.ts'
import {
  billPeriods,
  countMultiples,
  durationUnits,
  plausibleMaximum,
  plausibleMinimum,
  powerUnits,
  ratePeriods,
  type UnitTable,
} from './units.ts'

/** Underscores may separate digits; commas may not: 1,500 is 1500 to some and 1.5 to others. */
const numberThenUnit = /^([+-]?(?:\d[\d_]*(?:\.[\d_]*)?|\.\d[\d_]*)(?:e[+-]?\d+)?)\s*(.*)$/i

const unitPerPeriod = /^([kKMGBT]?)\s*(?:requests?|req|tokens?|tok)?\s*\/\s*([A-Za-z]+)$/

interface Written {
  readonly text: string
  /** Flag or field, for the error. */
  readonly where: string | undefined
  readonly value: number
  readonly unit: string
}

/** `30ms`, `1s`, `500us`, `2min` → milliseconds. The unit is required. */
export function parseDurationMs(text: string, where?: string): number {
  const written = readNumber(text, where, 'a duration such as 30ms or 1.5s')
  const factor = unitFactor(written, durationUnits, 'duration', `${plain(written)}ms`)
  return within(written, written.value * factor, plausibleMaximum.durationMs, '10 years')
}

/** `40/s`, `2400/min`, `40 req/s` → per second. The period is required. */
export function parseRatePerSecond(text: string, where?: string): number {
  const written = readNumber(text, where, 'a rate such as 40/s or 2400/min')
  const factor = perPeriod(written, ratePeriods, 'rate', `${plain(written)}/s`)
  return within(written, written.value * factor, plausibleMaximum.ratePerSecond, '1e12 per second')
}

/** `512`, `4k`, `1M`, `4Ki`, `4096 tokens` → tokens, a whole number, zero allowed. */
export function parseTokenCount(text: string, where?: string): number {
  const written = readNumber(text, where, 'a number of tokens such as 512, 4k or 1M')
  const unit = written.unit.replace(/\s*(tokens?|tok)$/, '')
  const factor = unitFactor({ ...written, unit }, countMultiples, 'multiple', `${plain(written)}k`)
  return wholeWithin(written, written.value * factor, plausibleMaximum.tokens, '1e15 tokens')
}

/** `700W`, `1.2kW`, `40MW` → watts. The unit is required unless the flag's own name says watts. */
export function parsePowerWatts(
  text: string,
  where?: string,
  options: { bareIsWatts?: boolean } = {},
): number {
  const written = readNumber(text, where, 'a power such as 700W or 1.2kW')
  const factor =
    written.unit === '' && options.bareIsWatts === true
      ? 1
      : unitFactor(written, powerUnits, 'power', `${plain(written)}W`)
  return within(written, written.value * factor, plausibleMaximum.watts, '1 TW')
}

/** `80%` or `0.8` → a share in [0, 1]. A bare number above 1 is an error: was a per cent sign forgotten? */
export function parseFraction(text: string, where?: string): number {
  const written = readNumber(text, where, 'a share such as 80% or 0.8')
  if (written.unit !== '' && written.unit !== '%') {
    throw unitError(written, `${quoted(text)} is no share`, 'write 80% or 0.8')
  }
  const share = written.unit === '%' ? written.value / 100 : written.value
  if (share <= 1) return within(written, share, 1, '1')
  if (written.unit === '' && written.value <= 100) {
    throw unitError(
      written,
      `${quoted(text)} is more than the whole`,
      `for per cent write ${plain(written)}%`,
    )
  }
  throw numberError(
    written,
    `${quoted(text)} is more than the whole`,
    'a share lies between 0 and 1 (0% and 100%)',
  )
}

/** `$2.5`, `2.50`, `2.5 USD` → dollars. Other currencies are refused. */
export function parseUsd(text: string, where?: string): number {
  const written = readUsd(text, where)
  if (written.unit !== '') {
    throw unitError(written, `${quoted(text)} is no amount in dollars`, `write $${plain(written)}`)
  }
  return within(written, written.value, plausibleMaximum.usd, '$1e12')
}

/** `$3.5/h`, `84/day`, `2500/month`, `30000/year` → dollars per hour. The period is required. */
export function parseUsdPerHour(text: string, where?: string): number {
  const written = readUsd(text, where)
  const factor = perPeriod(written, billPeriods, 'bill', `$${plain(written)}/h`)
  return within(written, written.value * factor, plausibleMaximum.usd, '$1e12 per hour')
}

/** `8`, `1k` → a whole number, at least `minimum` (1 unless told). */
export function parseCount(text: string, where?: string, options: { minimum?: number } = {}): number {
  const minimum = options.minimum ?? 1
  const written = readNumber(text, where, 'a whole number such as 8')
  const factor = unitFactor(written, countMultiples, 'multiple', plain(written))
  const count = wholeWithin(written, written.value * factor, plausibleMaximum.count, '1e9')
  if (count < minimum) {
    throw numberError(
      written,
      `${quoted(text)} is less than ${minimum}`,
      `give a whole number of ${minimum} or more`,
    )
  }
  return count
}

/** A number without unit, such as a ratio or a PUE, within stated bounds. */
export function parseNumber(
  text: string,
  where: string | undefined,
  bounds: { readonly minimum: number; readonly maximum: number },
): number {
  const written = readNumber(text, where, `a number such as ${bounds.minimum === 0 ? 1 : bounds.minimum}`)
  const range = `give a number from ${bounds.minimum} to ${bounds.maximum}`
  if (written.unit !== '') throw unitError(written, `${quoted(text)} takes no unit`, `${range}, without unit`)
  if (written.value < bounds.minimum || written.value > bounds.maximum) {
    throw numberError(written, `${quoted(text)} is out of range`, range)
  }
  return written.value
}

function readUsd(text: string, where: string | undefined): Written {
  const bare = text.trim().replace(/^([+-]?)\$\s*/, '$1')
  const written = readNumber(bare, where, 'an amount such as $2.50')
  return { ...written, text, unit: written.unit.replace(/^(USD|usd|dollars?)(?![A-Za-z])\s*/, '') }
}

function readNumber(text: string, where: string | undefined, example: string): Written {
  const match = numberThenUnit.exec(text.trim())
  if (match === null || /^[,\d]/.test(match[2]!)) {
    const fix = text.includes(',') ? `write ${example}, without commas` : `write ${example}`
    throw new TokenwrightError('number', `${quoted(text)} is not a number`, details(where, fix))
  }
  const written = { text, where, value: Number(match[1]!.replaceAll('_', '')), unit: match[2]!.trim() }
  if (written.value < 0 || Object.is(written.value, -0)) {
    throw numberError(written, `${quoted(text)} is negative`, `write ${example}`)
  }
  return written
}

function unitFactor(written: Written, units: UnitTable, kind: string, example: string): number {
  const factor = units.get(written.unit)
  if (factor !== undefined) return factor
  const known = [...units.keys()].filter(unit => unit !== '').join(', ')
  if (written.unit === '')
    throw unitError(written, `${quoted(written.text)} has no unit`, `write for example ${example}`)
  throw unitError(
    written,
    `"${written.unit}" in ${quoted(written.text)} is no unit of ${kind} here`,
    `write for example ${example} (${known})`,
  )
}

/** `/s` and its like, after an optional multiple and noun: `40k tokens/s`. Returns multiple ÷ period. */
function perPeriod(written: Written, periods: UnitTable, kind: string, example: string): number {
  const match = unitPerPeriod.exec(written.unit)
  const multiple = match === null ? undefined : countMultiples.get(match[1] ?? '')
  const period = match === null ? undefined : periods.get(match[2]!)
  if (multiple !== undefined && period !== undefined) return multiple / period
  const known = [...periods.keys()].map(name => `/${name}`).join(', ')
  const fault = written.unit === '' ? 'does not say per what' : `is no ${kind} in known units`
  throw unitError(written, `${quoted(written.text)} ${fault}`, `write for example ${example} (${known})`)
}

function within(written: Written, value: number, maximum: number, maximumText: string): number {
  if (value > maximum || !Number.isFinite(value)) {
    throw numberError(written, `${quoted(written.text)} is absurdly large`, `give less than ${maximumText}`)
  }
  if (value !== 0 && value < plausibleMinimum) {
    throw numberError(written, `${quoted(written.text)} is absurdly small`, 'give 0 or a realistic value')
  }
  return value
}

function wholeWithin(written: Written, value: number, maximum: number, maximumText: string): number {
  // 1.1k is 1100.0000000000002 in binary; what is meant is the whole number beside it.
  const whole = Math.round(within(written, value, maximum, maximumText))
  if (Math.abs(whole - value) > Math.max(1, value) * Number.EPSILON * 4) {
    throw numberError(written, `${quoted(written.text)} is not a whole number`, `write ${whole}`)
  }
  return whole
}

const quoted = (text: string) => `"${text.trim()}"`
const plain = (written: Written) => String(written.value)

function details(where: string | undefined, fix: string) {
  return where === undefined ? { fix } : { where, fix }
}

function unitError(written: Written, message: string, fix: string): TokenwrightError {
  return new TokenwrightError('unit', message, details(written.where, fix))
}

function numberError(written: Written, message: string, fix: string): TokenwrightError {
  return new TokenwrightError('number', message, details(written.where, fix))
}
