/**
 * Repeatable randomness: named streams of one seed, so that a new consumer does not shift the others.
 * Generator: xoshiro128** (Blackman and Vigna 2018), seeded from a hash of seed and names by SplitMix32 steps.
 */

const two32 = 2 ** 32

/** FNV-1a with a final avalanche (MurmurHash3 fmix32): spreads similar names apart. */
function hashText(text: string, basis: number): number {
  let hash = basis | 0
  for (let index = 0; index < text.length; index++) {
    hash = Math.imul(hash ^ text.charCodeAt(index), 0x01000193)
  }
  return mix32(hash)
}

/** MurmurHash3's 32-bit finaliser. */
export function mix32(value: number): number {
  let hash = value | 0
  hash = Math.imul(hash ^ (hash >>> 16), 0x85ebca6b)
  hash = Math.imul(hash ^ (hash >>> 13), 0xc2b2ae35)
  return (hash ^ (hash >>> 16)) >>> 0
}

/** One stream of random numbers. */
export class RandomStream {
  #a: number
  #b: number
  #c: number
  #d: number
  #spareNormal: number | null = null

  constructor(seed: number) {
    let state = seed | 0
    const next = () => {
      state = (state + 0x9e3779b9) | 0
      return mix32(state) | 0
    }
    this.#a = next()
    this.#b = next()
    this.#c = next()
    this.#d = next() | 1
  }

  /** 32 random bits, unsigned. */
  bits(): number {
    const scrambled = Math.imul(this.#b, 5)
    const result = Math.imul((scrambled << 7) | (scrambled >>> 25), 9) >>> 0
    const shifted = this.#b << 9
    this.#c ^= this.#a
    this.#d ^= this.#b
    this.#b ^= this.#c
    this.#a ^= this.#d
    this.#c ^= shifted
    this.#d = (this.#d << 11) | (this.#d >>> 21)
    return result
  }

  /** Uniform in [0, 1), 53 bits. */
  uniform(): number {
    const high = this.bits() >>> 5
    const low = this.bits() >>> 6
    return (high * 67108864 + low) / 9007199254740992
  }

  /** Whole number in [0, count). */
  integer(count: number): number {
    return Math.floor((this.bits() / two32) * count)
  }

  /** Exponential with mean 1. */
  exponential(): number {
    return -Math.log(1 - this.uniform())
  }

  /** Standard normal (polar method, Marsaglia 1964). */
  normal(): number {
    if (this.#spareNormal !== null) {
      const spare = this.#spareNormal
      this.#spareNormal = null
      return spare
    }
    for (;;) {
      const u = 2 * this.uniform() - 1
      const v = 2 * this.uniform() - 1
      const s = u * u + v * v
      if (s >= 1 || s === 0) continue
      const factor = Math.sqrt((-2 * Math.log(s)) / s)
      this.#spareNormal = v * factor
      return u * factor
    }
  }

  /** Gamma with the given shape and scale 1 (Marsaglia and Tsang 2000; shapes below 1 by their boost). */
  gamma(shape: number): number {
    if (shape < 1) return this.gamma(shape + 1) * (1 - this.uniform()) ** (1 / shape)
    const d = shape - 1 / 3
    const c = 1 / Math.sqrt(9 * d)
    for (;;) {
      const x = this.normal()
      const v = (1 + c * x) ** 3
      if (v <= 0) continue
      const u = 1 - this.uniform()
      if (Math.log(u) < 0.5 * x * x + d - d * v + d * Math.log(v)) return d * v
    }
  }
}

/** The seed of a run; streams are told apart by their names. */
export class RandomSource {
  readonly seed: string
  readonly #basis: number

  constructor(seed: string | number) {
    this.seed = String(seed)
    this.#basis = hashText(this.seed, 0x811c9dc5)
  }

  /** The same names always give the same stream. */
  stream(...names: readonly (string | number)[]): RandomStream {
    let hash = this.#basis
    for (const name of names) hash = hashText(`/${name}`, hash)
    return new RandomStream(hash)
  }
}
