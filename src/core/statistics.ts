/** Descriptive statistics over plain numbers. Empty input gives NaN, never a guess. */

export function mean(values: readonly number[]): number {
  return values.length === 0 ? Number.NaN : values.reduce((sum, value) => sum + value, 0) / values.length
}

/** exp(mean(ln x)); all values must be above zero. */
export function geometricMean(values: readonly number[]): number {
  return Math.exp(mean(values.map(value => Math.log(value))))
}

export function median(values: readonly number[]): number {
  return quantile(values, 0.5)
}

/**
 * Quantile of type 7 (Hyndman and Fan 1996; the default of R and NumPy): linear interpolation between order
 * statistics at position (n − 1)·q.
 */
export function quantile(values: readonly number[], q: number): number {
  if (values.length === 0) return Number.NaN
  const sorted = [...values].sort((a, b) => a - b)
  const position = (sorted.length - 1) * Math.min(1, Math.max(0, q))
  const below = Math.floor(position)
  const low = sorted[below]!
  const high = sorted[Math.min(below + 1, sorted.length - 1)]!
  return low + (high - low) * (position - below)
}

/** Spearman's rank correlation with mean ranks for ties; NaN when a side has no spread or fewer than two values. */
export function spearman(left: readonly number[], right: readonly number[]): number {
  if (left.length !== right.length || left.length < 2) return Number.NaN
  return pearson(ranks(left), ranks(right))
}

/** Ranks from 1; equal values share the mean of their ranks. */
export function ranks(values: readonly number[]): number[] {
  const order = values.map((value, index) => ({ value, index })).sort((a, b) => a.value - b.value)
  const result = new Array<number>(values.length).fill(0)
  for (let start = 0; start < order.length; ) {
    let end = start
    while (end + 1 < order.length && order[end + 1]!.value === order[start]!.value) end += 1
    for (let i = start; i <= end; i += 1) result[order[i]!.index] = (start + end) / 2 + 1
    start = end + 1
  }
  return result
}

function pearson(left: readonly number[], right: readonly number[]): number {
  const meanLeft = mean(left)
  const meanRight = mean(right)
  let covariance = 0
  let varianceLeft = 0
  let varianceRight = 0
  for (let i = 0; i < left.length; i += 1) {
    const a = left[i]! - meanLeft
    const b = right[i]! - meanRight
    covariance += a * b
    varianceLeft += a * a
    varianceRight += b * b
  }
  return varianceLeft === 0 || varianceRight === 0
    ? Number.NaN
    : covariance / Math.sqrt(varianceLeft * varianceRight)
}
