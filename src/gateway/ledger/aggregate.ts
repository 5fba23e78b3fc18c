/** Rows of facts added up by dimensions and time. */
import { assert } from '../../core/assert.ts'
import { factDimensions, factMeasures, type LedgerFact } from './facts.ts'
import type { AggregateQuery, AggregateRow } from './store.ts'

/** Sums of rows; the rule that the databases' GROUP BY follows. */
export function aggregateFacts(facts: Iterable<LedgerFact>, query: AggregateQuery): AggregateRow[] {
  const columns = query.by.map(column)
  const conditions = Object.entries(query.where ?? {}).map(
    ([dimension, value]) => [column(dimension), value] as const,
  )
  const groups = new Map<string, { bucketMs: number | null; values: string[]; sums: bigint[] }>()
  for (const { atMs, dimensions, measures } of facts) {
    if (atMs < query.fromMs || atMs >= query.toMs) continue
    if (conditions.some(([index, value]) => dimensions[index] !== value)) continue
    const bucketMs = query.bucketMs === null ? null : atMs - (atMs % query.bucketMs)
    const values = columns.map(column => dimensions[column]!)
    const key = JSON.stringify([bucketMs, values])
    const group = groups.get(key)
    if (group === undefined) groups.set(key, { bucketMs, values, sums: [...measures] })
    else for (let index = 0; index < measures.length; index++) group.sums[index]! += measures[index]!
  }
  const rows = [...groups.values()].sort(
    (a, b) => (a.bucketMs ?? 0) - (b.bucketMs ?? 0) || compareTexts(a.values, b.values),
  )
  return rows.map(({ bucketMs, values, sums }) => ({
    bucketMs,
    dimensions: Object.fromEntries(query.by.map((dimension, index) => [dimension, values[index]!])),
    measures: measuresOf(sums),
  }))
}

function column(dimension: string): number {
  const index = (factDimensions as readonly string[]).indexOf(dimension)
  assert(index >= 0, `unknown dimension ${dimension}`)
  return index
}

/** Names the sums, in the order of factMeasures. */
export function measuresOf(sums: readonly bigint[]): AggregateRow['measures'] {
  return Object.fromEntries(
    factMeasures.map((name, index) => [name, sums[index]!]),
  ) as AggregateRow['measures']
}

/** By code point of UTF-8, as both databases compare under binary collation. */
function compareTexts(a: readonly string[], b: readonly string[]): number {
  for (let index = 0; index < a.length; index++) {
    const order = Buffer.compare(Buffer.from(a[index]!), Buffer.from(b[index]!))
    if (order !== 0) return order
  }
  return 0
}
