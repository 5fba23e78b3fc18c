/** The median of what came of late, for people to read. */

/** Assumed: as many as the estimates look back on. */
const kept = 64

export class RecentMedian {
  readonly #values = new Float64Array(kept)
  #count = 0

  add(value: number): void {
    this.#values[this.#count++ % kept] = value
  }

  /** null before anything came. */
  value(): number | null {
    const count = Math.min(kept, this.#count)
    if (count === 0) return null
    const sorted = this.#values.slice(0, count).sort()
    const upper = sorted[count >> 1]!
    return count % 2 === 1 ? upper : (sorted[(count >> 1) - 1]! + upper) / 2
  }
}
