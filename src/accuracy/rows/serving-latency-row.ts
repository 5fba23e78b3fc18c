/** One row of serving_latency as it is written: source, names, load, lengths, values, sizes. */
import type { CsvRecord } from '../../core/csv.ts'
import type { Parallelism } from '../../perf/deployment.ts'
import { canonicalLayout, type WrittenLayout } from './canonical-layout.ts'
import { acceleratorIdOf, modelIdOf } from './names.ts'
import { skip } from './row-result.ts'

/** Which dump a row comes from; the order is whose layout is believed first. */
export const sources = ['database', 'march', 'april', 'gap', 'job'] as const
export type Source = (typeof sources)[number]

export interface Row {
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

export function readRow(record: CsvRecord): Row | ReturnType<typeof skip> {
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

export function layoutOf(written: WrittenLayout, source: Source): Parallelism | null {
  return canonicalLayout(written, source !== 'gap' && source !== 'job')
}

export function writtenLayout(record: CsvRecord, prefix: '' | 'prefill_' | 'decode_'): WrittenLayout {
  return {
    tensor: record.number(`${prefix}tp_size`),
    pipeline: record.number(`${prefix}pp_size`),
    attentionData: record.number(`${prefix}attention_dp_size`),
    moeTensor: record.number(`${prefix}moe_tp_size`),
    moeExpert: record.number(`${prefix}moe_ep_size`),
  }
}

export function dateOf(record: CsvRecord): string | null {
  return /measured=(\d{4}-\d{2}-\d{2})/.exec(record.text('silicon_data_source'))?.[1] ?? null
}
