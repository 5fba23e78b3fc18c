/** Sums by dimensions as one statement, in either database's dialect. */
import { measuresOf } from '../aggregate.ts'
import type { FactDimension } from '../facts.ts'
import type { AggregateQuery, AggregateRow } from '../store.ts'
import { dimensionColumn, measureColumns } from './column-names.ts'

/** Texts are compared byte by byte, so that both databases order alike. */
const dialects = {
  sqlite: { parameter: () => '?', collation: '' },
  postgres: { parameter: (index: number) => `$${index}::text`, collation: ' COLLATE "C"' },
} as const

/** Names come from lists in code, values are bound. */
export function aggregateStatement(
  query: AggregateQuery,
  table: string,
  dialect: keyof typeof dialects,
): { readonly sql: string; readonly values: (string | number)[] } {
  const { collation } = dialects[dialect]
  const values: (string | number)[] = []
  const bindText = (value: string): string => {
    values.push(value)
    return dialects[dialect].parameter(values.length)
  }
  const bindInteger = (value: number): string => {
    values.push(value)
    return dialect === 'postgres' ? `$${values.length}::bigint` : '?'
  }
  const by = query.by.map(dimensionColumn)
  const bucket =
    query.bucketMs === null ? [] : [`at_ms - at_ms % ${bindInteger(query.bucketMs)} AS bucket_ms`]
  const columns = [...bucket, ...by, ...measureColumns.map(column => `sum(${column}) AS ${column}`)]
  const conditions = [`at_ms >= ${bindInteger(query.fromMs)}`, `at_ms < ${bindInteger(query.toMs)}`]
  for (const [dimension, value] of Object.entries(query.where ?? {})) {
    conditions.push(`${dimensionColumn(dimension as FactDimension)} = ${bindText(value)}`)
  }
  const groups = [...(bucket.length === 0 ? [] : ['bucket_ms']), ...by]
  const order = [...(bucket.length === 0 ? [] : ['bucket_ms']), ...by.map(column => `${column}${collation}`)]
  const grouping =
    groups.length === 0 ? 'HAVING count(*) > 0' : `GROUP BY ${groups.join(', ')} ORDER BY ${order.join(', ')}`
  return {
    sql: `SELECT ${columns.join(', ')} FROM ${table} WHERE ${conditions.join(' AND ')} ${grouping}`,
    values,
  }
}

/** A row of either database as an answer; integers may come as text. */
export function aggregateRow(row: Readonly<Record<string, unknown>>, query: AggregateQuery): AggregateRow {
  return {
    bucketMs: query.bucketMs === null ? null : Number(row.bucket_ms),
    dimensions: Object.fromEntries(query.by.map(name => [name, String(row[dimensionColumn(name)])])),
    measures: measuresOf(measureColumns.map(column => BigInt(String(row[column])))),
  }
}
