/** From flags to loads: which points are measured, and what is sent at each. */
import type { BenchLoad } from '../bench/bench-load.ts'
import { TokenwrightError } from '../core/errors.ts'
import { parseCount, parseDurationMs, parseFraction } from '../core/parse-quantity.ts'
import { RandomSource } from '../core/random.ts'
import type { LoadPoint } from '../measure/bench-result.ts'
import { formatSignificant, plural } from '../report/format-number.ts'
import type { ArrivalSpec } from '../workload/arrivals.ts'
import { createWorkload, type WorkloadSpec } from '../workload/synthetic.ts'
import type { BenchFlags } from './bench-flags.ts'
import { type AskedLengths, askedLengths } from './bench-lengths.ts'
import { arrivalsFor, ratesOf, seriesOf } from './bench-rates.ts'
import { type RecordedRequests, recordedRequestsUrl } from './bench-recorded.ts'

/** Points when nothing is said: from one user to a batch, in steps of four (assumed). */
const defaultConcurrencies = '1,4,16,64'
/** Of every point when neither a count nor a duration is given (assumed: a p99 wants hundreds of requests). */
const defaultDurationSeconds = 60
/** As AIPerf's --benchmark-grace-period. */
const defaultGraceSeconds = 30
const defaultCancellationSeconds = 1
/** Requests of the warm-up before open loops, and at most before closed ones (assumed: enough to load kernels and graphs). */
const warmUpRequests = { open: 8, most: 64 }
/** A loop that begins in the middle loses its users' first requests: shorter runs begin together. */
const fewestTurnsForSteadyStart = 3

/** What all points of a run have in common. */
export interface LoadSettings {
  readonly flags: BenchFlags
  readonly lengths: AskedLengths
  readonly requests: number | null
  readonly durationSeconds: number | null
}

export function loadSettings(flags: BenchFlags): LoadSettings {
  const requests = flags.requestCount === undefined ? null : parseCount(flags.requestCount, '--request-count')
  const asked =
    flags.benchmarkDuration === undefined
      ? null
      : parseDurationMs(flags.benchmarkDuration, '--benchmark-duration') / 1000
  const bounded = requests !== null || flags.numSessions !== undefined || flags.fixedSchedule === true
  return {
    flags,
    lengths: askedLengths(flags),
    requests,
    durationSeconds: asked ?? (bounded ? null : defaultDurationSeconds),
  }
}

/** The points that the flags ask for, in their order. */
export async function loadsOf(settings: LoadSettings): Promise<readonly BenchLoad[]> {
  const { flags } = settings
  if (flags.workload !== undefined) return [await describedLoad(settings, flags.workload)]
  if (flags.inputFile !== undefined && !isPromptFile(flags)) return recordedLoads(settings, flags.inputFile)
  if (flags.userCentricRate !== undefined) return [userCentricLoad(settings, flags.userCentricRate)]
  if (flags.requestRateSeries !== undefined) return [seriesLoad(settings, flags.requestRateSeries)]
  if (flags.arrivalPattern === 'concurrency_burst')
    return concurrencies(flags).map(users => burstLoad(settings, users))
  if (flags.requestRate !== undefined) return ratesOf(flags.requestRate).map(rate => rateLoad(settings, rate))
  return concurrencies(flags).map(users => concurrencyLoad(settings, users))
}

/** Real prompts: the file gives texts, the other flags say when they are sent. */
export function isPromptFile(flags: BenchFlags): boolean {
  return (
    flags.customDatasetType !== undefined &&
    ['single_turn', 'multi_turn', 'random_pool'].includes(flags.customDatasetType)
  )
}

function concurrencies(flags: BenchFlags): number[] {
  return listOf(flags.concurrency ?? defaultConcurrencies).map(text => parseCount(text, '--concurrency'))
}

function listOf(text: string): string[] {
  return text.split(',').map(part => part.trim())
}

/** So many requests, or sessions, always in flight. */
export function concurrencyLoad(settings: LoadSettings, users: number): BenchLoad {
  const { flags, lengths } = settings
  if (flags.sessionTurnsMean !== undefined) return sessionLoad(settings, users)
  const ramp = rampOf(flags)
  const short = settings.requests !== null && settings.requests < fewestTurnsForSteadyStart * users
  const steady = flags.steadyStart && !short
  return load(settings, {
    point: {
      name: `concurrency ${users}`,
      kind: 'concurrency',
      concurrency: users,
      requestsPerSecond: null,
    },
    spec: {
      kind: 'closed',
      users,
      lengths: lengths.joint,
      ...(lengths.prefix === null ? {} : { prefix: lengths.prefix }),
      ...(ramp === null ? {} : { start: ramp }),
      ...(steady ? { initialProgress: true } : {}),
    },
    // A loop that begins in the middle throws the first request of every user away: the server is to serve the others too.
    extraRequests: steady ? users : 0,
    warmUpUsers: users,
  })
}

/** Requests that come at a rate, whatever becomes of those before them. --concurrency caps them. */
export function rateLoad(settings: LoadSettings, requestsPerSecond: number): BenchLoad {
  const { flags, lengths } = settings
  const cap = flags.concurrency === undefined ? null : parseCount(flags.concurrency, '--concurrency')
  const arrivals = arrivalsFor(flags, requestsPerSecond)
  if (flags.sessionTurnsMean !== undefined)
    return load(settings, {
      point: {
        name: `${formatSignificant(requestsPerSecond)} sessions/s`,
        kind: 'sessions',
        concurrency: cap,
        requestsPerSecond,
      },
      spec: { ...sessionFields(settings), begin: { kind: 'open', arrivals } },
      maximumInFlight: cap,
    })
  return load(settings, {
    point: {
      name: `${formatSignificant(requestsPerSecond)} requests/s`,
      kind: 'rate',
      concurrency: cap,
      requestsPerSecond,
    },
    spec: {
      kind: 'open',
      arrivals,
      lengths: lengths.joint,
      ...(lengths.prefix === null ? {} : { prefix: lengths.prefix }),
    },
    arrivalCv: cvOf(arrivals),
    maximumInFlight: cap,
  })
}

/** Of the gaps between arrivals, where the rate is one number. */
function cvOf(arrivals: ArrivalSpec): number | null {
  switch (arrivals.kind) {
    case 'constant':
      return 0
    case 'poisson':
      return 1
    case 'burst':
      return null
    default:
      return arrivals.cv
  }
}

function seriesLoad(settings: LoadSettings, text: string): BenchLoad {
  const { flags, lengths } = settings
  const { rate, meanPerSecond, seconds } = seriesOf(text)
  const longest = Math.min(seconds, settings.durationSeconds ?? seconds)
  return load(
    { ...settings, durationSeconds: longest },
    {
      point: {
        name: `rates ${text}`,
        kind: 'rate',
        concurrency: null,
        requestsPerSecond: meanPerSecond,
      },
      spec: {
        kind: 'open',
        arrivals: arrivalsFor(flags, rate),
        lengths: lengths.joint,
        ...(lengths.prefix === null ? {} : { prefix: lengths.prefix }),
      },
    },
  )
}

function burstLoad(settings: LoadSettings, users: number): BenchLoad {
  const requests = settings.requests ?? users
  return load(
    { ...settings, requests, durationSeconds: null },
    {
      point: { name: `burst of ${requests}`, kind: 'rate', concurrency: users, requestsPerSecond: null },
      spec: {
        kind: 'open',
        arrivals: { kind: 'burst', requests },
        lengths: settings.lengths.joint,
        ...(settings.lengths.prefix === null ? {} : { prefix: settings.lengths.prefix }),
      },
      maximumInFlight: users,
    },
  )
}

function sessionLoad(settings: LoadSettings, users: number): BenchLoad {
  const ramp = rampOf(settings.flags)
  return load(settings, {
    point: {
      name: `${plural(users, 'session')} at a time`,
      kind: 'sessions',
      concurrency: users,
      requestsPerSecond: null,
    },
    spec: {
      ...sessionFields(settings),
      begin: { kind: 'closed', users, ...(ramp === null ? {} : { start: ramp }) },
    },
    warmUpUsers: users,
  })
}

function sessionFields({
  flags,
  lengths,
}: LoadSettings): Omit<Extract<WorkloadSpec, { kind: 'sessions' }>, 'begin'> {
  const turns = parseCount(flags.sessionTurnsMean!, '--session-turns-mean')
  const pause =
    flags.sessionTurnDelayMean === undefined
      ? 0
      : parseDurationMs(flags.sessionTurnDelayMean, '--session-turn-delay-mean') / 1000
  return {
    kind: 'sessions',
    turns,
    thinkTime: pause,
    firstInput: lengths.joint.input,
    ...(lengths.laterInput === null ? {} : { nextInput: lengths.laterInput }),
    output: lengths.joint.output,
    ...(lengths.prefix === null ? {} : { prefix: lengths.prefix }),
    ...(flags.numSessions === undefined ? {} : { sessions: parseCount(flags.numSessions, '--num-sessions') }),
  }
}

/** Every user asks every users ÷ rate seconds, or as soon as a late answer is there. */
function userCentricLoad(settings: LoadSettings, rateText: string): BenchLoad {
  const { flags } = settings
  const [rate] = ratesOf(rateText)
  if (flags.numUsers === undefined)
    throw new TokenwrightError('usage', '--user-centric-rate needs a number of users', {
      where: '--user-centric-rate',
      fix: 'add --num-users 16',
    })
  const users = parseCount(flags.numUsers, '--num-users')
  const turnSeconds = users / rate!
  const turns = flags.sessionTurnsMean ?? '10'
  return load(settings, {
    point: {
      name: `${plural(users, 'user')}, ${formatSignificant(rate!)} turns/s`,
      kind: 'sessions',
      concurrency: users,
      requestsPerSecond: rate!,
    },
    spec: {
      ...sessionFields({ ...settings, flags: { ...flags, sessionTurnsMean: turns } }),
      turnSeconds,
      begin: { kind: 'closed', users, start: { kind: 'ramp', seconds: turnSeconds } },
    },
  })
}

async function describedLoad(settings: LoadSettings, file: string): Promise<BenchLoad> {
  const { readWorkloadFile } = await import('./simulate-workload-file.ts')
  const { spec, facts } = readWorkloadFile(file)
  return load(
    { ...settings, durationSeconds: null, requests: null },
    {
      point: { name: facts.description, kind: 'schedule', concurrency: null, requestsPerSecond: null },
      spec,
    },
  )
}

function recordedLoads(settings: LoadSettings, file: string): readonly BenchLoad[] {
  const { flags } = settings
  if (flags.requestRate !== undefined)
    return ratesOf(flags.requestRate).map(rate =>
      recordedLoad(settings, file, { name: `${formatSignificant(rate)} requests/s`, users: null, rate }),
    )
  if (flags.concurrency !== undefined)
    return concurrencies(flags).map(users =>
      recordedLoad(settings, file, { name: `concurrency ${users}`, users, rate: null }),
    )
  return [recordedLoad(settings, file, { name: 'recorded times', users: null, rate: null })]
}

function recordedLoad(
  settings: LoadSettings,
  file: string,
  {
    name,
    users,
    rate,
  }: { readonly name: string; readonly users: number | null; readonly rate: number | null },
): BenchLoad {
  const { flags } = settings
  const options: RecordedRequests = {
    trace: [file],
    prefixCaching: true,
    ...(flags.requestCount === undefined ? {} : { requests: flags.requestCount }),
    ...(flags.fixedScheduleSpeedup === undefined ? {} : { speedup: flags.fixedScheduleSpeedup }),
    ...(users === null ? {} : { concurrency: String(users) }),
    ...(rate === null ? {} : { rate: `${rate}/s` }),
  }
  return {
    ...limitsOf(settings),
    point: { name, kind: 'schedule', concurrency: users, requestsPerSecond: rate },
    requests: { kind: 'module', url: recordedRequestsUrl, options },
    warmUp: null,
    arrivalCv: null,
    maximumInFlight: null,
  }
}

interface SyntheticLoad {
  readonly point: LoadPoint
  readonly spec: WorkloadSpec
  readonly arrivalCv?: number | null
  readonly maximumInFlight?: number | null
  /** Sent beyond the count that was asked for, because they do not count. */
  readonly extraRequests?: number
  /** The warm-up is a closed loop of so many users. */
  readonly warmUpUsers?: number
}

function load(settings: LoadSettings, synthetic: SyntheticLoad): BenchLoad {
  const { requests, durationSeconds } = settings
  const { point, maximumInFlight, extraRequests = 0 } = synthetic
  const spec: WorkloadSpec = {
    ...synthetic.spec,
    ...(requests === null ? {} : { requests: requests + extraRequests }),
    ...(durationSeconds === null ? {} : { durationSeconds }),
  }
  // Faults in the description are the user's, and are told before anything is sent.
  createWorkload(spec, new RandomSource('check'))
  const warmUp = warmUpSpec(settings, synthetic)
  return {
    ...limitsOf(settings),
    point,
    arrivalCv: synthetic.arrivalCv ?? null,
    maximumInFlight: maximumInFlight ?? null,
    requests: { kind: 'spec', spec },
    warmUp: warmUp === null ? null : { kind: 'spec', spec: warmUp },
  }
}

/** A short closed loop of the same lengths; its prompts are others, because its randomness is another. */
function warmUpSpec({ flags, lengths }: LoadSettings, { warmUpUsers }: SyntheticLoad): WorkloadSpec | null {
  const standard =
    warmUpUsers === undefined ? warmUpRequests.open : Math.min(warmUpUsers, warmUpRequests.most)
  const requests =
    flags.warmupRequestCount === undefined
      ? standard
      : parseCount(flags.warmupRequestCount, '--warmup-request-count', { minimum: 0 })
  if (requests === 0) return null
  return { kind: 'closed', users: Math.min(requests, standard), lengths: lengths.joint, requests }
}

function limitsOf({
  flags,
  durationSeconds,
}: LoadSettings): Pick<BenchLoad, 'durationSeconds' | 'graceSeconds' | 'maximumPrefills' | 'cancellation'> {
  return {
    durationSeconds,
    graceSeconds:
      flags.benchmarkGracePeriod === undefined
        ? defaultGraceSeconds
        : parseDurationMs(flags.benchmarkGracePeriod, '--benchmark-grace-period') / 1000,
    maximumPrefills:
      flags.prefillConcurrency === undefined
        ? null
        : parseCount(flags.prefillConcurrency, '--prefill-concurrency'),
    cancellation:
      flags.requestCancellationRate === undefined
        ? null
        : {
            share: parseFraction(flags.requestCancellationRate, '--request-cancellation-rate'),
            afterSeconds:
              flags.requestCancellationDelay === undefined
                ? defaultCancellationSeconds
                : parseDurationMs(flags.requestCancellationDelay, '--request-cancellation-delay') / 1000,
          },
  }
}

function rampOf({ concurrencyRamp }: BenchFlags): { readonly kind: 'ramp'; readonly seconds: number } | null {
  if (concurrencyRamp === undefined) return null
  return { kind: 'ramp', seconds: parseDurationMs(concurrencyRamp, '--concurrency-ramp') / 1000 }
}
