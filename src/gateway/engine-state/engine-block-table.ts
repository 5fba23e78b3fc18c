/**
 * What one engine rank holds, by its own hashes: engine hash → prefix state, where the block stands in one of ours, and on which
 * tiers it lies. 18 bytes a place, at most three quarters full: 24 to 48 bytes a block. Open addressing with linear
 * probing; removal shifts entries back (Knuth, The Art of Computer Programming 3, 6.4, algorithm R). A Map of bigints would take several times that.
 */
import { assert } from '../../core/assert.ts'

const smallest = 64
/** Words of an entry: hash low, hash high, state a, state b. */
const entryWords = 4
const occupied = 0x8000
const phaseShift = 3
const phaseMask = 0x1f8
const tierMask = 0x07

/** Engine blocks in one of ours, at most: the bits of a phase. */
export const mostPhases = 64

export class EngineBlockTable {
  #entries = new Int32Array(smallest * entryWords)
  /** Occupied, phase, tiers. */
  #flags = new Uint16Array(smallest)
  #mask = smallest - 1
  #size = 0

  get size(): number {
    return this.#size
  }

  /** Of the arrays. */
  get bytes(): number {
    return this.#entries.byteLength + this.#flags.byteLength
  }

  /** The place of a hash, or -1. Places are valid until the next put() or remove(). */
  find(low: number, high: number): number {
    const entries = this.#entries
    const flags = this.#flags
    for (let place = this.#home(low, high); flags[place] !== 0; place = (place + 1) & this.#mask) {
      const at = place * entryWords
      if (entries[at] === (low | 0) && entries[at + 1] === (high | 0)) return place
    }
    return -1
  }

  /** The place of a hash, entered with its state and phase if it is new (without tiers then). */
  put(low: number, high: number, a: number, b: number, phase: number): number {
    assert(phase >= 0 && phase < mostPhases, 'a phase has six bits')
    const known = this.find(low, high)
    if (known !== -1) return known
    if (4 * (this.#size + 1) > 3 * (this.#mask + 1)) this.#resize(2 * (this.#mask + 1))
    let place = this.#home(low, high)
    while (this.#flags[place] !== 0) place = (place + 1) & this.#mask
    const at = place * entryWords
    this.#entries[at] = low
    this.#entries[at + 1] = high
    this.#entries[at + 2] = a
    this.#entries[at + 3] = b
    this.#flags[place] = occupied | (phase << phaseShift)
    this.#size++
    return place
  }

  stateA(place: number): number {
    return this.#entries[place * entryWords + 2]!
  }

  stateB(place: number): number {
    return this.#entries[place * entryWords + 3]!
  }

  phase(place: number): number {
    return (this.#flags[place]! & phaseMask) >> phaseShift
  }

  /** Bits of the tiers it lies on. */
  tiers(place: number): number {
    return this.#flags[place]! & tierMask
  }

  setTiers(place: number, tiers: number): void {
    this.#flags[place] = (this.#flags[place]! & ~tierMask) | tiers
  }

  remove(place: number): void {
    let hole = place
    const entries = this.#entries
    const flags = this.#flags
    for (let next = (hole + 1) & this.#mask; flags[next] !== 0; next = (next + 1) & this.#mask) {
      const home = this.#home(entries[next * entryWords]!, entries[next * entryWords + 1]!)
      // An entry may fill the hole unless its home lies between the two.
      if (((next - home) & this.#mask) < ((next - hole) & this.#mask)) continue
      entries.copyWithin(hole * entryWords, next * entryWords, (next + 1) * entryWords)
      flags[hole] = flags[next]!
      hole = next
    }
    flags[hole] = 0
    this.#size--
    if (this.#mask >= smallest && this.#size * 8 < this.#mask) this.#resize((this.#mask + 1) / 2)
  }

  clear(): void {
    this.#entries = new Int32Array(smallest * entryWords)
    this.#flags = new Uint16Array(smallest)
    this.#mask = smallest - 1
    this.#size = 0
  }

  /** Visits every place in use. */
  each(visit: (place: number) => void): void {
    for (let place = 0; place <= this.#mask; place++) if (this.#flags[place] !== 0) visit(place)
  }

  /** Engine hashes are hashes already; their low bits spread, and SGLang's signed ones too. */
  #home(low: number, high: number): number {
    return (low ^ Math.imul(high, 0x9e3779b1)) & this.#mask
  }

  #resize(places: number): void {
    const entries = this.#entries
    const flags = this.#flags
    this.#entries = new Int32Array(places * entryWords)
    this.#flags = new Uint16Array(places)
    this.#mask = places - 1
    for (let from = 0; from < flags.length; from++) {
      if (flags[from] === 0) continue
      let place = this.#home(entries[from * entryWords]!, entries[from * entryWords + 1]!)
      while (this.#flags[place] !== 0) place = (place + 1) & this.#mask
      this.#entries.set(entries.subarray(from * entryWords, (from + 1) * entryWords), place * entryWords)
      this.#flags[place] = flags[from]!
    }
  }
}
