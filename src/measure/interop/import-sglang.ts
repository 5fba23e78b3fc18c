/**
 * JSON lines of SGLang's bench_serving, one a run, with or without --output-details. Fields read in sgl-project/sglang,
 * save_results in python/sglang/benchmark/metrics.py at 1291c7f.
 */

import { endpointKind } from './endpoint-kind.ts'
import { gapList, millisecondFigures, vllmRequest } from './import-vllm.ts'
import {
  type ImportedMetric,
  type ImportedRequest,
  type ImportedRun,
  importedLoad,
  knownFigures,
  unknownMoney,
} from './imported-run.ts'
import { fieldAt, firstTextAt, listAt, numberAt, numbersAt, textAt } from './json-fields.ts'
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
  return {
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
    startedAt: null,
    load: importedLoad(
      numberAt(value, 'max_concurrency', where),
      rate === 'trace' ? null : numberAt(value, 'request_rate', where),
      rate === 'trace' ? 'trace' : undefined,
    ),
    durationSeconds: numberAt(value, 'duration', where),
    requests,
    latency: { service: { ...figures(value, where), ...fromRequests }, response: null },
    intervals: [],
    counts: {
      served: numberAt(value, 'completed', where),
      failed: requests?.filter(({ outcome }) => outcome !== 'served').length ?? null,
    },
    tokens: {
      input: numberAt(value, 'total_input', where) ?? numberAt(value, 'total_input_tokens', where),
      cachedInput: null,
      output: numberAt(value, 'total_output', where) ?? numberAt(value, 'total_output_tokens', where),
    },
    rates: {
      requestsPerSecond: numberAt(value, 'request_throughput', where),
      inputTokensPerSecond: numberAt(value, 'input_throughput', where),
      outputTokensPerSecond: numberAt(value, 'output_throughput', where),
      totalTokensPerSecond: numberAt(value, 'total_throughput', where),
      goodRequestsPerSecond: null,
      devices: null,
    },
    money: unknownMoney,
    verdict: null,
    notes: [
      'latency and TPOT end with the last line of the stream, usage and [DONE] included',
      ...(requests === null
        ? []
        : ['TPOT of its requests ends with the last chunk: the end is not in the file']),
      'without usage in the answer, output tokens are those that were asked for',
    ],
  }
}

const metricKeys: Readonly<Record<ImportedMetric, string>> = {
  ttft: 'ttft',
  tpot: 'tpot',
  itl: 'itl',
  e2e: 'e2e_latency',
}

function figures(value: unknown, where: string): ImportedRun['latency']['service'] {
  const of = (metric: ImportedMetric) =>
    millisecondFigures(value, where, statistic => `${statistic}_${metricKeys[metric]}_ms`)
  return knownFigures({ ttft: of('ttft'), tpot: of('tpot'), itl: of('itl'), e2e: of('e2e') })
}

function requestsOf(value: unknown, where: string): ImportedRequest[] | null {
  const ttfts = numbersAt(value, 'ttfts', where)
  const gaps = listAt(value, 'itls', where)
  const inputs = numbersAt(value, 'input_lens', where)
  const outputs = numbersAt(value, 'output_lens', where)
  if (ttfts === null || gaps === null || inputs === null || outputs === null) return null
  const errors = listAt(value, 'errors', where)
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
