/**
 * AIPerf's profile_export_aiperf.json and profile_export.jsonl (and GenAI-Perf's summary, whose form it keeps). Fields read in
 * aiperf 0.13.0 (PyPI): src/aiperf/common/models/export_models.py, record_models.py; older configurations in the public history
 * of ai-dynamo/aiperf.
 */
import {
  figuresByMetric,
  type ImportedMetric,
  type ImportedRequest,
  type ImportedRun,
  importedLoad,
  runOf,
  unknownFigures,
} from './imported-run.ts'
import {
  fieldAt,
  firstNumberAt,
  firstTextAt,
  isObject,
  numberAt,
  numberOf,
  refuseMeasurements,
  textAt,
} from './json-fields.ts'
import type { MeasuredDocument } from './measured-file.ts'
import {
  countsOfRequests,
  latencyOfRequests,
  ratePerSecond,
  saidByRequests,
  sumOfKnown,
} from './request-statistics.ts'

type Fields = Readonly<Record<string, unknown>>

/** profile_export_aiperf.json, or profile_export_genai_perf.json. */
export function isAiperfSummary(value: Fields): boolean {
  return (
    isObject(value.request_latency) &&
    'unit' in value.request_latency &&
    !('metadata' in value && 'metrics' in value)
  )
}

/** A line of profile_export.jsonl. */
export function isAiperfRecord(value: Fields): boolean {
  return isObject(value.metadata) && 'request_start_ns' in value.metadata && isObject(value.metrics)
}

/** Tag of AIPerf by our metric; its inter_token_latency is what others call TPOT. */
const tags: Readonly<Record<ImportedMetric, string>> = {
  ttft: 'time_to_first_token',
  tpot: 'inter_token_latency',
  itl: 'inter_chunk_latency',
  e2e: 'request_latency',
}

/** The summary; with its requests when profile_export.jsonl stands beside it. */
export function importAiperf(
  { value, where }: MeasuredDocument,
  files: readonly string[],
  requests: readonly ImportedRequest[] | null,
): ImportedRun {
  const isAiperf =
    fieldAt(value, 'aiperf_version') !== undefined || fieldAt(value, 'schema_version') !== undefined
  const at = (tag: string) => numberAt(value, `${tag}.avg`, where)
  const own = requests === null ? null : latencyOfRequests(requests)
  const outputRate = at('output_token_throughput')
  const inputRate = at('input_token_throughput')
  const served = at('request_count')
  return runOf({
    tool: isAiperf ? 'aiperf' : 'genai-perf',
    toolVersion: textAt(value, 'aiperf_version', where),
    files,
    model: modelOf(value),
    endpoint: firstTextAt(value, ['input_config.endpoint.type']),
    startedAt: textAt(value, 'start_time', where),
    load: importedLoad(
      loadField(value, where, 'concurrency'),
      loadField(value, where, 'request_rate', 'rate'),
    ),
    durationSeconds: at('benchmark_duration'),
    requests,
    latency: {
      service: { ...figuresOfSummary(value, where), ...own?.service },
      response: own?.response ?? null,
    },
    counts:
      requests === null
        ? { served, failed: at('error_request_count') ?? (served === null ? null : 0) }
        : countsOfRequests(requests),
    tokens: {
      input: at('total_isl') ?? numberAt(value, 'input_sequence_length.sum', where),
      cachedInput: numberAt(value, 'usage_prompt_cache_read_tokens.sum', where),
      output: at('total_osl') ?? numberAt(value, 'output_sequence_length.sum', where),
    },
    rates: {
      requestsPerSecond: at('request_throughput'),
      inputTokensPerSecond: inputRate ?? ratePerSecond(at('total_isl'), at('benchmark_duration')),
      outputTokensPerSecond: outputRate,
      totalTokensPerSecond: ratePerSecond(
        sumOfKnown(at('total_isl'), at('total_osl')),
        at('benchmark_duration'),
      ),
      goodRequestsPerSecond: at('goodput'),
    },
    verdict:
      fieldAt(value, 'was_cancelled') === true || fieldAt(value, 'is_complete') === false
        ? {
            level: 'invalid',
            reasons: [textAt(value, 'incomplete_reason', where) ?? 'the run was cancelled'],
          }
        : null,
    notes: aiperfNotes(requests !== null),
  })
}

/** profile_export.jsonl alone. */
export function importAiperfRecords(requests: readonly ImportedRequest[], file: string): ImportedRun {
  return runOf({
    tool: 'aiperf',
    files: [file],
    load: importedLoad(null, null, 'load not said'),
    ...saidByRequests(requests),
    notes: [...aiperfNotes(true), 'model and load stand in profile_export_aiperf.json, which was not given'],
  })
}

function aiperfNotes(hasRequests: boolean): string[] {
  return [
    'its inter_token_latency is read as TPOT, its inter_chunk_latency as ITL (every chunk for one token)',
    'output tokens are those of its tokenizer unless --use-server-token-count was given',
    ...(hasRequests ? [] : ['profile_export.jsonl was not given: figures are AIPerf’s own']),
  ]
}

/** The requests of profile_export.jsonl after warm-up; their times in wall-clock nanoseconds, latencies in milliseconds. */
export function aiperfRequests(documents: Iterable<MeasuredDocument>): ImportedRequest[] {
  const records: { readonly request: ImportedRequest; readonly startNs: number }[] = []
  for (const { value, where } of documents) {
    if (!isObject(value) || !isAiperfRecord(value)) {
      refuseMeasurements(
        'the line is no AIPerf record',
        where,
        'take profile_export.jsonl as AIPerf wrote it',
      )
    }
    if (textAt(value, 'metadata.benchmark_phase', where) === 'warmup') continue
    records.push(aiperfRequest(value, where, records.length))
  }
  // Of nanoseconds since 1970 a number keeps about 256: good enough for whole microseconds.
  const firstNs = records.reduce((first, { startNs }) => Math.min(first, startNs), Number.POSITIVE_INFINITY)
  return records.map(({ request, startNs }) => ({
    ...request,
    sentUs: Math.round((startNs - firstNs) / 1000),
  }))
}

function aiperfRequest(
  value: Fields,
  where: string,
  id: number,
): { request: ImportedRequest; startNs: number } {
  const at = (tag: string) => numberAt(value, `metrics.${tag}.value`, where) ?? Number.NaN
  const startNs = numberAt(value, 'metadata.request_start_ns', where)
  const endNs = numberAt(value, 'metadata.request_end_ns', where)
  if (startNs === null || endNs === null) {
    refuseMeasurements(
      'a record has no request_start_ns or request_end_ns',
      where,
      'take profile_export.jsonl as AIPerf wrote it',
    )
  }
  const issuedNs = numberAt(value, 'metadata.credit_issued_ns', where)
  const failed = isObject(value.error)
  const cancelled = fieldAt(value, 'metadata.was_cancelled') === true
  const firstUs = at('time_to_first_token') * 1000
  const lastUs = at('request_latency') * 1000
  return {
    startNs,
    request: {
      id,
      sentUs: 0,
      lateUs: issuedNs === null ? Number.NaN : Math.round((startNs - issuedNs) / 1000),
      firstTokenAfterUs: firstUs,
      lastTokenAfterUs: lastUs,
      endedAfterUs: Math.round((endNs - startNs) / 1000),
      chunksAfterUs: chunksOf(value, firstUs, where),
      chunkTokens: null,
      inputTokens: at('input_sequence_length'),
      outputTokens: at('output_sequence_length'),
      outcome: cancelled ? 'cancelled' : failed ? 'failed' : 'served',
      reason: failed
        ? (firstTextAt(value, ['error.type', 'error.message']) ?? 'error')
        : cancelled
          ? 'cancelled'
          : '',
    },
  }
}

function chunksOf(value: Fields, firstUs: number, where: string): number[] | null {
  const gaps = fieldAt(value, 'metrics.inter_chunk_latency.value')
  if (!Array.isArray(gaps) || !Number.isFinite(firstUs)) return null
  const chunks = [firstUs]
  for (const [index, gap] of gaps.entries()) {
    chunks.push(chunks.at(-1)! + numberOf(gap, `inter_chunk_latency[${index}]`, where) * 1000)
  }
  return chunks
}

function figuresOfSummary(value: unknown, where: string): ImportedRun['latency']['service'] {
  return figuresByMetric(metric => {
    const tag = tags[metric]
    if (!isObject(fieldAt(value, tag))) return null
    const unit = textAt(value, `${tag}.unit`, where)
    if (unit !== 'ms')
      refuseMeasurements(`${tag} is in ${unit ?? 'no unit'}, not in ms`, where, 'AIPerf exports it in ms')
    const at = (statistic: string) => numberAt(value, `${tag}.${statistic}`, where)
    return {
      ...unknownFigures,
      count: at('count'),
      meanMs: at('avg'),
      standardDeviationMs: at('std'),
      minimumMs: at('min'),
      p50Ms: at('p50'),
      p90Ms: at('p90'),
      p95Ms: at('p95'),
      p99Ms: at('p99'),
      maximumMs: at('max'),
    }
  })
}

/** In 0.13: models.items[].name; before: endpoint.model_names. */
function modelOf(value: unknown): string | null {
  for (const path of [
    'input_config.models.items',
    'input_config.endpoint.model_names',
    'input_config.model_names',
  ]) {
    const list = fieldAt(value, path)
    const first = Array.isArray(list) ? list[0] : undefined
    const name = isObject(first) ? first.name : first
    if (typeof name === 'string') return name
  }
  return firstTextAt(value, ['input_config.model', 'input_config.models'])
}

/** In 0.13 in the profiling phase; before in loadgen (AIPerf) or perf_analyzer.stimulus (GenAI-Perf). */
function loadField(value: unknown, where: string, ...names: readonly string[]): number | null {
  const phases = fieldAt(value, 'input_config.phases')
  if (Array.isArray(phases)) {
    const profiling = phases.findLast(phase => isObject(phase) && phase.kind !== 'warmup')
    return firstNumberAt(profiling, names, where)
  }
  return firstNumberAt(
    value,
    names.flatMap(name => [`input_config.loadgen.${name}`, `input_config.perf_analyzer.stimulus.${name}`]),
    where,
  )
}
