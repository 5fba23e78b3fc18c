/**
 * Faults that the emulator's HTTP side can be asked for, one at a time, by the header x-tokenwright-fault or by rates.
 * Written as a kind and its parameters: `stall;ms=500;after=3`. Faults of engines (crash, slow, stall, link) are the
 * fleet's own.
 */
import { TokenwrightError } from '../core/errors.ts'
import { nearestNames } from '../core/nearest-name.ts'
import { RandomSource } from '../core/random.ts'

/** `after` counts chunks that hold tokens; times are run time. */
export type HttpFault =
  /** An error instead of an answer; the engine never sees the request. */
  | { readonly kind: 'status'; readonly code: number; readonly retryAfterSeconds: number | null }
  /** TCP reset instead of an answer. */
  | { readonly kind: 'reset-before' }
  /** TCP reset after so many chunks; of a JSON answer, in its middle. */
  | { readonly kind: 'reset-after'; readonly after: number }
  /** Nothing for a while after so many chunks, then all that came due at once. */
  | { readonly kind: 'stall'; readonly ms: number; readonly after: number }
  /** The next chunk is cut in its middle. */
  | { readonly kind: 'malformed'; readonly after: number }
  /** Every chunk goes out in pieces of so many bytes, with a pause between them. */
  | { readonly kind: 'drip'; readonly bytes: number; readonly ms: number }
  /** An error object in the stream, then its end, with status 200. */
  | { readonly kind: 'error-event'; readonly after: number }
  /** Token counts in usage are multiplied. */
  | { readonly kind: 'wrong-usage'; readonly factor: number }
  | { readonly kind: 'no-usage' }
  /** The stream ends without its last event: [DONE], or response.completed. */
  | { readonly kind: 'no-done' }

export type HttpFaultKind = HttpFault['kind']

/** Parameters of each kind with their defaults, and the least that makes sense. */
const parameters: Readonly<
  Record<HttpFaultKind, Readonly<Record<string, { usual: number; least: number }>>>
> = {
  status: { code: { usual: 500, least: 400 }, 'retry-after': { usual: 0, least: 0 } },
  'reset-before': {},
  'reset-after': { after: { usual: 1, least: 1 } },
  stall: { ms: { usual: 1000, least: 0 }, after: { usual: 1, least: 0 } },
  malformed: { after: { usual: 1, least: 0 } },
  drip: { bytes: { usual: 16, least: 1 }, ms: { usual: 1, least: 0 } },
  'error-event': { after: { usual: 1, least: 0 } },
  'wrong-usage': { factor: { usual: 2, least: 0 } },
  'no-usage': {},
  'no-done': {},
}

/** Reads a fault as it is written; throws a TokenwrightError that lists what is understood. */
export function parseFault(text: string, where: string): HttpFault {
  const [name = '', ...settings] = text.split(';').map(part => part.trim())
  if (!isKind(name)) {
    const [near] = nearestNames(name, Object.keys(parameters), 1)
    const hint = near === undefined ? '' : `; did you mean ${near}?`
    throw new TokenwrightError('usage', `there is no fault "${name}"${hint}`, {
      where,
      fix: `use one of: ${Object.keys(parameters).join(', ')}`,
    })
  }
  const values: Record<string, number> = {}
  for (const [key, { usual }] of Object.entries(parameters[name])) values[key] = usual
  for (const setting of settings) {
    const [key = '', value = ''] = setting.split('=').map(part => part.trim())
    const allowed = parameters[name][key]
    const number = value === '' ? Number.NaN : Number(value)
    if (allowed === undefined || !Number.isFinite(number) || number < allowed.least) {
      throw new TokenwrightError('usage', `"${setting}" says nothing about the fault ${name}`, {
        where,
        fix: describeParameters(name),
      })
    }
    values[key] = number
  }
  return faultOf(name, values)
}

function faultOf(kind: HttpFaultKind, values: Readonly<Record<string, number>>): HttpFault {
  const after = values.after ?? 0
  switch (kind) {
    case 'status': {
      const seconds = values['retry-after'] ?? 0
      return { kind, code: values.code ?? 500, retryAfterSeconds: seconds > 0 ? seconds : null }
    }
    case 'reset-after':
    case 'malformed':
    case 'error-event':
      return { kind, after }
    case 'stall':
      return { kind, ms: values.ms ?? 0, after }
    case 'drip':
      return { kind, bytes: values.bytes ?? 1, ms: values.ms ?? 0 }
    case 'wrong-usage':
      return { kind, factor: values.factor ?? 2 }
    case 'reset-before':
    case 'no-usage':
    case 'no-done':
      return { kind }
  }
}

function isKind(name: string): name is HttpFaultKind {
  return Object.hasOwn(parameters, name)
}

function describeParameters(kind: HttpFaultKind): string {
  const known = Object.entries(parameters[kind]).map(
    ([key, { usual, least }]) => `${key}=${usual} (≥ ${least})`,
  )
  return known.length === 0 ? `${kind} takes no parameters` : `${kind} takes: ${known.join(', ')}`
}

/** A fault as the truth log writes it, in the form in which it can be asked for. */
export function faultText(fault: HttpFault): string {
  const { kind, ...rest } = fault
  const settings = Object.entries(rest).flatMap(([key, value]) => {
    if (value === null) return []
    return [`${key === 'retryAfterSeconds' ? 'retry-after' : key}=${value}`]
  })
  return [kind, ...settings].join(';')
}

export interface FaultRate {
  /** As in the header. */
  readonly fault: string
  /** Share of requests, [0, 1]. The shares of all faults together are at most 1. */
  readonly rate: number
}

/** Draws the fault of each request in turn, at most one; repeatable by seed and order of arrival. */
export function createFaultLottery(
  rates: readonly FaultRate[],
  seed: string | number,
): () => HttpFault | null {
  const faults = rates.map(({ fault, rate }) => ({ fault: parseFault(fault, 'fault rates'), rate }))
  const total = faults.reduce((sum, { rate }) => sum + rate, 0)
  if (!faults.every(({ rate }) => rate >= 0 && rate <= 1) || total > 1 + 1e-9) {
    throw new TokenwrightError('number', 'fault rates are shares of all requests and add up to at most 1', {
      where: 'fault rates',
      fix: `they add up to ${total} now; give for example 0.01 for one request in a hundred`,
    })
  }
  if (faults.length === 0) return () => null
  const random = new RandomSource(seed).stream('http-faults')
  return () => {
    let left = random.uniform()
    for (const { fault, rate } of faults) {
      if (left < rate) return fault
      left -= rate
    }
    return null
  }
}
