/** Short texts for arrivals, rates and lengths, as flags carry them. Whatever they cannot say, a description in JSON can. */
import { TokenwrightError } from '../core/errors.ts'
import { nearestNames } from '../core/nearest-name.ts'
import {
  parseCount,
  parseDurationMs,
  parseNumber,
  parseRatePerSecond,
  parseTokenCount,
} from '../core/parse-quantity.ts'
import type { ArrivalSpec } from './arrivals.ts'
import { cvRange } from './distributions.ts'
import type { LengthSpec } from './lengths.ts'
import type { RateSpec, RateStep } from './rates.ts'

/**
 * `poisson`, `constant`, `gamma:2` and `weibull:2` (coefficient of variation) take the rate given beside them;
 * `burst:100` and `burst:100@30s` (every 30 s) take none.
 */
export function parseArrivals(text: string, rate: RateSpec | null, where?: string): ArrivalSpec {
  const [kind, argument, ...rest] = text.trim().split(':')
  const example = 'write constant, poisson, gamma:2, weibull:2, burst:100 or burst:100@30s'
  if (rest.length > 0) throw usage(`"${text}" has too many colons`, where, example)
  if (kind === 'burst') {
    if (rate !== null) throw usage('a burst takes no rate', where, 'drop the rate, or choose poisson')
    const [requests, every] = (argument ?? '').split('@')
    const size = parseCount(requests!, where)
    return every === undefined
      ? { kind, requests: size }
      : { kind, requests: size, everySeconds: parseDurationMs(every, where) / 1e3 }
  }
  const varied = kind === 'gamma' || kind === 'weibull'
  if (!varied && kind !== 'constant' && kind !== 'poisson') {
    const near = nearestNames(kind!, ['constant', 'poisson', 'gamma', 'weibull', 'burst'])
    const fix = near.length > 0 ? `did you mean ${near.join(', ')}?` : example
    throw usage(`"${kind}" is no pattern of arrivals`, where, fix)
  }
  if (rate === null) throw usage(`${kind} arrivals need a rate`, where, 'give for example a rate of 12/s')
  if (varied !== (argument !== undefined)) {
    const problem = varied ? 'need a coefficient of variation' : 'take no argument'
    throw usage(`${kind} arrivals ${problem}`, where, example)
  }
  return varied ? { kind, rate, cv: parseNumber(argument!, where, cvRange) } : { kind, rate }
}

/**
 * `12/s`; or a series, each part a duration @ a rate or a slope: `60s@10/s,2min@10/s..50/s`, then `,hold` or `,repeat` where
 * it shall go on.
 */
export function parseRate(text: string, where?: string): RateSpec {
  if (!text.includes('@')) return parseRatePerSecond(text, where)
  const parts = text.split(',').map(part => part.trim())
  const last = parts[parts.length - 1]
  const after = last === 'hold' || last === 'repeat' ? last : null
  const steps = (after === null ? parts : parts.slice(0, -1)).map((part): RateStep => {
    const [duration, rate, ...rest] = part.split('@')
    if (rate === undefined || rest.length > 0)
      throw usage(
        `"${part}" is no part of a rate series`,
        where,
        'write for example 60s@10/s or 2min@10/s..50/s',
      )
    const seconds = parseDurationMs(duration!, where) / 1e3
    const [from, to, ...more] = rate.split('..')
    if (more.length > 0)
      throw usage(`"${part}" has too many rates`, where, 'write for example 2min@10/s..50/s')
    return to === undefined
      ? { seconds, rate: parseRatePerSecond(from!, where) }
      : { seconds, from: parseRatePerSecond(from!, where), to: parseRatePerSecond(to, where) }
  })
  return { kind: 'series', steps, ...(after === null ? {} : { after }) }
}

const meanAndVariation = ['normal', 'lognormal', 'gamma', 'weibull'] as const
const nominalAndRatio = { below: 'range-below', around: 'range-around' } as const

/**
 * `512` or `4k`; `100..500`; `lognormal:1000:0.8` (mean, CV; also normal, gamma, weibull); `exponential:1000`;
 * `below:1024:0.8` (InferenceX, SGLang) and `around:1024:0.1` (vLLM) with nominal length and range ratio.
 */
export function parseLength(text: string, where?: string): LengthSpec {
  const trimmed = text.trim()
  if (/^[\d._]/.test(trimmed)) {
    const [minimum, maximum, ...rest] = trimmed.split('..')
    if (maximum === undefined) return parseTokenCount(minimum!, where)
    if (rest.length > 0) throw usage(`"${text}" has too many limits`, where, 'write for example 100..500')
    return {
      kind: 'uniform',
      minimum: parseTokenCount(minimum!, where),
      maximum: parseTokenCount(maximum, where),
    }
  }
  const [kind, first, second, ...rest] = trimmed.split(':')
  const arity = second === undefined ? (first === undefined ? 0 : 1) : 2 + rest.length
  if (kind === 'exponential' && arity === 1) return { kind, mean: parseTokenCount(first!, where) }
  const family = meanAndVariation.find(name => name === kind)
  if (family !== undefined && arity === 2)
    return { kind: family, mean: parseTokenCount(first!, where), cv: parseNumber(second!, where, cvRange) }
  if ((kind === 'below' || kind === 'around') && arity === 2) {
    const ratio = parseNumber(second!, where, { minimum: 0, maximum: 1 })
    return { kind: nominalAndRatio[kind], nominal: parseTokenCount(first!, where), ratio }
  }
  const names = [...meanAndVariation, 'exponential', 'below', 'around']
  const near = names.includes(kind!) ? [] : nearestNames(kind!, names)
  throw usage(
    `"${text.trim()}" is no length`,
    where,
    near.length > 0
      ? `did you mean ${near.join(', ')}?`
      : 'write 512, 4k, 100..500, lognormal:1000:0.8, exponential:1000, below:1024:0.8 or around:1024:0.1',
  )
}

function usage(message: string, where: string | undefined, fix: string): TokenwrightError {
  return new TokenwrightError('usage', message, where === undefined ? { fix } : { where, fix })
}
