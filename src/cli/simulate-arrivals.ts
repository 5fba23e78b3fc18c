/** How requests, or sessions, of an open loop arrive. */
import { TokenwrightError } from '../core/errors.ts'
import { parseNumber, parseRatePerSecond } from '../core/parse-quantity.ts'
import type { Load } from '../perf/deployment.ts'
import { formatSignificant } from '../report/format-number.ts'
import type { ArrivalSpec } from '../workload/index.ts'
import type { SimulateFlags } from './simulate-flags.ts'

export interface Arrivals {
  readonly spec: ArrivalSpec
  /** The same as the analytic model calls it; null where it has no name for it. */
  readonly load: Load | null
  readonly words: string
}

const arrivalKinds = ['constant', 'poisson', 'gamma', 'weibull'] as const

/** `12/s` → requests per second, above 0. */
export function perSecond(text: string): number {
  const rate = parseRatePerSecond(text, '--rate')
  if (rate > 0) return rate
  throw new TokenwrightError('number', 'at no rate nothing arrives', {
    where: '--rate',
    fix: 'give a rate above 0: 12/s',
  })
}

/** Arrivals of an open loop as --rate, --arrival and --cv describe them. */
export function arrivalsOf(flags: SimulateFlags, rateText: string): Arrivals {
  const rate = perSecond(rateText)
  const cv = flags.cv === undefined ? null : parseNumber(flags.cv, '--cv', { minimum: 0, maximum: 100 })
  const kind = arrivalKinds.find(name => name === (flags.arrival ?? (cv === null ? 'poisson' : 'gamma')))
  if (kind === undefined)
    throw new TokenwrightError('usage', `"${flags.arrival}" is no kind of arrivals`, {
      where: '--arrival',
      fix: `take one of ${arrivalKinds.join(', ')}`,
    })
  const varies = kind === 'gamma' || kind === 'weibull'
  if (varies !== (cv !== null))
    throw new TokenwrightError(
      'usage',
      varies ? `${kind} arrivals need a coefficient of variation` : `${kind} arrivals have no --cv`,
      {
        where: '--cv',
        fix: varies ? 'add --cv 2: 1 is Poisson, more is bursty' : 'say --arrival gamma, or drop it',
      },
    )
  const spec: ArrivalSpec = varies ? { kind, rate, cv: cv! } : { kind, rate }
  const variation = cv ?? (kind === 'constant' ? 0 : 1)
  const names = { constant: 'evenly spaced', poisson: 'Poisson', gamma: 'gamma', weibull: 'Weibull' }
  const spread = varies ? ` with CV ${formatSignificant(variation)}` : ''
  return {
    spec,
    load: { kind: 'open', requestsPerSecond: rate, arrivalVariation: variation },
    words: `${formatSignificant(rate)} requests/s, ${names[kind]}${spread}`,
  }
}

/** As the file states its arrivals: 0 even, 1 Poisson, otherwise gamma. */
export function plannedArrivals(requestsPerSecond: number, variation: number): Arrivals {
  const kind = variation === 0 ? 'constant' : variation === 1 ? 'poisson' : 'gamma'
  const rate = `${requestsPerSecond}/s`
  return arrivalsOf(
    { prefixCaching: true, rate, arrival: kind, ...(kind === 'gamma' ? { cv: String(variation) } : {}) },
    rate,
  )
}
