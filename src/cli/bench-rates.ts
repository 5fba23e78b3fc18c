/** Arrival rates and patterns from flags. */
import { TokenwrightError } from '../core/errors.ts'
import { parseDurationMs, parseNumber, parseRatePerSecond } from '../core/parse-quantity.ts'
import type { ArrivalSpec } from '../workload/arrivals.ts'
import type { RateSpec, RateStep } from '../workload/rates.ts'
import type { BenchFlags } from './bench-flags.ts'

/** `2,4,8` or `120/min,240/min`: requests per second. */
export function ratesOf(text: string): number[] {
  return text.split(',').map(part => rateOf(part.trim(), '--request-rate'))
}

function rateOf(text: string, where: string): number {
  const rate = /^[\d._]+$/.test(text)
    ? parseNumber(text, where, { minimum: 0, maximum: 1e6 })
    : parseRatePerSecond(text, where)
  if (rate > 0) return rate
  throw new TokenwrightError('number', 'a rate is above 0', {
    where,
    fix: 'give requests per second: 4, or 120/min',
  })
}

export interface RateSeries {
  readonly rate: RateSpec
  readonly meanPerSecond: number
  readonly seconds: number
}

/** `30s=2/s,60s=8/s`: so long at such a rate, one after the other. `30s=2..8` goes straight from one to the other. */
export function seriesOf(text: string): RateSeries {
  const where = '--request-rate-series'
  const steps: RateStep[] = []
  let seconds = 0
  let requests = 0
  for (const part of text.split(',')) {
    const [time, rates, ...rest] = part.split('=').map(piece => piece.trim())
    if (time === undefined || rates === undefined || rest.length > 0)
      throw new TokenwrightError('usage', `"${part.trim()}" is no step of a series`, {
        where,
        fix: 'write time=rate: "30s=2/s,60s=8/s", or "30s=2..8" for a slope',
      })
    const duration = parseDurationMs(time, where) / 1000
    const [from, to] = rates.split('..').map(rate => rateOf(rate.trim(), where))
    seconds += duration
    requests += duration * ((from! + (to ?? from!)) / 2)
    steps.push(to === undefined ? { seconds: duration, rate: from! } : { seconds: duration, from: from!, to })
  }
  return { rate: { kind: 'series', steps }, meanPerSecond: requests / seconds, seconds }
}

/** How requests of such a rate are spread. Poisson unless a pattern is named. */
export function arrivalsFor({ arrivalPattern, arrivalSmoothness }: BenchFlags, rate: RateSpec): ArrivalSpec {
  const kind = arrivalPattern ?? (arrivalSmoothness === undefined ? 'poisson' : 'gamma')
  switch (kind) {
    case 'constant':
    case 'poisson':
      if (arrivalSmoothness === undefined) return { kind, rate }
      throw new TokenwrightError('usage', `--arrival-smoothness says nothing of ${kind} arrivals`, {
        where: '--arrival-smoothness',
        fix: 'add --arrival-pattern gamma, or leave it out',
      })
    case 'gamma':
      return { kind, rate, cv: 1 / Math.sqrt(smoothnessOf(arrivalSmoothness)) }
    default:
      throw new Error(`assertion failed: patterns were checked (bench-conflicts.ts), got ${kind}`)
  }
}

/** The shape of the gamma distribution of gaps, as AIPerf and vLLM have it: cv = 1/√shape. */
function smoothnessOf(text: string | undefined): number {
  return text === undefined ? 1 : parseNumber(text, '--arrival-smoothness', { minimum: 1e-3, maximum: 1e3 })
}
