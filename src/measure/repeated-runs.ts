/** One figure of several runs of the same measurement: how well it is known, and how many more runs it would take. */
import { assert } from '../core/assert.ts'
import { studentQuantile } from '../core/incomplete-beta.ts'
import { smallestCount } from '../core/smallest-count.ts'
import { mean } from '../core/statistics.ts'
import { orNull, ratioOrNull } from '../metrics/latency-summary.ts'
import { defaultConfidence } from './percentile-interval.ts'

export interface RepeatedRuns {
  readonly runs: number
  /** In the unit of the figure, as all but runs, cv and confidence. Null without runs. */
  readonly mean: number | null
  /** Of the sample, n − 1 in the denominator; null for fewer than two runs, as are cv, low and high. */
  readonly standardDeviation: number | null
  /** standardDeviation ÷ |mean|; null when the mean is 0. */
  readonly cv: number | null
  /** mean ± t(n − 1) · standardDeviation ÷ √n. */
  readonly low: number | null
  readonly high: number | null
  readonly confidence: number
}

/** Mean of runs with Student's interval: runs are independent, and their means nearly normal. */
export function summariseRuns(values: readonly number[], confidence = defaultConfidence): RepeatedRuns {
  assert(values.every(Number.isFinite), 'figures of runs are finite')
  const runs = values.length
  const average = mean(values)
  const deviation = sampleDeviation(values)
  const margin = runs < 2 ? Number.NaN : (studentT(confidence, runs - 1) * deviation) / Math.sqrt(runs)
  return {
    runs,
    mean: orNull(average),
    standardDeviation: orNull(deviation),
    cv: ratioOrNull(deviation, Math.abs(average)),
    low: orNull(average - margin),
    high: orNull(average + margin),
    confidence,
  }
}

/**
 * Further runs until the mean is known to ± relativeError (0.02: 2 %): the smallest n with t(n − 1) · cv ÷ √n ≤ relativeError,
 * less those there are. An estimate, since the CV is one. Null for fewer than two runs or a mean of 0.
 */
export function furtherRunsNeeded(
  values: readonly number[],
  relativeError: number,
  confidence = defaultConfidence,
): number | null {
  assert(relativeError > 0, `an error to reach is above zero, got ${relativeError}`)
  const { cv } = summariseRuns(values, confidence)
  if (cv === null) return null
  const needed = smallestCount(
    runs => (studentT(confidence, runs - 1) * cv) / Math.sqrt(runs) <= relativeError,
  )
  return Math.max(0, needed - values.length)
}

/** Two-sided critical value. */
export function studentT(confidence: number, freedom: number): number {
  return studentQuantile((1 + confidence) / 2, freedom)
}

/** √(Σ (x − mean)² ÷ (n − 1)); NaN for fewer than two values. */
export function sampleDeviation(values: readonly number[]): number {
  const average = mean(values)
  return Math.sqrt(
    values.reduce((sum, value) => sum + (value - average) ** 2, 0) / (values.length - 1 || Number.NaN),
  )
}
