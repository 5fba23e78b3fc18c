/** trtllm_online_serving: open-loop sweeps over request rates; five metrics a measurement. */
import type { CsvRecord } from '../../core/csv.ts'
import { deploymentDevices } from '../../perf/deployment.ts'
import type { MeasuredPoint } from '../measured-point.ts'
import { decisionGroupOf, groupOf } from './groups.ts'
import { acceleratorIdOf, engineOf, modelIdOf } from './names.ts'
import { precisionOf } from './precision-of.ts'
import { type RowResult, skip } from './row-result.ts'
import { fixedShape } from './shapes.ts'

export function readOnlineMeasurement(rows: readonly [CsvRecord, ...CsvRecord[]]): RowResult {
  const [record] = rows
  const id = `line ${record.line}`
  const rate = /offered QPS=([\d.]+|INF)/i.exec(record.text('scenario'))?.[1]
  if (rate === undefined) return skip(id, 'noConcurrency')
  const inputTokens = record.positive('isl_mean')
  const outputTokens = record.positive('osl_mean')
  if (inputTokens === null || outputTokens === null) return skip(id, 'noLengths')
  const engine = engineOf(record.text('engine'))
  if (engine === null) return skip(id, 'unknownEngine')
  const tensor = record.positive('tp')
  if (tensor === null) return skip(id, 'noLayout')
  const values = new Map(rows.map(row => [row.text('metric'), row.positive('value')]))
  const ttftMs = values.get('ttft_mean') ?? null
  const tpotMs = values.get('itl_mean') ?? null
  if (ttftMs === null && tpotMs === null) return skip(id, 'noValue')
  const modelId = modelIdOf(record.text('model'))
  const acceleratorId = acceleratorIdOf(record.text('accelerator'))
  const parallelism = { tensor, pipeline: record.positive('pp') ?? 1, attentionData: 1, expert: 1 }
  const deployment = {
    mode: 'aggregated',
    engine,
    precision: precisionOf(modelId, record.text('precision'), engine, acceleratorId),
    speculation: null,
    pool: { acceleratorId, parallelism, replicas: 1 },
  } as const
  const devices = deploymentDevices(deployment)
  const perDevice = (metric: string) => {
    const value = values.get(metric) ?? null
    return value === null ? null : value / devices
  }
  return {
    point: {
      id,
      file: 'trtllm_online_serving',
      modelId,
      deployment,
      // Means of an unnamed dataset; its spread is not stated.
      shape: fixedShape(inputTokens, outputTokens),
      nominalInputTokens: inputTokens,
      nominalOutputTokens: outputTokens,
      load: loadOf(rate, record.text('scenario')),
      statistic: 'mean',
      ttftMs,
      tpotMs,
      totalTokensPerSecondPerDevice: perDevice('total_token_tput'),
      outputTokensPerSecondPerDevice: perDevice('output_tput_total'),
      joulesPerOutputToken: null,
      devices,
      multiNode: false,
      date: /\d{4}-\d{2}/.exec(record.text('date'))?.[0] ?? null,
      engineVersion: record.text('engine_version') || null,
      group: groupOf(modelId, deployment),
      decisionGroup: decisionGroupOf(modelId, acceleratorId, inputTokens, outputTokens),
      suspect: null,
    },
    campaign: `${modelId} | ${acceleratorId} | ${record.text('engine_version')}`,
  }
}

/** Rate INF sends all requests at once: a closed loop as wide as the run. */
function loadOf(rate: string, scenario: string): MeasuredPoint['load'] {
  if (rate.toUpperCase() !== 'INF') return { kind: 'open', requestsPerSecond: Number(rate) }
  const requests = Number(/(\d+) requests/.exec(scenario)?.[1] ?? Number.NaN)
  return Number.isFinite(requests) ? { kind: 'closed', concurrency: requests, requests } : { kind: 'offline' }
}
