/** serving_deepseek_r1_dated: single dated runs with engine image; latencies in seconds: means, or medians where a row has no means. */
import type { CsvRecord, CsvTable } from '../../core/csv.ts'
import { deploymentDevices } from '../../perf/deployment.ts'
import type { MeasuredRows } from '../measured-point.ts'
import { markUtilisation } from './anomalies.ts'
import { mergeDuplicates, roundedKey } from './duplicates.ts'
import { decisionGroupOf, groupOf } from './groups.ts'
import { inferenceXDeployment } from './inferencex-layout.ts'
import { acceleratorIdOf, engineOf, modelIdOf } from './names.ts'
import { precisionOf } from './precision-of.ts'
import { suspectReasons } from './reasons.ts'
import type { RowPhysics } from './row-physics.ts'
import { measuredRows, type RowResult, skip } from './row-result.ts'
import { inferenceXShape } from './shapes.ts'
import { speculationOfRow } from './speculation-of-row.ts'

export const servingDatedColumns = [
  'date',
  'hardware',
  'framework',
  'image',
  'model',
  'precision',
  'spec_method',
  'disagg',
  'decode_tp',
  'isl',
  'osl',
  'conc',
  'mean_tpot',
  'mean_ttft',
  'tput_per_gpu',
]

export function readServingDated(table: CsvTable, physics: RowPhysics | null): MeasuredRows {
  const results: RowResult[] = []
  for (const { kept, copies } of mergeDuplicates(table.records, keyOf, record => record.line)) {
    results.push(readRow(kept, physics))
    for (const copy of copies) results.push(skip(idOf(copy), 'copy'))
  }
  return measuredRows('serving_deepseek_r1_dated', table.records.length, results, candidates =>
    markUtilisation(candidates, physics),
  )
}

/** TPOT and TTFT by the statistic that the row has. */
function latencyColumns(record: CsvRecord): readonly [tpot: string, ttft: string] {
  const hasMeans = record.number('mean_tpot') !== null || record.number('mean_ttft') !== null
  return hasMeans ? ['mean_tpot', 'mean_ttft'] : ['median_tpot', 'median_ttft']
}

function idOf(record: CsvRecord): string {
  return record.text('point_id') || `line ${record.line}`
}

function keyOf(record: CsvRecord): string {
  const texts = ['hardware', 'model', 'isl', 'osl', 'conc'].map(column => record.text(column))
  const values = latencyColumns(record).map(column => record.number(column))
  // Without values rows cannot be told to be copies: each stays on its own and is skipped for that reason.
  if (values.includes(null)) return `line ${record.line}`
  return [...texts, ...values.map(value => roundedKey(value!))].join(' | ')
}

function readRow(record: CsvRecord, physics: RowPhysics | null): RowResult {
  const id = idOf(record)
  const [tpotColumn, ttftColumn] = latencyColumns(record)
  const tpotSeconds = record.positive(tpotColumn)
  const ttftSeconds = record.positive(ttftColumn)
  const tokensPerSecond = record.positive('tput_per_gpu')
  if (tpotSeconds === null && ttftSeconds === null && tokensPerSecond === null) return skip(id, 'noValue')
  const inputTokens = record.positive('isl')
  const outputTokens = record.positive('osl')
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
  return {
    point: {
      id,
      file: 'serving_deepseek_r1_dated',
      modelId,
      deployment,
      shape,
      nominalInputTokens: inputTokens,
      nominalOutputTokens: outputTokens,
      load: { kind: 'closed', concurrency, requests: 10 * concurrency },
      statistic: tpotColumn === 'mean_tpot' ? 'mean' : 'median',
      ttftMs: ttftSeconds === null ? null : 1000 * ttftSeconds,
      tpotMs: tpotSeconds === null ? null : 1000 * tpotSeconds,
      totalTokensPerSecondPerDevice: tokensPerSecond,
      // output_tput_per_gpu is per decode device when disaggregated: the share of the total is used instead.
      outputTokensPerSecondPerDevice:
        tokensPerSecond === null
          ? null
          : (tokensPerSecond * shape.outputTokens) / (shape.inputTokens + shape.outputTokens),
      joulesPerOutputToken: multiNode ? null : record.positive('joules_per_output_token'),
      devices: deploymentDevices(deployment),
      multiNode,
      date: record.text('date') || null,
      engineVersion: record.text('image') || null,
      group: groupOf(modelId, deployment),
      decisionGroup: decisionGroupOf(modelId, acceleratorId, inputTokens, outputTokens),
      suspect: doubt === null ? null : suspectReasons[doubt],
    },
    campaign: [modelId, acceleratorId, record.text('framework'), record.text('precision')].join(' | '),
  }
}
