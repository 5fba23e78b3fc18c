/**
 * Values of one metric and their quantiles: exact (every value kept) up to a limit, then a histogram with a guaranteed
 * relative error. Which of the two it is follows from the number of entries alone, so adding and merging come to the same
 * in any order. Count, minimum, maximum and mean are exact in both. docs/decisions/0010-histograms.md.
 */
import { assert } from '../core/assert.ts'
import { CompensatedSum } from './compensated-sum.ts'
import { LogHistogram, largestValue } from './log-histogram.ts'

/**
 * Entries kept before quantiles become approximate. 1.6 MB a metric and about 25 ms to sort once (120 ms when values have counts); a p99 of 200,000 values
 * still rests on 2,000 of them, and benchmarks rarely have more requests.
 */
export const defaultExactLimit = 200_000

/** Half full or more from the start would waste memory on thousands of small groups. */
const firstCapacity = 16

export type QuantileForm = 'exact' | 'approximate'

export class Distribution {
  readonly exactLimit: number
  count = 0
  minimum = Number.NaN
  maximum = Number.NaN
  readonly sum = new CompensatedSum()
  #entries = 0
  #values = new Float64Array(0)
  /** How often each value occurs; null while each occurs once. */
  #weights: Float64Array | null = null
  #sorted = true
  #histogram: LogHistogram | null = null

  constructor(exactLimit = defaultExactLimit) {
    this.exactLimit = exactLimit
  }

  get form(): QuantileForm {
    return this.#histogram === null ? 'exact' : 'approximate'
  }

  /** NaN without values. */
  get mean(): number {
    return this.count === 0 ? Number.NaN : this.sum.value / this.count
  }

  /** Adds a value so many times. NaN is how a metric says "undefined": it is left out. */
  add(value: number, count = 1): void {
    // biome-ignore lint/suspicious/noSelfCompare: the quickest test for NaN, this is called for every token step
    if (value !== value || count === 0) return
    // The message is only built when it is needed: this runs for every request and step.
    if (!(value >= 0 && value <= largestValue && count > 0)) refuse(value, count)
    this.sum.add(value * count)
    this.#count(value, value, count)
    this.#enter(value, count)
  }

  #count(minimum: number, maximum: number, count: number): void {
    if (!(minimum >= this.minimum)) this.minimum = minimum
    if (!(maximum <= this.maximum)) this.maximum = maximum
    this.count += count
  }

  #enter(value: number, count: number): void {
    if (this.#histogram !== null) {
      this.#histogram.add(value, count)
      return
    }
    if (this.#entries === this.exactLimit) {
      this.#toHistogram().add(value, count)
      return
    }
    const index = this.#entries++
    if (index === this.#values.length) this.#grow()
    this.#values[index] = value
    if (count !== 1 && this.#weights === null)
      this.#weights = new Float64Array(this.#values.length).fill(1, 0, index)
    if (this.#weights !== null) this.#weights[index] = count
    this.#sorted = false
  }

  #grow(): void {
    const capacity = Math.min(this.exactLimit, Math.max(firstCapacity, 2 * this.#values.length))
    const values = new Float64Array(capacity)
    values.set(this.#values)
    this.#values = values
    if (this.#weights === null) return
    const weights = new Float64Array(capacity)
    weights.set(this.#weights)
    this.#weights = weights
  }

  #toHistogram(): LogHistogram {
    const histogram = new LogHistogram()
    this.#histogram = histogram
    for (let index = 0; index < this.#entries; index++) {
      histogram.add(this.#values[index]!, this.#weights === null ? 1 : this.#weights[index]!)
    }
    this.#values = new Float64Array(0)
    this.#weights = null
    return histogram
  }

  /** Takes in all values of another one; the other stays as it is. */
  merge(other: Distribution): void {
    assert(this.exactLimit === other.exactLimit, 'distributions of one limit are merged')
    assert(this !== other, 'a distribution is not merged with itself')
    if (other.count === 0) return
    this.#count(other.minimum, other.maximum, other.count)
    this.sum.merge(other.sum)
    if (other.#histogram !== null) {
      const histogram = this.#histogram ?? this.#toHistogram()
      histogram.merge(other.#histogram)
      return
    }
    for (let index = 0; index < other.#entries; index++) {
      this.#enter(other.#values[index]!, other.#weights === null ? 1 : other.#weights[index]!)
    }
  }

  /**
   * Quantile of type 7 (Hyndman and Fan 1996), as core/statistics.ts has it: between order statistics at (count − 1)·q.
   * Approximate ones are within histogramRelativeError of it. NaN without values.
   */
  quantile(q: number): number {
    return this.atPosition((this.count - 1) * Math.min(1, Math.max(0, q)))
  }

  /** The value at a rank from 0 to count − 1, between two ranks interpolated. NaN outside. */
  atPosition(position: number): number {
    const below = Math.floor(position)
    if (!(below >= 0 && position <= this.count - 1)) return Number.NaN
    const low = this.#atRank(below)
    return position === below ? low : low + (this.#atRank(below + 1) - low) * (position - below)
  }

  #atRank(rank: number): number {
    if (rank === 0) return this.minimum
    if (rank === this.count - 1) return this.maximum
    if (this.#histogram !== null) {
      return Math.min(this.maximum, Math.max(this.minimum, this.#histogram.atRank(rank)))
    }
    this.#sort()
    if (this.#weights === null) return this.#values[rank]!
    let passed = 0
    for (let index = 0; ; index++) {
      passed += this.#weights[index]!
      if (rank < passed) return this.#values[index]!
    }
  }

  #sort(): void {
    if (this.#sorted) return
    this.#sorted = true
    const values = this.#values.subarray(0, this.#entries)
    if (this.#weights === null) {
      values.sort()
      return
    }
    const order = Uint32Array.from(values, (_, index) => index)
    const unordered = values.slice()
    const weights = this.#weights.slice(0, this.#entries)
    order.sort((a, b) => unordered[a]! - unordered[b]!)
    for (let index = 0; index < order.length; index++) {
      values[index] = unordered[order[index]!]!
      this.#weights[index] = weights[order[index]!]!
    }
  }

  /** What it holds, for distribution-json.ts. */
  contents():
    | { readonly form: 'exact'; readonly values: number[]; readonly weights: number[] | null }
    | { readonly form: 'approximate'; readonly histogram: LogHistogram } {
    if (this.#histogram !== null) return { form: 'approximate', histogram: this.#histogram }
    this.#sort()
    const weights = this.#weights === null ? null : [...this.#weights.subarray(0, this.#entries)]
    return { form: 'exact', values: [...this.#values.subarray(0, this.#entries)], weights }
  }

  /** Starts from a histogram that was stored; only on an empty distribution. */
  restoreHistogram(histogram: LogHistogram, minimum: number, maximum: number, count: number): void {
    assert(this.count === 0, 'a distribution is restored once')
    this.#histogram = histogram
    this.#count(minimum, maximum, count)
  }
}

function refuse(value: number, count: number): never {
  throw new Error(
    `assertion failed: values are finite and not negative, counts positive: ${value} × ${count}`,
  )
}
