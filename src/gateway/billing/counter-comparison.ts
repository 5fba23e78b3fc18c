/**
 * Tokens that an engine says it has computed and written, against those on our books over the same time: a difference means that others
 * use the engine, or that usage is lost on the way. Pure.
 */
import { type EngineCounters, resetBetween } from '../../measure/engine-counters.ts'

/** Since some start; only differences of two moments matter. */
export interface BookedTokens {
  /** Attempts that have ended. */
  readonly requests: number
  /** Prompts whole, and what of them was computed. */
  readonly promptTokens: number
  readonly computedTokens: number
  readonly outputTokens: number
  /** Attempts under way: the engine has counted a part of them, we have not. */
  readonly inFlight: number
}

export interface CounterMoment {
  readonly counters: EngineCounters
  readonly booked: BookedTokens
}

export interface TokenDifference {
  /** Name of the engine's metric. */
  readonly metric: string
  readonly engineTokens: number
  readonly bookedTokens: number
  /** (engine − booked) ÷ engine: above 0 the engine did more than we know of. */
  readonly share: number
  /** Explained by requests under way, by rounding of printed numbers, and by the share that is let pass. */
  readonly isExplained: boolean
}

export interface CounterComparison {
  /** null where the engine does not count. */
  readonly prompt: TokenDifference | null
  readonly output: TokenDifference | null
  /** In words; null when all is explained. */
  readonly alarm: string | null
}

export interface ComparisonLimits {
  /** Let pass. 0.02: engines count what they compute again after a preemption (assumed to be rare). */
  readonly share: number
  /** Below so many tokens of the engine nothing is said. Chosen: some dozens of requests. */
  readonly leastTokens: number
}

export const defaultComparisonLimits: ComparisonLimits = { share: 0.02, leastTokens: 20_000 }

/** null when the engine began anew between the moments, or has done too little to tell. */
export function compareEngineCounters(
  before: CounterMoment,
  after: CounterMoment,
  limits: ComparisonLimits = defaultComparisonLimits,
): CounterComparison | null {
  if (resetBetween(before.counters, after.counters)) return null
  const prompt = difference('inputTokens', before, after, limits)
  const output = difference('outputTokens', before, after, limits)
  if ((prompt?.engineTokens ?? 0) + (output?.engineTokens ?? 0) < limits.leastTokens) return null
  const words = [prompt, output].filter(each => each?.isExplained === false).map(each => alarmOf(each!))
  return { prompt, output, alarm: words.length === 0 ? null : words.join('; ') }
}

function difference(
  name: 'inputTokens' | 'outputTokens',
  before: CounterMoment,
  after: CounterMoment,
  limits: ComparisonLimits,
): TokenDifference | null {
  const earlier = before.counters.counters[name]
  const later = after.counters.counters[name]
  if (earlier === null || later === null) return null
  const booked = (of: keyof BookedTokens): number => after.booked[of] - before.booked[of]
  const engineTokens = later.value - earlier.value
  const bookedTokens =
    name === 'outputTokens'
      ? booked('outputTokens')
      : booked(later.uncachedOnly ? 'computedTokens' : 'promptTokens')
  const requests = booked('requests')
  const perRequest = requests === 0 ? 0 : bookedTokens / requests
  const underWay = perRequest * (before.booked.inFlight + after.booked.inFlight)
  const allowed =
    limits.share * Math.max(engineTokens, bookedTokens) + underWay + earlier.rounding + later.rounding
  return {
    metric: later.metric,
    engineTokens,
    bookedTokens,
    share: engineTokens === 0 ? 0 : (engineTokens - bookedTokens) / engineTokens,
    isExplained: Math.abs(engineTokens - bookedTokens) <= allowed,
  }
}

function alarmOf({ metric, engineTokens, bookedTokens }: TokenDifference): string {
  const why =
    engineTokens > bookedTokens
      ? 'somebody else uses the engine, or usage is lost'
      : 'its metrics are of another engine, or usage is reported too high'
  return `${metric} rose by ${engineTokens} tokens, the books have ${bookedTokens}: ${why}`
}
