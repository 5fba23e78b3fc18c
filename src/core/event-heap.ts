/** A priority queue by time, ties in the order of insertion: what makes a run repeatable. Binary heap (Williams 1964). */
export class EventHeap<T> {
  readonly #times: number[] = []
  readonly #orders: number[] = []
  readonly #values: T[] = []
  #order = 0

  get size(): number {
    return this.#values.length
  }

  /** Time of the earliest event, or Infinity. */
  nextUs(): number {
    return this.#times.length === 0 ? Number.POSITIVE_INFINITY : this.#times[0]!
  }

  peek(): T | undefined {
    return this.#values[0]
  }

  push(timeUs: number, value: T): void {
    const order = this.#order++
    let index = this.#values.length
    this.#times.push(timeUs)
    this.#orders.push(order)
    this.#values.push(value)
    while (index > 0) {
      const parent = (index - 1) >> 1
      if (this.#times[parent]! <= timeUs) break
      this.#copy(parent, index)
      index = parent
    }
    this.#set(index, timeUs, order, value)
  }

  /** Removes and returns the earliest event. */
  pop(): T | undefined {
    const count = this.#values.length
    if (count === 0) return undefined
    const first = this.#values[0]!
    const timeUs = this.#times.pop()!
    const order = this.#orders.pop()!
    const value = this.#values.pop()!
    if (count > 1) this.#sink(timeUs, order, value)
    return first
  }

  #sink(timeUs: number, order: number, value: T): void {
    const count = this.#values.length
    let index = 0
    for (;;) {
      let child = 2 * index + 1
      if (child >= count) break
      if (child + 1 < count && this.#before(child + 1, child)) child++
      const childTime = this.#times[child]!
      if (childTime > timeUs || (childTime === timeUs && this.#orders[child]! > order)) break
      this.#copy(child, index)
      index = child
    }
    this.#set(index, timeUs, order, value)
  }

  #before(left: number, right: number): boolean {
    const a = this.#times[left]!
    const b = this.#times[right]!
    return a < b || (a === b && this.#orders[left]! < this.#orders[right]!)
  }

  #copy(from: number, to: number): void {
    this.#times[to] = this.#times[from]!
    this.#orders[to] = this.#orders[from]!
    this.#values[to] = this.#values[from]!
  }

  #set(index: number, timeUs: number, order: number, value: T): void {
    this.#times[index] = timeUs
    this.#orders[index] = order
    this.#values[index] = value
  }
}
