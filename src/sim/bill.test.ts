import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import type { Allocation } from '../cost/types.ts'
import { type PoolBillInput, type RunBillInput, runBill } from './bill.ts'

/** One hour of two replicas at $3.60, three quarters of it in steps, 40 % of that for prompts. */
const pool = (overrides: Partial<PoolBillInput> = {}): PoolBillInput => ({
  pool: 'pool',
  usdPerReplicaHour: 3.6,
  replicaSeconds: 7200,
  busySeconds: 5400,
  prefillShare: 0.4,
  cachedInputSeconds: 0,
  joules: 0,
  stepJoules: 0,
  energy: null,
  ...overrides,
})

const input = (overrides: Partial<RunBillInput> = {}): RunBillInput => ({
  pools: [pool()],
  requests: 1000,
  inputTokens: 5_000_000,
  cachedInputTokens: 1_000_000,
  outputTokens: 1_000_000,
  goodRequests: 500,
  goodTokens: 3_000_000,
  ...overrides,
})

const parts = (allocation: Allocation) =>
  allocation.uncachedInputNanoUsd +
  allocation.cachedInputNanoUsd +
  allocation.outputNanoUsd +
  allocation.idleNanoUsd

describe('by hand', () => {
  test('two replica-hours at $3.60: $7.20, a quarter of it idle', () => {
    const bill = runBill(input())
    expect(bill.allocation).toEqual({
      method: 'engine-time',
      billNanoUsd: 7_200_000_000n,
      // $5.40 of busy time: 40 % for four million uncached prompt tokens, 60 % for a million of output.
      uncachedInputNanoUsd: 2_160_000_000n,
      cachedInputNanoUsd: 0n,
      outputNanoUsd: 3_240_000_000n,
      idleNanoUsd: 1_800_000_000n,
    })
    expect(bill.perMillionTokens).toEqual({
      blended: 1.2,
      perOutputToken: 7.2,
      uncachedInput: 0.54,
      cachedInput: 0,
      output: 3.24,
      idle: 0.3,
      method: 'engine-time',
    })
    expect(bill.usdPerRequest).toBe(0.0072)
    expect(bill.usdPerGoodRequest).toBe(0.0144)
    expect(bill.usdPerMillionGoodTokens).toBeCloseTo(2.4, 12)
    expect(bill.lines.map(line => line.formula)).toEqual([
      '7200 replica-seconds ÷ 3600 × $3.6/replica-hour = $7.20',
    ])
  })

  test('energy apart: shared by joules, idle ones to idle', () => {
    // 7.2 MJ = 2 kWh × 1.5 × $0.10 = $0.30; 90 % of it in steps.
    const priced = pool({ joules: 7.2e6, stepJoules: 6.48e6, energy: { usdPerKilowattHour: 0.1, pue: 1.5 } })
    const { lines, allocation } = runBill(input({ pools: [priced] }))
    expect(lines.map(line => [line.component, line.nanoUsd])).toEqual([
      ['replicas', 7_200_000_000n],
      ['energy', 300_000_000n],
    ])
    expect(lines[1]!.allocation).toMatchObject({
      uncachedInputNanoUsd: 108_000_000n,
      outputNanoUsd: 162_000_000n,
      idleNanoUsd: 30_000_000n,
    })
    expect(allocation.billNanoUsd).toBe(7_500_000_000n)
    expect(allocation.idleNanoUsd).toBe(1_830_000_000n)
  })

  test('prefill and decode pools of different prices each pay for what they did', () => {
    const prefill = pool({
      pool: 'prefill',
      usdPerReplicaHour: 2,
      replicaSeconds: 3600,
      busySeconds: 1800,
      prefillShare: 1,
    })
    const decode = pool({
      pool: 'decode',
      usdPerReplicaHour: 10,
      replicaSeconds: 3600,
      busySeconds: 3600,
      prefillShare: 0,
    })
    expect(runBill(input({ pools: [prefill, decode] })).allocation).toMatchObject({
      billNanoUsd: 12_000_000_000n,
      uncachedInputNanoUsd: 1_000_000_000n,
      outputNanoUsd: 10_000_000_000n,
      idleNanoUsd: 1_000_000_000n,
    })
  })

  test('cached input pays for the time engines stood still to load it', () => {
    const { allocation } = runBill(input({ pools: [pool({ cachedInputSeconds: 540 })] }))
    expect(allocation.cachedInputNanoUsd).toBe(540_000_000n)
    expect(allocation.uncachedInputNanoUsd).toBe(1_944_000_000n)
  })
})

describe('nothing to divide by', () => {
  test('no token: the bill is idle, and has no price per token', () => {
    const none = {
      requests: 0,
      inputTokens: 0,
      cachedInputTokens: 0,
      outputTokens: 0,
      goodRequests: 0,
      goodTokens: 0,
    }
    const bill = runBill(input(none))
    expect(bill.allocation.idleNanoUsd).toBe(7_200_000_000n)
    expect([
      bill.perMillionTokens,
      bill.usdPerRequest,
      bill.usdPerGoodRequest,
      bill.usdPerMillionGoodTokens,
    ]).toEqual([null, null, null, null])
  })

  test('nothing within the objectives', () => {
    const bill = runBill(input({ goodRequests: 0, goodTokens: 0 }))
    expect([bill.usdPerRequest, bill.usdPerMillionGoodTokens]).toEqual([0.0072, null])
  })

  test('no replica, no bill', () => {
    const bill = runBill(input({ pools: [pool({ replicaSeconds: 0, busySeconds: 0 })] }))
    expect(bill.allocation.billNanoUsd).toBe(0n)
    expect(bill.perMillionTokens?.blended).toBe(0)
  })

  test('more cached than input, negative seconds and shares beyond one are refused', () => {
    expect(() => runBill(input({ cachedInputTokens: 6_000_000 }))).toThrow('part of the input')
    expect(() => runBill(input({ pools: [pool({ replicaSeconds: -1 })] }))).toThrow('not negative')
    expect(() => runBill(input({ pools: [pool({ prefillShare: 1.2 })] }))).toThrow('[0, 1]')
    const cheap = { usdPerKilowattHour: 0.1, pue: 0.9 }
    expect(() => runBill(input({ pools: [pool({ energy: cheap })] }))).toThrow('PUE')
  })
})

const amount = (max: number) => fc.double({ min: 0, max, noNaN: true })
const share = fc.double({ min: 0, max: 1, noNaN: true })
const anyPool: fc.Arbitrary<PoolBillInput> = fc
  .record({
    pool: fc.constantFrom('a', 'b', 'c'),
    usdPerReplicaHour: amount(1000),
    replicaSeconds: amount(1e7),
    busyShare: share,
    prefillShare: share,
    cachedShare: share,
    joules: amount(1e12),
    stepShare: share,
    energy: fc.option(
      fc.record({ usdPerKilowattHour: amount(1), pue: fc.double({ min: 1, max: 2, noNaN: true }) }),
    ),
  })
  .map(({ busyShare, cachedShare, stepShare, ...rest }) => ({
    ...rest,
    busySeconds: rest.replicaSeconds * busyShare,
    cachedInputSeconds: rest.replicaSeconds * busyShare * cachedShare,
    stepJoules: rest.joules * stepShare,
  }))
const anyInput: fc.Arbitrary<RunBillInput> = fc
  .record({
    pools: fc.array(anyPool, { minLength: 1, maxLength: 4 }),
    requests: fc.nat(1e6),
    uncached: fc.nat(1e9),
    cachedInputTokens: fc.nat(1e9),
    outputTokens: fc.nat(1e9),
  })
  .map(({ uncached, ...rest }) => ({
    ...rest,
    inputTokens: uncached + rest.cachedInputTokens,
    goodRequests: Math.floor(rest.requests / 2),
    goodTokens: Math.floor(rest.outputTokens / 2),
  }))

test('lines, and classes of every line, add up to the bill to the last nano-dollar', () => {
  fc.assert(
    fc.property(anyInput, run => {
      const bill = runBill(run)
      expect(parts(bill.allocation)).toBe(bill.allocation.billNanoUsd)
      expect(bill.lines.reduce((sum, line) => sum + line.nanoUsd, 0n)).toBe(bill.allocation.billNanoUsd)
      for (const line of bill.lines) expect(parts(line.allocation)).toBe(line.nanoUsd)
    }),
    { numRuns: 300 },
  )
})

test('class prices × tokens + idle × all tokens give the bill back', () => {
  fc.assert(
    fc.property(anyInput, run => {
      const { perMillionTokens: price, allocation } = runBill(run)
      const all = run.inputTokens + run.outputTokens
      if (price === null) return expect(all).toBe(0)
      const usd =
        ((price.uncachedInput ?? 0) * (run.inputTokens - run.cachedInputTokens) +
          (price.cachedInput ?? 0) * run.cachedInputTokens +
          (price.output ?? 0) * run.outputTokens +
          price.idle * all) /
        1e6
      const bill = Number(allocation.billNanoUsd) / 1e9
      expect(Math.abs(usd - bill)).toBeLessThanOrEqual(1e-9 * bill + 1e-8)
    }),
  )
})

test('twice the time at the same work costs twice as much, and the more is idle', () => {
  fc.assert(
    fc.property(amount(1e6), anyPool, (extraSeconds, one) => {
      const longer = { ...one, replicaSeconds: one.replicaSeconds + extraSeconds, energy: null }
      const [short, long] = [
        runBill(input({ pools: [{ ...one, energy: null }] })),
        runBill(input({ pools: [longer] })),
      ]
      const more = long.allocation.billNanoUsd - short.allocation.billNanoUsd
      expect(more >= 0n).toBe(true)
      const busyDifference =
        long.allocation.billNanoUsd -
        long.allocation.idleNanoUsd -
        (short.allocation.billNanoUsd - short.allocation.idleNanoUsd)
      // Nothing but rounding, and a rest of idle time below a billionth, which counts as none.
      const rounding = 10n + short.allocation.billNanoUsd / 500_000_000n
      expect(busyDifference <= rounding && busyDifference >= -rounding).toBe(true)
    }),
  )
})
