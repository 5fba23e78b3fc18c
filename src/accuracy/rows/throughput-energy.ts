/** serving_throughput_energy: medians of many runs, total tokens per second and device, joules for single-node rows. */
import type { CsvRecord, CsvTable } from '../../core/csv.ts'
import { deploymentDevices } from '../../perf/deployment.ts'
import type { MeasuredRows } from '../measured-point.ts'
import { markUtilisation } from './anomalies.ts'
import { mergeDuplicates, roundedKey } from './duplicates.ts'
import { decisionGroupOf, groupOf } from './groups.ts'
import { inferenceXDeployment } from './inferencex-layout.ts'
import { littlesLawTokensPerSecondPerDevice } from './littles-law.ts'
import { acceleratorIdOf, engineOf, modelIdOf } from './names.ts'
import { precisionOf } from './precision-of.ts'
import type { RowPhysics } from './row-physics.ts'
import { type Candidate, measuredRows, type RowResult, skip, suspect } from './row-result.ts'
import { inferenceXShape } from './shapes.ts'
import { speculationOfRow } from './speculation-of-row.ts'

export const throughputEnergyColumns = [
  'hardware',
  'framework',
  'model',
  'precision',
  'spec_method',
  'disagg',
  'decode_tp',
  'decode_ep',
  'decode_dp_attention',
  'isl_nominal',
  'osl_nominal',
  'conc',
  'median_tpot_s',
  'tput_per_gpu_total_tokens',
]

/** Tokens beyond Little's law with a TTFT of zero, with room for the spread of lengths and medians. */
const tooManyTokensShare = 1.15

export function readThroughputEnergy(table: CsvTable, physics: RowPhysics | null): MeasuredRows {
  const results: RowResult[] = []
  for (const { kept, copies } of mergeDuplicates(table.records, keyOf, record => record.line)) {
    results.push(readRow(kept, physics))
    for (const copy of copies) results.push(skip(idOf(copy), 'copy'))
  }
  return measuredRows('serving_throughput_energy', table.records.length, results, candidates =>
    markUtilisation(candidates, physics),
  )
}

function idOf(record: CsvRecord): string {
  return record.text('point_id') || `line ${record.line}`
}

/** Everything that names the configuration, and both measured values: the medians of two campaigns may stand apart. */
function keyOf(record: CsvRecord): string {
  const named = ['hardware', 'framework', 'model', 'precision', 'spec_method', 'disagg']
  const sizes = [
    'prefill_tp',
    'prefill_ep',
    'prefill_dp_attention',
    'prefill_num_workers',
    'decode_tp',
    'decode_ep',
  ]
  const rest = ['decode_dp_attention', 'decode_num_workers', 'isl_nominal', 'osl_nominal', 'conc']
  const values = ['median_tpot_s', 'tput_per_gpu_total_tokens']
  const texts = [...named, ...sizes, ...rest].map(column => record.text(column))
  return [...texts, ...values.map(column => roundedKey(record.number(column) ?? Number.NaN))].join(' | ')
}

function readRow(record: CsvRecord, physics: RowPhysics | null): RowResult {
  const id = idOf(record)
  const tpotSeconds = record.positive('median_tpot_s')
  const tokensPerSecond = record.positive('tput_per_gpu_total_tokens')
  if (tpotSeconds === null && tokensPerSecond === null) return skip(id, 'noValue')
  const inputTokens = record.positive('isl_nominal')
  const outputTokens = record.positive('osl_nominal')
  if (inputTokens === null || outputTokens === null) return skip(id, 'noLengths')
  const concurrency = record.positive('conc')
  if (concurrency === null) return skip(id, 'noConcurrency')
  const engine = engineOf(record.text('framework'))
  if (engine === null) return skip(id, 'unknownEngine')
  const modelId = modelIdOf(record.text('model'))
  const acceleratorId = acceleratorIdOf(record.text('hardware'))
  const precision = precisionOf(modelId, record.text('precision'), engine, acceleratorId)
  const speculation = speculationOfRow(modelId, record.text('spec_method'))
  const shape = inferenceXShape(inputTokens, outputTokens)
  const setup = { record, modelId, acceleratorId, engine, precision, speculation, concurrency, physics }
  const placed = inferenceXDeployment({
    ...setup,
    inputTokens: shape.inputTokens,
    outputTokens: shape.outputTokens,
  })
  if (typeof placed === 'string') return skip(id, placed)
  const { deployment, doubt } = placed
  const multiNode = record.flag('is_multinode') || deployment.mode === 'disaggregated'
  const candidate: Candidate = {
    point: {
      id,
      file: 'serving_throughput_energy',
      modelId,
      deployment,
      shape,
      nominalInputTokens: inputTokens,
      nominalOutputTokens: outputTokens,
      load: { kind: 'closed', concurrency, requests: 10 * concurrency },
      statistic: 'median',
      ttftMs: null,
      tpotMs: tpotSeconds === null ? null : 1000 * tpotSeconds,
      totalTokensPerSecondPerDevice: tokensPerSecond,
      outputTokensPerSecondPerDevice:
        tokensPerSecond === null
          ? null
          : (tokensPerSecond * shape.outputTokens) / (shape.inputTokens + shape.outputTokens),
      joulesPerOutputToken: multiNode ? null : record.positive('joules_per_output_token'),
      devices: deploymentDevices(deployment),
      multiNode,
      date: null,
      engineVersion: null,
      group: groupOf(modelId, deployment),
      decisionGroup: decisionGroupOf(modelId, acceleratorId, inputTokens, outputTokens),
      suspect: null,
    },
    campaign: [modelId, acceleratorId, record.text('framework'), record.text('precision')].join(' | '),
  }
  if (doubt !== null) return suspect(candidate, doubt)
  if (record.text('suspect') !== '') return suspect(candidate, 'markedByFile')
  return exceedsLittlesLaw(candidate) ? suspect(candidate, 'tooManyTokens') : candidate
}

function exceedsLittlesLaw({ point }: Candidate): boolean {
  const bound = littlesLawTokensPerSecondPerDevice(point, { ttftMs: 0, tpotMs: point.tpotMs })
  const measured = point.totalTokensPerSecondPerDevice
  return bound !== null && measured !== null && measured > tooManyTokensShare * bound
}
