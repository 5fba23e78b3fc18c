import { asyncBufferFromFile, parquetMetadataAsync, parquetReadObjects } from 'hyparquet'
import { compressors } from 'hyparquet-compressors'

/** One measured row; numbers are finite JavaScript numbers, everything else is text. */
export type TableRow = Readonly<Record<string, number | string>>

/** Reads the named columns of a Parquet file (ZSTD or SNAPPY), those it has; INT64 becomes number. */
export async function readTable(path: string, columns: readonly string[]): Promise<TableRow[]> {
  const file = await asyncBufferFromFile(path)
  const metadata = await parquetMetadataAsync(file)
  const present = new Set(metadata.schema.map(element => element.name))
  const wanted = columns.filter(column => present.has(column))
  const rows = await parquetReadObjects({ file, metadata, compressors, columns: wanted })
  return rows.map(row => {
    const clean: Record<string, number | string> = {}
    for (const column of columns) {
      const value: unknown = row[column]
      if (typeof value === 'bigint') clean[column] = Number(value)
      else if (typeof value === 'number' || typeof value === 'string') clean[column] = value
    }
    return clean
  })
}

export function numberIn(row: TableRow, column: string): number {
  const value = row[column]
  if (typeof value !== 'number') throw new Error(`column ${column} is not a number: ${String(value)}`)
  return value
}

export function textIn(row: TableRow, column: string): string {
  return String(row[column] ?? '')
}
