/**
 * GuideLLM's benchmarks.json: report version 2 (metadata.version, `config`), version 1 (`args`), and older ones without
 * metadata. Fields read in vllm-project/guidellm: src/guidellm/benchmark/schemas/report.py at 55054f1 and 2ffffa8,
 * schemas/generative/metrics.py at 06cef29, src/guidellm/schemas/base/{request_stats,info,statistics}.py, and
 * scheduler/strategies.py at 03820eb. Every benchmark of a report is one load.
 */
import { endpointKind } from './endpoint-kind.ts'
import {
  type ImportedLoad,
  type ImportedRequest,
  type ImportedRun,
  importedLoad,
  knownFigures,
  type LatencyFigures,
  runOf,
  unknownFigures,
} from './imported-run.ts'
import {
  fieldAt,
  firstNumberAt,
  firstTextAt,
  isObject,
  listAt,
  numberAt,
  refuseMeasurements,
  textAt,
} from './json-fields.ts'
import type { MeasuredDocument } from './measured-file.ts'
import { latencyOfRequests } from './request-statistics.ts'
import { isoOfEpochMs } from './wall-clock.ts'

type Fields = Readonly<Record<string, unknown>>

export function isGuidellmReport(value: Fields): boolean {
  if (!Array.isArray(value.benchmarks)) return false
  const first = value.benchmarks[0]
  return (
    fieldAt(value, 'metadata.guidellm_version') !== undefined ||
    (isObject(first) && isObject(first.metrics) && 'requests' in first)
  )
}

const newestVersion = 2

export function importGuidellm({ value, where }: MeasuredDocument, file: string): ImportedRun[] {
  const version = numberAt(value, 'metadata.version', where)
  const benchmarks = listAt(value, 'benchmarks', where) ?? []
  if (benchmarks.length === 0) {
    refuseMeasurements(
      'the report has no benchmarks',
      where,
      'the run was broken off before its first load ended',
    )
  }
  return benchmarks.map((benchmark, index) =>
    oneBenchmark(value, benchmark, `${where}, benchmark ${index}`, file, version),
  )
}

function oneBenchmark(
  report: unknown,
  benchmark: unknown,
  where: string,
  file: string,
  version: number | null,
): ImportedRun {
  if (!isObject(benchmark) || !isObject(benchmark.metrics)) {
    refuseMeasurements('a benchmark has no metrics', where, 'take benchmarks.json as GuideLLM wrote it')
  }
  const requests = requestsOf(benchmark, where)
  const start = firstNumberAt(
    benchmark,
    ['start_time', 'scheduler_metrics.measure_start_time', 'run_stats.start_time'],
    where,
  )
  const served = statusCount(benchmark, 'successful', where)
  // Requests may be a sample (sample_requests); then the tool's own figures are of more of them.
  const all = requests !== null && served === requests.filter(({ outcome }) => outcome === 'served').length
  const own = requests !== null && all ? latencyOfRequests(requests) : null
  return runOf({
    tool: 'guidellm',
    toolVersion: textAt(report, 'metadata.guidellm_version', where),
    files: [file],
    model: modelOf(report, benchmark),
    endpoint: endpointKind(
      firstTextAt(benchmark, ['config.backend.request_type', 'config.backend.request_format']),
    ),
    startedAt: start === null ? null : isoOfEpochMs(start * 1000),
    load: loadOf(benchmark, where),
    durationSeconds: numberAt(benchmark, 'duration', where) ?? secondsBetween(benchmark, where),
    requests: all ? requests : null,
    latency: { service: { ...figures(benchmark, where), ...own?.service }, response: own?.response ?? null },
    counts: { served, failed: failures(benchmark, where) },
    tokens: {
      input: numberAt(benchmark, 'metrics.prompt_token_count.successful.total_sum', where),
      output: numberAt(benchmark, 'metrics.output_token_count.successful.total_sum', where),
    },
    rates: {
      requestsPerSecond: rate(benchmark, 'requests_per_second', where),
      inputTokensPerSecond: rate(benchmark, 'prompt_tokens_per_second', where),
      outputTokensPerSecond: rate(benchmark, 'output_tokens_per_second', where),
      totalTokensPerSecond: rate(benchmark, 'tokens_per_second', where),
    },
    notes: [
      'its time_per_output_token (first token included) is left out; its inter_token_latency is read as TPOT',
      ...(all
        ? []
        : [
            'TPOT is weighted by tokens there',
            'its per-request values are a sample: the figures are GuideLLM’s own',
          ]),
      'times are of the wall clock (time.time): a clock that is set in between moves them',
      ...(version !== null && version > newestVersion
        ? [`report version ${version} is newer than what is known`]
        : []),
    ],
  })
}

/** constant@2, concurrent@16, synchronous, throughput. */
function loadOf(benchmark: Fields, where: string): ImportedLoad {
  const strategy = [
    'config.strategy',
    'args.strategy',
    'scheduler.strategy',
    'scheduler_state.strategy',
  ].find(path => isObject(fieldAt(benchmark, path)))
  if (strategy === undefined) return importedLoad(null, null, 'load not said')
  const at = (name: string) => numberAt(benchmark, `${strategy}.${name}`, where)
  const kind = firstTextAt(benchmark, [`${strategy}.type_`, `${strategy}.kind`]) ?? 'load not said'
  if (kind === 'synchronous') return importedLoad(1, null)
  if (kind === 'throughput') return importedLoad(null, null, 'as fast as possible')
  return importedLoad(
    at('streams') ?? (kind === 'concurrent' ? at('max_concurrency') : null),
    at('rate'),
    kind,
  )
}

function modelOf(report: unknown, benchmark: Fields): string | null {
  const backend = ['backend.model', 'backend_kwargs.model', 'model']
  return (
    firstTextAt(
      report,
      backend.flatMap(path => [`args.${path}`, `config.${path}`]),
    ) ?? firstTextAt(benchmark, ['config.backend.model', 'worker.backend_model', 'worker.backend.model'])
  )
}

function statusCount(benchmark: Fields, status: string, where: string): number | null {
  return firstNumberAt(
    benchmark,
    ['metrics.request_totals', 'scheduler_metrics.requests_made', 'run_stats.requests_made'].map(
      path => `${path}.${status}`,
    ),
    where,
  )
}

/** Those broken off at the end of the time count neither as served nor as failed. */
function failures(benchmark: Fields, where: string): number | null {
  return statusCount(benchmark, 'errored', where)
}

function rate(benchmark: Fields, metric: string, where: string): number | null {
  return numberAt(benchmark, `metrics.${metric}.successful.mean`, where)
}

function secondsBetween(benchmark: Fields, where: string): number | null {
  const start = numberAt(benchmark, 'start_time', where)
  const end = numberAt(benchmark, 'end_time', where)
  return start === null || end === null ? null : end - start
}

function figures(benchmark: Fields, where: string): ImportedRun['latency']['service'] {
  const of = (metric: string, factor: number): LatencyFigures | null => {
    const path = `metrics.${metric}.successful`
    if (!isObject(fieldAt(benchmark, path)) || !numberAt(benchmark, `${path}.count`, where)) return null
    const at = (statistic: string) => {
      const found = numberAt(benchmark, `${path}.${statistic}`, where)
      return found === null ? null : found * factor
    }
    return {
      ...unknownFigures,
      count: numberAt(benchmark, `${path}.count`, where),
      meanMs: at('mean'),
      standardDeviationMs: at('std_dev'),
      minimumMs: at('min'),
      p50Ms: at('median'),
      p90Ms: at('percentiles.p90'),
      p95Ms: at('percentiles.p95'),
      p99Ms: at('percentiles.p99'),
      maximumMs: at('max'),
    }
  }
  return knownFigures({
    ttft: of('time_to_first_token_ms', 1),
    tpot: of('inter_token_latency_ms', 1),
    e2e: of('request_latency', 1000),
  })
}

function requestsOf(benchmark: Fields, where: string): ImportedRequest[] | null {
  const successful = listAt(benchmark, 'requests.successful', where)
  if (successful === null || successful.length === 0) return null
  const errored = listAt(benchmark, 'requests.errored', where) ?? []
  const entries = [
    ...successful.map(value => ({ value, served: true })),
    ...errored.map(value => ({ value, served: false })),
  ].map(({ value, served }) => ({ value, served, times: timesOf(value, where) }))
  const first = entries.reduce(
    (earliest, { times }) => (times.start < earliest ? times.start : earliest),
    Number.POSITIVE_INFINITY,
  )
  return entries.map(({ value, served, times }, id) => ({
    id,
    sentUs: (times.start - first) * 1e6,
    lateUs: (times.start - times.targeted) * 1e6,
    firstTokenAfterUs: (times.firstToken - times.start) * 1e6,
    lastTokenAfterUs: (times.lastToken - times.start) * 1e6,
    endedAfterUs: (times.end - times.start) * 1e6,
    chunksAfterUs: null,
    chunkTokens: null,
    inputTokens:
      firstNumberAt(
        value,
        ['prompt_tokens', 'input_metrics.total_tokens', 'input_metrics.text_tokens'],
        where,
      ) ?? Number.NaN,
    outputTokens:
      firstNumberAt(
        value,
        ['output_tokens', 'output_metrics.total_tokens', 'output_metrics.text_tokens'],
        where,
      ) ?? Number.NaN,
    outcome: served ? 'served' : 'failed',
    reason: served ? '' : (firstTextAt(value, ['info.error', 'error', 'scheduler_info.error']) ?? 'error'),
  }))
}

interface RequestSeconds {
  readonly targeted: number
  readonly start: number
  readonly firstToken: number
  readonly lastToken: number
  readonly end: number
}

/** Seconds of the wall clock; NaN for what is not there. */
function timesOf(value: unknown, where: string): RequestSeconds {
  const of = (newer: readonly string[], older: string) =>
    firstNumberAt(
      value,
      [
        ...newer.flatMap(name => [
          `info.timings.${name}`,
          `scheduler_info.request_timings.${name}`,
          `info.request_timings.${name}`,
        ]),
        older,
      ],
      where,
    ) ?? Number.NaN
  return {
    targeted: of(['targeted_start'], 'targeted_start'),
    start: of(['request_start'], 'start_time'),
    firstToken: of(['first_token_iteration', 'first_iteration'], 'first_token_time'),
    lastToken: of(['last_token_iteration', 'last_iteration'], 'last_token_time'),
    end: of(['request_end'], 'end_time'),
  }
}
