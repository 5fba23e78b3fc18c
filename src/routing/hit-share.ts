/** How often a cached token is used again, from the prompts that came lately. */

/** Weight of a request in the mean: those of the last hundred or so count. Chosen: hours are too long ago, ten say little. */
const newest = 0.01

/** Above it the uses of a token are too uncertain to multiply by. 0.98 is 49 uses. */
const highest = 0.98

export class HitShare {
  #promptTokens = 0
  #cachedTokens = 0

  /** A prompt, and the most of it that anyone held. */
  count(promptTokens: number, cachedTokens: number): void {
    this.#promptTokens += newest * (promptTokens - this.#promptTokens)
    this.#cachedTokens += newest * (cachedTokens - this.#cachedTokens)
  }

  /** Hits to be expected of a token once it is stored: h of all tokens are hits, 1 − h are stored. 0 before the first prompt. */
  get usesPerToken(): number {
    if (this.#promptTokens === 0) return 0
    const share = Math.min(highest, this.#cachedTokens / this.#promptTokens)
    return share / (1 - share)
  }
}
