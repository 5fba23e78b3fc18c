/** A doubly linked queue of slots (numbered from 1) on typed arrays: taking one out of the middle costs as little as from an end. */
export class SlotQueue {
  /** Slot 0 stands before the first and behind the last. */
  next: Int32Array
  previous: Int32Array

  constructor(slots: number) {
    this.next = new Int32Array(slots + 1)
    this.previous = new Int32Array(slots + 1)
  }

  /** First slot, 0 when empty. */
  get first(): number {
    return this.next[0]!
  }

  append(slot: number): void {
    const last = this.previous[0]!
    this.next[last] = slot
    this.previous[slot] = last
    this.next[slot] = 0
    this.previous[0] = slot
  }

  prepend(slot: number): void {
    const first = this.next[0]!
    this.previous[first] = slot
    this.next[slot] = first
    this.previous[slot] = 0
    this.next[0] = slot
  }

  remove(slot: number): void {
    const next = this.next[slot]!
    const previous = this.previous[slot]!
    this.next[previous] = next
    this.previous[next] = previous
  }

  /** The same queue with room for more slots. */
  grown(slots: number): SlotQueue {
    const larger = new SlotQueue(slots)
    larger.next.set(this.next)
    larger.previous.set(this.previous)
    return larger
  }
}
