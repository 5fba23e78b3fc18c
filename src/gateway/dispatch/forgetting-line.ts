/**
 * A straight line through what was seen of late: y ≈ intercept + slope · x, both ≥ 0. Means and covariance are kept with weights that fade, so
 * that it follows a server that changed. Equations: docs/models/dispatch.md#estimates.
 */

export interface LineSettings {
  /** Observations after which one counts half as much as a new one does, about: weights fade by 1/n. */
  readonly window: number
  /** Share of mean y that is taken to grow with x while x did not vary, 0 to 1; with `slope` null. */
  readonly slopeShare: number
}

/** Before anything was seen; counts as much as so many observations. */
export interface LinePrior {
  readonly intercept: number
  readonly slope: number
  readonly observations: number
}

/**
 * Spread of x that is believed as much as what was assumed of the slope, as a variance of x relative to mean x squared, times
 * observations: 4 observations must vary by as much as their mean, 64 by a quarter of it (assumed).
 */
const slopeDoubt = 4

/** What lies further above the line counts as if it lay so many times above (assumed): one stalled request is no trend. */
const most = 5

export class ForgettingLine {
  readonly #settings: LineSettings
  readonly #prior: LinePrior | null
  #count = 0
  #seen = 0
  #meanX = 0
  #meanY = 0
  #varianceX = 0
  #covariance = 0
  #intercept = 0
  #slope = 0

  constructor(settings: LineSettings, prior: LinePrior | null) {
    this.#settings = settings
    this.#prior = prior
    this.#intercept = prior?.intercept ?? 0
    this.#slope = prior?.slope ?? 0
  }

  /** Observations in all. */
  get seen(): number {
    return this.#seen
  }

  get slope(): number {
    return this.#slope
  }

  /** 0 before anything was seen or assumed. */
  at(x: number): number {
    return this.#intercept + this.#slope * x
  }

  observe(x: number, y: number): void {
    if (!(x >= 0) || !(y >= 0) || !Number.isFinite(x) || !Number.isFinite(y)) return
    const { window } = this.#settings
    if (this.#seen === 0 && this.#prior !== null) {
      this.#count = this.#prior.observations
      this.#meanX = x
      this.#meanY = this.at(x)
    }
    this.#seen++
    this.#count = Math.min(window, this.#count + 1)
    const limited = this.#count > 4 ? Math.min(y, most * this.at(x)) : y
    const weight = 1 / this.#count
    const fromX = x - this.#meanX
    const fromY = limited - this.#meanY
    this.#meanX += weight * fromX
    this.#meanY += weight * fromY
    this.#varianceX = (1 - weight) * (this.#varianceX + weight * fromX * fromX)
    this.#covariance = (1 - weight) * (this.#covariance + weight * fromX * fromY)
    this.#fit()
  }

  #fit(): void {
    const meanX = this.#meanX
    const meanY = this.#meanY
    const proportional = meanX > 0 ? meanY / meanX : 0
    const unseen = this.#settings.slopeShare * proportional
    const believed = this.#prior === null ? 0 : Math.min(1, this.#prior.observations / this.#seen)
    const assumed = believed * (this.#prior?.slope ?? 0) + (1 - believed) * unseen
    const doubt = (slopeDoubt * meanX * meanX) / this.#count
    const spread = this.#varianceX + doubt
    const slope = spread > 0 ? (this.#covariance + doubt * assumed) / spread : 0
    this.#slope = Math.min(Math.max(0, slope), proportional)
    this.#intercept = meanY - this.#slope * meanX
  }
}
