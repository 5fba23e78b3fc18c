/** Sequences that wait for a step, first come first served; preempted ones return to the front. */
import type { Sequence } from './sequence.ts'

export class WaitingQueue {
  #items: Sequence[] = []
  #head = 0

  get size(): number {
    return this.#items.length - this.#head
  }

  peek(): Sequence | undefined {
    return this.#items[this.#head]
  }

  at(index: number): Sequence | undefined {
    return this.#items[this.#head + index]
  }

  push(sequence: Sequence): void {
    this.#items.push(sequence)
  }

  /** Before all others: what preemption does. */
  pushFront(sequence: Sequence): void {
    if (this.#head > 0) this.#items[--this.#head] = sequence
    else this.#items.unshift(sequence)
  }

  /** By priority (lower first), then by arrival. */
  pushByPriority(sequence: Sequence): void {
    let low = this.#head
    let high = this.#items.length
    while (low < high) {
      const middle = (low + high) >> 1
      if (before(sequence, this.#items[middle]!)) high = middle
      else low = middle + 1
    }
    this.#items.splice(low, 0, sequence)
  }

  shift(): Sequence | undefined {
    if (this.size === 0) return undefined
    const sequence = this.#items[this.#head]!
    // The slot keeps its sequence until the array is cut: memory stays bounded by twice the queue.
    this.#head++
    if (this.#head > 1024 && this.#head * 2 > this.#items.length) {
      this.#items = this.#items.slice(this.#head)
      this.#head = 0
    }
    return sequence
  }

  remove(sequence: Sequence): boolean {
    const index = this.#items.indexOf(sequence, this.#head)
    if (index < 0) return false
    this.#items.splice(index, 1)
    return true
  }

  /** Removes the one at a position from the front. */
  removeAt(index: number): void {
    if (index === 0) this.shift()
    else this.#items.splice(this.#head + index, 1)
  }

  /** Stable reordering by a key, smaller first. */
  sortBy(key: (sequence: Sequence) => number): void {
    const rest = this.#items.slice(this.#head)
    const keys = rest.map(key)
    const order = rest.map((_, index) => index)
    order.sort((a, b) => keys[a]! - keys[b]! || a - b)
    this.#items = order.map(index => rest[index]!)
    this.#head = 0
  }

  clear(): Sequence[] {
    const all = this.#items.slice(this.#head)
    this.#items = []
    this.#head = 0
    return all
  }
}

function before(left: Sequence, right: Sequence): boolean {
  const a = left.request.priority
  const b = right.request.priority
  return a < b || (a === b && left.order < right.order)
}
