/**
 * InferenceX (InferenceMAX) aggregates: agg_*.json of one run, or a list of them. Fields read in SemiAnalysisAI/InferenceX,
 * utils/process_result.py at 77f3e68. Latencies are in seconds.
 *
 * The trap: on several nodes input_tput_per_gpu is ÷ prefill GPUs and output_tput_per_gpu ÷ decode GPUs, while tput_per_gpu is
 * ÷ all of them; input + output per GPU is then no total. Here they are multiplied back to the deployment.
 */

import { millisecondFigures } from './import-vllm.ts'
import {
  figuresByMetric,
  type ImportedMetric,
  type ImportedRun,
  importedLoad,
  knownFigures,
  runOf,
} from './imported-run.ts'
import { fieldAt, firstNumberAt, isObject, numberAt, refuseMeasurements, textAt } from './json-fields.ts'
import type { MeasuredDocument } from './measured-file.ts'

type Fields = Readonly<Record<string, unknown>>

export function isInferencexResult(value: Fields): boolean {
  return 'hw' in value && 'framework' in value && 'tput_per_gpu' in value
}

/** The newer aggregate of agentic runs has another form. */
export function isAgenticInferencexResult(value: Fields): boolean {
  return 'hw' in value && isObject(value.request_metrics)
}

export function importInferencex({ value, where }: MeasuredDocument, file: string): ImportedRun {
  const gpus = gpuCounts(value, where)
  const totalPerGpu = numberAt(value, 'tput_per_gpu', where)
  const outputPerGpu = numberAt(value, 'output_tput_per_gpu', where)
  const inputPerGpu = numberAt(value, 'input_tput_per_gpu', where)
  const total = times(totalPerGpu, gpus.all)
  const output = times(outputPerGpu, gpus.decode)
  return runOf({
    tool: 'inferencex',
    files: [file],
    model: textAt(value, 'model', where),
    load: importedLoad(numberAt(value, 'conc', where), null),
    latency: { service: figures(value, where) },
    rates: {
      inputTokensPerSecond:
        times(inputPerGpu, gpus.prefill) ?? (total === null || output === null ? null : total - output),
      outputTokensPerSecond: output,
      totalTokensPerSecond: total,
      devices: gpus.all,
    },
    money: { joulesPerOutputToken: numberAt(value, 'joules_per_output_token', where) },
    verdict:
      fieldAt(value, 'power_valid') === false
        ? { level: 'suspect', reasons: ['its power is marked as not valid'] }
        : null,
    notes: [
      ...(gpus.prefill === gpus.all
        ? []
        : [
            `per-GPU throughput of input was over ${gpus.prefill} prefill GPUs and of output over ${gpus.decode} decode GPUs; ` +
              'rates here are of the deployment',
          ]),
      'closed loop with a range of lengths 0.8 to 1; TTFT and TPOT by vllm bench’s formulas',
      ...(numberAt(value, 'joules_per_output_token', where) !== null && gpus.prefill !== gpus.all
        ? ['joules per output token count the boards of the decode GPUs only']
        : []),
    ],
  })
}

interface GpuCounts {
  readonly prefill: number
  readonly decode: number
  readonly all: number
}

function gpuCounts(value: unknown, where: string): GpuCounts {
  const prefill = numberAt(value, 'num_prefill_gpu', where)
  const decode = numberAt(value, 'num_decode_gpu', where)
  if (prefill !== null && decode !== null && prefill + decode > 0) {
    // Nodes that are not disaggregated have no prefill GPUs of their own.
    return {
      prefill: prefill > 0 ? prefill : decode,
      decode: decode > 0 ? decode : prefill,
      all: prefill + decode,
    }
  }
  const tp = numberAt(value, 'tp', where)
  if (tp === null) {
    refuseMeasurements(
      'neither tp nor num_prefill_gpu and num_decode_gpu say how many GPUs there were',
      where,
      'per-GPU figures mean nothing without it: take the aggregate as process_result.py wrote it',
    )
  }
  const all = tp * (numberAt(value, 'pp', where) ?? 1) * (numberAt(value, 'pcp', where) ?? 1)
  return { prefill: all, decode: all, all }
}

function figures(value: unknown, where: string): ImportedRun['latency']['service'] {
  const keys: Readonly<Record<ImportedMetric, string>> = {
    ttft: 'ttft',
    tpot: 'tpot',
    itl: 'itl',
    e2e: 'e2el',
  }
  return figuresByMetric(metric =>
    millisecondFigures(value, where, statistic => `${statistic}_${keys[metric]}`, 1000),
  )
}

/** agentic aggregates: utils/agentic/aggregation/request_metrics.py at 45d8c08; all per-GPU figures ÷ all GPUs. */
export function importAgenticInferencex({ value, where }: MeasuredDocument, file: string): ImportedRun {
  const path = 'request_metrics'
  const statistics = (metric: string) =>
    millisecondFigures(fieldAt(value, `${path}.latency.${metric}`), where, statistic => statistic, 1000)
  const rate = (side: string) => numberAt(value, `${path}.throughput.${side}.tokens_per_second`, where)
  return runOf({
    tool: 'inferencex',
    files: [file],
    model: textAt(value, 'model', where),
    load: importedLoad(firstNumberAt(value, ['conc', 'users'], where), null),
    durationSeconds: numberAt(value, `${path}.throughput.duration_seconds`, where),
    latency: {
      service: knownFigures({
        ttft: statistics('ttft'),
        tpot: statistics('tpot'),
        e2e: statistics('e2el'),
      }),
    },
    rates: {
      requestsPerSecond: numberAt(value, `${path}.qps.mean`, where),
      inputTokensPerSecond: rate('input'),
      outputTokensPerSecond: rate('output'),
      totalTokensPerSecond: rate('total'),
    },
    notes: ['agentic trajectories measured by AIPerf; concurrency is the number of live trajectories'],
  })
}

function times(perGpu: number | null, gpus: number): number | null {
  return perGpu === null ? null : perGpu * gpus
}
