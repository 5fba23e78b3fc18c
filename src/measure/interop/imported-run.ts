/**
 * What any load generator's result comes down to: one load, its requests where the tool kept them, its own statistics, totals,
 * and in which of its definitions it differs from ours. Comparison, calibration and tables read this and no tool's own form.
 */
import type { LatencyClock } from '../../metrics/objective.ts'
import type { RequestOutcome } from '../../workload/request.ts'
import type { VerdictLevel } from '../verdict.ts'

export const measuringTools = [
  'tokenwright',
  'aiperf',
  'genai-perf',
  'guidellm',
  'vllm-bench',
  'sglang-bench',
  'inference-perf',
  'inferencex',
  'mlperf-loadgen',
  'mlperf-endpoints',
] as const
export type MeasuringTool = (typeof measuringTools)[number]

/** One load of one run; a file with several loads gives several. */
export interface ImportedRun {
  readonly tool: MeasuringTool
  readonly toolVersion: string | null
  /** Names of the files it was read from. */
  readonly files: readonly string[]
  readonly model: string | null
  /** Kind of endpoint, where the tool says it: chat, completions … */
  readonly endpoint: string | null
  /** ISO 8601, or as the tool wrote it. */
  readonly startedAt: string | null
  readonly load: ImportedLoad
  readonly durationSeconds: number | null
  /** Null when the tool kept aggregates only. In the order of the file; warm-up is left out. */
  readonly requests: readonly ImportedRequest[] | null
  /** The tool's own statistics, filed under the metric of ours that they come nearest to; see notes. */
  readonly latency: ImportedLatency
  /** Of percentiles, where the tool tells how sure they are. */
  readonly intervals: readonly ImportedInterval[]
  readonly counts: ImportedCounts
  readonly tokens: ImportedTokens
  readonly rates: ImportedRates
  readonly money: ImportedMoney
  /** By our checks, or the tool's own word; null when it makes none. */
  readonly verdict: ImportedVerdict | null
  /** Where its definitions differ from ours, what was left out, what was converted. */
  readonly notes: readonly string[]
}

export interface ImportedLoad {
  /** By its kind and size, so that the same load has the same name whoever made it: "concurrency 16", "2 requests/s". */
  readonly name: string
  readonly concurrency: number | null
  readonly requestsPerSecond: number | null
}

/** Times after the request was sent, µs; NaN for what did not happen or was not kept. */
export interface ImportedRequest {
  readonly id: number
  /** After the first request of the load was sent, µs; NaN where the tool keeps no such time. */
  readonly sentUs: number
  /** Sent − due by the schedule, µs; NaN where the tool keeps no schedule. */
  readonly lateUs: number
  readonly firstTokenAfterUs: number
  readonly lastTokenAfterUs: number
  readonly endedAfterUs: number
  /** Of every chunk with tokens; null where the tool kept none. */
  readonly chunksAfterUs: readonly number[] | null
  /** Tokens of these chunks, of equal length; null where every chunk is taken for one token. */
  readonly chunkTokens: readonly number[] | null
  /** NaN when unknown. */
  readonly inputTokens: number
  readonly outputTokens: number
  readonly outcome: RequestOutcome
  /** '' when served. */
  readonly reason: string
}

export type ImportedMetric = 'ttft' | 'tpot' | 'itl' | 'e2e'

export interface ImportedLatency {
  /** From when a request was sent. */
  readonly service: Readonly<Partial<Record<ImportedMetric, LatencyFigures>>>
  /** From when it was due; null where the tool keeps no schedule. */
  readonly response: Readonly<Partial<Record<ImportedMetric, LatencyFigures>>> | null
}

export interface ImportedInterval {
  readonly metric: ImportedMetric
  readonly clock: LatencyClock
  readonly q: number
  readonly lowMs: number | null
  readonly highMs: number | null
}

/** Milliseconds; null for what is not said. */
export interface LatencyFigures {
  readonly count: number | null
  readonly meanMs: number | null
  readonly standardDeviationMs: number | null
  readonly minimumMs: number | null
  readonly p50Ms: number | null
  readonly p90Ms: number | null
  readonly p95Ms: number | null
  readonly p99Ms: number | null
  readonly maximumMs: number | null
}

export interface ImportedCounts {
  readonly served: number | null
  /** Failed, rejected and cancelled. */
  readonly failed: number | null
}

/** Sums over served requests. */
export interface ImportedTokens {
  readonly input: number | null
  readonly cachedInput: number | null
  readonly output: number | null
}

export interface ImportedRates {
  readonly requestsPerSecond: number | null
  readonly inputTokensPerSecond: number | null
  readonly outputTokensPerSecond: number | null
  readonly totalTokensPerSecond: number | null
  /** Requests within the objectives of that run. */
  readonly goodRequestsPerSecond: number | null
  /** All of all pools; null when unknown. */
  readonly devices: number | null
}

export interface ImportedMoney {
  readonly usdPerMillionTokens: number | null
  readonly joulesPerOutputToken: number | null
}

export interface ImportedVerdict {
  readonly level: VerdictLevel
  readonly reasons: readonly string[]
}

type Grouped = 'latency' | 'counts' | 'tokens' | 'rates' | 'money'

/** What a file says of a run. */
export type SaidOfRun = Pick<ImportedRun, 'tool' | 'files' | 'load' | 'notes'> &
  Partial<Omit<ImportedRun, Grouped>> & { readonly [Group in Grouped]?: Partial<ImportedRun[Group]> }

/** The run of a file: what it does not say is unknown. */
export function runOf(said: SaidOfRun): ImportedRun {
  return {
    toolVersion: null,
    model: null,
    endpoint: null,
    startedAt: null,
    durationSeconds: null,
    requests: null,
    intervals: [],
    verdict: null,
    ...said,
    latency: { service: {}, response: null, ...said.latency },
    counts: { served: null, failed: null, ...said.counts },
    tokens: { input: null, cachedInput: null, output: null, ...said.tokens },
    rates: {
      requestsPerSecond: null,
      inputTokensPerSecond: null,
      outputTokensPerSecond: null,
      totalTokensPerSecond: null,
      goodRequestsPerSecond: null,
      devices: null,
      ...said.rates,
    },
    money: { usdPerMillionTokens: null, joulesPerOutputToken: null, ...said.money },
  }
}

export const unknownFigures: LatencyFigures = {
  count: null,
  meanMs: null,
  standardDeviationMs: null,
  minimumMs: null,
  p50Ms: null,
  p90Ms: null,
  p95Ms: null,
  p99Ms: null,
  maximumMs: null,
}

/** The load by its size; a cap beside a rate is part of the name. */
export function importedLoad(
  concurrency: number | null,
  requestsPerSecond: number | null,
  otherwise = 'as fast as possible',
): ImportedLoad {
  const parts: string[] = []
  if (requestsPerSecond !== null) parts.push(`${Number(requestsPerSecond.toPrecision(6))} requests/s`)
  if (concurrency !== null) {
    parts.push(requestsPerSecond === null ? `concurrency ${concurrency}` : `at most ${concurrency} at once`)
  }
  return { name: parts.length === 0 ? otherwise : parts.join(', '), concurrency, requestsPerSecond }
}

/** Figures of every metric for which there are some. */
export function figuresByMetric(
  figures: (metric: ImportedMetric) => LatencyFigures | null,
): ImportedLatency['service'] {
  return knownFigures({
    ttft: figures('ttft'),
    tpot: figures('tpot'),
    itl: figures('itl'),
    e2e: figures('e2e'),
  })
}

/** Metrics for which there are figures. */
export function knownFigures(
  figures: Readonly<Partial<Record<ImportedMetric, LatencyFigures | null>>>,
): ImportedLatency['service'] {
  return Object.fromEntries(Object.entries(figures).filter(([, value]) => value !== null))
}
