/**
 * What a candidate's usage tells of our counting: how many tokens a prompt has there for each that was estimated, and how many of
 * those expected cached were cached. Sums of late, older ones fading.
 */

/** Weight that is left of a request after the next one: the last 50 count most (assumed). */
const fade = 0.98
/** Expected tokens that count as found before anything was seen (assumed): a first miss does not condemn an index. */
const trustedTokens = 2000
const countedTokens = 500

export class LearntTokens {
  #estimatedInput = countedTokens
  #reportedInput = countedTokens
  #expected = trustedTokens
  #found = trustedTokens
  #prompt = 0
  #expectedOfPrompt = 0
  #foundOfPrompt = 0

  /** Reported prompt tokens ÷ estimated ones; 1 at first. */
  get perEstimated(): number {
    return this.#reportedInput / this.#estimatedInput
  }

  /** Share of what was expected cached that was, 0 to 1; 1 at first. */
  get trust(): number {
    return Math.min(1, this.#found / this.#expected)
  }

  /** Of prompt tokens there, expected cached; null before anything was reported. */
  get expectedHitShare(): number | null {
    return this.#prompt > 0 ? this.#expectedOfPrompt / this.#prompt : null
  }

  get realisedHitShare(): number | null {
    return this.#prompt > 0 ? this.#foundOfPrompt / this.#prompt : null
  }

  /** estimated, expectedCached: as they were counted here; null: not reported. */
  saw(estimated: number, expectedCached: number, input: number | null, cached: number | null): void {
    if (input !== null && input > 0) {
      this.#estimatedInput = fade * this.#estimatedInput + estimated
      this.#reportedInput = fade * this.#reportedInput + input
    }
    if (cached === null) return
    const expected = expectedCached * this.perEstimated
    this.#expected = fade * this.#expected + expected
    // More than was expected earns no trust beyond what was expected.
    this.#found = fade * this.#found + Math.min(cached, expected)
    this.#prompt = fade * this.#prompt + (input ?? estimated * this.perEstimated)
    this.#expectedOfPrompt = fade * this.#expectedOfPrompt + expected
    this.#foundOfPrompt = fade * this.#foundOfPrompt + cached
  }
}
