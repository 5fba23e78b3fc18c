/**
 * inference-perf's summary_lifecycle_metrics.json, stage_N_lifecycle_metrics.json and per_request_lifecycle_metrics.json.
 * Fields read in kubernetes-sigs/inference-perf, inference_perf/reportgen/base.py at 010d12f; older files (2025) have
 * prompt_len and output_len instead of totals, and no benchmark_time_seconds.
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
  numbersAt,
  refuseMeasurements,
} from './json-fields.ts'
import type { MeasuredDocument } from './measured-file.ts'
import { saidByRequests } from './request-statistics.ts'

type Fields = Readonly<Record<string, unknown>>

/** A summary or a stage. */
export function isInferencePerfSummary(value: Fields): boolean {
  return isObject(value.load_summary) && isObject(value.successes)
}

/** per_request_lifecycle_metrics.json is one list. */
export function isInferencePerfRequests(value: unknown): value is readonly unknown[] {
  return (
    Array.isArray(value) &&
    value.length > 0 &&
    isObject(value[0]) &&
    'start_time' in value[0] &&
    'end_time' in value[0] &&
    ('info' in value[0] || 'computed_metrics' in value[0])
  )
}

const metricKeys: Readonly<Record<ImportedMetric, string>> = {
  ttft: 'time_to_first_token',
  tpot: 'time_per_output_token',
  itl: 'inter_token_latency',
  e2e: 'request_latency',
}

const notes = [
  'ITL gives every token of a chunk the chunk’s time: 0 within a chunk',
  'latency ends with the answer, usage and [DONE] included; answers of one token have no TTFT',
  'output tokens are counted by its own tokenizer',
]

export function importInferencePerf({ value, where }: MeasuredDocument, file: string): ImportedRun {
  const served = numberAt(value, 'successes.count', where)
  const requestsPerSecond = numberAt(value, 'successes.throughput.requests_per_sec', where)
  const total = (side: 'prompt_tokens' | 'output_tokens', older: 'prompt_len' | 'output_len') => {
    const mean = numberAt(value, `successes.${older}.mean`, where)
    return (
      numberAt(value, `successes.${side}.total`, where) ??
      (mean === null || served === null ? null : mean * served)
    )
  }
  return runOf({
    tool: 'inference-perf',
    files: [file],
    load: importedLoad(
      numberAt(value, 'load_summary.concurrency', where),
      numberAt(value, 'load_summary.concurrency', where) === null
        ? numberAt(value, 'load_summary.requested_rate', where)
        : null,
      'all stages',
    ),
    durationSeconds:
      numberAt(value, 'benchmark_time_seconds', where) ??
      (served === null || !requestsPerSecond ? null : served / requestsPerSecond),
    latency: { service: figures(value, where) },
    counts: { served, failed: numberAt(value, 'failures.count', where) },
    tokens: {
      input: total('prompt_tokens', 'prompt_len'),
      cachedInput: numberAt(value, 'successes.prompt_tokens.cached', where),
      output: total('output_tokens', 'output_len'),
    },
    rates: {
      requestsPerSecond,
      inputTokensPerSecond: numberAt(value, 'successes.throughput.input_tokens_per_sec', where),
      outputTokensPerSecond: numberAt(value, 'successes.throughput.output_tokens_per_sec', where),
      totalTokensPerSecond: numberAt(value, 'successes.throughput.total_tokens_per_sec', where),
      goodRequestsPerSecond: firstNumberAt(value, ['successes.goodput_metrics.request_goodput'], where),
    },
    notes,
  })
}

/** Seconds there, milliseconds here. */
function figures(value: unknown, where: string): ImportedRun['latency']['service'] {
  const count = numberAt(value, 'successes.count', where)
  return figuresByMetric(metric => {
    const path = `successes.latency.${metricKeys[metric]}`
    if (!isObject(fieldAt(value, path))) return null
    const at = (statistic: string) => {
      const seconds = numberAt(value, `${path}.${statistic}`, where)
      return seconds === null ? null : seconds * 1000
    }
    return {
      ...unknownFigures,
      count: metric === 'itl' ? null : count,
      meanMs: at('mean'),
      minimumMs: at('min'),
      p50Ms: at('median'),
      p90Ms: at('p90'),
      p95Ms: at('p95'),
      p99Ms: at('p99'),
      maximumMs: at('max'),
    }
  })
}

/** All requests of all stages; which stage each belongs to is not in the file. */
export function importInferencePerfRequests({ value, where }: MeasuredDocument, file: string): ImportedRun {
  if (!isInferencePerfRequests(value)) {
    refuseMeasurements(
      'no list of requests',
      where,
      'take per_request_lifecycle_metrics.json as it was written',
    )
  }
  return runOf({
    tool: 'inference-perf',
    files: [file],
    load: importedLoad(null, null, 'all stages'),
    ...saidByRequests(inferencePerfRequests(value, where)),
    notes: [...notes, 'the file does not say which stage a request belongs to'],
  })
}

export function inferencePerfRequests(list: readonly unknown[], where: string): ImportedRequest[] {
  const entries = list.map((value, id) => {
    const place = `${where}, request ${id}`
    const start = numberAt(value, 'start_time', place)
    const end = numberAt(value, 'end_time', place)
    if (start === null || end === null) {
      refuseMeasurements('a request has no start_time or end_time', place, 'take the file as it was written')
    }
    return { value, start, end, id, place }
  })
  const firstStart = entries.reduce((first, { start }) => Math.min(first, start), Number.POSITIVE_INFINITY)
  return entries.map(({ value, start, end, id, place }) => {
    const tokenTimes =
      numbersAt(value, 'info.response_metrics.output_token_times', place) ??
      numbersAt(value, 'info.output_token_times', place)
    const after = tokenTimes?.map(time => (time - start) * 1e6) ?? null
    const failed = isObject(fieldAt(value, 'error'))
    const ttft = numberAt(value, 'computed_metrics.time_to_first_token', place)
    const inputTokens = firstNumberAt(
      value,
      ['computed_metrics.input_tokens', 'info.request_metrics.text.input_tokens', 'info.input_tokens'],
      place,
    )
    const outputTokens = firstNumberAt(
      value,
      [
        'info.response_metrics.server_usage.completion_tokens',
        'computed_metrics.output_tokens',
        'info.response_metrics.output_tokens',
        'info.output_tokens',
      ],
      place,
    )
    const chunks = after === null ? null : chunksOfTokenTimes(after)
    return {
      id,
      sentUs: (start - firstStart) * 1e6,
      lateUs: Number.NaN,
      firstTokenAfterUs: after?.[0] ?? (ttft === null ? Number.NaN : ttft * 1e6),
      lastTokenAfterUs: after?.at(-1) ?? Number.NaN,
      endedAfterUs: (end - start) * 1e6,
      chunksAfterUs: chunks?.times ?? null,
      chunkTokens: chunks?.tokens ?? null,
      inputTokens: inputTokens ?? Number.NaN,
      outputTokens: outputTokens ?? Number.NaN,
      outcome: failed ? 'failed' : 'served',
      reason: failed ? (firstTextAt(value, ['error.error_type', 'error.error_msg']) ?? 'error') : '',
    }
  })
}

/** Tokens of one time came in one chunk. */
function chunksOfTokenTimes(tokenTimes: readonly number[]): { times: number[]; tokens: number[] } {
  const times: number[] = []
  const tokens: number[] = []
  for (const time of tokenTimes) {
    if (times.at(-1) === time) tokens[tokens.length - 1]!++
    else {
      times.push(time)
      tokens.push(1)
    }
  }
  return { times, tokens }
}
