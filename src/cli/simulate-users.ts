/** The users of a closed loop: how they begin, and how long they pause. */
import { TokenwrightError } from '../core/errors.ts'
import { parseDurationMs, parseNumber } from '../core/parse-quantity.ts'
import type { DurationSpec, StartSpec } from '../workload/user-starts.ts'
import type { SimulateFlags } from './simulate-flags.ts'

/** How the users of a closed loop begin. */
export function startOf(text: string | undefined, standard: 'steady' | 'burst'): 'steady' | StartSpec {
  const word = text?.trim() ?? standard
  if (word === 'steady') return 'steady'
  if (word === 'burst') return { kind: 'burst' }
  if (/^[a-z]/i.test(word))
    throw new TokenwrightError('usage', `"${word}" is no way to start`, {
      where: '--start',
      fix: 'say steady, burst, or a time over which users begin: 30s',
    })
  return { kind: 'ramp', seconds: parseDurationMs(word, '--start') / 1000 }
}

/** Null when there is none; a number of seconds, or gamma around it. */
export function thinkTimeOf(flags: SimulateFlags): DurationSpec | null {
  if (flags.thinkTime === undefined) return null
  const seconds = parseDurationMs(flags.thinkTime, '--think-time') / 1000
  const cv =
    flags.thinkCv === undefined ? 0 : parseNumber(flags.thinkCv, '--think-cv', { minimum: 0, maximum: 100 })
  if (seconds === 0) return null
  return cv === 0 ? seconds : { kind: 'gamma', mean: seconds, cv }
}

/** Open loops have no users. */
export function refuseUserFlags(flags: SimulateFlags): void {
  const flag = flags.thinkTime !== undefined ? '--think-time' : flags.start !== undefined ? '--start' : null
  if (flag === null) return
  throw new TokenwrightError(
    'usage',
    `${flag} says nothing in an open loop: requests arrive whatever happens`,
    {
      where: flag,
      fix: 'say --concurrency instead of a rate, or --turns for sessions',
    },
  )
}
