import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { RandomSource } from '../../core/random.ts'
import { ForgettingLine } from './forgetting-line.ts'
import { LearntTokens } from './learnt-tokens.ts'

const settings = { window: 64, slopeShare: 0.5 }

describe('a line through what was seen', () => {
  test('finds intercept and slope through noise, and the new ones when they change', () => {
    const random = new RandomSource('line').stream('noise')
    const line = new ForgettingLine(settings, null)
    const see = (intercept: number, slope: number) => {
      for (let count = 0; count < 400; count++) {
        const x = 4000 * random.uniform()
        line.observe(x, (intercept + slope * x) * (0.8 + 0.4 * random.uniform()))
      }
    }
    see(100, 0.1)
    expect(line.at(0) / 100).toBeCloseTo(1, 0)
    expect(line.at(3000) / 400).toBeCloseTo(1, 0)
    see(50, 0.4)
    expect(line.at(3000) / 1250).toBeCloseTo(1, 0)
  })

  test('of x that never varies, says y there, and assumes the share elsewhere', () => {
    const line = new ForgettingLine(settings, null)
    for (let count = 0; count < 50; count++) line.observe(1000, 200)
    expect(line.at(1000)).toBeCloseTo(200, 9)
    expect(line.at(2000)).toBeCloseTo(300, 9)
    expect(line.at(0)).toBeCloseTo(100, 9)
  })

  test('one stalled request is no trend', () => {
    const line = new ForgettingLine(settings, null)
    for (let count = 0; count < 64; count++) line.observe(1000, 200)
    line.observe(1000, 600_000)
    expect(line.at(1000)).toBeLessThan(220)
  })

  test('never below zero, never a wrong way, whatever comes', () => {
    const value = fc.oneof(
      fc.double({ min: 0, max: 1e9, noNaN: true }),
      fc.constantFrom(Number.NaN, -1, Infinity, 0),
    )
    fc.assert(
      fc.property(fc.array(fc.tuple(value, value), { maxLength: 50 }), seen => {
        for (const prior of [null, { intercept: 10, slope: 0.1, observations: 2 }]) {
          const line = new ForgettingLine(settings, prior)
          for (const [x, y] of seen) line.observe(x, y)
          expect(line.slope).toBeGreaterThanOrEqual(0)
          expect(line.at(0)).toBeGreaterThanOrEqual(-1e-6 * Math.abs(line.at(1e9)))
          expect(Number.isFinite(line.at(1e6))).toBe(true)
        }
      }),
    )
  })
})

describe('tokens as a candidate counts them', () => {
  test('the ratio and the trust follow what is reported', () => {
    const tokens = new LearntTokens()
    expect([tokens.perEstimated, tokens.trust, tokens.realisedHitShare]).toEqual([1, 1, null])
    for (let count = 0; count < 300; count++) tokens.saw(1000, 800, 1500, 600)
    expect(tokens.perEstimated).toBeCloseTo(1.5, 1)
    // Of 1,200 of its tokens, half.
    expect(tokens.trust).toBeCloseTo(0.5, 1)
    expect(tokens.realisedHitShare).toBeCloseTo(0.4, 2)
    for (let count = 0; count < 300; count++) tokens.saw(1000, 100, null, 5000)
    expect(tokens.trust).toBeGreaterThan(0.9)
    expect(tokens.trust).toBeLessThanOrEqual(1)
  })
})
