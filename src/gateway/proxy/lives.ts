/** Requests that were let in and are not over. Any of them leaves at once, and nothing of it stays behind (routing/number-map.ts tells what a Set would keep). */
import type { RequestLife } from './request-life.ts'

export class Lives {
  readonly #lives: RequestLife[] = []

  get size(): number {
    return this.#lives.length
  }

  add(life: RequestLife): void {
    life.place = this.#lives.push(life) - 1
  }

  /** Does nothing when it is not here (any more). */
  delete(life: RequestLife): void {
    const { place } = life
    if (this.#lives[place] !== life) return
    const last = this.#lives.pop()!
    if (last !== life) {
      this.#lives[place] = last
      last.place = place
    }
    life.place = -1
  }

  /** Lives may come and leave meanwhile: each that was here at the beginning is told, unless it has left. */
  tick(nowUs: number): void {
    for (const life of [...this.#lives]) life.tick(nowUs)
  }
}
