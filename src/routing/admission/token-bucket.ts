/** A token bucket: so much at once, so much again per second. Time comes in. */
import { assert } from '../../core/assert.ts'

export interface TokenBucketSettings {
  readonly perSecond: number
  /** Most it holds. */
  readonly burst: number
}

/**
 * What is missing below this share of the bucket is rounding: who waited as long as it was told must not be turned away for
 * the last bit of a sum.
 */
const rounding = 1e-9

export class TokenBucket {
  readonly #settings: TokenBucketSettings
  #level: number
  #atUs: number

  /** Full when first looked at. */
  constructor(settings: TokenBucketSettings, nowUs: number) {
    assert(settings.perSecond > 0 && settings.burst > 0, 'a token bucket fills and holds something')
    this.#settings = settings
    this.#level = settings.burst
    this.#atUs = nowUs
  }

  /** What it holds now; below 0 after something larger than the bucket was taken. */
  level(nowUs: number): number {
    const { perSecond, burst } = this.#settings
    return Math.min(burst, this.#level + ((nowUs - this.#atUs) / 1e6) * perSecond)
  }

  isFull(nowUs: number): boolean {
    return this.level(nowUs) >= this.#settings.burst
  }

  /** Microseconds until so much may be taken, 0 for now. More than the bucket holds may be taken when it is full. */
  waitUs(nowUs: number, amount: number): number {
    const { perSecond, burst } = this.#settings
    const missing = Math.min(amount, burst) - this.level(nowUs)
    return missing <= burst * rounding ? 0 : Math.max(1, Math.ceil((missing / perSecond) * 1e6))
  }

  take(nowUs: number, amount: number): void {
    assert(this.waitUs(nowUs, amount) === 0, 'more was taken from a token bucket than it gives')
    this.#level = this.level(nowUs) - amount
    this.#atUs = nowUs
  }
}
