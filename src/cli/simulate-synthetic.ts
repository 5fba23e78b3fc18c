/** From flags, and what a deployment file says, to the description of a synthetic workload. */
import { TokenwrightError } from '../core/errors.ts'
import { parseCount, parseDurationMs } from '../core/parse-quantity.ts'
import type { RequestShape } from '../perf/deployment.ts'
import { formatCount, formatSignificant, plural } from '../report/format-number.ts'
import type { ArrivalSpec } from '../workload/arrivals.ts'
import { type ClosedLoopSpec, lockStepWarning } from '../workload/closed-loop.ts'
import type { CommonFields } from '../workload/request-emitter.ts'
import type { SessionsSpec } from '../workload/sessions.ts'
import type { DurationSpec } from '../workload/user-starts.ts'
import { type DescribedWorkload, warmUpOf } from './prepared-workload.ts'
import type { Analytic } from './simulate-analytic.ts'
import { type Arrivals, arrivalsOf, perSecond, plannedArrivals } from './simulate-arrivals.ts'
import type { SimulateFlags } from './simulate-flags.ts'
import { type Lengths, lengthsOf, prefixOf, type SharedPrefix } from './simulate-lengths.ts'
import type { PlannedDeployment } from './simulate-question.ts'
import { refuseUserFlags, startOf, thinkTimeOf } from './simulate-users.ts'

/**
 * Requests when nobody says how many (assumed). Closed loops: ten per user, so that filling and emptying are a small part.
 * Open loops, which begin empty: ten times as many as are in flight, of which the first two times do not count; two thousand
 * and a tenth at least.
 */
const requestsPerUser = 10
const fewestRequests = 200
const mostRequests = 20_000
const openRequests = { fewest: 2_000, most: 20_000 }
const requestsPerFilling = 10
const openWarmUp = { share: 0.1, fillings: 2, mostShare: 0.5 }
/**
 * A loop that begins in the middle prefills the prompts of all its users at once. Once every user has had a whole turn
 * after that, it is over: so many turns of every user do not count (assumed), where the run is twice as long at least.
 */
const steadyWarmUpTurns = 2
const fewestTurns = 3
/** Sessions per user, and begun at a rate (assumed). */
const sessionsPerUser = 5
const openSessions = 500

interface Parts {
  readonly analytic: Analytic
  readonly flags: SimulateFlags
  readonly lengths: Lengths
  readonly prefix: SharedPrefix | null
}

export function syntheticWorkload(
  flags: SimulateFlags,
  planned: PlannedDeployment | null,
  analytic: Analytic,
): DescribedWorkload {
  const lengths = lengthsOf(flags, planned?.shape ?? null)
  const plannedCached = flags.isl === undefined ? (planned?.shape.cachedTokens ?? 0) : 0
  const parts = {
    analytic,
    flags,
    lengths,
    prefix: prefixOf(flags, lengths.shape.inputTokens, plannedCached),
  }
  if (flags.turns !== undefined) return sessions(parts, flags.turns)
  if (flags.burst !== undefined) return burst(parts, flags.burst)
  if (flags.rate !== undefined) return open(parts, arrivalsOf(flags, flags.rate))
  if (flags.concurrency !== undefined) return closed(parts, usersOf(flags.concurrency), null)
  if (planned === null)
    throw new TokenwrightError('usage', 'nothing says what is asked of it', {
      where: 'tokenwright simulate',
      fix: 'add --rate 12/s, --concurrency 64 or --trace FILE',
    })
  const { load } = planned
  return load.kind === 'closed'
    ? closed(parts, Math.max(1, Math.round(load.concurrency)), load.requests)
    : open(parts, plannedArrivals(load.requestsPerSecond, load.arrivalVariation))
}

function closed(parts: Parts, users: number, plannedRequests: number | null): DescribedWorkload {
  const { flags, lengths, prefix } = parts
  const think = thinkTimeOf(flags)
  // Of a loop that begins in the middle the first request of every user does not count: too few would be left of a short run.
  const asked = flags.requests === undefined ? plannedRequests : parseCount(flags.requests, '--requests')
  const short = asked !== null && asked < fewestTurns * users
  const start = startOf(flags.start, plannedRequests === null && !short ? 'steady' : 'burst')
  const requests =
    plannedRequests ?? Math.min(mostRequests, Math.max(fewestRequests, requestsPerUser * users))
  const spec: ClosedLoopSpec = {
    kind: 'closed',
    users,
    lengths: jointOf(lengths),
    ...(prefix === null ? {} : { prefix: prefix.spec }),
    ...(think === null ? {} : { thinkTime: think }),
    ...(start === 'steady' ? { initialProgress: true } : { start }),
    ...limitsOf(flags, requests, start === 'steady' ? { turns: steadyWarmUpTurns, users } : null),
  }
  const warning = lockStepWarning(spec)
  return {
    spec,
    facts: {
      kind: 'closed',
      description: `${plural(users, 'request')} always in flight${pauseWords(think)}`,
      lengths: lengthWords(parts),
    },
    shape: shapeOf(parts),
    load:
      think === null && start === 'steady'
        ? { kind: 'closed', concurrency: users, requests: null }
        : think === null && start !== 'steady' && start.kind === 'burst' && spec.requests !== undefined
          ? { kind: 'closed', concurrency: users, requests: spec.requests }
          : null,
    shares: prefix !== null,
    notes: warning === null ? [] : [`${warning} (--start steady does that)`],
  }
}

function open(parts: Parts, { spec: arrivals, load, words }: Arrivals): DescribedWorkload {
  const { flags, lengths, prefix } = parts
  refuseUserFlags(flags)
  const shape = shapeOf(parts)
  const inFlight = load === null ? 0 : (parts.analytic(load, shape)?.concurrency ?? 0)
  const requests = Math.ceil(
    Math.min(openRequests.most, Math.max(openRequests.fewest, requestsPerFilling * inFlight)),
  )
  return {
    spec: {
      kind: 'open',
      arrivals,
      lengths: jointOf(lengths),
      ...(prefix === null ? {} : { prefix: prefix.spec }),
      ...limitsOf(flags, requests, { inFlight }),
    },
    facts: { kind: 'open', description: words, lengths: lengthWords(parts) },
    shape,
    load,
    shares: prefix !== null,
    notes: [],
  }
}

function burst(parts: Parts, text: string): DescribedWorkload {
  const { flags } = parts
  const size = parseCount(text, '--burst')
  const every =
    flags.burstEvery === undefined ? null : parseDurationMs(flags.burstEvery, '--burst-every') / 1000
  const arrivals: ArrivalSpec =
    every === null
      ? { kind: 'burst', requests: size }
      : { kind: 'burst', requests: size, everySeconds: every }
  const again = every === null ? '' : ` every ${formatSignificant(every)} s`
  const { spec, ...rest } = open(parts, {
    spec: arrivals,
    load: null,
    words: `${plural(size, 'request')} at once${again}`,
  })
  const limited = flags.requests !== undefined || flags.duration !== undefined
  if (every !== null || limited || spec.kind !== 'open') return { ...rest, spec }
  const { requests: _, warmup: __, ...endsByItself } = spec
  return {
    ...rest,
    spec: { ...endsByItself, ...(flags.warmup === undefined ? {} : { warmup: spec.warmup! }) },
  }
}

function sessions(parts: Parts, turnsText: string): DescribedWorkload {
  const { flags, lengths, prefix } = parts
  const turns = parseCount(turnsText, '--turns')
  const users = flags.concurrency === undefined ? null : usersOf(flags.concurrency)
  const arrivals = users === null ? arrivalsOf(flags, flags.rate!) : null
  const start = startOf(flags.start, 'burst')
  if (start === 'steady')
    throw new TokenwrightError('usage', 'sessions have no steady start', {
      where: '--start',
      fix: 'say burst, or a time over which users begin: --start 30s',
    })
  const think = thinkTimeOf(flags) ?? 0
  const later =
    flags.turnIsl === undefined
      ? lengths
      : lengthsOf({ ...flags, isl: flags.turnIsl }, { ...lengths.shape, cachedTokens: 0 })
  const count =
    flags.sessions === undefined
      ? flags.requests === undefined && flags.duration === undefined
        ? users === null
          ? openSessions
          : Math.max(fewestRequests, sessionsPerUser * users)
        : null
      : parseCount(flags.sessions, '--sessions')
  const spec: SessionsSpec = {
    kind: 'sessions',
    begin:
      arrivals === null
        ? { kind: 'closed', users: users!, start }
        : { kind: 'open', arrivals: arrivals.spec },
    turns,
    thinkTime: think,
    firstInput: lengths.input,
    ...(flags.turnIsl === undefined ? {} : { nextInput: later.input }),
    output: lengths.output,
    ...(prefix === null ? {} : { prefix: prefix.spec }),
    ...(count === null ? {} : { sessions: count }),
    ...limitsOf(flags, null, null),
  }
  const { shape } = lengths
  // Turn k of n repeats k − 1 prompts and answers: (n − 1)/2 of them on average.
  const history = ((turns - 1) / 2) * (later.shape.inputTokens + shape.outputTokens)
  const who =
    arrivals === null
      ? `${plural(users!, 'session')} at a time`
      : `sessions at ${formatSignificant(perSecond(flags.rate!))}/s`
  return {
    spec,
    facts: {
      kind: 'sessions',
      description: `${who}, ${plural(turns, 'turn')} each${pauseWords(think === 0 ? null : think)}`,
      lengths:
        `${lengthWords(parts)} in the first turn` +
        (flags.turnIsl === undefined
          ? ''
          : `, ${formatCount(later.shape.inputTokens)} tokens added in later ones`),
    },
    shape: { ...shape, inputTokens: shape.inputTokens + history, cachedTokens: 0 },
    load: null,
    shares: turns > 1 || prefix !== null,
    notes: [],
  }
}

function jointOf({ input, output, rankCorrelation }: Lengths): ClosedLoopSpec['lengths'] {
  return rankCorrelation === 0 ? { input, output } : { input, output, rankCorrelation }
}

function shapeOf({ lengths, prefix }: Parts): RequestShape {
  return { ...lengths.shape, cachedTokens: prefix?.tokens ?? 0 }
}

type AssumedWarmUp = { readonly inFlight: number } | { readonly turns: number; readonly users: number }

function assumedWarmUp(
  warmUp: AssumedWarmUp,
  requests: number | undefined,
  durationSeconds: number | undefined,
): NonNullable<CommonFields['warmup']> | null {
  if ('inFlight' in warmUp) {
    const { share, fillings, mostShare } = openWarmUp
    if (requests === undefined) return { seconds: share * durationSeconds! }
    const first = Math.max(share * requests, fillings * warmUp.inFlight)
    return { requests: Math.floor(Math.min(mostShare * requests, first)) }
  }
  const first = warmUp.turns * warmUp.users
  return requests !== undefined && requests < 2 * first ? null : { requests: first }
}

function limitsOf(
  flags: SimulateFlags,
  standardRequests: number | null,
  warmUp: AssumedWarmUp | null,
): CommonFields {
  const durationSeconds =
    flags.duration === undefined ? undefined : parseDurationMs(flags.duration, '--duration') / 1000
  const requests =
    flags.requests === undefined
      ? durationSeconds === undefined
        ? (standardRequests ?? undefined)
        : undefined
      : parseCount(flags.requests, '--requests')
  const stated = warmUpOf(flags.warmup)
  const assumed = warmUp === null ? null : assumedWarmUp(warmUp, requests, durationSeconds)
  const warmup = stated ?? assumed
  return {
    ...(requests === undefined ? {} : { requests }),
    ...(durationSeconds === undefined ? {} : { durationSeconds }),
    ...(warmup === null ? {} : { warmup }),
  }
}

function usersOf(text: string): number {
  return parseCount(text, '--concurrency')
}

function pauseWords(think: DurationSpec | null): string {
  if (think === null) return ''
  const mean = typeof think === 'number' ? think : 'mean' in think ? think.mean : 0
  return `, ${formatSignificant(mean)} s to think`
}

/** `4,000 tokens in (CV 0.50, 2,000 shared), 500 out`. */
function lengthWords({ lengths, prefix }: Parts): string {
  const { inputTokens, outputTokens, inputVariation, outputVariation } = lengths.shape
  const brackets = (...texts: readonly (string | null)[]) => {
    const said = texts.filter(text => text !== null)
    return said.length === 0 ? '' : ` (${said.join(', ')})`
  }
  const cv = (variation: number) => (variation === 0 ? null : `CV ${formatSignificant(variation, 2)}`)
  const shared = prefix === null ? null : `${formatCount(prefix.tokens)} shared`
  return (
    `${plural(inputTokens, 'token')} in${brackets(cv(inputVariation), shared)}, ` +
    `${formatCount(outputTokens)} out${brackets(cv(outputVariation))}`
  )
}
