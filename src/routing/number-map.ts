/**
 * A map from whole numbers (0 to 2^53) to objects that come and go by the thousand. V8's own Map makes a new table again and again when
 * entries are put in and taken out, and each old table leads to the next one: once one of them is among the old objects, it keeps
 * everything that was in any later one until the next full collection. Here what is taken out is gone.
 */
import { NumberTable } from './number-table.ts'

export class NumberMap<Value> {
  readonly #places = new NumberTable()
  readonly #values: (Value | undefined)[] = []
  readonly #free: number[] = []

  get size(): number {
    return this.#places.size
  }

  get(key: number): Value | undefined {
    const place = this.#places.get(key)
    return place === -1 ? undefined : this.#values[place]
  }

  set(key: number, value: Value): void {
    let place = this.#places.get(key)
    if (place === -1) {
      place = this.#free.pop() ?? this.#values.length
      this.#places.set(key, place)
    }
    this.#values[place] = value
  }

  /** false: it was not there. */
  delete(key: number): boolean {
    const place = this.#places.get(key)
    if (place === -1) return false
    this.#places.delete(key)
    this.#values[place] = undefined
    this.#free.push(place)
    return true
  }
}
