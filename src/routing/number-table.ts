/**
 * A hash table from whole numbers (0 to 2^53) to small non-negative integers, without an allocation per entry: a Map would box
 * every large key. Open addressing with linear probing, key and value side by side; removal shifts entries back, so that it
 * never fills with tombstones (Knuth, The Art of Computer Programming 3, 6.4, algorithm R).
 */
import { assert } from '../core/assert.ts'
import { mix32 } from '../core/random.ts'

const vacant = -1
const smallest = 16

export class NumberTable {
  /** Key of place p at 2p, its value at 2p + 1. */
  #entries = emptyEntries(smallest)
  #mask = smallest - 1
  #size = 0

  get size(): number {
    return this.#size
  }

  /** The value of a key, or -1. */
  get(key: number): number {
    const entries = this.#entries
    const mask = this.#mask
    let place = hash(key) & mask
    for (;;) {
      const found = entries[2 * place]!
      if (found === key) return entries[2 * place + 1]!
      if (found === vacant) return -1
      place = (place + 1) & mask
    }
  }

  set(key: number, value: number): void {
    assert(key >= 0, 'keys of a number table are not negative')
    const entries = this.#entries
    const mask = this.#mask
    let place = hash(key) & mask
    while (entries[2 * place] !== vacant && entries[2 * place] !== key) place = (place + 1) & mask
    const isNew = entries[2 * place] === vacant
    entries[2 * place] = key
    entries[2 * place + 1] = value
    // Half full at most: probes stay short.
    if (isNew && ++this.#size * 2 > mask) this.#resize((mask + 1) * 2)
  }

  delete(key: number): void {
    const entries = this.#entries
    const mask = this.#mask
    let hole = hash(key) & mask
    for (;;) {
      const found = entries[2 * hole]!
      if (found === vacant) return
      if (found === key) break
      hole = (hole + 1) & mask
    }
    this.#size--
    let place = hole
    for (;;) {
      place = (place + 1) & mask
      const found = entries[2 * place]!
      if (found === vacant) break
      const home = hash(found) & mask
      // An entry may move back to the hole unless its home lies between the two.
      if (((place - home) & mask) < ((place - hole) & mask)) continue
      entries[2 * hole] = found
      entries[2 * hole + 1] = entries[2 * place + 1]!
      hole = place
    }
    entries[2 * hole] = vacant
    if (mask >= smallest && this.#size * 8 < mask) this.#resize((mask + 1) / 2)
  }

  #resize(capacity: number): void {
    const before = this.#entries
    const entries = emptyEntries(capacity)
    const mask = capacity - 1
    for (let index = 0; index < before.length; index += 2) {
      const key = before[index]!
      if (key === vacant) continue
      let place = hash(key) & mask
      while (entries[2 * place] !== vacant) place = (place + 1) & mask
      entries[2 * place] = key
      entries[2 * place + 1] = before[index + 1]!
    }
    this.#entries = entries
    this.#mask = mask
  }
}

function emptyEntries(capacity: number): Float64Array {
  return new Float64Array(2 * capacity).fill(vacant)
}

/** Low and high half of the number, mixed: neighbours are spread, so that runs of ids do not cluster. */
function hash(key: number): number {
  return mix32(key ^ Math.imul((key / 4294967296) | 0, 0x9e3779b1))
}
