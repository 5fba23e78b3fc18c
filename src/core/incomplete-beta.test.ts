/** References: sums of exact terms, closed forms, tabulated values. */
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { betaProbability, binomialAtMost, studentProbability, studentQuantile } from './incomplete-beta.ts'

/** P(X ≤ k) added up term by term. */
function summed(most: number, trials: number, probability: number): number {
  let term = (1 - probability) ** trials
  let sum = 0
  for (let k = 0; k <= most; k++) {
    sum += term
    term *= ((trials - k) / (k + 1)) * (probability / (1 - probability))
  }
  return sum
}

describe('incomplete beta function', () => {
  it('is x to the a at b = 1, and the arcsine law at a half and a half', () => {
    for (const x of [0.001, 0.2, 0.5, 0.9, 0.999]) {
      expect(betaProbability(3.5, 1, x)).toBeCloseTo(x ** 3.5, 13)
      expect(betaProbability(0.5, 0.5, x)).toBeCloseTo((2 / Math.PI) * Math.asin(Math.sqrt(x)), 13)
    }
    expect(betaProbability(2, 3, 0)).toBe(0)
    expect(betaProbability(2, 3, 1)).toBe(1)
  })

  it('mirrors: I_x(a, b) = 1 − I_{1−x}(b, a)', () => {
    const parameter = fc.double({ min: 0.1, max: 5_000, noNaN: true })
    fc.assert(
      fc.property(parameter, parameter, fc.double({ min: 1e-6, max: 1 - 1e-6, noNaN: true }), (a, b, x) => {
        expect(Math.abs(betaProbability(a, b, x) + betaProbability(b, a, 1 - x) - 1)).toBeLessThan(1e-11)
      }),
    )
  })

  it('refuses parameters that are not positive', () => {
    expect(() => betaProbability(0, 1, 0.5)).toThrow('positive parameters')
  })
})

describe('binomial distribution', () => {
  it('is the sum of its terms', () => {
    fc.assert(
      fc.property(
        fc.integer({ min: 1, max: 200 }),
        fc.nat(200),
        fc.integer({ min: 5, max: 95 }),
        (n, k, p) => {
          const wanted = k >= n ? 1 : summed(k, n, p / 100)
          expect(Math.abs(binomialAtMost(k, n, p / 100) - wanted)).toBeLessThan(1e-11)
        },
      ),
    )
    expect(binomialAtMost(-1, 10, 0.5)).toBe(0)
  })

  it('approaches the normal distribution for a hundred million trials', () => {
    const trials = 1e8
    const mean = trials * 0.99
    const deviation = Math.sqrt(trials * 0.99 * 0.01)
    expect(binomialAtMost(Math.floor(mean), trials, 0.99)).toBeCloseTo(0.5, 3)
    expect(binomialAtMost(Math.round(mean + 1.959964 * deviation), trials, 0.99)).toBeCloseTo(0.975, 3)
  })
})

describe("Student's t", () => {
  it('has the tabulated quantiles', () => {
    // Two-sided 5 % points as every textbook prints them, from memory.
    expect(studentQuantile(0.975, 1)).toBeCloseTo(12.706, 3)
    expect(studentQuantile(0.975, 2)).toBeCloseTo(4.303, 3)
    expect(studentQuantile(0.975, 5)).toBeCloseTo(2.571, 3)
    expect(studentQuantile(0.975, 30)).toBeCloseTo(2.042, 3)
    expect(studentQuantile(0.975, 1e9)).toBeCloseTo(1.959964, 5)
  })

  it('is the Cauchy distribution at one degree of freedom', () => {
    for (const t of [-50, -1, 0, 0.3, 2, 1000])
      expect(studentProbability(t, 1)).toBeCloseTo(0.5 + Math.atan(t) / Math.PI, 12)
  })

  it('is inverted by its quantile', () => {
    fc.assert(
      fc.property(
        fc.double({ min: 0.001, max: 0.999, noNaN: true }),
        fc.double({ min: 0.7, max: 500, noNaN: true }),
        (u, freedom) => {
          expect(studentProbability(studentQuantile(u, freedom), freedom)).toBeCloseTo(u, 10)
        },
      ),
    )
  })
})
