/** serving_latency: closed-loop runs with the full parallel configuration, mean TTFT and TPOT in milliseconds. */
import type { CsvTable } from '../../core/csv.ts'
import { deploymentDevices, type Engine } from '../../perf/deployment.ts'
import type { MeasuredRows } from '../measured-point.ts'
import { markLatencyAnomalies } from './anomalies.ts'
import { mergeDuplicates, roundedKey } from './duplicates.ts'
import { decisionGroupOf, groupOf } from './groups.ts'
import { hasHiddenSpeculation } from './hidden-speculation.ts'
import { engineOf } from './names.ts'
import type { RowPhysics } from './row-physics.ts'
import { type Candidate, measuredRows, type RowResult, skip, suspect } from './row-result.ts'
import { aggregated, type Context, disaggregated, knownPools } from './serving-latency-deployment.ts'
import { dateOf, type Row, readRow, sources } from './serving-latency-row.ts'
import { fixedShape, inferenceXShape } from './shapes.ts'

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

export function readServingLatency(table: CsvTable, physics: RowPhysics | null): MeasuredRows {
  const results: RowResult[] = []
  const rows: Row[] = []
  for (const record of table.records) {
    const row = readRow(record)
    if ('reason' in row) results.push(row)
    else rows.push(row)
  }
  const merged = mergeDuplicates(rows, keyOf, row => sources.indexOf(row.source))
  const context: Context = { physics, known: rows.flatMap(row => knownPools(row) ?? []) }
  for (const { kept, copies } of merged) {
    results.push(candidateOf(kept, [kept, ...copies], context))
    for (const copy of copies) results.push(skip(copy.id, 'copy'))
  }
  return measuredRows('serving_latency', table.records.length, results, candidates =>
    markLatencyAnomalies(candidates, physics),
  )
}

/**
 * Source file of one of AIConfigurator's own campaigns, without its ending ("Qwen_Qwen3-32B"): sent with exactly the nominal
 * lengths (docs/models/measured-rows.md). Null for InferenceX's rows and their copies for a gap analysis.
 */
function ownCampaignOf({ source, record }: Row): string | null {
  if (source !== 'gap') return null
  const file = /source_file=([^;]*)\.csv/.exec(record.text('silicon_data_source'))?.[1] ?? ''
  return file.includes('gap-analysis') ? null : file
}

/**
 * SGLang's runs of AIConfigurator's Qwen3-32B campaign: seen in the rows, not stated by them. Their first token waits for
 * half of the loop's prompts whatever the output length (4096 tokens in, 64 users: 9.0, 8.8, 9.9 s for 128, 256 and 512
 * out), as it does when all requests are alike and end together. The other campaigns' runs do not.
 */
function hasFixedLengths(campaign: string | null, engine: Engine): boolean {
  return engine === 'sglang' && campaign === 'Qwen_Qwen3-32B'
}

function keyOf(row: Row): string {
  const lengths = `${row.inputTokens}x${row.outputTokens}`
  const values = `${roundedKey(row.ttftMs)} ${roundedKey(row.tpotMs)}`
  return `${row.modelId} | ${row.acceleratorId} | ${lengths} | ${row.concurrency} | ${values}`
}

function candidateOf(row: Row, twins: readonly Row[], context: Context): RowResult {
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
    mode === 'disagg'
      ? disaggregated(row, engine, context)
      : aggregated(row, twins, engine, speculated, context)
  if ('reason' in deployment) return deployment
  const { inputTokens, outputTokens } = row
  const campaign = ownCampaignOf(row)
  const candidate: Candidate = {
    point: {
      id,
      file: 'serving_latency',
      modelId,
      deployment: deployment.deployment,
      shape:
        campaign === null
          ? inferenceXShape(inputTokens, outputTokens)
          : fixedShape(inputTokens, outputTokens),
      nominalInputTokens: inputTokens,
      nominalOutputTokens: outputTokens,
      fixedLengths: hasFixedLengths(campaign, engine),
      load: { kind: 'closed', concurrency: row.concurrency, requests: 10 * row.concurrency },
      statistic: 'mean',
      ttftMs: row.ttftMs,
      tpotMs: row.tpotMs,
      totalTokensPerSecondPerDevice: null,
      outputTokensPerSecondPerDevice: null,
      joulesPerOutputToken: null,
      devices: deploymentDevices(deployment.deployment),
      multiNode: deployment.deployment.mode === 'disaggregated',
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
  return deployment.doubt === null ? candidate : suspect(candidate, deployment.doubt)
}
