/** Measured points as data/measured holds them: columns and rows, so that the file stays small. */
import type { Neighbour } from './neighbours.ts'

export interface NeighbourTable {
  readonly columns: readonly (keyof Neighbour)[]
  readonly rows: readonly (readonly (string | number | null)[])[]
}

/** The table's rows as objects. */
export function neighboursOf({ columns, rows }: NeighbourTable): Neighbour[] {
  return rows.map(
    row => Object.fromEntries(columns.map((column, index) => [column, row[index]])) as unknown as Neighbour,
  )
}
