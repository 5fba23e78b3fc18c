/** trtllm_perf_overview: fixed lengths, forced output, all requests at once, or a static batch. */
import type { CsvRecord } from '../../core/csv.ts'
import { deploymentDevices, type Parallelism } from '../../perf/deployment.ts'
import type { MeasuredPoint } from '../measured-point.ts'
import { isPossibleLayout } from './canonical-layout.ts'
import { decisionGroupOf, groupOf } from './groups.ts'
import { acceleratorIdOf, engineOf, modelIdOf } from './names.ts'
import { precisionOf } from './precision-of.ts'
import { type RowResult, skip } from './row-result.ts'
import { fixedShape } from './shapes.ts'

export function readOfflineMeasurement([record]: readonly [CsvRecord, ...CsvRecord[]]): RowResult {
  const id = `line ${record.line}`
  const value = record.positive('value')
  if (value === null) return skip(id, 'noValue')
  const inputTokens = record.positive('isl_mean')
  if (inputTokens === null) return skip(id, 'noLengths')
  const metric = record.text('metric')
  // A first-token latency has no output length of its own.
  const outputTokens = record.positive('osl_mean') ?? (metric === 'ttft' ? 1 : null)
  if (outputTokens === null) return skip(id, 'noLengths')
  const engine = engineOf(record.text('engine'))
  if (engine === null) return skip(id, 'unknownEngine')
  const parallelism = tableLayout(record)
  if (parallelism === null) return skip(id, 'noLayout')
  if (!isPossibleLayout(parallelism)) return skip(id, 'impossibleLayout')
  const modelId = modelIdOf(record.text('model'))
  const acceleratorId = acceleratorIdOf(record.text('accelerator'))
  const deployment = {
    mode: 'aggregated',
    engine,
    precision: precisionOf(modelId, record.text('precision'), engine, acceleratorId),
    speculation: null,
    pool: { acceleratorId, parallelism, replicas: 1 },
  } as const
  const devices = deploymentDevices(deployment)
  const perDevice = outputTokensPerSecondPerDevice(metric, value, devices)
  const shape = fixedShape(inputTokens, outputTokens)
  const point: MeasuredPoint = {
    id,
    file: 'trtllm_perf_overview',
    modelId,
    deployment,
    shape,
    nominalInputTokens: inputTokens,
    nominalOutputTokens: outputTokens,
    load: loadOf(record),
    statistic: 'mean',
    ttftMs: metric === 'ttft' ? value : null,
    tpotMs: null,
    totalTokensPerSecondPerDevice:
      perDevice === null ? null : (perDevice * (inputTokens + outputTokens)) / outputTokens,
    outputTokensPerSecondPerDevice: perDevice,
    joulesPerOutputToken: null,
    devices,
    multiNode: false,
    date: /\d{4}-\d{2}/.exec(record.text('date'))?.[0] ?? null,
    engineVersion: record.text('engine_version') || null,
    group: groupOf(modelId, deployment),
    decisionGroup: decisionGroupOf(modelId, acceleratorId, inputTokens, outputTokens),
    suspect: null,
  }
  return { point, campaign: `${modelId} | ${acceleratorId} | ${record.text('engine_version')}` }
}

/** Older tables give tokens of the whole configuration, newer ones tokens per device. */
function outputTokensPerSecondPerDevice(metric: string, value: number, devices: number): number | null {
  if (metric === 'output_tput_per_gpu') return value
  return metric === 'output_tput_total' ? value / devices : null
}

/** A batch size means one static batch: all of it enters together and leaves together. */
function loadOf(record: CsvRecord): MeasuredPoint['load'] {
  const batch = record.positive('concurrency')
  return batch === null ? { kind: 'offline' } : { kind: 'closed', concurrency: batch, requests: batch }
}

/** `dp` with `ep` is attention data parallelism; v1.0 notes that mixture-of-experts runs used it on all ranks. */
function tableLayout(record: CsvRecord): Parallelism | null {
  const tensor = record.positive('tp')
  const attentionData = record.positive('dp')
  const pipeline = record.positive('pp') ?? 1
  const expert = record.positive('ep') ?? 1
  if (attentionData !== null) return { tensor: tensor ?? 1, pipeline, attentionData, expert }
  if (tensor === null) return null
  const dataParallel = /enable_attention_dp true for MoE runs/.test(record.text('notes')) && tensor > 1
  return dataParallel
    ? { tensor: 1, pipeline, attentionData: tensor, expert }
    : { tensor, pipeline, attentionData: 1, expert }
}
