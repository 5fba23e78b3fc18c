/**
 * Results of `vllm bench serve --save-result [--save-detailed]`: one JSON object a run, or several, one a line, with
 * --append-result. Fields read in vllm-project/vllm, vllm/benchmarks/serve.py at 009e6d4 (and, for older files, as its
 * ancestor benchmark_serving.py wrote them, which InferenceX and others still do).
 */
import { endpointKind } from './endpoint-kind.ts'
import {
  figuresByMetric,
  type ImportedMetric,
  type ImportedRequest,
  type ImportedRun,
  importedLoad,
  type LatencyFigures,
  runOf,
  unknownFigures,
} from './imported-run.ts'
import {
  firstNumberAt,
  listAt,
  numberAt,
  numberOf,
  numbersAt,
  refuseMeasurements,
  textAt,
} from './json-fields.ts'
import type { MeasuredDocument } from './measured-file.ts'
import { countsOfRequests, latencyOfRequests } from './request-statistics.ts'

/** Whether a JSON object is such a result. */
export function isVllmResult(value: Readonly<Record<string, unknown>>): boolean {
  return 'request_throughput' in value && 'model_id' in value && 'num_prompts' in value
}

export function importVllm({ value, where }: MeasuredDocument, file: string): ImportedRun {
  const requests = requestsOf(value, where)
  const failed =
    requests?.filter(({ outcome }) => outcome !== 'served').length ?? numberAt(value, 'failed', where)
  const own = requests === null ? null : latencyOfRequests(requests)
  return runOf({
    tool: 'vllm-bench',
    files: [file],
    model: textAt(value, 'model_id', where),
    endpoint: endpointKind(textAt(value, 'endpoint_type', where) ?? textAt(value, 'backend', where)),
    startedAt: textAt(value, 'date', where),
    load: importedLoad(numberAt(value, 'max_concurrency', where), numberAt(value, 'request_rate', where)),
    durationSeconds: numberAt(value, 'duration', where),
    requests,
    latency: { service: { ...vllmFigures(value, where), ...own?.service }, response: own?.response ?? null },
    counts:
      requests === null
        ? { served: numberAt(value, 'completed', where), failed }
        : countsOfRequests(requests),
    tokens: {
      input: numberAt(value, 'total_input_tokens', where),
      output: numberAt(value, 'total_output_tokens', where),
    },
    rates: {
      requestsPerSecond: numberAt(value, 'request_throughput', where),
      inputTokensPerSecond: inputRate(value, where),
      outputTokensPerSecond: numberAt(value, 'output_throughput', where),
      totalTokensPerSecond: numberAt(value, 'total_token_throughput', where),
      goodRequestsPerSecond: firstNumberAt(value, ['request_goodput', 'request_goodput:'], where),
    },
    notes: [
      'TTFT is that of the first event with choices: a chunk with only the role counts',
      ...(requests === null
        ? ['ITL counts a chunk with several tokens as one; use --save-detailed for its requests']
        : ['every chunk is taken for one token in ITL']),
      'TPOT of requests with one token is left out',
    ],
  })
}

function inputRate(value: unknown, where: string): number | null {
  const total = numberAt(value, 'total_token_throughput', where)
  const output = numberAt(value, 'output_throughput', where)
  return total === null || output === null ? null : total - output
}

const metricKeys: Readonly<Record<ImportedMetric, string>> = {
  ttft: 'ttft',
  tpot: 'tpot',
  itl: 'itl',
  e2e: 'e2el',
}

/** mean_ttft_ms, p99_tpot_ms … */
function vllmFigures(value: unknown, where: string): ImportedRun['latency']['service'] {
  return figuresByMetric(metric =>
    millisecondFigures(value, where, statistic => `${statistic}_${metricKeys[metric]}_ms`),
  )
}

/** Statistics under keys made of their names; null when there is no mean and no median. */
export function millisecondFigures(
  value: unknown,
  where: string,
  key: (statistic: string) => string,
  factor = 1,
): LatencyFigures | null {
  const at = (...statistics: string[]) => {
    const found = firstNumberAt(value, statistics.map(key), where)
    return found === null ? null : found * factor
  }
  const figures = {
    ...unknownFigures,
    meanMs: at('mean'),
    standardDeviationMs: at('std'),
    p50Ms: at('median', 'p50'),
    p90Ms: at('p90'),
    p95Ms: at('p95'),
    p99Ms: at('p99'),
    minimumMs: at('min'),
    maximumMs: at('max'),
  }
  return figures.meanMs === null && figures.p50Ms === null ? null : figures
}

function requestsOf(value: unknown, where: string): ImportedRequest[] | null {
  const lists = keptLists(value, where)
  if (lists === null) return null
  const { ttfts, gaps, inputs, outputs, errors } = lists
  const starts = numbersAt(value, 'start_times', where)
  const latencies = numbersAt(value, 'latencies', where)
  for (const [name, list] of Object.entries({
    itls: gaps,
    input_lens: inputs,
    output_lens: outputs,
    errors,
    start_times: starts,
    latencies,
  })) {
    if (list !== null && list.length !== ttfts.length) {
      refuseMeasurements(
        `${name} has ${list.length} entries and ttfts ${ttfts.length}`,
        where,
        'they are of one run, an entry a request: take the file as it was written',
      )
    }
  }
  const firstStart = starts === null ? Number.NaN : Math.min(...starts.filter(start => start > 0))
  return ttfts.map((ttft, id) =>
    vllmRequest({
      id,
      ttftSeconds: ttft,
      gapsSeconds: gapList(gaps[id], `itls[${id}]`, where),
      sentSeconds: starts === null ? Number.NaN : starts[id]! - firstStart,
      latencySeconds: latencies?.[id] ?? Number.NaN,
      inputTokens: inputs[id]!,
      outputTokens: outputs[id]!,
      error: typeof errors?.[id] === 'string' ? errors[id] : '',
    }),
  )
}

/** What SGLang took over, too: a list each, an entry a request; null in a file without requests. */
export function keptLists(value: unknown, where: string) {
  const ttfts = numbersAt(value, 'ttfts', where)
  const gaps = listAt(value, 'itls', where)
  const inputs = numbersAt(value, 'input_lens', where)
  const outputs = numbersAt(value, 'output_lens', where)
  if (ttfts === null || gaps === null || inputs === null || outputs === null) return null
  return { ttfts, gaps, inputs, outputs, errors: listAt(value, 'errors', where) }
}

export function gapList(value: unknown, name: string, where: string): readonly number[] {
  if (!Array.isArray(value))
    refuseMeasurements(`${name} should be a list`, where, 'take the file as it was written')
  return value.map((gap, index) => numberOf(gap, `${name}[${index}]`, where))
}

/** A request of the family of tools that keep TTFT, a list of gaps, and maybe a latency, in seconds. */
export function vllmRequest(parts: {
  readonly id: number
  readonly ttftSeconds: number
  readonly gapsSeconds: readonly number[]
  readonly sentSeconds: number
  readonly latencySeconds: number
  readonly inputTokens: number
  readonly outputTokens: number
  readonly error: string
}): ImportedRequest {
  const { id, ttftSeconds, gapsSeconds, sentSeconds, latencySeconds, inputTokens, outputTokens, error } =
    parts
  const served = error === '' && (ttftSeconds > 0 || outputTokens > 0)
  const chunksAfterUs: number[] = []
  let afterSeconds = ttftSeconds
  if (served && ttftSeconds > 0) {
    chunksAfterUs.push(afterSeconds * 1e6)
    for (const gap of gapsSeconds) {
      afterSeconds += gap
      chunksAfterUs.push(afterSeconds * 1e6)
    }
  }
  const lastUs = chunksAfterUs.at(-1) ?? Number.NaN
  return {
    id,
    sentUs: sentSeconds * 1e6,
    lateUs: Number.NaN,
    firstTokenAfterUs: chunksAfterUs[0] ?? Number.NaN,
    lastTokenAfterUs: lastUs,
    endedAfterUs: Number.isFinite(latencySeconds) && served ? latencySeconds * 1e6 : lastUs,
    chunksAfterUs,
    chunkTokens: null,
    inputTokens,
    outputTokens,
    outcome: served ? 'served' : 'failed',
    reason: served ? '' : (error.trim().split('\n').at(-1) ?? '') || 'no answer',
  }
}
