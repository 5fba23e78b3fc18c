/** Requests that were told to wait: by number, in order of arrival, and each with a time at which it is asked again at the latest. */
import { EventHeap } from '../../core/event-heap.ts'

export interface Waiter {
  readonly number: number
  /** NaN: it does not wait (any more). */
  retryUs: number
}

export class WaitingLine<One extends Waiter> {
  readonly #byNumber = new Map<number, One>()
  readonly #retries = new EventHeap<One>()

  get size(): number {
    return this.#byNumber.size
  }

  find(number: number): One | undefined {
    return this.#byNumber.get(number)
  }

  /** In order of arrival. */
  all(): IterableIterator<One> {
    return this.#byNumber.values()
  }

  add(one: One, retryUs: number): void {
    this.#byNumber.set(one.number, one)
    this.postpone(one, retryUs)
  }

  postpone(one: One, retryUs: number): void {
    const dueUs = Math.ceil(retryUs)
    if (one.retryUs === dueUs) return
    one.retryUs = dueUs
    if (dueUs !== Number.POSITIVE_INFINITY) this.#retries.push(dueUs, one)
  }

  remove(one: One): void {
    this.#byNumber.delete(one.number)
    one.retryUs = Number.NaN
    // Times of those that are gone are dropped when they come up; with nobody left, at once.
    if (this.#byNumber.size === 0) while (this.#retries.pop() !== undefined);
  }

  /** When somebody wants to be asked at the latest; Infinity: nobody does. */
  nextUs(): number {
    for (;;) {
      const one = this.#retries.peek()
      if (one === undefined) return Number.POSITIVE_INFINITY
      const dueUs = this.#retries.nextUs()
      if (one.retryUs === dueUs) return dueUs
      this.#retries.pop()
    }
  }

  /** The one whose time has come; it must be postponed or removed. */
  due(nowUs: number): One | undefined {
    if (this.nextUs() > nowUs) return undefined
    const one = this.#retries.pop()!
    // Its next time is pushed even if it is the same.
    one.retryUs = Number.POSITIVE_INFINITY
    return one
  }
}
