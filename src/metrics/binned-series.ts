/**
 * Amounts over time in a fixed number of bins: when a run outgrows them, neighbours are added together and each bin
 * covers twice the time. A minute and a day take the same memory. Amounts are spread evenly over their interval, so the
 * order in which they arrive does not matter, and their sum is kept.
 *
 * A level that lasts (requests in flight, share of a cache in use) is the amount level × time; its mean in a bin is that
 * amount ÷ the bin's width.
 */
import { assert } from '../core/assert.ts'

/** Bins at first: run ÷ 1024 to run ÷ 512 is as fine as a figure or an edge of the steady window needs; 8 KB a column. */
export const defaultBins = 1024
/** 1 ms: the resolution in which latencies are told, and about a second for all bins. */
const firstWidthUs = 1000

export class BinnedSeries<Column extends string> {
  readonly columns: readonly Column[]
  readonly bins: number
  widthUs = firstWidthUs
  /** Bins from the first to the last that holds something. */
  usedBins = 0
  readonly #amounts: readonly Float64Array[]

  constructor(columns: readonly Column[], bins = defaultBins) {
    assert(Number.isInteger(bins) && bins >= 2 && bins % 2 === 0, `bins come in pairs, got ${bins}`)
    this.columns = columns
    this.bins = bins
    this.#amounts = columns.map(() => new Float64Array(bins))
  }

  /** The number of a column, for add(). */
  column(name: Column): number {
    const index = this.columns.indexOf(name)
    assert(index >= 0, `no column ${name}`)
    return index
  }

  /** Spreads an amount evenly over [startUs, endUs); all at startUs when the two are equal. */
  add(column: number, startUs: number, endUs: number, amount: number): void {
    // The message is only built when it is needed: this runs for every request and step.
    if (!(startUs >= 0 && endUs >= startUs && endUs < Infinity)) refuse(startUs, endUs)
    if (endUs >= this.widthUs * this.bins) this.reach(endUs)
    const amounts = this.#amounts[column]!
    const first = Math.floor(startUs / this.widthUs)
    const last = Math.floor(endUs / this.widthUs)
    if (last >= this.usedBins) this.usedBins = last + 1
    if (first === last) {
      amounts[first]! += amount
      return
    }
    const perUs = amount / (endUs - startUs)
    amounts[first]! += perUs * ((first + 1) * this.widthUs - startUs)
    for (let bin = first + 1; bin < last; bin++) amounts[bin]! += perUs * this.widthUs
    amounts[last]! += perUs * (endUs - last * this.widthUs)
  }

  /** Makes the bins wide enough for a time. */
  reach(timeUs: number): void {
    assert(timeUs < Infinity, `no time on the clock of the run: ${timeUs} µs`)
    while (timeUs >= this.widthUs * this.bins) this.#double()
  }

  #double(): void {
    const half = this.bins / 2
    for (const amounts of this.#amounts) {
      for (let bin = 0; bin < half; bin++) amounts[bin] = amounts[2 * bin]! + amounts[2 * bin + 1]!
      amounts.fill(0, half)
    }
    this.widthUs *= 2
    this.usedBins = Math.ceil(this.usedBins / 2)
  }

  /** Amounts by bin; a view, valid until the next add(). */
  amounts(column: number): Float64Array {
    return this.#amounts[column]!.subarray(0, this.usedBins)
  }

  total(column: number): number {
    return this.amounts(column).reduce((sum, amount) => sum + amount, 0)
  }

  /** What falls between two times; bins that are cut give their share by time. */
  between(column: number, startUs: number, endUs: number): number {
    const amounts = this.amounts(column)
    const first = Math.max(0, Math.floor(startUs / this.widthUs))
    let sum = 0
    for (let bin = first; bin < amounts.length && bin * this.widthUs < endUs; bin++) {
      const from = Math.max(startUs, bin * this.widthUs)
      const to = Math.min(endUs, (bin + 1) * this.widthUs)
      sum += (amounts[bin]! * (to - from)) / this.widthUs
    }
    return sum
  }

  /** Takes in another series of the same columns on the same clock; the other becomes as coarse as the coarser one. */
  merge(other: BinnedSeries<Column>): void {
    assert(this !== other && this.bins === other.bins, 'two series of as many bins are merged')
    assert(this.columns.join() === other.columns.join(), 'series of the same columns are merged')
    while (this.widthUs < other.widthUs) this.#double()
    while (other.widthUs < this.widthUs) other.#double()
    this.usedBins = Math.max(this.usedBins, other.usedBins)
    for (const [column, amounts] of this.#amounts.entries()) {
      const others = other.#amounts[column]!
      for (let bin = 0; bin < this.usedBins; bin++) amounts[bin]! += others[bin]!
    }
  }
}

function refuse(startUs: number, endUs: number): never {
  throw new Error(`assertion failed: no interval on the clock of the run: ${startUs} to ${endUs} µs`)
}
