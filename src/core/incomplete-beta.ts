/**
 * The regularised incomplete beta function and the two distributions that are read from it: binomial and Student's t.
 * References in incomplete-beta.test.ts.
 */
import { assert } from './assert.ts'
import { logGamma } from './special-functions.ts'

/** Relative precision at which the continued fraction stops. */
const precision = 1e-15

/**
 * I_x(a, b), the distribution function of a beta variable: continued fraction DLMF 8.17.22 by Lentz's method, on the side of
 * the mean where it converges fast, about √max(a, b) terms. Precise to about 1e-12 for a, b up to 1e5; the factor before the
 * fraction loses digits as their logarithms grow, to about 1e-9 at 1e8.
 */
export function betaProbability(a: number, b: number, x: number): number {
  assert(a > 0 && b > 0, `the beta distribution has positive parameters, got ${a} and ${b}`)
  if (x <= 0) return 0
  if (x >= 1) return 1
  const logFactor = a * Math.log(x) + b * Math.log1p(-x) + logGamma(a + b) - logGamma(a) - logGamma(b)
  return x < (a + 1) / (a + b + 2)
    ? (Math.exp(logFactor) * betaFraction(a, b, x)) / a
    : 1 - (Math.exp(logFactor) * betaFraction(b, a, 1 - x)) / b
}

function betaFraction(a: number, b: number, x: number): number {
  const tiny = 1e-300
  const away = (value: number) => (Math.abs(value) < tiny ? tiny : value)
  let c = 1
  let d = 1 / away(1 - ((a + b) * x) / (a + 1))
  let fraction = d
  for (let m = 1; m < 1_000_000; m++) {
    const even = (m * (b - m) * x) / ((a + 2 * m - 1) * (a + 2 * m))
    d = 1 / away(1 + even * d)
    c = away(1 + even / c)
    fraction *= d * c
    const odd = (-(a + m) * (a + b + m) * x) / ((a + 2 * m) * (a + 2 * m + 1))
    d = 1 / away(1 + odd * d)
    c = away(1 + odd / c)
    const factor = d * c
    fraction *= factor
    if (Math.abs(factor - 1) < precision) return fraction
  }
  throw new Error(`assertion failed: the incomplete beta function of ${a}, ${b} at ${x} did not converge`)
}

/** P(X ≤ most) of so many trials that succeed with this probability: I_{1−p}(n − k, k + 1) (DLMF 8.17.5). */
export function binomialAtMost(most: number, trials: number, probability: number): number {
  if (most < 0) return 0
  if (most >= trials) return 1
  return betaProbability(trials - most, most + 1, 1 - probability)
}

/** P(T ≤ t) of Student's t with so many degrees of freedom, which need not be whole (DLMF 8.17 gives its tail: I_x(ν/2, ½)). */
export function studentProbability(t: number, freedom: number): number {
  assert(freedom > 0, `degrees of freedom are positive, got ${freedom}`)
  if (Math.abs(t) === Number.POSITIVE_INFINITY) return t > 0 ? 1 : 0
  // With x = ν/(ν + t²); both forms are the same tail, each without cancellation on its side.
  const square = t * t
  const tail =
    square < freedom
      ? 0.5 * (1 - betaProbability(0.5, freedom / 2, square / (freedom + square)))
      : 0.5 * betaProbability(freedom / 2, 0.5, freedom / (freedom + square))
  return t > 0 ? 1 - tail : tail
}

/** The t below which Student's t lies with probability u: the distribution function inverted by halving. */
export function studentQuantile(u: number, freedom: number): number {
  assert(u > 0 && u < 1, `a quantile is asked of a probability between 0 and 1, got ${u}`)
  if (u < 0.5) return -studentQuantile(1 - u, freedom)
  let low = 0
  let high = 1
  while (studentProbability(high, freedom) < u) high *= 2
  for (let step = 0; step < 200 && high - low > 1e-14 * high; step++) {
    const middle = (low + high) / 2
    if (studentProbability(middle, freedom) < u) low = middle
    else high = middle
  }
  return (low + high) / 2
}
