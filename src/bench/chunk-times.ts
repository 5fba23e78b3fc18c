/** Times and sizes of an answer's chunks while they come: growing arrays, nothing allocated per token. */
import { chunkTokens } from '../measure/chunk-tokens.ts'
import type { ChunkLog } from '../measure/observation.ts'

const firstCapacity = 64

export class ChunkTimes {
  count = 0
  #us = new Float64Array(firstCapacity)
  #characters = new Float64Array(firstCapacity)
  #soFar = new Float64Array(firstCapacity)
  #coalesced = new Uint8Array(firstCapacity)
  #everyChunkCounted = true

  /** `soFar`: output tokens up to here by the usage in the chunk, −1 when it has none. */
  add(atUs: number, characters: number, soFar: number): void {
    const index = this.count++
    if (index === this.#us.length) this.#grow()
    this.#us[index] = atUs
    this.#characters[index] = characters
    this.#soFar[index] = soFar
    if (soFar < 0) this.#everyChunkCounted = false
    this.#coalesced[index] = index > 0 && this.#us[index - 1] === atUs ? 1 : 0
  }

  #grow(): void {
    const capacity = 2 * this.#us.length
    const wider = (values: Float64Array) => {
      const grown = new Float64Array(capacity)
      grown.set(values)
      return grown
    }
    this.#us = wider(this.#us)
    this.#characters = wider(this.#characters)
    this.#soFar = wider(this.#soFar)
    const coalesced = new Uint8Array(capacity)
    coalesced.set(this.#coalesced)
    this.#coalesced = coalesced
  }

  /** What came, with the tokens reported shared out over it. */
  log(reportedTokens: number | null): ChunkLog {
    const { count } = this
    const counted = this.#everyChunkCounted && count > 0
    const { tokens, method } = chunkTokens(
      this.#characters.subarray(0, count),
      counted ? this.#soFar.subarray(0, count) : null,
      reportedTokens,
    )
    return {
      us: this.#us.slice(0, count),
      tokens,
      coalesced: this.#coalesced.slice(0, count),
      method,
    }
  }

  clear(): void {
    this.count = 0
    this.#everyChunkCounted = true
  }
}
