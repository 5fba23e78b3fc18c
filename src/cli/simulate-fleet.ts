/** Router, faults, changes of size: what happens to a fleet beside its requests. */
import { TokenwrightError } from '../core/errors.ts'
import { parseDurationMs, parseNumber } from '../core/parse-quantity.ts'
import type { RandomSource } from '../core/random.ts'
import type { Fault, PoolSettings } from '../fleet/types.ts'
import type { Objective } from '../plan/types.ts'
import { parseRouterSpec } from '../routing/check-router-spec.ts'
import type { RouterSpec } from '../routing/router-spec.ts'
import type { TimedInput } from '../sim/driver.ts'
import { faultSchedule, type TimedFault } from '../sim/faults.ts'
import type { SimulateFlags } from './simulate-flags.ts'

/** What a load balancer does that knows nothing of caches. */
const defaultRouter: RouterSpec = { kind: 'least-loaded' }

/** A policy's name, or the whole specification as JSON. A bare `cost` takes its limits from the objectives. */
export function routerOf(text: string | undefined, objectives: readonly Objective[]): RouterSpec {
  if (text === undefined) return defaultRouter
  const word = text.trim()
  if (word === 'cost') return costUnder(objectives)
  return parseRouterSpec(word.startsWith('{') ? jsonOf(word) : word, '--router')
}

/**
 * Room between prediction and limit of a bare `cost`. Predictions are means, of a replica as it is now; objectives are of the
 * slow tail, after more has come. Measured in the twin: with 1 the cheap replicas are filled until the objective is
 * missed, with 2 it held wherever spreading the load holds it (docs/models/routing.md#predictions-in-the-twin).
 */
const bareCostMargin = 2

/** The tightest limits on TTFT and TPOT, whichever statistic they are of: predictions are of single requests. */
function costUnder(objectives: readonly Objective[]): RouterSpec {
  const limitOf = (metric: Objective['metric']): number | null => {
    const limits = objectives.filter(objective => objective.metric === metric).map(({ limitMs }) => limitMs)
    return limits.length === 0 ? null : Math.min(...limits)
  }
  const [ttftMs, tpotMs] = [limitOf('ttft'), limitOf('tpot')]
  if (ttftMs !== null || tpotMs !== null) return { kind: 'cost', ttftMs, tpotMs, margin: bareCostMargin }
  throw new TokenwrightError('usage', 'cost routing does not know which latency it has to keep', {
    where: '--router',
    fix: 'add --slo "ttft p95 < 1s, tpot mean < 30ms", or give --router \'{"kind": "cost", "ttftMs": 1000, "tpotMs": 30}\'',
  })
}

/** Whether a policy, or admission in front of it, asks what a replica would do with a request. */
export function wantsEstimates(spec: RouterSpec): boolean {
  return (
    spec.kind === 'cost' ||
    (spec.kind === 'weighted' && (spec.scorers ?? []).some(({ scorer }) => scorer === 'cost')) ||
    (spec.admission?.ttftMs ?? null) !== null
  )
}

function jsonOf(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    throw new TokenwrightError('usage', 'the router is not valid JSON', {
      where: '--router',
      fix: `write {"kind": "prefix-aware"} or a policy's name`,
    })
  }
}

/** Whether a router listens to what engines store and evict. */
export function wantsCacheEvents(spec: RouterSpec): boolean {
  if (!('index' in spec) || spec.index === undefined || spec.index === null) return spec.kind === 'kv-aware'
  return spec.index.kind === 'events'
}

/** Whether a policy looks at what prompts share, or at the session they belong to. */
export function usesContents(spec: RouterSpec): boolean {
  if (spec.kind === 'cost' || spec.kind === 'weighted') return spec.index !== null
  return ['prefix-aware', 'kv-aware', 'session-affinity'].includes(spec.kind)
}

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
