/** Reading a call's query: every parameter that is there is known and makes sense, or the call is refused. */
import { ControlError } from './control-error.ts'

const unitMs: Readonly<Record<string, number>> = {
  s: 1000,
  m: 60_000,
  h: 3_600_000,
  d: 86_400_000,
  w: 604_800_000,
}

/** 90s, 30m, 24h, 7d, 2w. */
export function durationMs(text: string, name: string): number {
  const [, count, unit] = /^(\d{1,9})([smhdw])$/.exec(text) ?? []
  if (count === undefined || Number(count) === 0)
    throw new ControlError('bad_request', `${name} is a duration: 90s, 30m, 24h, 7d, 2w`)
  return Number(count) * unitMs[unit!]!
}

/** A moment in ms since 1970: 2026-03-01, 2026-03-01T12:00:00Z, or so long before now. */
export function momentMs(text: string, name: string, nowMs: number): number {
  if (/^\d{1,9}[smhdw]$/.test(text)) return nowMs - durationMs(text, name)
  const atMs = /^\d{4}-\d\d-\d\d(?:T\d\d:\d\d(?::\d\d(?:\.\d{1,3})?)?(?:Z|[+-]\d\d:\d\d))?$/.test(text)
    ? Date.parse(text)
    : Number.NaN
  if (!Number.isFinite(atMs))
    throw new ControlError(
      'bad_request',
      `${name} is a day, a moment with its zone (2026-03-01T12:00:00Z), or 7d, 24h …`,
    )
  return atMs
}

export interface TimeRange {
  readonly fromMs: number
  readonly toMs: number
}

/** since and until; without them the last so long. */
export function timeRange(query: ControlQuery, nowMs: number, defaultMs: number): TimeRange {
  const until = query.text('until')
  const toMs = until === null ? nowMs : momentMs(until, 'until', nowMs)
  const since = query.text('since')
  const fromMs = since === null ? toMs - defaultMs : momentMs(since, 'since', nowMs)
  if (fromMs >= toMs) throw new ControlError('bad_request', 'since lies before until')
  // The ledger's times are whole milliseconds of this era.
  return { fromMs: Math.max(0, fromMs), toMs }
}

export interface ControlQuery {
  /** null: not there. */
  text(name: string): string | null
  /** A whole number in [least, most]. */
  count(name: string, least: number, most: number, otherwise: number): number
  oneOf<Value extends string>(name: string, values: readonly Value[], otherwise: Value): Value
}

/** @param names of the parameters that the route knows. */
export function readQuery(parameters: URLSearchParams, names: readonly string[]): ControlQuery {
  for (const name of new Set(parameters.keys())) {
    if (!names.includes(name)) {
      const known = names.length === 0 ? 'there are none here' : `there are: ${names.join(', ')}`
      throw new ControlError('bad_request', `a parameter of the query is not known; ${known}`)
    }
    if (parameters.getAll(name).length > 1) throw new ControlError('bad_request', `${name} is there twice`)
    if (parameters.get(name)!.length > 500) throw new ControlError('bad_request', `${name} is too long`)
  }
  const text = (name: string): string | null => parameters.get(name)
  return {
    text,
    count(name, least, most, otherwise) {
      const value = text(name)
      if (value === null) return otherwise
      const count = /^\d{1,9}$/.test(value) ? Number(value) : Number.NaN
      if (!(count >= least && count <= most))
        throw new ControlError('bad_request', `${name} is a whole number from ${least} to ${most}`)
      return count
    },
    oneOf(name, values, otherwise) {
      const value = text(name)
      if (value === null) return otherwise
      const found = values.find(candidate => candidate === value)
      if (found === undefined)
        throw new ControlError('bad_request', `${name} is one of: ${values.join(', ')}`)
      return found
    },
  }
}
