/** Requests that were told to wait: asked again in order of arrival when something changed, and each at its own time. */
import { EventHeap } from '../core/event-heap.ts'
import type { Flight, Place } from './flight.ts'

export class WaitingLine {
  readonly #place: Place
  #line: Flight[] = []
  #head = 0
  #size = 0
  readonly #retries = new EventHeap<Flight>()

  /** A request counts as waiting here while it is in that place and in this line. */
  constructor(place: Place) {
    this.#place = place
  }

  get size(): number {
    return this.#size
  }

  /** When somebody wants to be asked at the latest. */
  nextUs(): number {
    for (;;) {
      const flight = this.#retries.peek()
      if (flight === undefined) return Number.POSITIVE_INFINITY
      const dueUs = this.#retries.nextUs()
      if (flight.place === this.#place && flight.retryUs === dueUs) return dueUs
      this.#retries.pop()
    }
  }

  add(flight: Flight, retryUs: number): void {
    flight.place = this.#place
    this.#line.push(flight)
    this.#size++
    this.postpone(flight, retryUs)
  }

  /** Still waiting; asked again at retryUs at the latest. */
  postpone(flight: Flight, retryUs: number): void {
    const dueUs = Math.ceil(retryUs)
    if (flight.retryUs === dueUs) return
    flight.retryUs = dueUs
    if (dueUs !== Number.POSITIVE_INFINITY) this.#retries.push(dueUs, flight)
  }

  /** It leaves; the caller gives it another place. */
  remove(flight: Flight): void {
    this.#size--
    flight.retryUs = Number.NaN
  }

  /** The one that waits longest; undefined when nobody does. */
  first(): Flight | undefined {
    while (this.#head < this.#line.length) {
      const flight = this.#line[this.#head]!
      if (flight.place === this.#place && !Number.isNaN(flight.retryUs)) return flight
      this.#head++
      // Cut off what is done with when it is the larger half: constant time on average.
      if (this.#head > 64 && this.#head * 2 > this.#line.length) {
        this.#line = this.#line.slice(this.#head)
        this.#head = 0
      }
    }
    this.#line.length = 0
    this.#head = 0
    return undefined
  }

  /** The one whose time has come. */
  due(nowUs: number): Flight | undefined {
    if (this.nextUs() > nowUs) return undefined
    return this.#retries.pop()
  }
}
