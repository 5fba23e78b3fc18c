/**
 * Which load should be measured next? A state machine that knows no clock and no server: it is told what each load came to,
 * and looks for the largest one within the objectives, the cheapest one, or the one with most goodput.
 *
 * Loads grow until one misses; between the largest that met and the smallest that missed, the geometric middle is tried until
 * the two are within the tolerance. A load is met or missed when the whole confidence interval of every objective says
 * so; when it does not, or latency was still rising, the load is measured again with four times the requests, at most twice.
 * What is undecided then counts as missed, but not for the bracket: the limit may lie on either side of it.
 */
import { assert } from '../core/assert.ts'
import { TokenwrightError } from '../core/errors.ts'
import type { Objective } from '../metrics/objective.ts'
import { quantileOfStatistic } from '../metrics/objective-result.ts'
import { indexOfBest, nextLoad, type SearchRange, type TriedLoad } from './load-search-choice.ts'
import { decide, type ObjectiveDecision, type ObjectiveInterval } from './objective-interval.ts'
import { defaultConfidence, smallestSample } from './percentile-interval.ts'
import type { SearchGoal, SearchStep, SearchTrace } from './search-trace.ts'

export interface LoadSearchSettings {
  readonly goal: SearchGoal
  readonly objectives: readonly Objective[]
  /** Users are whole numbers, rates are not. */
  readonly kind: 'concurrency' | 'rate'
  /** Where to begin; between minimum and maximum. */
  readonly start: number
  readonly minimum: number
  readonly maximum: number
  /** Of the first measurement of a load; requestsFor() by default. */
  readonly requests: number | null
  /** Measurements in all, repetitions included. */
  readonly maximumPoints: number
  /** Loads nearer to each other than this are one: 0.05. Users at least one apart. */
  readonly tolerance: number
}

/**
 * 12: from one user to the limit of a few hundred in ± 5 %, with a few repetitions. 5 %: about what repeated runs of one load
 * differ by, so finer steps compare noise. Assumed.
 */
export const defaultLoadSearch = { requests: null, maximumPoints: 12, tolerance: 0.05 } as const

export interface LoadToMeasure {
  readonly load: number
  readonly requests: number
}

export interface MeasuredLoad {
  readonly load: number
  /** Of every objective (objective-interval.ts). */
  readonly intervals: readonly ObjectiveInterval[]
  /** False: latency or requests in flight rose through the run (isSustained); percentiles are then those of its length. */
  readonly sustained: boolean
  readonly requestsPerSecond: number | null
  /** Null: unknown, or nothing was served. The cheapest load is looked for only where prices are known: the caller sees to that. */
  readonly usdPerMillionTokens: number | null
  /** Requests within the objectives per second. */
  readonly goodRequestsPerSecond: number | null
}

export interface LoadSearch {
  /** The next load to measure, the same until it is reported; null when the search is over. */
  next(): LoadToMeasure | null
  /** What the load given by next() came to. */
  report(measured: MeasuredLoad): void
  /** So far. Steps are in the order of reports: one for each measurement. */
  trace(): SearchTrace
}

/** More requests where an interval straddles its limit: four times halve it. */
const repeatFactor = 4
const mostRepeats = 2

/** Requests by user, so that the first wave, in which all start at once, is a small part. Assumed. */
const requestsPerUser = 5

/**
 * Requests with which a load is first measured: those without which the highest percentile of an objective has no upper
 * bound, with room for the sample to have errors and shared queues; and five for each user.
 */
export function requestsFor(
  objectives: readonly Objective[],
  load: number,
  kind: LoadSearchSettings['kind'],
): number {
  const samples = objectives.map(({ statistic }) =>
    statistic === 'mean' ? 0 : smallestSample(quantileOfStatistic[statistic], defaultConfidence),
  )
  return Math.max(fewestRequests, 2 * Math.max(0, ...samples), kind === 'rate' ? 0 : requestsPerUser * load)
}

/** Of a measurement; also those from which on a trend is looked for (time-groups.ts). */
const fewestRequests = 80

export function createLoadSearch(settings: LoadSearchSettings): LoadSearch {
  checkSettings(settings)
  const { goal, objectives, kind, maximumPoints } = settings
  const range: SearchRange = { ...settings, whole: kind === 'concurrency' }
  const steps: SearchStep[] = []
  const tried: TriedLoad[] = []
  let pending: (LoadToMeasure & { readonly repeats: number }) | null = null
  let stoppedBecause = ''

  const choose = (): void => {
    const choice = nextLoad(goal, tried, range)
    if ('stop' in choice) stoppedBecause = choice.stop
    else if (steps.length >= maximumPoints)
      stoppedBecause = `${maximumPoints} measurements were made, as many as allowed`
    else {
      const { load } = choice
      pending = { load, requests: settings.requests ?? requestsFor(objectives, load, kind), repeats: 0 }
    }
  }

  const next = (): LoadToMeasure | null => {
    if (pending === null && stoppedBecause === '') choose()
    return pending === null ? null : { load: pending.load, requests: pending.requests }
  }

  const report = (measured: MeasuredLoad): void => {
    assert(pending !== null && measured.load === pending.load, 'the load that was asked for is reported')
    assert(measured.intervals.length === objectives.length, 'every objective has its interval')
    const { load, requests, repeats } = pending
    const repeatable = goal !== 'max-goodput' && repeats < mostRepeats && steps.length + 1 < maximumPoints
    const decision = decisionOf(goal, measured, !repeatable)
    steps.push({
      load: measured.load,
      met: decision === 'met',
      undecided: decision === 'undecided',
      requestsPerSecond: measured.requestsPerSecond,
      usdPerMillionTokens: measured.usdPerMillionTokens,
    })
    if (decision === 'undecided' && repeatable) {
      pending = { load, requests: requests * repeatFactor, repeats: repeats + 1 }
      return
    }
    pending = null
    tried.push({
      load,
      decision,
      comfortable: isComfortable(measured),
      step: steps.length - 1,
      worth: worthOf(goal, measured),
    })
    tried.sort((a, b) => a.load - b.load)
  }

  const trace = (): SearchTrace => {
    const best = tried[indexOfBest(goal, tried)]
    const met = tried.findLast(({ decision }) => decision === 'met')?.load ?? null
    const missed =
      tried.find(({ load, decision }) => decision === 'missed' && load > (met ?? 0))?.load ?? null
    return {
      goal,
      objectives,
      steps: [...steps],
      best: best?.step ?? null,
      bracket: { met, missed },
      stoppedBecause: stoppedBecause === '' ? 'the search is not over' : stoppedBecause,
    }
  }

  return { next, report, trace }
}

/**
 * Where something rose through the run, percentiles within the limit prove nothing: a longer run tells whether it goes on
 * rising. After the last repetition such a load is missed. So is one without a cost where costs are compared: nothing was served.
 */
function decisionOf(
  goal: SearchGoal,
  { intervals, sustained, usdPerMillionTokens }: MeasuredLoad,
  last: boolean,
): ObjectiveDecision {
  if (goal === 'min-cost' && usdPerMillionTokens === null) return 'missed'
  const decisions = intervals.map(decide)
  if (decisions.includes('missed')) return 'missed'
  if (!sustained) return last ? 'missed' : 'undecided'
  return decisions.includes('undecided') ? 'undecided' : 'met'
}

/** Below half of every limit there is room for a longer stride. Assumed: latency rarely doubles before the load does. */
function isComfortable({ intervals, sustained }: MeasuredLoad): boolean {
  return sustained && intervals.every(({ objective, highMs }) => highMs <= objective.limitMs / 2)
}

/** What is to be large; null where it is unknown. Loads themselves, but where cost or goodput is asked for. */
function worthOf(goal: SearchGoal, measured: MeasuredLoad): number | null {
  switch (goal) {
    case 'min-cost':
      return measured.usdPerMillionTokens === null ? null : -measured.usdPerMillionTokens
    case 'max-goodput':
      return measured.goodRequestsPerSecond ?? 0
    default:
      return measured.load
  }
}

function checkSettings(settings: LoadSearchSettings): void {
  const { goal, objectives, kind, start, minimum, maximum, maximumPoints, tolerance } = settings
  if (objectives.length === 0 && goal !== 'min-cost') {
    throw new TokenwrightError(
      'objective',
      `a search for ${goal} has no objectives, and no load would be too much`,
      {
        where: '--slo',
        fix: 'give objectives, e.g. --slo "ttft p95 < 500ms, tpot p95 < 30ms"',
      },
    )
  }
  assert(
    minimum > 0 && minimum <= start && start <= maximum,
    'a search starts between its smallest and largest load',
  )
  assert(kind === 'rate' || [start, minimum, maximum].every(Number.isInteger), 'users are whole numbers')
  assert(maximumPoints >= 1 && tolerance > 0, 'a search has points and a tolerance')
  assert(goal !== 'max-rate' || kind === 'rate', 'the largest rate is looked for among rates')
  assert(
    goal !== 'max-concurrency' || kind === 'concurrency',
    'the largest number of users is looked for among users',
  )
}
