import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import {
  breakEvenHoursShare,
  breakEvenTokensPerSecond,
  breakEvenUsdPerMillionTokens,
  paybackMonths,
} from './break-even.ts'
import { anyRateInput, anyWeights, price, rateInput } from './cost.fixture.ts'
import { costRate } from './cost-rate.ts'
import { hourlyCost } from './hourly-cost.ts'
import {
  carbonGramsPerMillionTokens,
  itWattsOf,
  joulesPerToken,
  tokensPerSecondPerMegawatt,
  utilityWattsOf,
} from './power.ts'
import { fullUtilisation } from './utilisation.ts'
import { marketPriceRatios, weightsByFixedRatio } from './weights.ts'

function single(usdPerHour: number, tokensPerSecond: number, utilisation = fullUtilisation) {
  const tokens = { uncachedInput: 0, cachedInput: 0, output: tokensPerSecond }
  return hourlyCost({
    rate: costRate(rateInput({ devices: [{ count: 1, price: price(usdPerHour) }] })),
    capacityTokensPerSecond: tokens,
    utilisation,
    busyWeights: weightsByFixedRatio(tokens, marketPriceRatios),
  })
}

describe("NVIDIA's table of 2026-04-15, recomputed (docs/models/cost.md)", () => {
  test('H200: $1.41/h at 93.25 tokens/s/GPU and 1.73 utility kW', () => {
    expect(single(1.41, 93.25).perMillionTokens.blended).toBeCloseTo(4.2, 2)
    expect(tokensPerSecondPerMegawatt(93.25, 1730)).toBeCloseTo(53_900, -2)
    expect(joulesPerToken(93.25, 1730)).toBeCloseTo(18.55, 2)
  })

  test('GB300: $2.652/h at 6000 tokens/s/GPU and 2.1 utility kW', () => {
    expect(single(2.652, 6000).perMillionTokens.blended).toBeCloseTo(0.1228, 4)
    expect(tokensPerSecondPerMegawatt(6000, 2100)).toBeCloseTo(2_857_143, 0)
  })

  test('the claim: 34 × per dollar, 53 × per megawatt', () => {
    const perDollar =
      single(1.41, 93.25).perMillionTokens.blended / single(2.652, 6000).perMillionTokens.blended
    expect(perDollar).toBeCloseTo(34.2, 1)
    expect(tokensPerSecondPerMegawatt(6000, 2100) / tokensPerSecondPerMegawatt(93.25, 1730)).toBeCloseTo(
      53,
      0,
    )
  })
})

test('the hourly bill adds up by class and by use, for any rate and weights', () => {
  const factor = fc.double({ min: 0.01, max: 1, noNaN: true })
  const factors = fc.record({ availability: factor, demandFill: factor, operatingPoint: factor })
  const speed = fc.double({ min: 1e-3, max: 1e9, noNaN: true })
  const speeds = fc.record({ uncachedInput: speed, cachedInput: speed, output: speed })
  fc.assert(
    fc.property(anyRateInput, speeds, factors, anyWeights, (input, capacity, utilisation, busyWeights) => {
      const rate = costRate(input)
      const { allocation, use } = hourlyCost({
        rate,
        capacityTokensPerSecond: capacity,
        utilisation,
        busyWeights,
      })
      const classes =
        allocation.uncachedInputNanoUsd + allocation.cachedInputNanoUsd + allocation.outputNanoUsd
      expect(classes + allocation.idleNanoUsd).toBe(rate.nanoUsdPerHour)
      const busy = use.workNanoUsd + use.operatingPointNanoUsd
      expect(busy + use.unfilledNanoUsd + use.unavailableNanoUsd).toBe(rate.nanoUsdPerHour)
    }),
  )
})

test('half the demand doubles the cost per token, and the idle line is the half', () => {
  const full = single(2, 100)
  const half = single(2, 100, { ...fullUtilisation, demandFill: 0.5 })
  expect(half.perMillionTokens.blended).toBeCloseTo(2 * full.perMillionTokens.blended, 9)
  expect(half.perMillionTokens.idle).toBeCloseTo(half.perMillionTokens.blended / 2, 9)
  expect(half.allocation.idleNanoUsd).toBe(1_000_000_000n)
  expect(half.perMillionTokens.output).toBeCloseTo(full.perMillionTokens.blended, 9)
})

test('a worse operating point makes busy tokens dearer and is no idle time', () => {
  const half = single(2, 100, { ...fullUtilisation, operatingPoint: 0.5 })
  expect(half.perMillionTokens.idle).toBe(0)
  expect(half.perMillionTokens.output).toBeCloseTo(2 * single(2, 100).perMillionTokens.output!, 9)
  expect(half.use.operatingPointNanoUsd).toBe(1_000_000_000n)
})

test('a throughput of zero has no cost per token', () => {
  expect(() => single(2, 0)).toThrow('throughput above 0')
})

test('power: IT and utility differ by the PUE, carbon follows the meter', () => {
  expect(itWattsOf({ watts: 1730, basis: 'utility' }, 1.26)).toBeCloseTo(1373, 0)
  expect(itWattsOf({ watts: 700, basis: 'board' }, 1.26)).toBe(700)
  expect(utilityWattsOf(1000, 1.3)).toBe(1300)
  expect(carbonGramsPerMillionTokens(1000, 1e6 / 3600)).toBeCloseTo(1000, 9)
  expect(() => utilityWattsOf(1, 0.5)).toThrow('PUE')
})

test('break-even: hours, throughput, price and payback agree with the cost equation', () => {
  const rate = costRate(rateInput({ devices: [{ count: 1, price: price(1.41) }] }))
  expect(breakEvenUsdPerMillionTokens(rate, 93.25)).toBeCloseTo(4.2, 2)
  expect(breakEvenTokensPerSecond(rate, breakEvenUsdPerMillionTokens(rate, 93.25))).toBeCloseTo(93.25, 9)
  // H200 in September 2026: $2.90 for three years against a median of $5.40 on demand (InferenceX and gpu-price-index).
  expect(breakEvenHoursShare(2.9, 5.4)).toBeCloseTo(0.537, 3)
  expect(paybackMonths({ capitalNanoUsd: 120n, runningNanoUsdPerMonth: 5n, rentNanoUsdPerMonth: 15n })).toBe(
    12,
  )
  expect(
    paybackMonths({ capitalNanoUsd: 120n, runningNanoUsdPerMonth: 15n, rentNanoUsdPerMonth: 15n }),
  ).toBeNull()
})
