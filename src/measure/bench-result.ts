/** The answer of `bench`, as plain JSON: what was asked, what was measured at each load, and how far to trust it. */
import type { LatencyCurves } from '../metrics/latency-curves.ts'
import type { LatencyClock, Objective } from '../metrics/objective.ts'
import type { RunTimeline } from '../metrics/run-series.ts'
import type { RunSummary } from '../metrics/run-summary.ts'
import type { EnergyResult } from './energy-result.ts'
import type { MeasuredCost } from './measured-cost.ts'
import type { LatencyIntervals } from './percentile-interval.ts'
import type { PredictionCheck } from './prediction-check.ts'
import type { SearchTrace } from './search-trace.ts'
import type { TokenAccount } from './token-account.ts'
import type { TranscriptionResult } from './transcription-result.ts'
import type { Verdict } from './verdict.ts'

export interface BenchResult {
  readonly kind: 'tokenwright-bench'
  readonly version: 1
  readonly tokenwrightVersion: string
  /** Wall clock at the start, ISO 8601; nothing is timed with it. */
  readonly startedAt: string
  readonly endpoint: EndpointFacts
  /** The command as it was given, keys left out. */
  readonly command: string
  readonly seed: string
  /** The clock that objectives look at: response (from schedule) in open loops, service in closed ones. */
  readonly clock: LatencyClock
  readonly objectives: readonly Objective[]
  /** One for each load, in the order in which they were measured. */
  readonly points: readonly BenchPoint[]
  /** Null unless a search chose the loads. */
  readonly search: SearchTrace | null
  /** Of the load generator against an endpoint of known timings on this machine; null when it was not run. */
  readonly selfTest: SelfTestErrors | null
  /** The worst of the points. */
  readonly verdict: Verdict
}

export interface EndpointFacts {
  /** Scheme, host, port and path; without credentials. */
  readonly url: string
  /** Name in the list of endpoint kinds: chat, completions … */
  readonly endpoint: string
  readonly streaming: boolean
  readonly model: string
  /** Engine behind it, read from its metrics, headers or /version; null when it did not say. */
  readonly engine: string | null
  readonly engineVersion: string | null
}

/** What was asked of one load. */
export interface LoadPoint {
  /** For people and file names: "concurrency 16", "2 requests/s". */
  readonly name: string
  readonly kind: 'concurrency' | 'rate' | 'sessions' | 'schedule'
  /** Users at once, or sessions; the cap of open loops; null without. */
  readonly concurrency: number | null
  /** Mean rate asked for; null in closed loops. */
  readonly requestsPerSecond: number | null
}

export interface BenchPoint {
  readonly load: LoadPoint
  /** By our definitions (docs/models/metrics.md). */
  readonly summary: RunSummary
  readonly timeline: RunTimeline
  readonly intervals: LatencyIntervals
  /** For figures, by the result's clock: latencyCurves(metrics, clock); null when none are drawn. */
  readonly curves: LatencyCurves | null
  readonly tokens: TokenAccount
  readonly client: ClientHealth
  readonly verdict: Verdict
  /** Null when no hardware or price was named. */
  readonly cost: MeasuredCost | null
  readonly energy: EnergyResult | null
  readonly prediction: PredictionCheck | null
  readonly transcription: TranscriptionResult | null
}

/** How well the load generator itself did; the grounds of the verdict. */
export interface ClientHealth {
  readonly wallSeconds: number
  readonly cpuSeconds: number
  /** CPU seconds ÷ wall seconds of the busiest process or thread. */
  readonly cpuShare: number
  readonly cpuMicrosecondsPerChunk: number | null
  readonly eventLoopDelay: { readonly p50Ms: number; readonly p99Ms: number; readonly maximumMs: number }
  /** Of open loops: dispatched − scheduled of requests that no cap held back. */
  readonly scheduleLateness: {
    readonly count: number
    readonly p50Ms: number | null
    readonly p99Ms: number | null
    readonly maximumMs: number | null
  }
  readonly askedRequestsPerSecond: number | null
  readonly achievedRequestsPerSecond: number | null
  readonly chunks: number
  /** Share of chunks whose time is not their own, because they came in one read with their predecessor. */
  readonly coalescedShare: number | null
  readonly connectionsOpened: number
  /** Requests sent again because the server had closed a kept connection. */
  readonly staleRetries: number
  readonly workers: number
}

/** Client minus truth, milliseconds: what the load generator adds to the figures at this chunk rate. */
export interface SelfTestErrors {
  readonly chunksPerSecond: number
  readonly streams: number
  readonly ttft: { readonly p50Ms: number; readonly p99Ms: number }
  readonly tpot: { readonly p50Ms: number; readonly p99Ms: number }
  readonly requests: number
  readonly tokensReconcile: boolean
}
