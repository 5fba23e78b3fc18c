/** Lengths are whole, within their limits, and keep the stated mean whatever is done to them. */
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { TokenwrightError } from '../core/errors.ts'
import { RandomSource } from '../core/random.ts'
import { mean, spearman } from '../core/statistics.ts'
import { createJointLengths, type JointLengthSpec } from './joint-lengths.ts'
import { createLength, type LengthSpec } from './lengths.ts'

function draws(spec: JointLengthSpec, count: number, jitter = 0) {
  const lengths = createJointLengths(spec, 'lengths', jitter)
  const random = new RandomSource('lengths')
  const [input, output] = [random.stream('input'), random.stream('output')]
  const into = { inputTokens: 0, outputTokens: 0 }
  const inputs: number[] = []
  const outputs: number[] = []
  for (let i = 0; i < count; i++) {
    lengths.draw(input, output, into)
    inputs.push(into.inputTokens)
    outputs.push(into.outputTokens)
  }
  return { lengths, inputs, outputs }
}

function expectMean(values: readonly number[], wanted: number): void {
  const average = mean(values)
  const variance = mean(values.map(value => (value - average) ** 2))
  expect(Math.abs(average - wanted)).toBeLessThanOrEqual(4 * Math.sqrt(variance / values.length) + 1e-9)
}

describe('one length', () => {
  const specs: readonly LengthSpec[] = [
    512,
    { kind: 'range-below', nominal: 1024, ratio: 0.8 },
    { kind: 'range-around', nominal: 1000, ratio: 0.1 },
    { kind: 'geometric', mean: 1 },
    { kind: 'geometric', mean: 3.5 },
    { kind: 'lognormal', mean: 1.8, cv: 1 },
    { kind: 'lognormal', mean: 1500, cv: 1.2, maximum: 8192, beyond: 'clamp' },
    { kind: 'normal', mean: 30, cv: 0.6, maximum: 60 },
    { kind: 'gamma', mean: 4, cv: 1.5 },
  ]
  it.each(specs)('is whole and has its mean: %j', spec => {
    const length = createLength(spec, 'length', 'tokens')
    const { inputs } = draws({ input: spec, output: 1 }, 40_000)
    expect(inputs.every(n => Number.isInteger(n) && n >= length.minimum && n <= length.maximum)).toBe(true)
    expect(length.minimum).toBeGreaterThanOrEqual(1)
    expectMean(inputs, length.mean)
  })

  it('has the ranges of the benchmarks', () => {
    expect(createLength({ kind: 'range-below', nominal: 1024, ratio: 0.8 }, 'x', 'x')).toMatchObject({
      minimum: 819,
      maximum: 1024,
      mean: 921.5,
    })
    expect(createLength({ kind: 'range-below', nominal: 100, ratio: 0 }, 'x', 'x').minimum).toBe(1)
    expect(createLength({ kind: 'range-around', nominal: 1001, ratio: 0.1 }, 'x', 'x')).toMatchObject({
      minimum: 900,
      maximum: 1102,
    })
    expect(createLength({ kind: 'range-around', nominal: 7, ratio: 0 }, 'x', 'x').fixed).toBe(true)
  })

  it('is finite at the end of its distribution', () => {
    const stream = new RandomSource(1).stream('x')
    for (const spec of specs) {
      const tokens = createLength(spec, 'x', 'tokens').drawAt(1, stream)
      expect(Number.isSafeInteger(tokens)).toBe(true)
    }
  })

  it('hits every whole number of a uniform range equally often', () => {
    const counts = new Map<number, number>()
    for (const n of draws({ input: { kind: 'uniform', minimum: 3, maximum: 6 }, output: 1 }, 40_000).inputs) {
      counts.set(n, (counts.get(n) ?? 0) + 1)
    }
    expect([...counts.keys()].sort()).toEqual([3, 4, 5, 6])
    // Standard deviation of a count: √(40000 × ¼ × ¾) = 87.
    for (const count of counts.values()) expect(Math.abs(count - 10_000)).toBeLessThan(4 * 87)
  })

  it('is refused or whole and within limits, whatever is asked', () => {
    fc.assert(
      fc.property(
        fc.constantFrom('normal' as const, 'lognormal' as const, 'gamma' as const, 'weibull' as const),
        fc.double({ min: 0.5, max: 2e5 }),
        fc.double({ min: 0, max: 20 }),
        fc.integer({ min: 1, max: 1000 }),
        fc.integer({ min: 1, max: 100_000 }),
        fc.constantFrom('truncate' as const, 'clamp' as const),
        (kind, average, cv, minimum, maximum, beyond) => {
          let length: ReturnType<typeof createLength>
          try {
            length = createLength({ kind, mean: average, cv, minimum, maximum, beyond }, 'x', 'tokens')
          } catch (fault) {
            expect(fault).toBeInstanceOf(TokenwrightError)
            return
          }
          const stream = new RandomSource(average).stream('x')
          for (let i = 0; i < 50; i++) {
            const tokens = length.draw(stream)
            expect(Number.isInteger(tokens) && tokens >= minimum && tokens <= maximum).toBe(true)
            const tied = length.drawAt(stream.uniform(), stream)
            expect(Number.isInteger(tied) && tied >= minimum && tied <= maximum).toBe(true)
          }
          expect(Number.isInteger(length.drawAt(0, stream)) && length.drawAt(1, stream) <= maximum).toBe(true)
        },
      ),
      { numRuns: 300 },
    )
  })
})

describe('prompt and answer together', () => {
  it.each([0.7, 0.25, -0.6])('have the stated rank correlation %d and keep their means', rankCorrelation => {
    const { inputs, outputs, lengths } = draws(
      {
        input: { kind: 'lognormal', mean: 4000, cv: 1 },
        output: { kind: 'gamma', mean: 900, cv: 0.8 },
        rankCorrelation,
      },
      8000,
    )
    // Standard error of a rank correlation: about 1/√n.
    expect(Math.abs(spearman(inputs, outputs) - rankCorrelation)).toBeLessThan(4 / Math.sqrt(8000))
    expectMean(inputs, 4000)
    expectMean(outputs, 900)
    expect(lengths.inputMean).toBe(4000)
  })

  it('are independent without one, and neither shifts the other', () => {
    const lognormal = { kind: 'lognormal', mean: 4000, cv: 1 } as const
    const { inputs, outputs } = draws(
      { input: lognormal, output: { kind: 'gamma', mean: 900, cv: 0.8 } },
      4000,
    )
    expect(Math.abs(spearman(inputs, outputs))).toBeLessThan(4 / Math.sqrt(4000))
    expect(draws({ input: lognormal, output: 3 }, 4000).inputs).toEqual(inputs)
  })

  it('come as they occur together when pairs are given', () => {
    const pairs = [
      [10, 100],
      [20, 200],
      [30, 300],
    ] as const
    const { inputs, outputs, lengths } = draws({ pairs, weights: [1, 0, 3] }, 4000)
    expect(inputs.every((n, i) => outputs[i] === 10 * n && n !== 20)).toBe(true)
    expect(lengths.inputMean).toBe(25)
    expectMean(inputs, 25)
    expectMean(outputs, 250)
  })
})

describe('jitter', () => {
  it.each([
    { input: 1024, output: 128 },
    { input: 1, output: 2 },
    { input: { kind: 'uniform', minimum: 5, maximum: 9 }, output: 77 },
    {
      pairs: [
        [100, 10],
        [300, 30],
      ],
    },
  ] as const)('spreads lengths and keeps their means: %j', spec => {
    const { inputs, outputs, lengths } = draws(spec as JointLengthSpec, 40_000, 0.3)
    expectMean(inputs, lengths.inputMean)
    expectMean(outputs, lengths.outputMean)
    expect(Math.min(...inputs, ...outputs)).toBeGreaterThanOrEqual(1)
    expect(new Set(outputs).size).toBeGreaterThan(1)
    expect(lengths.fixed).toBe(false)
  })

  it('stays within its share and below the maximum of a spread', () => {
    const { inputs } = draws({ input: 1000, output: 1 }, 2000, 0.1)
    expect(Math.min(...inputs)).toBeGreaterThanOrEqual(900)
    expect(Math.max(...inputs)).toBeLessThanOrEqual(1100)
    const bounded = draws({ input: { kind: 'uniform', minimum: 90, maximum: 100 }, output: 1 }, 2000, 0.5)
    expect(Math.max(...bounded.inputs)).toBeLessThanOrEqual(100)
  })
})

describe('faults', () => {
  const faults: readonly [unknown, RegExp][] = [
    [null, /lengths must be an object/],
    [{ input: 5 }, /output tokens must be an object, got nothing/],
    [{ input: 0, output: 1 }, /input tokens must be at least 1/],
    [{ input: 5, output: 5, correlation: 1 }, /has no field "correlation"/],
    [{ input: 5, output: 5, rankCorrelation: 2 }, /rank correlation must be at most 1, got 2/],
    [
      { input: { kind: 'range-below', nominal: 5, ratio: 1.2 }, output: 5 },
      /range ratio must be at most 1, got 1.2/,
    ],
    [{ input: { kind: 'geometric', mean: 0.5 }, output: 5 }, /at least 1, got 0.5/],
    [{ pairs: [] }, /at least one entry/],
    [{ pairs: [[1]] }, /two entries/],
    [{ pairs: [[1, 0]] }, /output tokens must be at least 1/],
  ]
  it.each(faults)('%j', (spec, message) => {
    const create = () => createJointLengths(spec as JointLengthSpec, 'lengths')
    expect(create).toThrow(message)
    expect(create).toThrow(TokenwrightError)
  })
})
