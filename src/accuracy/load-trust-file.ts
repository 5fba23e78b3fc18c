/** Reads the error bands and measured neighbours shipped with the project. */
import { readFileSync } from 'node:fs'
import type { ErrorBands } from './error-bands.ts'
import { type NeighbourTable, neighboursOf } from './neighbour-table.ts'
import type { TrustData } from './trust.ts'

const dataFolder = new URL('../../data/', import.meta.url)

export function loadTrustData(folder: URL = dataFolder): TrustData {
  const read = <T>(name: string) => JSON.parse(readFileSync(new URL(name, folder), 'utf8')) as T
  return {
    bands: read<ErrorBands>('calibration/error-bands.json'),
    neighbours: neighboursOf(read<NeighbourTable>('measured/serving-latency.json')),
  }
}
