/** A run in figures, as plain JSON: what every command prints of a simulation, a benchmark or a day of a gateway. */
import { interactivityTokensPerSecond } from './interactivity.ts'
import { type LatencySummary, latencySummary, orNull, ratioOrNull } from './latency-summary.ts'
import type { LatencyClock } from './objective.ts'
import { type ObjectiveResult, objectiveResult } from './objective-result.ts'
import type { RequestTally } from './request-tally.ts'
import type { RunEnd } from './run-end.ts'
import type { RunMetrics } from './run-metrics.ts'
import { fullRunRates, type RunRates, type SteadyRates, steadyRates } from './run-rates.ts'
import { energyIn } from './run-series.ts'
import { microsecondsPerSecond } from './time-units.ts'

export interface RequestCounts {
  /** Measured: without warm-up. served + rejected + failed + cancelled. */
  readonly measured: number
  readonly served: number
  readonly rejected: number
  readonly failed: number
  readonly cancelled: number
  /** Of those not served. */
  readonly byReason: Readonly<Record<string, number>>
  readonly warmUp: number
  readonly unfinished: number
}

/** Of served measured requests, except for what was broken off. */
export interface TokenTotals {
  /** Cached ones included. */
  readonly input: number
  readonly cachedInput: number
  readonly output: number
  /** Emitted to requests that failed or were cancelled. */
  readonly brokenOff: number
  readonly cachedInputShare: number | null
}

export interface GroupSummary {
  readonly requests: Omit<RequestCounts, 'warmUp' | 'unfinished'>
  readonly tokens: TokenTotals
  readonly latency: RequestLatencySummary
  readonly goodput: GoodputSummary
  readonly preemptions: number
}

export interface RequestLatencySummary {
  readonly ttftService: LatencySummary
  readonly ttftResponse: LatencySummary
  readonly tpot: LatencySummary
  readonly endToEndService: LatencySummary
  readonly endToEndResponse: LatencySummary
  readonly queue: LatencySummary
}

export interface GoodputSummary {
  readonly clock: LatencyClock
  readonly met: number
  /** Rejected and failed requests included. */
  readonly missed: number
  /** met ÷ (met + missed). */
  readonly share: number | null
  readonly inputTokens: number
  readonly outputTokens: number
}

export interface RunSummary extends GroupSummary {
  readonly requests: RequestCounts
  readonly latency: RequestLatencySummary & { readonly interToken: LatencySummary }
  /** Tokens/s of one user: 1 ÷ that statistic of TPOT, so p99 is the slow tail. */
  readonly interactivity: {
    readonly mean: number | null
    readonly p50: number | null
    readonly p90: number | null
    readonly p95: number | null
    readonly p99: number | null
  }
  readonly durationSeconds: number
  /** From the first measured request sent to the last one over, filling and emptying included. */
  readonly fullRun: RunRates
  /** Null when the run has no steady window: too short, or nothing in flight. */
  readonly steady: SteadyRates | null
  readonly objectives: readonly ObjectiveResult[]
  /** Of the whole run, warm-up included; null when no energy was told. */
  readonly energy: {
    readonly joules: number
    readonly wattsMean: number | null
    readonly joulesPerOutputToken: number | null
  } | null
  /** Served in the whole run, warm-up included: what the whole bill paid for. */
  readonly wholeRun: {
    readonly requests: number
    readonly inputTokens: number
    readonly cachedInputTokens: number
    readonly outputTokens: number
    /** Within the objectives. */
    readonly metRequests: number
    readonly metInputTokens: number
    readonly metOutputTokens: number
  }
  /** By breakdown, then by group. */
  readonly groups: readonly {
    readonly name: string
    readonly group: string
    readonly summary: GroupSummary
  }[]
}

/** The figures of a run that ended at `end.endUs`. May be asked more than once, e.g. for a live display. */
export function summariseRun(metrics: RunMetrics, end: RunEnd): RunSummary {
  const { measured, settings, wholeRun, series } = metrics
  const group = summariseGroup(measured, settings.clock)
  const { tpot } = group.latency
  const perSecond = (ms: number | null) => (ms === null ? null : orNull(interactivityTokensPerSecond(ms)))
  const durationSeconds = end.endUs / microsecondsPerSecond
  const joules = energyIn(series, end, 0, Number.POSITIVE_INFINITY)
  return {
    ...group,
    requests: {
      ...group.requests,
      warmUp: wholeRun.requests - measured.requests,
      unfinished: end.unfinished,
    },
    latency: { ...group.latency, interToken: latencySummary(metrics.interTokenLatencyMs) },
    interactivity: {
      mean: perSecond(tpot.meanMs),
      p50: perSecond(tpot.p50Ms),
      p90: perSecond(tpot.p90Ms),
      p95: perSecond(tpot.p95Ms),
      p99: perSecond(tpot.p99Ms),
    },
    durationSeconds,
    fullRun: fullRunRates(metrics, end.devices),
    steady: steadyRates(metrics, end),
    objectives: settings.objectives.map(objective => objectiveResult(objective, measured, settings.clock)),
    energy:
      joules === null
        ? null
        : {
            joules,
            wattsMean: ratioOrNull(joules, durationSeconds),
            joulesPerOutputToken: ratioOrNull(joules, wholeRun.outputTokens),
          },
    wholeRun: {
      requests: wholeRun.served,
      inputTokens: wholeRun.inputTokens,
      cachedInputTokens: wholeRun.cachedTokens,
      outputTokens: wholeRun.outputTokens,
      metRequests: wholeRun.met,
      metInputTokens: wholeRun.metInputTokens,
      metOutputTokens: wholeRun.metOutputTokens,
    },
    groups: settings.breakdowns.flatMap(({ name }, index) =>
      [...metrics.groups[index]!].map(([groupName, tally]) => ({
        name,
        group: groupName,
        summary: summariseGroup(tally, settings.clock),
      })),
    ),
  }
}

function summariseGroup(tally: RequestTally, clock: LatencyClock): GroupSummary {
  const { latencies } = tally
  return {
    requests: {
      measured: tally.requests,
      served: tally.served,
      rejected: tally.rejected,
      failed: tally.failed,
      cancelled: tally.cancelled,
      byReason: Object.fromEntries([...tally.reasons].sort(([a], [b]) => (a < b ? -1 : 1))),
    },
    tokens: {
      input: tally.inputTokens,
      cachedInput: tally.cachedTokens,
      output: tally.outputTokens,
      brokenOff: tally.brokenOffTokens,
      cachedInputShare: ratioOrNull(tally.cachedTokens, tally.inputTokens),
    },
    latency: {
      ttftService: latencySummary(latencies.ttftServiceMs),
      ttftResponse: latencySummary(latencies.ttftResponseMs),
      tpot: latencySummary(latencies.tpotMs),
      endToEndService: latencySummary(latencies.endToEndServiceMs),
      endToEndResponse: latencySummary(latencies.endToEndResponseMs),
      queue: latencySummary(latencies.queueMs),
    },
    goodput: {
      clock,
      met: tally.met,
      missed: tally.missed,
      share: ratioOrNull(tally.met, tally.met + tally.missed),
      inputTokens: tally.metInputTokens,
      outputTokens: tally.metOutputTokens,
    },
    preemptions: tally.preemptions,
  }
}
