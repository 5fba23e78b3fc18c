/** Reads the error bands and measured neighbours shipped with the project. */
import { readFileSync } from 'node:fs'
import type { ErrorBands } from './error-bands.ts'
import type { Neighbour } from './neighbours.ts'
import type { TrustData } from './trust.ts'

const dataFolder = new URL('../../data/', import.meta.url)

/** Columns and rows, so that the file stays small. */
interface NeighbourTable {
  readonly columns: readonly (keyof Neighbour)[]
  readonly rows: readonly (readonly (string | number | null)[])[]
}

export function loadTrustData(folder: URL = dataFolder): TrustData {
  const read = <T>(name: string) => JSON.parse(readFileSync(new URL(name, folder), 'utf8')) as T
  const table = read<NeighbourTable>('measured/serving-latency.json')
  return {
    bands: read<ErrorBands>('calibration/error-bands.json'),
    neighbours: table.rows.map(
      row =>
        Object.fromEntries(
          table.columns.map((column, index) => [column, row[index]]),
        ) as unknown as Neighbour,
    ),
  }
}
