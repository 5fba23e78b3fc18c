/** When each of many things wants to be woken: one time per index, changed at will, the earliest found at once. */

/** Indexed binary heap. Ties go to the lower index, so the order never depends on history. Infinity: not at all. */
export class WakeHeap {
  /** By index: its time, and its position in the heap. */
  readonly #times: number[] = []
  readonly #positions: number[] = []
  readonly #heap: number[] = []

  /** Earliest time, or Infinity. */
  nextUs(): number {
    return this.#heap.length === 0 ? Number.POSITIVE_INFINITY : this.#times[this.#heap[0]!]!
  }

  /** Index of the earliest; −1 when there is none at all. */
  first(): number {
    return this.#heap.length === 0 ? -1 : this.#heap[0]!
  }

  /** Sets the time of an index; indices come into being in order, without gaps. */
  set(index: number, timeUs: number): void {
    if (index === this.#positions.length) {
      this.#positions.push(this.#heap.length)
      this.#times.push(timeUs)
      this.#heap.push(index)
      this.#rise(this.#heap.length - 1)
      return
    }
    const before = this.#times[index]!
    if (before === timeUs) return
    this.#times[index] = timeUs
    if (timeUs < before) this.#rise(this.#positions[index]!)
    else this.#sink(this.#positions[index]!)
  }

  #rise(start: number): void {
    const index = this.#heap[start]!
    let position = start
    while (position > 0) {
      const parent = (position - 1) >> 1
      if (!this.#before(index, this.#heap[parent]!)) break
      this.#place(this.#heap[parent]!, position)
      position = parent
    }
    this.#place(index, position)
  }

  #sink(start: number): void {
    const index = this.#heap[start]!
    const count = this.#heap.length
    let position = start
    for (;;) {
      let child = 2 * position + 1
      if (child >= count) break
      if (child + 1 < count && this.#before(this.#heap[child + 1]!, this.#heap[child]!)) child++
      if (!this.#before(this.#heap[child]!, index)) break
      this.#place(this.#heap[child]!, position)
      position = child
    }
    this.#place(index, position)
  }

  #before(left: number, right: number): boolean {
    const a = this.#times[left]!
    const b = this.#times[right]!
    return a < b || (a === b && left < right)
  }

  #place(index: number, position: number): void {
    this.#heap[position] = index
    this.#positions[index] = position
  }
}
