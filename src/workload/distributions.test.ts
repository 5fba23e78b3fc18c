/** What is drawn has the stated mean, exactly: by its quantile function, and by the law of large numbers. */
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { TokenwrightError } from '../core/errors.ts'
import { RandomSource } from '../core/random.ts'
import { logGamma, normalDensity, normalProbability } from '../core/special-functions.ts'
import type { DistributionSpec } from './distribution-spec.ts'
import { createDistribution } from './distributions.ts'
import { weibullShape } from './families.ts'

const tokens = { what: 'tokens', minimum: 1, maximum: 1e8, whole: true }
const seconds = { what: 'seconds', minimum: 0, maximum: 1e9, whole: false }

/** ∫ q(Φ(z)) φ(z) dz by the trapezoidal rule: an independent way to the mean. */
function meanByQuantile(quantile: (u: number) => number): number {
  const step = 1 / 512
  let sum = 0
  for (let z = -8.2; z < 8.2; z += step) sum += quantile(normalProbability(z)) * normalDensity(z)
  return sum * step
}

function sampleMoments(spec: DistributionSpec, count: number, domain = seconds) {
  const distribution = createDistribution(spec, 'length', domain)
  const stream = new RandomSource(7).stream(JSON.stringify(spec))
  let sum = 0
  let squares = 0
  let minimum = Number.POSITIVE_INFINITY
  let maximum = 0
  for (let i = 0; i < count; i++) {
    const x = distribution.draw(stream)
    sum += x
    squares += x * x
    minimum = Math.min(minimum, x)
    maximum = Math.max(maximum, x)
  }
  const mean = sum / count
  const deviation = Math.sqrt(Math.max(0, squares / count - mean * mean))
  return { mean, deviation, standardError: deviation / Math.sqrt(count), minimum, maximum, distribution }
}

const specs: readonly DistributionSpec[] = [
  { kind: 'constant', value: 512 },
  { kind: 'uniform', minimum: 100, maximum: 300 },
  { kind: 'exponential', mean: 40 },
  { kind: 'normal', mean: 200, cv: 0.2 },
  { kind: 'normal', mean: 200, cv: 1.2 },
  { kind: 'lognormal', mean: 1000, cv: 1.5 },
  { kind: 'lognormal', mean: 3, cv: 1.5 },
  { kind: 'lognormal', mean: 900, cv: 2, minimum: 10, maximum: 4000 },
  { kind: 'lognormal', mean: 900, cv: 2, maximum: 4000, beyond: 'clamp' },
  { kind: 'gamma', mean: 250, cv: 0.5 },
  { kind: 'gamma', mean: 250, cv: 3 },
  { kind: 'gamma', mean: 20, cv: 1, minimum: 16, maximum: 64 },
  { kind: 'gamma', mean: 250, cv: 2, maximum: 1000, beyond: 'clamp' },
  { kind: 'weibull', mean: 60, cv: 2.5 },
  { kind: 'weibull', mean: 60, cv: 0.3, minimum: 50 },
  { kind: 'empirical', values: [1, 5, 5, 900] },
  { kind: 'empirical', values: [30, 1, 7], weights: [1, 0, 3], maximum: 20 },
]

describe('means', () => {
  it.each(specs)('are those stated: %j', spec => {
    const { mean, standardError, minimum, maximum, distribution } = sampleMoments(spec, 40_000, tokens)
    if ('mean' in spec) expect(distribution.mean).toBe(spec.mean)
    // Four standard errors: a right sampler fails one of 17 such tests in 1,000 seeds; the seed is fixed.
    expect(Math.abs(mean - distribution.mean)).toBeLessThanOrEqual(4 * standardError + 1e-9)
    expect(minimum).toBeGreaterThanOrEqual(distribution.minimum)
    expect(maximum).toBeLessThanOrEqual(distribution.maximum)
  })

  it('agree with the integral of the quantile function within limits', () => {
    fc.assert(
      fc.property(
        fc.constantFrom('normal' as const, 'lognormal' as const, 'gamma' as const, 'weibull' as const),
        fc.double({ min: 0.2, max: 1.5, noNaN: true }),
        fc.double({ min: 3, max: 8, noNaN: true }),
        fc.constantFrom('truncate' as const, 'clamp' as const),
        (kind, cv, reach, beyond) => {
          const spec = { kind, mean: 100, cv, minimum: 5, maximum: Math.ceil(100 * reach), beyond }
          const { quantile } = createDistribution(spec, 'x', tokens)
          // Clamping makes kinks, at which the trapezoidal rule is good to its step only.
          expect(Math.abs(meanByQuantile(quantile) / 100 - 1)).toBeLessThan(1e-4)
        },
      ),
      { numRuns: 30 },
    )
  })
})

describe('spread', () => {
  it.each([
    { kind: 'lognormal', mean: 50, cv: 0.7 },
    { kind: 'gamma', mean: 50, cv: 1.4 },
    { kind: 'weibull', mean: 50, cv: 1.4 },
    { kind: 'exponential', mean: 50 },
  ] as const)('is the stated CV without limits: %j', spec => {
    const { mean, deviation } = sampleMoments(spec, 100_000)
    expect(deviation / mean).toBeCloseTo('cv' in spec ? spec.cv : 1, 1)
  })

  it('has the Weibull shape of its CV', () => {
    expect(weibullShape(1)).toBeCloseTo(1, 10)
    fc.assert(
      fc.property(fc.double({ min: 0.05, max: 50, noNaN: true }), cv => {
        const k = weibullShape(cv)
        const reached = Math.sqrt(Math.expm1(logGamma(1 + 2 / k) - 2 * logGamma(1 + 1 / k)))
        expect(Math.abs(reached / cv - 1)).toBeLessThan(1e-6)
      }),
    )
  })

  it('clamps to the limit with the probability that lies beyond', () => {
    const spec = { kind: 'gamma', mean: 250, cv: 2, maximum: 1000, beyond: 'clamp' } as const
    const { quantile } = createDistribution(spec, 'x', tokens)
    expect(quantile(0.999)).toBe(1000)
    expect(quantile(0.5)).toBeLessThan(1000)
  })

  it('orders draws by u, so that a copula can tie them', () => {
    for (const spec of specs) {
      const { quantile } = createDistribution(spec, 'x', tokens)
      let last = 0
      for (let u = 0; u < 1; u += 1 / 64) {
        expect(quantile(u)).toBeGreaterThanOrEqual(last)
        last = quantile(u)
      }
    }
  })
})

describe('faults', () => {
  const faults: readonly [unknown, RegExp][] = [
    [undefined, /must be an object/],
    [[1], /must be an object/],
    [{}, /has no kind/],
    [{ kind: 'lognormale', mean: 1, cv: 1 }, /"lognormale" is no kind of tokens/],
    [{ kind: 'constant', value: 0 }, /at least 1, got 0/],
    [{ kind: 'constant', value: 1.5 }, /whole number/],
    [{ kind: 'constant', value: '12' }, /must be a number, got "12"/],
    [{ kind: 'constant', value: Number.NaN }, /must be a number, got NaN/],
    [{ kind: 'constant', value: 5, cv: 1 }, /has no field "cv"/],
    [{ kind: 'uniform', minimum: 9, maximum: 3 }, /minimum 9 is above the maximum 3/],
    [{ kind: 'normal', mean: 10, cv: -1 }, /coefficient of variation must be at least 0, got -1/],
    [{ kind: 'normal', mean: 10 }, /coefficient of variation must be a number, got nothing/],
    [{ kind: 'gamma', mean: 10, cv: Number.POSITIVE_INFINITY }, /got Infinity/],
    [{ kind: 'gamma', mean: 1, cv: 1 }, /does not lie between the limits 1 and 100000000/],
    [{ kind: 'gamma', mean: 90, cv: 3, maximum: 100 }, /no gamma distribution with CV 3 has the mean 90/],
    [{ kind: 'lognormal', mean: 90, cv: 101 }, /at most 100, got 101/],
    [{ kind: 'constant', value: 1e9 }, /at most 100000000, got 1000000000/],
    [{ kind: 'lognormal', mean: 90, cv: 1, maximum: 80 }, /does not lie between/],
    [{ kind: 'lognormal', mean: 90, cv: 1, beyond: 'wrap' }, /"wrap" is no rule/],
    [{ kind: 'lognormal', mean: 90, CV: 1 }, /has no field "CV"/],
    [{ kind: 'empirical', values: [] }, /at least one entry/],
    [{ kind: 'empirical', values: [1, 0] }, /at least 1, got 0/],
    [{ kind: 'empirical', values: [1, 2], weights: [1] }, /1 weights for 2 values/],
    [{ kind: 'empirical', values: [1, 2], weights: [0, 0] }, /add up to nothing/],
    [{ kind: 'empirical', values: [1, 2], weights: [2, -1] }, /at least 0, got -1/],
  ]
  it.each(faults)('%j', (spec, message) => {
    const create = () => createDistribution(spec as DistributionSpec, 'lengths.input', tokens)
    expect(create).toThrow(message)
    expect(create).toThrow(TokenwrightError)
    try {
      create()
    } catch (fault) {
      expect(fault).toMatchObject({ code: 'usage', where: expect.stringMatching(/^lengths\.input/) })
      expect((fault as TokenwrightError).fix).not.toBe('')
    }
  })
})
