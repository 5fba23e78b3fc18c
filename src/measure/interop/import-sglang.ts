/**
 * JSON lines of SGLang's bench_serving, one a run, with or without --output-details. Fields read in sgl-project/sglang,
 * save_results in python/sglang/benchmark/metrics.py at 1291c7f.
 */
import { endpointKind } from './endpoint-kind.ts'
import { gapList, keptLists, millisecondFigures, vllmRequest } from './import-vllm.ts'
import {
  figuresByMetric,
  type ImportedMetric,
  type ImportedRequest,
  type ImportedRun,
  importedLoad,
  runOf,
} from './imported-run.ts'
import { fieldAt, firstTextAt, numberAt, textAt } from './json-fields.ts'
import type { MeasuredDocument } from './measured-file.ts'
import { latencyOfRequests } from './request-statistics.ts'

/** Whether a JSON object is such a result. */
export function isSglangResult(value: Readonly<Record<string, unknown>>): boolean {
  return 'backend' in value && 'mean_e2e_latency_ms' in value && 'total_output_retokenized' in value
}

export function importSglang({ value, where }: MeasuredDocument, file: string): ImportedRun {
  const requests = requestsOf(value, where)
  const own = requests === null ? null : latencyOfRequests(requests)
  // A request's end is not kept: of e2e the tool's own figures are all there is.
  const { e2e: _, ...fromRequests } = own?.service ?? {}
  const rate = fieldAt(value, 'request_rate')
  return runOf({
    tool: 'sglang-bench',
    toolVersion: firstTextAt(value, ['server_info.version']),
    files: [file],
    model: firstTextAt(value, [
      'model',
      'model_id',
      'server_info.model_path',
      'server_info.served_model_name',
    ]),
    endpoint: endpointKind(textAt(value, 'backend', where)),
    load: importedLoad(
      numberAt(value, 'max_concurrency', where),
      rate === 'trace' ? null : numberAt(value, 'request_rate', where),
      rate === 'trace' ? 'trace' : undefined,
    ),
    durationSeconds: numberAt(value, 'duration', where),
    requests,
    latency: { service: { ...figures(value, where), ...fromRequests } },
    counts: {
      served: numberAt(value, 'completed', where),
      failed: requests?.filter(({ outcome }) => outcome !== 'served').length ?? null,
    },
    tokens: {
      input: numberAt(value, 'total_input', where) ?? numberAt(value, 'total_input_tokens', where),
      output: numberAt(value, 'total_output', where) ?? numberAt(value, 'total_output_tokens', where),
    },
    rates: {
      requestsPerSecond: numberAt(value, 'request_throughput', where),
      inputTokensPerSecond: numberAt(value, 'input_throughput', where),
      outputTokensPerSecond: numberAt(value, 'output_throughput', where),
      totalTokensPerSecond: numberAt(value, 'total_throughput', where),
    },
    notes: [
      'latency and TPOT end with the last line of the stream, usage and [DONE] included',
      ...(requests === null
        ? []
        : ['TPOT of its requests ends with the last chunk: the end is not in the file']),
      'without usage in the answer, output tokens are those that were asked for',
    ],
  })
}

const metricKeys: Readonly<Record<ImportedMetric, string>> = {
  ttft: 'ttft',
  tpot: 'tpot',
  itl: 'itl',
  e2e: 'e2e_latency',
}

function figures(value: unknown, where: string): ImportedRun['latency']['service'] {
  return figuresByMetric(metric =>
    millisecondFigures(value, where, statistic => `${statistic}_${metricKeys[metric]}_ms`),
  )
}

function requestsOf(value: unknown, where: string): ImportedRequest[] | null {
  const lists = keptLists(value, where)
  if (lists === null) return null
  const { ttfts, gaps, inputs, outputs, errors } = lists
  return ttfts.map((ttftSeconds, id) =>
    vllmRequest({
      id,
      ttftSeconds,
      gapsSeconds: gapList(gaps[id] ?? [], `itls[${id}]`, where),
      sentSeconds: Number.NaN,
      latencySeconds: Number.NaN,
      inputTokens: inputs[id] ?? Number.NaN,
      outputTokens: outputs[id] ?? Number.NaN,
      error: typeof errors?.[id] === 'string' ? errors[id] : '',
    }),
  )
}
