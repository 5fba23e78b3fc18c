/** How long answers of an alias are: the mean of late, older ones fading. */

/** Answers of late (assumed). */
const window = 100

export class OutputLength {
  #mean = 0
  #count = 0

  /** null before anything was seen. */
  get expected(): number | null {
    return this.#count === 0 ? null : Math.max(1, Math.round(this.#mean))
  }

  saw(outputTokens: number): void {
    this.#count = Math.min(window, this.#count + 1)
    this.#mean += (outputTokens - this.#mean) / this.#count
  }
}
