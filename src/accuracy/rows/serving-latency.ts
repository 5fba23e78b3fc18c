/** serving_latency: closed-loop runs with the full parallel configuration, mean TTFT and TPOT in milliseconds. */
import type { CsvRecord, CsvTable } from '../../core/csv.ts'
import type { Deployment, Engine, Parallelism } from '../../perf/deployment.ts'
import { deploymentDevices } from '../../perf/deployment.ts'
import type { MeasuredRows } from '../measured-point.ts'
import { markLatencyAnomalies } from './anomalies.ts'
import {
  canonicalLayout,
  expertsMissTheDevices,
  isPossibleLayout,
  type WrittenLayout,
} from './canonical-layout.ts'
import { mergeDuplicates, roundedKey } from './duplicates.ts'
import { decisionGroupOf, groupOf } from './groups.ts'
import { hasHiddenSpeculation } from './hidden-speculation.ts'
import { acceleratorIdOf, engineOf, modelIdOf } from './names.ts'
import { precisionOf } from './precision-of.ts'
import type { RowPhysics } from './row-physics.ts'
import { type Candidate, measuredRows, type RowResult, skip, suspect } from './row-result.ts'
import { inferenceXShape } from './shapes.ts'
import { speculationOfRow } from './speculation-of-row.ts'

export const servingLatencyColumns = [
  'silicon_data_source',
  'backend',
  'model_path',
  'system',
  'precision',
  'mode',
  'isl',
  'osl',
  'batch_size',
  'tp_size',
  'silicon_ttft_ms',
  'silicon_tpot_ms',
]

/** Which dump a row comes from; the order is whose layout is believed first. */
const sources = ['database', 'march', 'april', 'gap', 'job'] as const
type Source = (typeof sources)[number]

interface Row {
  readonly record: CsvRecord
  readonly id: string
  readonly source: Source
  readonly modelId: string
  readonly acceleratorId: string
  readonly concurrency: number
  readonly inputTokens: number
  readonly outputTokens: number
  readonly ttftMs: number
  readonly tpotMs: number
}

export function readServingLatency(table: CsvTable, physics: RowPhysics | null): MeasuredRows {
  const results: RowResult[] = []
  const rows: Row[] = []
  for (const record of table.records) {
    const row = readRow(record)
    if ('reason' in row) results.push(row)
    else rows.push(row)
  }
  const merged = mergeDuplicates(rows, keyOf, row => sources.indexOf(row.source))
  for (const { kept, copies } of merged) {
    results.push(candidateOf(kept, [kept, ...copies], physics))
    for (const copy of copies) results.push(skip(copy.id, 'copy'))
  }
  return measuredRows('serving_latency', table.records.length, results, candidates =>
    markLatencyAnomalies(candidates, physics),
  )
}

function readRow(record: CsvRecord): Row | ReturnType<typeof skip> {
  const id = record.text('id') || `line ${record.line}`
  const ttftMs = record.positive('silicon_ttft_ms')
  const tpotMs = record.positive('silicon_tpot_ms')
  if (ttftMs === null || tpotMs === null) return skip(id, 'noValue')
  const inputTokens = record.positive('isl')
  const outputTokens = record.positive('osl')
  if (inputTokens === null || outputTokens === null) return skip(id, 'noLengths')
  const concurrency = concurrencyOf(record)
  if (concurrency === null) return skip(id, 'noConcurrency')
  return {
    record,
    id,
    source: sourceOf(record.text('silicon_data_source')),
    modelId: modelIdOf(record.text('model_path')),
    acceleratorId: acceleratorIdOf(record.text('system')),
    concurrency,
    inputTokens,
    outputTokens,
    ttftMs,
    tpotMs,
  }
}

function sourceOf(text: string): Source {
  if (text.startsWith('db-dump')) return 'database'
  if (text.includes('source_file=2026-03-25')) return 'march'
  if (/source_file=\d{4}-\d{2}-\d{2}/.test(text)) return 'april'
  return text.includes('gtl_job_id') ? 'job' : 'gap'
}

/** As stated; else batch size per attention-data rank × ranks (decode pool: × workers). */
function concurrencyOf(record: CsvRecord): number | null {
  const stated = /silicon_concurrency=(\d+)/.exec(record.text('silicon_data_source'))
  if (stated) return Number(stated[1])
  const prefix = record.text('mode') === 'disagg' ? 'decode_' : ''
  const batch = record.positive(`${prefix}batch_size`)
  if (batch === null) return null
  const dataRanks = record.positive(`${prefix}attention_dp_size`) ?? 1
  return batch * dataRanks * (prefix ? (record.positive('decode_num_workers') ?? 1) : 1)
}

function keyOf(row: Row): string {
  const lengths = `${row.inputTokens}x${row.outputTokens}`
  const values = `${roundedKey(row.ttftMs)} ${roundedKey(row.tpotMs)}`
  return `${row.modelId} | ${row.acceleratorId} | ${lengths} | ${row.concurrency} | ${values}`
}

function candidateOf(row: Row, twins: readonly Row[], physics: RowPhysics | null): RowResult {
  const { record, id, modelId, acceleratorId } = row
  const engine = engineOf(record.text('backend'))
  if (engine === null) return skip(id, 'unknownEngine')
  const clues = {
    modelId,
    engine,
    version: `${record.text('backend_version')} ${record.text('silicon_data_source')}`,
    date: dateOf(record) ?? twins.map(twin => dateOf(twin.record)).find(date => date !== null) ?? null,
    inDatabaseDump: twins.some(twin => twin.source === 'database'),
  }
  const speculated = hasHiddenSpeculation(clues)
  const mode = record.text('mode')
  const deployment =
    mode === 'disagg' ? disaggregated(row, engine) : aggregated(row, twins, engine, speculated, physics)
  if ('reason' in deployment) return deployment
  const { inputTokens, outputTokens } = row
  const candidate: Candidate = {
    point: {
      id,
      file: 'serving_latency',
      modelId,
      deployment: deployment.deployment,
      shape: inferenceXShape(inputTokens, outputTokens),
      nominalInputTokens: inputTokens,
      nominalOutputTokens: outputTokens,
      load: { kind: 'closed', concurrency: row.concurrency, requests: 10 * row.concurrency },
      statistic: 'mean',
      ttftMs: row.ttftMs,
      tpotMs: row.tpotMs,
      totalTokensPerSecondPerDevice: null,
      outputTokensPerSecondPerDevice: null,
      joulesPerOutputToken: null,
      devices: deploymentDevices(deployment.deployment),
      multiNode: mode === 'disagg',
      date: clues.date,
      engineVersion: record.text('backend_version') || null,
      group: groupOf(modelId, deployment.deployment),
      decisionGroup: decisionGroupOf(modelId, acceleratorId, inputTokens, outputTokens),
      suspect: null,
    },
    campaign: [modelId, acceleratorId, engine, record.text('precision'), row.source].join(' | '),
  }
  if (speculated) return suspect(candidate, 'hiddenSpeculation')
  if (row.source === 'job') return suspect(candidate, 'inferredLoad')
  return deployment.expertsMiss ? suspect(candidate, 'expertLayout') : candidate
}

interface Placed {
  readonly deployment: Deployment
  readonly expertsMiss: boolean
}

function aggregated(
  row: Row,
  twins: readonly Row[],
  engine: Engine,
  speculated: boolean,
  physics: RowPhysics | null,
): Placed | ReturnType<typeof skip> {
  const written = writtenLayout(row.record, '')
  const parallelism = layoutOf(written, row.source)
  if (parallelism === null) return skip(row.id, 'noLayout')
  if (!isPossibleLayout(parallelism)) return skip(row.id, 'impossibleLayout')
  if (isWholeSystem(row, parallelism)) return skip(row.id, 'totalAsTensor')
  const kept =
    parallelism.attentionData > 1 ? parallelism : (dataParallelTwin(twins, parallelism) ?? parallelism)
  const { modelId, acceleratorId } = row
  return {
    deployment: {
      mode: 'aggregated',
      engine,
      precision: precisionOf(modelId, row.record.text('precision'), engine, acceleratorId),
      speculation: speculated ? speculationOfRow(modelId, 'mtp') : null,
      pool: { acceleratorId, parallelism: kept, replicas: 1 },
    },
    expertsMiss: physics?.isMixtureOfExperts(modelId) === true && expertsMissTheDevices(written, parallelism),
  }
}

/** Rule 4: the March dump sometimes loses the attention-data flag; a copy that has it, on as many devices, is right. */
function dataParallelTwin(twins: readonly Row[], parallelism: Parallelism): Parallelism | null {
  for (const twin of twins) {
    const layout = layoutOf(writtenLayout(twin.record, ''), twin.source)
    if (layout === null || layout.attentionData <= 1 || !isPossibleLayout(layout)) continue
    if (layout.tensor * layout.attentionData === parallelism.tensor) return layout
  }
  return null
}

/** Rule 5: on rack systems the dumps write a disaggregated system's total devices as the tensor size. */
function isWholeSystem(row: Row, parallelism: Parallelism): boolean {
  const fromDump = row.source === 'database' || row.source === 'march' || row.source === 'april'
  return fromDump && row.acceleratorId.startsWith('gb') && parallelism.tensor > 4
}

function disaggregated(row: Row, engine: Engine): Placed | ReturnType<typeof skip> {
  const { record, id, modelId, acceleratorId } = row
  const prefillWorkers = record.positive('prefill_num_workers')
  const decodeWorkers = record.positive('decode_num_workers')
  if (prefillWorkers === null || decodeWorkers === null) return skip(id, 'noWorkers')
  const prefill = canonicalLayout(writtenLayout(record, 'prefill_'), false)
  const decode = canonicalLayout(writtenLayout(record, 'decode_'), false)
  if (prefill === null || decode === null) return skip(id, 'noLayout')
  if (!isPossibleLayout(prefill) || !isPossibleLayout(decode)) return skip(id, 'impossibleLayout')
  return {
    deployment: {
      mode: 'disaggregated',
      engine,
      precision: precisionOf(modelId, record.text('precision'), engine, acceleratorId),
      speculation: null,
      prefill: { acceleratorId, parallelism: prefill, replicas: prefillWorkers },
      decode: { acceleratorId, parallelism: decode, replicas: decodeWorkers },
    },
    expertsMiss: false,
  }
}

function layoutOf(written: WrittenLayout, source: Source): Parallelism | null {
  return canonicalLayout(written, source !== 'gap' && source !== 'job')
}

function writtenLayout(record: CsvRecord, prefix: '' | 'prefill_' | 'decode_'): WrittenLayout {
  return {
    tensor: record.number(`${prefix}tp_size`),
    pipeline: record.number(`${prefix}pp_size`),
    attentionData: record.number(`${prefix}attention_dp_size`),
    moeTensor: record.number(`${prefix}moe_tp_size`),
    moeExpert: record.number(`${prefix}moe_ep_size`),
  }
}

function dateOf(record: CsvRecord): string | null {
  return /measured=(\d{4}-\d{2}-\d{2})/.exec(record.text('silicon_data_source'))?.[1] ?? null
}
