/**
 * Did the requests arrive as they were asked to? Kolmogorov and Smirnov's test of the gaps between them against the
 * distribution that was asked for, and of their times against the rate.
 */
import { assert } from '../core/assert.ts'
import { gammaProbability, logGamma } from '../core/special-functions.ts'
import type { ArrivalSpec } from '../workload/arrivals.ts'
import { weibullShape } from '../workload/families.ts'

export interface FitResult {
  readonly count: number
  /** Largest distance between the distribution of the sample and the one asked for. */
  readonly distance: number
  /** Chance of a distance at least as large if the sample is what was asked for. */
  readonly pValue: number
}

/**
 * One-sample Kolmogorov–Smirnov test against a distribution that is fully known beforehand: with parameters estimated from
 * the same sample the p-value would be too large (Lilliefors 1967). P by Kolmogorov's limit at (√n + 0.12 + 0.11/√n) · D
 * (Stephens 1970, Journal of the Royal Statistical Society B 32, from memory): good from about n = 5.
 *
 * Values known to ± resolution are taken where they are nearest to the distribution: bursty gaps are often shorter than a
 * clock tick, and their rounding must not count against them.
 */
export function kolmogorovSmirnov(
  values: ArrayLike<number>,
  probability: (value: number) => number,
  resolution = 0,
): FitResult {
  const count = values.length
  assert(count > 0, 'a fit needs at least one value')
  const sorted = Float64Array.from(values).sort()
  let distance = 0
  for (let index = 0; index < count; index++) {
    const value = sorted[index]!
    const above = (index + 1) / count - probability(value + resolution)
    const below = probability(value - resolution) - index / count
    distance = Math.max(distance, above, below)
  }
  const root = Math.sqrt(count)
  return { count, distance, pValue: kolmogorovSurvival((root + 0.12 + 0.11 / root) * distance) }
}

/**
 * P(K > x) of Kolmogorov's distribution: 2 Σ (−1)^(j−1) exp(−2j²x²), or, where that converges slowly,
 * 1 − √(2π)/x Σ exp(−(2j − 1)²π²/(8x²)): the two sides of the same theta function (DLMF 20.7.32).
 */
export function kolmogorovSurvival(x: number): number {
  if (x <= 0) return 1
  let sum = 0
  if (x < 1) {
    for (let j = 1; j <= 5; j++) sum += Math.exp(-(((2 * j - 1) * Math.PI) ** 2) / (8 * x * x))
    return 1 - (Math.sqrt(2 * Math.PI) / x) * sum
  }
  for (let j = 1; j <= 5; j++) sum += (j % 2 === 1 ? 1 : -1) * Math.exp(-2 * (j * x) ** 2)
  return 2 * sum
}

/** What can be tested of arrivals. Evenly spaced ones have no distribution to test: there is lateness alone. */
export type ArrivalFit =
  | {
      readonly kind: 'distribution'
      /** Gaps × rate against the distribution asked for. */
      readonly gaps: FitResult
      /**
       * Of a Poisson process the times themselves, which are then uniform over the run: this also sees a rate that drifts while
       * the gaps look right. Null for other arrivals.
       */
      readonly times: FitResult | null
    }
  | {
      readonly kind: 'even'
      readonly count: number
      /** Of times since the first one, from multiples of 1/rate: the largest distance, either side. */
      readonly largestErrorMs: number
    }

/** Gaps below which no test says anything. Assumed: of fewer, only gross faults would be seen. */
const fewestGaps = 20

/**
 * Tests when requests were sent against what was asked for. Null for too few requests, bursts, and rates that change over
 * time. Send times in any order, µs.
 */
export function arrivalFit(sentUs: ArrayLike<number>, spec: ArrivalSpec): ArrivalFit | null {
  if (spec.kind === 'burst' || typeof spec.rate !== 'number') return null
  if (sentUs.length < fewestGaps + 1) return null
  const times = Float64Array.from(sentUs).sort()
  const first = times[0]!
  const perUs = spec.rate / 1e6
  const distribution = unitGaps(spec)
  if (distribution === null) {
    const errors = times.map((time, index) => Math.abs(time - first - index / perUs))
    return { kind: 'even', count: times.length, largestErrorMs: Math.max(...errors.values()) / 1e3 }
  }
  // Each end of a gap is known to half a microsecond.
  const gaps = times.subarray(1).map((time, index) => (time - times[index]!) * perUs)
  // Given how many came, Poisson arrivals between the first and the last one are uniform.
  const span = times[times.length - 1]! - first
  const inside = times.subarray(1, times.length - 1)
  return {
    kind: 'distribution',
    gaps: kolmogorovSmirnov(gaps, distribution, perUs),
    times:
      spec.kind === 'poisson' && span > 0 ? kolmogorovSmirnov(inside, time => (time - first) / span) : null,
  }
}

/** The distribution function of gaps of mean 1; null when they are all alike. */
function unitGaps(spec: Exclude<ArrivalSpec, { kind: 'burst' }>): ((gap: number) => number) | null {
  switch (spec.kind) {
    case 'constant':
      return null
    case 'poisson':
      return gap => -Math.expm1(-Math.max(0, gap))
    case 'gamma': {
      // Gaps so even that the workload draws none (arrivals.ts).
      if (spec.cv < 1e-3) return null
      const shape = 1 / (spec.cv * spec.cv)
      return gap => gammaProbability(shape, gap * shape)
    }
    case 'weibull': {
      if (spec.cv < 1e-3) return null
      const shape = weibullShape(spec.cv)
      const scale = Math.exp(-logGamma(1 + 1 / shape))
      return gap => -Math.expm1(-((Math.max(0, gap) / scale) ** shape))
    }
  }
}
