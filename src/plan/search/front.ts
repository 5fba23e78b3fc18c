/** Pareto fronts: points that no other point beats in both directions (Pareto 1906; kept sorted, one pass to insert). */

/** Something with a value to be large (interactivity) and one to be small (cost, or minus throughput). */
export interface FrontEntry<T> {
  readonly high: number
  readonly low: number
  readonly item: T
}

export class ParetoFront<T> {
  /** Sorted by falling `high`, so `low` falls too. */
  #entries: FrontEntry<T>[] = []
  readonly #order: (a: T, b: T) => number

  /** `order` decides between equals, so that the order of insertion does not. */
  constructor(order: (a: T, b: T) => number) {
    this.#order = order
  }

  get items(): T[] {
    return this.#entries.map(entry => entry.item)
  }

  get entries(): readonly FrontEntry<T>[] {
    return this.#entries
  }

  /** Whether some entry is at least as good in both: nothing inside such a box can enter. */
  dominates(high: number, low: number): boolean {
    // Entries with high' ≥ high come first; the last of them has the smallest low.
    let from = 0
    let to = this.#entries.length
    while (from < to) {
      const middle = (from + to) >> 1
      if (this.#entries[middle]!.high >= high) from = middle + 1
      else to = middle
    }
    return from > 0 && this.#entries[from - 1]!.low <= low
  }

  add(high: number, low: number, item: T): boolean {
    const same = this.#entries.findIndex(entry => entry.high === high && entry.low === low)
    if (same >= 0) {
      if (this.#order(item, this.#entries[same]!.item) >= 0) return false
      this.#entries[same] = { high, low, item }
      return true
    }
    if (this.dominates(high, low)) return false
    const kept = this.#entries.filter(entry => !(high >= entry.high && low <= entry.low))
    const position = kept.findIndex(entry => entry.high < high)
    kept.splice(position < 0 ? kept.length : position, 0, { high, low, item })
    this.#entries = kept
    return true
  }
}

/** All entries that nothing else beats, best `high` first. */
export function paretoFront<T>(
  items: readonly T[],
  high: (item: T) => number,
  low: (item: T) => number,
  order: (a: T, b: T) => number,
): T[] {
  const front = new ParetoFront<T>(order)
  for (const item of items) front.add(high(item), low(item), item)
  return front.items
}
