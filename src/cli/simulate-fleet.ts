/** Faults, changes of size: what happens to a fleet beside its requests. */
import { TokenwrightError } from '../core/errors.ts'
import { parseDurationMs, parseNumber } from '../core/parse-quantity.ts'
import type { RandomSource } from '../core/random.ts'
import type { Fault, PoolSettings } from '../fleet/types.ts'
import type { RouterSpec } from '../routing/router-spec.ts'
import type { TimedInput } from '../sim/driver.ts'
import { faultSchedule, type TimedFault } from '../sim/faults.ts'
import type { SimulateFlags } from './simulate-flags.ts'

/**
 * From the order for a replica to its first request when nobody says: loading weights and capturing graphs takes a minute
 * or several (assumed).
 */
const defaultStartupSeconds = 120

export function startupSecondsOf(flags: SimulateFlags): number {
  return flags.startup === undefined
    ? defaultStartupSeconds
    : parseDurationMs(flags.startup, '--startup') / 1000
}

/** Random faults are drawn this far ahead, or for so many of them at each replica: no run lasts longer. */
const horizon = { seconds: 400 * 86_400, faults: 10_000 }

/** Faults as told, and at random. */
export function faultsOf(flags: SimulateFlags, replicas: number, random: RandomSource): TimedFault[] {
  const told = (flags.fault ?? []).flatMap(text => text.split(',')).map(text => faultOf(text, replicas))
  if (flags.faultMtbf === undefined) return told
  const meanSecondsBetween = positiveSeconds(flags.faultMtbf, '--fault-mtbf')
  const meanSeconds = parseDurationMs(flags.faultMttr!, '--fault-mttr') / 1000
  const untilSeconds = Math.min(horizon.seconds, horizon.faults * (meanSecondsBetween + meanSeconds))
  const crashes = faultSchedule(
    { crash: { meanSecondsBetween, meanSeconds } },
    replicas,
    untilSeconds * 1e6,
    random,
  )
  return [...told, ...crashes]
}

const faultPattern = /^(crash|slow|stall|link)\s+(\d+)\s+at\s+(\S+)\s+for\s+(\S+)(?:\s+by\s+(\S+))?$/i

/** `crash 0 at 60s for 30s`, `slow 1 at 2min for 1min by 3`. */
function faultOf(text: string, replicas: number): TimedFault {
  const where = '--fault'
  const match = faultPattern.exec(text.trim())
  if (match === null)
    throw new TokenwrightError('usage', `"${text.trim()}" is no fault`, {
      where,
      fix: 'write "crash 0 at 60s for 30s" (crash, slow, stall or link, and the number of a replica), for slow with "by 3"',
    })
  const kind = match[1]!.toLowerCase() as Fault['kind']
  const replica = Number(match[2])
  if (replica >= replicas)
    throw new TokenwrightError('usage', `there is no replica ${replica}`, {
      where,
      fix: `replicas are numbered from 0 to ${replicas - 1}`,
    })
  const atUs = Math.round(parseDurationMs(match[3]!, where) * 1000)
  const seconds = parseDurationMs(match[4]!, where) / 1000
  if ((kind === 'slow') !== (match[5] !== undefined))
    throw new TokenwrightError(
      'usage',
      kind === 'slow' ? 'how slow is not said' : `a ${kind} has no factor`,
      {
        where,
        fix: kind === 'slow' ? 'add "by 3": steps take three times as long' : 'leave "by" out',
      },
    )
  switch (kind) {
    case 'crash':
      return { atUs, fault: { kind, replica, downSeconds: seconds } }
    case 'slow': {
      const factor = parseNumber(match[5]!, where, { minimum: 1e-3, maximum: 1e6 })
      return { atUs, fault: { kind, replica, factor, seconds } }
    }
    case 'stall':
    case 'link':
      return { atUs, fault: { kind, replica, seconds } }
  }
}

function positiveSeconds(text: string, where: string): number {
  const seconds = parseDurationMs(text, where) / 1000
  if (seconds > 0) return seconds
  throw new TokenwrightError('number', 'no time between faults', { where, fix: 'give a time above 0: 6h' })
}

/** A rolling upgrade of every pool. */
export function upgradesOf(flags: SimulateFlags, pools: readonly string[]): TimedInput[] {
  if (flags.upgradeAt === undefined) return []
  const atUs = Math.round(parseDurationMs(flags.upgradeAt, '--upgrade-at') * 1000)
  return pools.map(pool => ({ atUs, input: { kind: 'upgrade', pool, atOnce: 1 } }))
}

/** What an upgrade does to a fleet with a single way in: while its replica is replaced, nobody takes requests. */
export function upgradeNotes(
  flags: SimulateFlags,
  pools: readonly PoolSettings[],
  { admission, refusal }: RouterSpec,
): string[] {
  if (flags.upgradeAt === undefined || admission != null || refusal?.noCandidate === 'wait') return []
  const entrances = pools.filter(({ role }) => role !== 'decode')
  if (entrances.reduce((sum, { replicas }) => sum + replicas, 0) !== 1) return []
  const option = entrances[0]!.role === 'prefill' ? '--prefill-replicas 2' : '--replicas 2'
  return [
    'the upgrade replaces the only replica that takes requests: until its successor has started they are turned away ' +
      `(no candidate); ${option} keeps one, and --router '{"kind": "least-loaded", "admission": {"maximumWaitSeconds": ` +
      `600, "maximumWaiting": null}}' lets them wait`,
  ]
}
