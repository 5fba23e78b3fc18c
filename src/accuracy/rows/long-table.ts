/**
 * Tables with one metric a row and the same 25 columns: TensorRT-LLM's own tables, MLPerf Inference, vLLM summaries.
 * The source column tells them apart.
 */
import type { CsvRecord, CsvTable } from '../../core/csv.ts'
import { TokenwrightError } from '../../core/errors.ts'
import type { MeasuredFile, MeasuredRows } from '../measured-point.ts'
import { readMlperfMeasurement } from './mlperf.ts'
import type { RowPhysics } from './row-physics.ts'
import { measuredRows, type RowResult, skip } from './row-result.ts'
import { readOnlineMeasurement } from './trtllm-online.ts'
import { readOfflineMeasurement } from './trtllm-overview.ts'

export const longTableColumns = [
  'source',
  'accelerator',
  'n_accelerators',
  'model',
  'precision',
  'engine',
  'scenario',
  'isl_mean',
  'osl_mean',
  'tp',
  'metric',
  'value',
  'unit',
]

/** The rows of one measurement, first row first. */
export type Measurement = readonly [CsvRecord, ...CsvRecord[]]

interface LongFormat {
  readonly file: MeasuredFile
  readonly source: RegExp
  readonly read: (measurement: Measurement) => RowResult
}

const formats: readonly LongFormat[] = [
  { file: 'trtllm_perf_overview', source: /perf-overview/i, read: readOfflineMeasurement },
  { file: 'trtllm_online_serving', source: /online serving/i, read: readOnlineMeasurement },
  { file: 'mlperf_inference', source: /mlperf/i, read: readMlperfMeasurement },
  {
    file: 'vllm_open_loop_summaries',
    source: /sim-to-real|open.?loop/i,
    read: rows => skip(lineId(rows[0]), 'noArrivalRate'),
  },
]

export function readLongTable(table: CsvTable, _physics: RowPhysics | null): MeasuredRows {
  const first = table.records[0]!
  const format = formats.find(({ source }) => source.test(first.text('source')))
  if (format === undefined) {
    throw new TokenwrightError(
      'measurements',
      `No measurements are known from the source "${first.text('source')}"`,
      {
        where: `line ${first.line}`,
        fix: "The source column must name TensorRT-LLM's tables, MLPerf Inference or the sim-to-real set.",
      },
    )
  }
  const results: RowResult[] = groupMeasurements(table.records).flatMap(measurement => {
    const [, ...others] = measurement
    return [format.read(measurement), ...others.map(record => skip(lineId(record), 'anotherMetric'))]
  })
  return measuredRows(format.file, table.records.length, results)
}

export function lineId(record: CsvRecord): string {
  return `line ${record.line}`
}

/** Rows that differ in metric, value and unit only; a repeated metric begins a new measurement. */
function groupMeasurements(records: readonly CsvRecord[]): Measurement[] {
  const columns = [
    'source_ref',
    'date',
    'system',
    'accelerator',
    'n_accelerators',
    'model',
    'precision',
    'scenario',
  ]
  const sizes = ['engine_version', 'isl_mean', 'osl_mean', 'tp', 'pp', 'ep', 'dp', 'concurrency', 'notes']
  const open = new Map<string, { rows: [CsvRecord, ...CsvRecord[]]; metrics: Set<string> }>()
  const measurements: Measurement[] = []
  for (const record of records) {
    const key = [...columns, ...sizes].map(column => record.text(column)).join(' | ')
    const metric = record.text('metric')
    const current = open.get(key)
    if (current && !current.metrics.has(metric)) {
      current.rows.push(record)
      current.metrics.add(metric)
      continue
    }
    const rows: [CsvRecord, ...CsvRecord[]] = [record]
    open.set(key, { rows, metrics: new Set([metric]) })
    measurements.push(rows)
  }
  return measurements
}
