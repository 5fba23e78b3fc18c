/**
 * A Prometheus histogram that takes weights: one call for all sequences of a step. Counts are exact up to 2^53.
 * Upper bounds are inclusive; the last bucket is +Inf.
 */
import { assert } from '../../core/assert.ts'

export interface Histogram {
  readonly bounds: readonly number[]
  /** Per bucket, not cumulative; one more than bounds. */
  readonly counts: Float64Array
  count: number
  sum: number
}

/** bounds: rising, without +Inf. */
export function createHistogram(bounds: readonly number[]): Histogram {
  for (let index = 1; index < bounds.length; index++)
    assert(bounds[index]! > bounds[index - 1]!, 'bucket bounds rise')
  return { bounds, counts: new Float64Array(bounds.length + 1), count: 0, sum: 0 }
}

/** Counts a value `weight` times. NaN stands for what did not happen and is not counted. */
export function observe(histogram: Histogram, value: number, weight = 1): void {
  if (Number.isNaN(value) || weight <= 0) return
  const { bounds } = histogram
  let index = 0
  while (index < bounds.length && value > bounds[index]!) index++
  histogram.counts[index]! += weight
  histogram.count += weight
  histogram.sum += value * weight
}
