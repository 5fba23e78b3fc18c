/** Mean, spread and quantiles of many numbers at once. */

export interface Distribution {
  readonly count: number
  readonly mean: number
  /** Sample standard deviation ÷ mean; 0 for fewer than two or for a mean of 0. */
  readonly variation: number
  readonly p50: number
  readonly p90: number
  readonly p99: number
  readonly maximum: number
  readonly total: number
}

/** Sorts `values` in place. Null when there are none. */
export function distributionOf(values: Float64Array): Distribution | null {
  return values.length === 0 ? null : distributionOfSorted(values.sort())
}

/** Of values already in order, at least one. */
export function distributionOfSorted(sorted: Float64Array): Distribution {
  const count = sorted.length
  const { mean, variation } = momentsOf(sorted)
  return {
    count,
    mean,
    variation,
    p50: quantileOfSorted(sorted, 0.5),
    p90: quantileOfSorted(sorted, 0.9),
    p99: quantileOfSorted(sorted, 0.99),
    maximum: sorted[count - 1]!,
    total: mean * count,
  }
}

/** Mean and variation in one pass (Welford 1962). */
export function momentsOf(values: Float64Array): { readonly mean: number; readonly variation: number } {
  let mean = 0
  let squares = 0
  for (let index = 0; index < values.length; index++) {
    const delta = values[index]! - mean
    mean += delta / (index + 1)
    squares += delta * (values[index]! - mean)
  }
  const variation = values.length < 2 || mean === 0 ? 0 : Math.sqrt(squares / (values.length - 1)) / mean
  return { mean, variation }
}

/** Quantile of type 7 (Hyndman and Fan 1996), as core/statistics.ts has it, of values already in order. */
export function quantileOfSorted(sorted: Float64Array, share: number): number {
  const position = (sorted.length - 1) * share
  const below = Math.floor(position)
  const low = sorted[below]!
  const high = sorted[Math.min(below + 1, sorted.length - 1)]!
  return low + (high - low) * (position - below)
}

/** Pearson's correlation; null where a side has no spread. */
export function correlationOf(left: Float64Array, right: Float64Array): number | null {
  const meanLeft = momentsOf(left).mean
  const meanRight = momentsOf(right).mean
  let both = 0
  let squaresLeft = 0
  let squaresRight = 0
  for (let index = 0; index < left.length; index++) {
    const a = left[index]! - meanLeft
    const b = right[index]! - meanRight
    both += a * b
    squaresLeft += a * a
    squaresRight += b * b
  }
  return squaresLeft === 0 || squaresRight === 0 ? null : both / Math.sqrt(squaresLeft * squaresRight)
}

/** Ranks from 1, ties sharing their mean rank: Pearson's correlation of ranks is Spearman's. `sorted` holds the same values. */
export function ranksOf(values: Float64Array, sorted: Float64Array): Float64Array {
  const rankOf = new Map<number, number>()
  for (let start = 0; start < sorted.length; ) {
    let end = start
    while (end + 1 < sorted.length && sorted[end + 1] === sorted[start]) end++
    rankOf.set(sorted[start]!, (start + end) / 2 + 1)
    start = end + 1
  }
  return values.map(value => rankOf.get(value)!)
}
