/**
 * Counts of values in buckets whose width grows with the value: quantiles within a guaranteed relative error, mergeable
 * without further loss (DDSketch: Masson, Rim and Lee, VLDB 2019). Each power of two is cut into equal parts read from the
 * bits of the number, as in Datadog's LinearlyInterpolatedMapping, rather than by a logarithm: faster, and the same
 * bucket on every machine. Why not a library: docs/decisions/0010-histograms.md.
 */
import { assert } from '../core/assert.ts'

/** Bits of the significand that choose the part of a power of two: 128 parts. */
const partBits = 7
export const bucketsPerOctave = 2 ** partBits

/**
 * A bucket [a, b) is at its widest, relative to its values, at the start of a power of two: b = a × (1 + 1/128). The value
 * that stands for it, 2ab ÷ (a + b), is off by at most (b − a) ÷ (a + b) = 1/257.
 */
export const histogramRelativeError = 1 / (2 * bucketsPerOctave + 1)

/** The upper 32 bits of a double: sign, 11 bits of exponent, 20 of the significand (IEEE 754). */
const upperSignificandBits = 20
const droppedBits = upperSignificandBits - partBits

/** Below it doubles lose bits: such values count as zero. */
const smallestNormal = 2 ** -1022
/** Far beyond any latency, and far enough below the largest double that sums of bucket edges stay finite. */
export const largestValue = 2 ** 1000

const view = new DataView(new ArrayBuffer(8))

function bucketOf(value: number): number {
  view.setFloat64(0, value)
  return view.getUint32(0) >>> droppedBits
}

export const largestBucket = bucketOf(largestValue)

/** Lower edge of a bucket. */
function edgeOf(bucket: number): number {
  view.setUint32(0, bucket << droppedBits)
  view.setUint32(4, 0)
  return view.getFloat64(0)
}

/** The value that stands for all values of a bucket. */
function middleOf(bucket: number): number {
  const low = edgeOf(bucket)
  const high = edgeOf(bucket + 1)
  return low * (2 * (high / (low + high)))
}

export class LogHistogram {
  #zeros = 0
  #first = 0
  #counts = new Float64Array(0)

  add(value: number, count: number): void {
    if (value < smallestNormal) this.#zeros += count
    else this.#addTo(bucketOf(value), count)
  }

  #addTo(bucket: number, count: number): void {
    const index = bucket - this.#first
    if (index < 0 || index >= this.#counts.length) {
      this.#grow(bucket)
      this.#counts[bucket - this.#first]! += count
    } else this.#counts[index]! += count
  }

  /** Makes room for a bucket and the power of two around it. */
  #grow(bucket: number): void {
    const octave = bucket - (bucket % bucketsPerOctave)
    const first = this.#counts.length === 0 ? octave : Math.min(this.#first, octave)
    const end = Math.max(this.#first + this.#counts.length, octave + bucketsPerOctave)
    const counts = new Float64Array(end - first)
    if (this.#counts.length > 0) counts.set(this.#counts, this.#first - first)
    this.#first = first
    this.#counts = counts
  }

  merge(other: LogHistogram): void {
    this.#zeros += other.#zeros
    const { first, counts } = { first: other.#first, counts: other.#counts }
    for (let index = 0; index < counts.length; index++) {
      if (counts[index]! > 0) this.#addTo(first + index, counts[index]!)
    }
  }

  /** The value of the given rank, from 0 for the smallest, within histogramRelativeError. */
  atRank(rank: number): number {
    let passed = this.#zeros
    if (rank < passed) return 0
    for (let index = 0; index < this.#counts.length; index++) {
      passed += this.#counts[index]!
      if (rank < passed) return middleOf(this.#first + index)
    }
    throw new Error(`assertion failed: rank ${rank} of ${passed} values`)
  }

  /** Values counted as zero, and (bucket, count) in ascending order, empty ones left out. */
  entries(): { readonly zeros: number; readonly buckets: [number, number][] } {
    const buckets: [number, number][] = []
    for (let index = 0; index < this.#counts.length; index++) {
      if (this.#counts[index]! > 0) buckets.push([this.#first + index, this.#counts[index]!])
    }
    return { zeros: this.#zeros, buckets }
  }

  static fromEntries(zeros: number, buckets: readonly (readonly [number, number])[]): LogHistogram {
    const histogram = new LogHistogram()
    histogram.#zeros = zeros
    for (const [bucket, count] of buckets) {
      assert(bucket >= 0 && bucket <= largestBucket, `a bucket lies in range, got ${bucket}`)
      histogram.#addTo(bucket, count)
    }
    return histogram
  }
}
