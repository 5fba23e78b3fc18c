/** Columns of the facts table, alike in both databases; made from the names in code, so that the two cannot drift apart. */
import { assert } from '../../../core/assert.ts'
import { type FactDimension, factDimensions, factMeasures } from '../facts.ts'

/** `uncachedInputNanoUsd` → `uncached_input_nano_usd`. */
export function columnName(name: string): string {
  return name.replace(/[A-Z]/g, letter => `_${letter.toLowerCase()}`)
}

export const dimensionColumns: readonly string[] = factDimensions.map(columnName)
export const measureColumns: readonly string[] = factMeasures.map(columnName)
export const factColumns: readonly string[] = ['at_ms', ...dimensionColumns, ...measureColumns]

/** The column of a dimension. Text from elsewhere never becomes a part of a statement: unknown names are refused. */
export function dimensionColumn(dimension: FactDimension): string {
  assert(factDimensions.includes(dimension), `unknown dimension ${dimension}`)
  return columnName(dimension)
}
