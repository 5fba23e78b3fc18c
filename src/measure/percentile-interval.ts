/** How far a percentile of a finite sample can be trusted: distribution-free confidence intervals from order statistics. */

export interface PercentileInterval {
  /** 0.5, 0.9, 0.95, 0.99 … */
  readonly q: number
  readonly valueMs: number | null
  /** Null where the sample is too small for an interval of this confidence. */
  readonly lowMs: number | null
  readonly highMs: number | null
  /** The value with errors and rejections as infinitely late; null when it lies among them. */
  readonly valueWithErrorsMs: number | null
}

export interface LatencyIntervals {
  /** Of the intervals: 0.95. */
  readonly confidence: number
  readonly ttftService: readonly PercentileInterval[]
  readonly ttftResponse: readonly PercentileInterval[]
  readonly tpot: readonly PercentileInterval[]
  readonly endToEndService: readonly PercentileInterval[]
  readonly endToEndResponse: readonly PercentileInterval[]
}
