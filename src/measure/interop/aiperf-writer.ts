/**
 * A load of a run as the files AIPerf would have written: profile_export_aiperf.json (schema 1.4) and profile_export.jsonl.
 * Field names, units and definitions read in aiperf 0.13.0 (PyPI): src/aiperf/common/models/export_models.py,
 * record_models.py and src/aiperf/config/config.py. What reads AIPerf's files then reads ours.
 */

import { aiperfDurationSeconds, aiperfOutputTokens } from '../as-reported-aiperf.ts'
import { servedOf } from '../as-reported-figure.ts'
import type { LoadPoint } from '../bench-result.ts'
import { inputTokensOf, type RequestFailure, type RequestObservation } from '../observation.ts'
import { type AiperfMetric, aiperfDistribution, aiperfScalar } from './aiperf-distribution.ts'
import { aiperfMetricsOf, aiperfRequestMetrics } from './aiperf-request-metrics.ts'
import { epochMsOfIso, isoOfEpochMs } from './wall-clock.ts'

/** What the files say besides the requests. */
export interface AiperfRunFacts {
  readonly tokenwrightVersion: string
  /** Wall clock at 0 µs of the observations' times, ISO 8601. */
  readonly startedAt: string
  readonly url: string
  /** Our name of the endpoint kind. */
  readonly endpoint: string
  readonly streaming: boolean
  readonly model: string
  readonly load: LoadPoint
  /** How requests arrived at a rate; ignored in closed loops. */
  readonly arrival: 'constant' | 'poisson' | 'gamma'
  /** As it was given, without keys. */
  readonly command: string
  /** Requests within the objectives of the run, of those measured; null without objectives. */
  readonly goodRequests: number | null
}

export interface NamedFile {
  readonly name: string
  readonly text: string
}

/** The schema that is written. */
export const aiperfSchemaVersion = '1.4'

/** Both files of one load. */
export function aiperfFiles(
  observations: readonly RequestObservation[],
  facts: AiperfRunFacts,
): readonly [NamedFile, NamedFile] {
  const lines = observations.map(observation => `${aiperfRecordLine(observation, facts.startedAt)}\n`)
  return [
    {
      name: 'profile_export_aiperf.json',
      text: `${JSON.stringify(aiperfSummary(observations, facts), null, 2)}\n`,
    },
    { name: 'profile_export.jsonl', text: lines.join('') },
  ]
}

/** The object of profile_export_aiperf.json. Warm-up stands apart, failures count and have no latencies. */
export function aiperfSummary(
  observations: readonly RequestObservation[],
  facts: AiperfRunFacts,
): Readonly<Record<string, unknown>> {
  const measured = observations.filter(({ phase }) => phase === 'measured')
  const warmUp = observations.filter(({ phase }) => phase === 'warm-up')
  const startMs = epochMsOfIso(facts.startedAt) ?? 0
  const endUs = measured.reduce((latest, { times }) => Math.max(latest, times.endedUs), 0)
  const id = `tokenwright-${facts.load.name.replaceAll(' ', '-')}-${facts.startedAt}`
  return {
    schema_version: aiperfSchemaVersion,
    aiperf_version: `tokenwright ${facts.tokenwrightVersion}`,
    benchmark_id: id,
    ...aiperfSummaryMetrics(measured, facts.goodRequests),
    input_config: inputConfig(measured, facts),
    run_info: { benchmark_id: id, run_label: facts.load.name, cli_command: facts.command },
    was_cancelled: false,
    error_summary: errorSummary(measured),
    start_time: isoOfEpochMs(startMs),
    end_time: isoOfEpochMs(startMs + endUs / 1000),
    ...(warmUp.length > 0 && {
      warmup_metrics: aiperfSummaryMetrics(
        warmUp.map(request => ({ ...request, phase: 'measured' })),
        null,
      ),
    }),
  }
}

/** Tag → figures, of the requests given. */
export function aiperfSummaryMetrics(
  measured: readonly RequestObservation[],
  goodRequests: number | null,
): Record<string, AiperfMetric> {
  const served = servedOf(measured)
  const metrics: Record<string, AiperfMetric> = {}
  for (const [tag, { unit, of }] of Object.entries(aiperfRequestMetrics)) {
    const distribution = aiperfDistribution(unit, served.flatMap(of))
    if (distribution !== null) metrics[tag] = distribution
  }
  const outputTokens = sum(served, aiperfOutputTokens)
  metrics.request_count = aiperfScalar('requests', served.length)
  metrics.total_osl = aiperfScalar('tokens', outputTokens)
  metrics.total_isl = aiperfScalar('tokens', sum(served, inputTokensOf))
  if (served.length < measured.length) {
    metrics.error_request_count = aiperfScalar('requests', measured.length - served.length)
  }
  if (goodRequests !== null) metrics.good_request_count = aiperfScalar('requests', goodRequests)
  const seconds = aiperfDurationSeconds(served)
  if (seconds > 0) {
    metrics.benchmark_duration = aiperfScalar('sec', seconds)
    metrics.request_throughput = aiperfScalar('requests/sec', served.length / seconds)
    metrics.output_token_throughput = aiperfScalar('tokens/sec', outputTokens / seconds)
    if (goodRequests !== null) metrics.goodput = aiperfScalar('requests/sec', goodRequests / seconds)
  }
  return metrics
}

/** One line of profile_export.jsonl, without the line end. Nanoseconds since 1970 have more digits than a number holds. */
export function aiperfRecordLine(observation: RequestObservation, startedAt: string): string {
  const startMs = epochMsOfIso(startedAt) ?? 0
  const { times } = observation
  const nanoseconds = (us: number) => BigInt(startMs) * 1_000_000n + BigInt(Math.round(us)) * 1000n
  const stamps: string[] = []
  const stamp = (name: string, us: number) => {
    if (!Number.isNaN(us)) stamps.push(`"${name}":${nanoseconds(us)}`)
  }
  stamp('credit_issued_ns', times.scheduledUs)
  stamp('request_start_ns', Number.isNaN(times.sentUs) ? times.dispatchedUs : times.sentUs)
  stamp('request_ack_ns', times.firstByteUs)
  stamp('request_end_ns', times.endedUs)
  const cancelled = observation.outcome === 'cancelled'
  if (cancelled) stamp('cancellation_time_ns', times.endedUs)
  const metadata = {
    session_num: observation.session >= 0 ? observation.session : observation.id,
    ...(observation.session >= 0 && { conversation_id: `session-${observation.session}` }),
    turn_index: observation.turn,
    worker_id: 'tokenwright',
    record_processor_id: 'tokenwright',
    benchmark_phase: observation.phase === 'measured' ? 'profiling' : 'warmup',
    was_cancelled: cancelled,
  }
  const metrics = observation.outcome === 'served' ? aiperfMetricsOf(observation) : {}
  const error =
    observation.failure === null ? '' : `,"error":${JSON.stringify(aiperfError(observation.failure))}`
  return (
    `{"metadata":{${JSON.stringify(metadata).slice(1, -1)},${stamps.join(',')}},` +
    `"metrics":${JSON.stringify(metrics)}${error}}`
  )
}

interface AiperfError {
  readonly message: string
  readonly type: string
  readonly code?: number
}

/** ErrorDetails; a cancelled request has code 499 there. */
function aiperfError({ kind, status, message }: RequestFailure): AiperfError {
  const code = kind === 'cancelled' ? 499 : status
  return { message, type: kind, ...(code > 0 && { code }) }
}

function errorSummary(
  measured: readonly RequestObservation[],
): { error_details: AiperfError; count: number }[] {
  const counts = new Map<string, { error_details: AiperfError; count: number }>()
  for (const { failure } of measured) {
    if (failure === null) continue
    const details = aiperfError(failure)
    const key = JSON.stringify(details)
    const known = counts.get(key)
    if (known === undefined) counts.set(key, { error_details: details, count: 1 })
    else known.count++
  }
  return [...counts.values()]
}

/** Our endpoint kinds by AIPerf's names. */
const endpointTypes: Readonly<Record<string, string>> = {
  chat: 'chat',
  completions: 'completions',
  responses: 'responses',
  messages: 'messages',
  embeddings: 'embeddings',
  rerank: 'cohere_rankings',
}

/** As much of BenchmarkConfig as says what was run: AIPerf's plots take model and load from it. */
function inputConfig(
  measured: readonly RequestObservation[],
  { model, url, endpoint, streaming, load, arrival }: AiperfRunFacts,
): Readonly<Record<string, unknown>> {
  const requests = Math.max(1, measured.length)
  const isl = Math.max(1, Math.round(sum(measured, request => request.requestedInputTokens) / requests))
  const osl = Math.max(1, Math.round(sum(measured, request => request.requestedOutputTokens) / requests))
  return {
    models: { items: [{ name: model }] },
    endpoint: { urls: [url], type: endpointTypes[endpoint] ?? 'raw', streaming },
    datasets: [{ name: 'main', type: 'synthetic', entries: requests, prompts: { isl, osl } }],
    phases: [{ name: 'profiling', requests, ...phaseOf(load, arrival) }],
  }
}

function phaseOf(
  { concurrency, requestsPerSecond }: LoadPoint,
  arrival: AiperfRunFacts['arrival'],
): Readonly<Record<string, unknown>> {
  const cap = concurrency === null ? {} : { concurrency }
  if (requestsPerSecond !== null) return { type: arrival, rate: requestsPerSecond, ...cap }
  return { type: 'concurrency', concurrency: concurrency ?? 1 }
}

function sum(
  requests: readonly RequestObservation[],
  amount: (request: RequestObservation) => number,
): number {
  return requests.reduce((total, request) => total + amount(request), 0)
}
