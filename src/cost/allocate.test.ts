import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { allocate } from './allocate.ts'
import { anyBill, anyTokens, anyWeights } from './cost.fixture.ts'
import { costPerMillionTokens } from './per-million-tokens.ts'
import type { Allocation, AllocationWeights } from './types.ts'
import {
  cachedInputSeconds,
  weightsByEngineTime,
  weightsByFixedRatio,
  weightsByPool,
  withIdleShare,
  withoutEmptyClasses,
} from './weights.ts'

const parts = (allocation: Allocation) =>
  allocation.uncachedInputNanoUsd +
  allocation.cachedInputNanoUsd +
  allocation.outputNanoUsd +
  allocation.idleNanoUsd

const sumWeights = (weights: AllocationWeights) =>
  weights.uncachedInput + weights.cachedInput + weights.output + weights.idle

test('classes + idle = bill, to the last nano-dollar, for any bill and weights', () => {
  fc.assert(
    fc.property(anyBill, anyWeights, (bill, weights) => {
      expect(parts(allocate(bill, weights))).toBe(bill)
    }),
    { numRuns: 1000 },
  )
})

test('class prices × tokens + idle give the bill back, even where a class has no tokens', () => {
  fc.assert(
    fc.property(anyBill, anyTokens, anyWeights, (bill, tokens, weights) => {
      const cost = costPerMillionTokens(bill, tokens, weights)
      const all = tokens.uncachedInput + tokens.cachedInput + tokens.output
      const usd =
        ((cost.uncachedInput ?? 0) * Number(tokens.uncachedInput) +
          (cost.cachedInput ?? 0) * Number(tokens.cachedInput) +
          (cost.output ?? 0) * Number(tokens.output) +
          cost.idle * Number(all)) /
        1e6
      expect(Math.abs(usd - Number(bill) / 1e9)).toBeLessThanOrEqual(1e-12 * (Number(bill) / 1e9) + 1e-9)
      expect(cost.output === null).toBe(tokens.output === 0n)
      expect(cost.blended * Number(all) * 1e3).toSatisfy(
        (nano: number) => Math.abs(nano - Number(bill)) <= 1e-12 * Number(bill),
      )
    }),
    { numRuns: 500 },
  )
})

test('the blended cost depends on no allocation', () => {
  fc.assert(
    fc.property(anyBill, anyTokens, anyWeights, anyWeights, (bill, tokens, one, other) => {
      const blended = (weights: AllocationWeights) => costPerMillionTokens(bill, tokens, weights).blended
      expect(blended(one)).toBe(blended(other))
    }),
  )
})

test('no tokens, no price', () => {
  const nothing = { uncachedInput: 0n, cachedInput: 0n, output: 0n }
  const weights = weightsByFixedRatio(nothing, { outputPerInput: 4, cachedPerInput: 0.1 })
  expect(() => costPerMillionTokens(1n, nothing, weights)).toThrow('at least one token')
})

describe('methods', () => {
  test('engine time: seconds are the weights', () => {
    const weights = weightsByEngineTime({
      prefillSeconds: 2,
      decodeSeconds: 5,
      cachedInputSeconds: 1,
      idleSeconds: 2,
    })
    expect(allocate(1000n, weights)).toMatchObject({
      method: 'engine-time',
      uncachedInputNanoUsd: 200n,
      cachedInputNanoUsd: 100n,
      outputNanoUsd: 500n,
      idleNanoUsd: 200n,
    })
  })

  test('pool: each pool pays for its class and its own idle time', () => {
    const weights = weightsByPool({
      prefillNanoUsd: 10_000_000_000n,
      decodeNanoUsd: 30_000_000_000n,
      prefillBusyShare: 0.5,
      decodeBusyShare: 0.75,
      cachedShareOfPrefill: 0,
    })
    expect(allocate(40_000_000_000n, weights)).toMatchObject({
      uncachedInputNanoUsd: 5_000_000_000n,
      outputNanoUsd: 22_500_000_000n,
      idleNanoUsd: 12_500_000_000n,
    })
  })

  test('fixed ratio: class prices stand in the declared ratio', () => {
    const tokens = { uncachedInput: 1000n, cachedInput: 9000n, output: 500n }
    const weights = weightsByFixedRatio(tokens, { outputPerInput: 5, cachedPerInput: 0.1 }, 0.4)
    const cost = costPerMillionTokens(10n ** 12n, tokens, weights)
    expect(cost.output! / cost.uncachedInput!).toBeCloseTo(5, 9)
    expect(cost.cachedInput! / cost.uncachedInput!).toBeCloseTo(0.1, 9)
    expect(cost.idle / cost.blended).toBeCloseTo(0.4, 9)
  })

  test('cached input pays for the stall of its transfer, not for FLOPs', () => {
    const transfer = {
      cachedTokens: 10_000,
      keyValueBytesPerToken: 70_272,
      bytesPerSecond: 50e9,
      stallShare: 0.5,
    }
    expect(cachedInputSeconds(transfer)).toBeCloseTo(0.0070272, 10)
    expect(cachedInputSeconds({ ...transfer, stallShare: 0 })).toBe(0)
  })

  test('negative or undefined seconds are refused', () => {
    const time = { prefillSeconds: -1, decodeSeconds: 1, cachedInputSeconds: 0, idleSeconds: 0 }
    expect(() => weightsByEngineTime(time)).toThrow('uncachedInput')
    expect(() => weightsByEngineTime({ ...time, prefillSeconds: Number.NaN })).toThrow('uncachedInput')
  })
})

test('adding an idle share keeps the proportions of the classes', () => {
  fc.assert(
    fc.property(anyWeights, fc.double({ min: 0, max: 0.99, noNaN: true }), (weights, share) => {
      fc.pre(sumWeights(weights) > 1e-6 && weights.idle === 0)
      const more = withIdleShare(weights, share)
      expect(more.output).toBe(weights.output)
      const found = more.idle / sumWeights(more)
      // A share below a billionth is a rounding rest by definition (weights.ts); both answers are right on its edge.
      if (share < 0.999e-9) expect(found).toBe(0)
      else if (share > 1.001e-9) expect(found).toBeCloseTo(share, 12)
    }),
    {
      examples: [
        [{ method: 'engine-time', uncachedInput: 1e-6 + 2e-22, cachedInput: 0, output: 0, idle: 0 }, 5e-10],
      ],
    },
  )
  expect(
    withIdleShare(
      weightsByEngineTime({ prefillSeconds: 1, decodeSeconds: 1, cachedInputSeconds: 0, idleSeconds: 0 }),
      1,
    ),
  ).toMatchObject({
    output: 0,
    idle: 1,
  })
})

test('an idle rest of rounding is no idle time, a real one is', () => {
  const time = { prefillSeconds: 0.47, decodeSeconds: 0.53, cachedInputSeconds: 0 }
  const tokens = { uncachedInput: 3_000_000n, cachedInput: 0n, output: 1_000_000n }
  const idle = (idleSeconds: number) =>
    costPerMillionTokens(8_500_000_000n, tokens, weightsByEngineTime({ ...time, idleSeconds })).idle
  expect(idle(1.1e-16)).toBe(0)
  expect(idle(9e-10)).toBe(0)
  expect(idle(1e-6)).toBeGreaterThan(0)
  expect(weightsByEngineTime({ ...time, prefillSeconds: 0, decodeSeconds: 0, idleSeconds: 1e-12 }).idle).toBe(
    1e-12,
  )
})

test('time spent on a class without tokens is idle time', () => {
  const weights = weightsByEngineTime({
    prefillSeconds: 3,
    decodeSeconds: 5,
    cachedInputSeconds: 0,
    idleSeconds: 2,
  })
  expect(withoutEmptyClasses(weights, { uncachedInput: 0n, cachedInput: 7n, output: 9n })).toMatchObject({
    uncachedInput: 0,
    output: 5,
    idle: 5,
  })
})
