/**
 * Checks of declarative workload descriptions. They may come from a YAML file, so nothing is believed: every fault is a
 * usage error that names the field, says what it holds and what it should hold.
 */
import { TokenwrightError } from '../core/errors.ts'
import { nearestNames } from '../core/nearest-name.ts'
import { plausibleMaximum } from '../core/units.ts'

export function specFault(where: string, message: string, fix: string): TokenwrightError {
  return new TokenwrightError('usage', message, { where, fix })
}

export interface NumberRange {
  readonly minimum?: number
  readonly maximum?: number
  /** The minimum itself is not allowed. */
  readonly above?: boolean
  readonly whole?: boolean
}

/** Seconds up to ten years; beyond that somebody slipped. */
export const plausibleSeconds = plausibleMaximum.durationMs / 1e3

/** A finite number within a range; `what` names it in the message, units included. */
export function checkedNumber(value: unknown, where: string, what: string, range: NumberRange = {}): number {
  const { minimum = Number.NEGATIVE_INFINITY, maximum = Number.POSITIVE_INFINITY } = range
  const fix = `give ${rangeText(range)}`
  if (typeof value !== 'number' || !Number.isFinite(value)) {
    throw specFault(where, `${what} must be a number, got ${shown(value)}`, fix)
  }
  if (range.whole === true && !Number.isInteger(value)) {
    throw specFault(where, `${what} must be a whole number, got ${value}`, fix)
  }
  if (value < minimum || value > maximum || (range.above === true && value === minimum)) {
    const bound = value > maximum ? { maximum } : { ...range, maximum: Number.POSITIVE_INFINITY }
    throw specFault(where, `${what} must be ${boundsText(bound)}, got ${value}`, fix)
  }
  return value
}

/** The same, or undefined when it is left out. */
export function checkedOptional(
  value: unknown,
  where: string,
  what: string,
  range: NumberRange = {},
): number | undefined {
  return value === undefined ? undefined : checkedNumber(value, where, what, range)
}

function boundsText(range: NumberRange): string {
  const { minimum, maximum = Number.POSITIVE_INFINITY } = range
  if (minimum === undefined) return `at most ${maximum}`
  if (maximum !== Number.POSITIVE_INFINITY) {
    return range.above === true ? `above ${minimum}, at most ${maximum}` : `from ${minimum} to ${maximum}`
  }
  if (minimum === 0 && range.above === true) return 'above zero'
  return range.above === true ? `above ${minimum}` : `at least ${minimum}`
}

function rangeText(range: NumberRange): string {
  const noun = range.whole === true ? 'a whole number' : 'a number'
  return range.minimum === undefined && range.maximum === undefined ? noun : `${noun}, ${boundsText(range)}`
}

/** An object with no other fields than these: a misspelt field would silently do nothing. */
export function checkedFields(value: unknown, where: string, what: string, fields: readonly string[]): void {
  checkedObject(value, where, what)
  for (const name of Object.keys(value as object)) {
    if (fields.includes(name)) continue
    const near = nearestNames(name, fields)
    throw specFault(
      `${where}.${name}`,
      `${what} has no field "${name}"`,
      near.length > 0 ? `did you mean ${near.join(', ')}?` : `its fields are ${fields.join(', ')}`,
    )
  }
}

export function checkedObject(value: unknown, where: string, what: string): void {
  if (typeof value === 'object' && value !== null && !Array.isArray(value)) return
  throw specFault(where, `${what} must be an object, got ${shown(value)}`, 'see docs/models/workload.md')
}

/** The `kind` of a union, one of the given. */
export function checkedKind(value: unknown, where: string, what: string, kinds: readonly string[]): void {
  checkedObject(value, where, what)
  const kind = (value as { kind?: unknown }).kind
  if (typeof kind === 'string' && kinds.includes(kind)) return
  const near = typeof kind === 'string' ? nearestNames(kind, kinds) : []
  throw specFault(
    `${where}.kind`,
    kind === undefined ? `${what} has no kind` : `${shown(kind)} is no kind of ${what}`,
    near.length > 0 ? `did you mean ${near.join(', ')}?` : `give one of ${kinds.join(', ')}`,
  )
}

export function checkedList(value: unknown, where: string, what: string): readonly unknown[] {
  if (Array.isArray(value) && value.length > 0) return value
  throw specFault(
    where,
    `${what} must be a list with at least one entry, got ${shown(value)}`,
    'give a list, e.g. [1, 2]',
  )
}

export function checkedChoice(value: unknown, where: string, what: string, choices: readonly string[]): void {
  if (value === undefined || (typeof value === 'string' && choices.includes(value))) return
  throw specFault(where, `${shown(value)} is no ${what}`, `give one of ${choices.join(', ')}`)
}

function shown(value: unknown): string {
  if (value === undefined) return 'nothing'
  if (typeof value === 'number') return String(value)
  const text = JSON.stringify(value) ?? typeof value
  return text.length > 60 ? `${text.slice(0, 57)}…` : text
}
