/**
 * Families of distributions of positive quantities, given by mean and coefficient of variation (CV, standard deviation ÷
 * mean). Each knows its distribution function, its partial mean and its quantile function in closed form, so that means
 * of truncated and clamped variables are exact (formulas: docs/models/workload.md#lengths).
 */
import type { RandomStream } from '../core/random.ts'
import {
  gammaProbability,
  gammaQuantile,
  logGamma,
  normalDensity,
  normalProbability,
  normalQuantile,
} from '../core/special-functions.ts'

export const familyNames = ['normal', 'lognormal', 'gamma', 'weibull', 'exponential'] as const

export type FamilyName = (typeof familyNames)[number]

/** One distribution of a family. */
export interface Family {
  /** P(X ≤ x). */
  probability(x: number): number
  /** E(X; X ≤ x): the part of the mean that lies below x. */
  partialMean(x: number): number
  /** Inverse of probability. */
  quantile(u: number): number
  /** A draw by a method faster than inversion; null where inversion is fast. */
  readonly draw: ((stream: RandomStream) => number) | null
}

/**
 * The member of a family with this mean before anything is cut off. The CV is that of `spreadMean`: families of scale keep
 * their CV when their mean moves, the normal keeps its standard deviation.
 */
export function familyMember(name: FamilyName, mean: number, cv: number, spreadMean: number): Family {
  switch (name) {
    case 'normal':
      return normal(mean, cv * spreadMean)
    case 'lognormal':
      return lognormal(mean, cv)
    case 'gamma':
      return gamma(mean, 1 / (cv * cv))
    case 'exponential':
      return weibull(mean, 1)
    case 'weibull':
      return weibull(mean, weibullShape(cv))
  }
}

function normal(mean: number, deviation: number): Family {
  return {
    probability: x => normalProbability((x - mean) / deviation),
    // E(X; X ≤ x) = μΦ(z) − σφ(z), by partial integration.
    partialMean: x => {
      const z = (x - mean) / deviation
      return mean * normalProbability(z) - deviation * normalDensity(z)
    },
    quantile: u => mean + deviation * normalQuantile(u),
    draw: null,
  }
}

/** ln X is normal with σ² = ln(1 + CV²) and μ = ln(mean) − σ²/2. */
function lognormal(mean: number, cv: number): Family {
  const sigma = Math.sqrt(Math.log1p(cv * cv))
  const mu = Math.log(mean) - (sigma * sigma) / 2
  const score = (x: number) => (x <= 0 ? Number.NEGATIVE_INFINITY : (Math.log(x) - mu) / sigma)
  return {
    probability: x => normalProbability(score(x)),
    // Weighting by x shifts the normal of ln X by σ².
    partialMean: x => mean * normalProbability(score(x) - sigma),
    quantile: u => Math.exp(mu + sigma * normalQuantile(u)),
    draw: null,
  }
}

/** Shape k = 1/CV². Weighting by x raises the shape by one. */
function gamma(mean: number, shape: number): Family {
  const scale = mean / shape
  return {
    probability: x => gammaProbability(shape, x / scale),
    partialMean: x => mean * gammaProbability(shape + 1, x / scale),
    quantile: u => scale * gammaQuantile(shape, u),
    draw: stream => scale * stream.gamma(shape),
  }
}

/** P(X > x) = exp(−(x/scale)^k), mean = scale × Γ(1 + 1/k); k = 1 is the exponential distribution. */
function weibull(mean: number, shape: number): Family {
  const scale = mean / Math.exp(logGamma(1 + 1 / shape))
  return {
    probability: x => (x <= 0 ? 0 : -Math.expm1(-((x / scale) ** shape))),
    // With y = (x/scale)^k, E(X; X ≤ x) is an incomplete gamma function of shape 1 + 1/k.
    partialMean: x => mean * gammaProbability(1 + 1 / shape, x <= 0 ? 0 : (x / scale) ** shape),
    quantile: u => scale * (-Math.log1p(-u)) ** (1 / shape),
    draw: null,
  }
}

/** The shape k of a Weibull distribution with this CV: CV² = Γ(1 + 2/k) ÷ Γ(1 + 1/k)² − 1, solved by bisection in ln k. */
export function weibullShape(cv: number): number {
  const wanted = Math.log1p(cv * cv)
  let low = Math.log(weibullShapeMinimum)
  let high = Math.log(1e4)
  for (let iteration = 0; iteration < 100; iteration++) {
    const middle = (low + high) / 2
    const shape = Math.exp(middle)
    const reached = logGamma(1 + 2 / shape) - 2 * logGamma(1 + 1 / shape)
    if (reached > wanted) low = middle
    else high = middle
  }
  return Math.exp((low + high) / 2)
}

const weibullShapeMinimum = 0.02
