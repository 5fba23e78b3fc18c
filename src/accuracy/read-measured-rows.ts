/** The text of a measured CSV → points to predict. Files are recognised by their columns, never by their names. */
import { type CsvTable, parseCsv } from '../core/csv.ts'
import { TokenwrightError } from '../core/errors.ts'
import type { MeasuredRows } from './measured-point.ts'
import { longTableColumns, readLongTable } from './rows/long-table.ts'
import type { RowPhysics } from './rows/row-physics.ts'
import { readServingDated, servingDatedColumns } from './rows/serving-dated.ts'
import { readServingLatency, servingLatencyColumns } from './rows/serving-latency.ts'
import { readThroughputEnergy, throughputEnergyColumns } from './rows/throughput-energy.ts'

interface Format {
  readonly columns: readonly string[]
  readonly read: (table: CsvTable, physics: RowPhysics | null) => MeasuredRows
}

const formats: readonly Format[] = [
  { columns: servingLatencyColumns, read: readServingLatency },
  { columns: throughputEnergyColumns, read: readThroughputEnergy },
  { columns: servingDatedColumns, read: readServingDated },
  { columns: longTableColumns, read: readLongTable },
]

/**
 * Reads one measured file. Without `physics` the rules that need a model's size (implied utilisation, eager mode,
 * expert layout) are not applied.
 */
export function readMeasuredRows(csvText: string, physics: RowPhysics | null = null): MeasuredRows {
  const table = parseCsv(csvText)
  const missing = formats.map(format => format.columns.filter(column => !table.header.includes(column)))
  const index = missing.findIndex(columns => columns.length === 0)
  if (index < 0) throw unknownColumns(missing)
  if (table.records.length === 0) {
    throw new TokenwrightError('measurements', 'The file has a header but no rows', { where: 'line 2' })
  }
  return formats[index]!.read(table, physics)
}

/** Names the columns that the nearest format lacks. */
function unknownColumns(missing: readonly (readonly string[])[]): TokenwrightError {
  const nearest = missing.reduce((best, columns) => (columns.length < best.length ? columns : best))
  return new TokenwrightError('measurements', 'The columns are of no known measurement file', {
    where: 'line 1',
    fix: `The nearest format also needs: ${nearest.join(', ')}.`,
  })
}
