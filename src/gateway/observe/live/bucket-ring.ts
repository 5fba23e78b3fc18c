/** Rows added up by time, in a ring of buckets of equal width: as much memory on the last day as on the first. */
import { columns } from './live-measures.ts'

export interface BucketRing {
  readonly widthMs: number
  /** To the bucket that holds the moment; moments do not go back by more than a bucket, older ones are left out. */
  add(nowMs: number, row: Float64Array): void
  addColumn(nowMs: number, column: number, value: number): void
  /** Adds the last so many buckets, the present one included, to a row. */
  sumLast(nowMs: number, buckets: number, into: Float64Array): void
  /** Start of each bucket since a moment and its row, oldest first; empty ones, which nobody wrote to, as null. */
  since(
    nowMs: number,
    fromMs: number,
  ): readonly { readonly startMs: number; readonly row: Float64Array | null }[]
}

export function createBucketRing(widthMs: number, length: number): BucketRing {
  const rows = new Float64Array(length * columns)
  /** Number of the bucket (time ÷ width) that each place holds. */
  const numbers = new Float64Array(length).fill(-1)
  const place = (nowMs: number): number => {
    const number = Math.floor(nowMs / widthMs)
    const index = number % length
    if (numbers[index]! > number) return -1
    if (numbers[index] !== number) {
      rows.fill(0, index * columns, (index + 1) * columns)
      numbers[index] = number
    }
    return index * columns
  }
  const rowOf = (number: number): Float64Array | null => {
    const index = number % length
    return numbers[index] === number ? rows.subarray(index * columns, (index + 1) * columns) : null
  }
  return {
    widthMs,
    add(nowMs, row) {
      const start = place(nowMs)
      if (start < 0) return
      for (let index = 0; index < columns; index++) rows[start + index]! += row[index]!
    },
    addColumn(nowMs, column, value) {
      const start = place(nowMs)
      if (start >= 0) rows[start + column]! += value
    },
    sumLast(nowMs, buckets, into) {
      const last = Math.floor(nowMs / widthMs)
      for (let number = last; number > last - Math.min(buckets, length) && number >= 0; number--) {
        const row = rowOf(number)
        if (row === null) continue
        for (let index = 0; index < columns; index++) into[index]! += row[index]!
      }
    },
    since(nowMs, fromMs) {
      const last = Math.floor(nowMs / widthMs)
      const first = Math.max(Math.floor(fromMs / widthMs), last - length + 1, 0)
      const found: { startMs: number; row: Float64Array | null }[] = []
      for (let number = first; number <= last; number++)
        found.push({ startMs: number * widthMs, row: rowOf(number) })
      return found
    },
  }
}
