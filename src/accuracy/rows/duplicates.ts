/** Copies of one measurement in several dumps (docs/models/measured-rows.md, rule 1). */

/** Four significant digits: enough to tell measurements apart, few enough to match rounded copies. */
export function roundedKey(value: number): string {
  return value.toExponential(3)
}

export interface Merged<Row> {
  /** The row whose layout is believed. */
  readonly kept: Row
  readonly copies: readonly Row[]
}

/** Rows with one key are one measurement; the lowest rank is kept, the earlier row among equals. Order is preserved. */
export function mergeDuplicates<Row>(
  rows: readonly Row[],
  keyOf: (row: Row) => string,
  rankOf: (row: Row) => number,
): Merged<Row>[] {
  const clusters = new Map<string, Row[]>()
  for (const row of rows) {
    const key = keyOf(row)
    const cluster = clusters.get(key)
    if (cluster) cluster.push(row)
    else clusters.set(key, [row])
  }
  return [...clusters.values()].map(cluster => {
    const kept = cluster.reduce((best, row) => (rankOf(row) < rankOf(best) ? row : best))
    return { kept, copies: cluster.filter(row => row !== kept) }
  })
}
