/** References: exact values, and identities that hold for any argument. */
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import {
  gammaProbability,
  gammaQuantile,
  logGamma,
  normalDensity,
  normalProbability,
  normalQuantile,
} from './special-functions.ts'

const relative = (got: number, want: number) => Math.abs(got - want) / Math.abs(want)

describe('gamma function', () => {
  it('is the factorial of whole numbers and √π at a half', () => {
    let factorial = 1
    for (let n = 1; n <= 20; n++) {
      expect(Math.exp(logGamma(n)) / factorial).toBeCloseTo(1, 12)
      factorial *= n
    }
    expect(logGamma(0.5)).toBeCloseTo(Math.log(Math.PI) / 2, 14)
  })

  it('obeys its reflection formula', () => {
    fc.assert(
      fc.property(fc.double({ min: 1e-3, max: 0.999, noNaN: true }), x => {
        const product = logGamma(x) + logGamma(1 - x)
        expect(Math.abs(product - Math.log(Math.PI / Math.sin(Math.PI * x)))).toBeLessThan(1e-11)
      }),
    )
  })
})

describe('incomplete gamma function', () => {
  it('is the exponential distribution at shape 1 and the Erlang one at whole shapes', () => {
    for (const x of [1e-9, 0.1, 1, 3, 20]) {
      expect(relative(gammaProbability(1, x), -Math.expm1(-x))).toBeLessThan(1e-13)
      const erlang3 = 1 - Math.exp(-x) * (1 + x + (x * x) / 2)
      expect(Math.abs(gammaProbability(3, x) - erlang3)).toBeLessThan(1e-13)
    }
  })

  it('obeys its recurrence', () => {
    fc.assert(
      fc.property(
        fc.double({ min: 0.01, max: 200, noNaN: true }),
        fc.double({ min: 1e-3, max: 400, noNaN: true }),
        (shape, x) => {
          const step = Math.exp(shape * Math.log(x) - x - logGamma(shape + 1))
          expect(Math.abs(gammaProbability(shape, x) - step - gammaProbability(shape + 1, x))).toBeLessThan(
            1e-11,
          )
        },
      ),
    )
  })

  it('is inverted by its quantile, tails and small shapes included', () => {
    fc.assert(
      fc.property(
        fc.double({ min: 0.02, max: 1e4, noNaN: true }),
        fc.double({ min: 1e-12, max: 1 - 1e-9, noNaN: true }),
        (shape, u) => {
          const x = gammaQuantile(shape, u)
          if (x < 1e-250) return
          expect(relative(gammaProbability(shape, x), u)).toBeLessThan(1e-8)
        },
      ),
      { numRuns: 500 },
    )
  })
})

describe('normal distribution', () => {
  it('has the tabulated values', () => {
    expect(normalProbability(0)).toBe(0.5)
    expect(normalProbability(Number.NEGATIVE_INFINITY)).toBe(0)
    expect(normalProbability(Number.POSITIVE_INFINITY)).toBe(1)
    expect(normalProbability(1.959963984540054)).toBeCloseTo(0.975, 14)
    expect(relative(normalProbability(-10), 7.61985302416052e-24)).toBeLessThan(1e-12)
    expect(normalQuantile(0.975)).toBeCloseTo(1.959963984540054, 14)
    expect(normalQuantile(0.5)).toBe(0)
    expect(normalQuantile(0)).toBe(Number.NEGATIVE_INFINITY)
    expect(normalDensity(0)).toBeCloseTo(0.3989422804014327, 15)
  })

  it('is inverted by its quantile', () => {
    fc.assert(
      fc.property(fc.double({ min: -37, max: 5, noNaN: true }), z => {
        const back = normalQuantile(normalProbability(z))
        expect(Math.abs(back - z)).toBeLessThan(z < 2 ? 1e-12 * (1 + Math.abs(z)) : 1e-9)
      }),
      { numRuns: 500 },
    )
  })
})
