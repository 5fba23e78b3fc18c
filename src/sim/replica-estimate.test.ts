import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import type { CandidateEstimate, CandidateState } from '../routing/types.ts'
import {
  type PoolChoice,
  type Prediction,
  predictingPool,
  predictions,
  shapeOf,
} from './replica-estimate.fixture.ts'
import { withEstimates } from './replica-estimate.ts'

const mean = (values: readonly number[]) => values.reduce((sum, value) => sum + value, 0) / values.length
const quantile = (values: readonly number[], share: number) =>
  values.toSorted((a, b) => a - b)[Math.floor(share * (values.length - 1))]!
const ttftOf = ({ record }: Prediction) => (record.firstTokenUs - record.sentUs) / 1000
const tpotOf = ({ record }: Prediction) =>
  (record.lastTokenUs - record.firstTokenUs) / 1000 / (record.outputTokens - 1)

function estimateOf(choice: PoolChoice = {}): CandidateEstimate {
  return predictingPool(choice).estimate!
}

function state(overrides: Partial<CandidateState> = {}): CandidateState {
  return {
    id: 0,
    ready: true,
    waiting: 0,
    running: 0,
    pendingPromptTokens: 0,
    cacheUse: 0,
    capacity: 256,
    estimate: null,
    ...overrides,
  }
}

const engines = ['vllm', 'sglang', 'trtllm'] as const
const lengths = [
  [40, 30],
  [200, 200],
  [2000, 200],
  [20_000, 100],
] as const

describe('an idle replica does as it was predicted', () => {
  const cases = engines.flatMap(engine => lengths.map(([input, output]) => [engine, input, output] as const))
  test.for(cases)(
    '%s, %i tokens in, %i out: TTFT within 5 %, TPOT within 10 %',
    ([engine, input, output]) => {
      const pool = predictingPool({ engine, inputTokens: input, outputTokens: output })
      const [alone] = predictions([pool], {
        kind: 'open',
        arrivals: { kind: 'constant', rate: 0.01 },
        lengths: { input, output },
        requests: 1,
      })
      expect(Math.abs(alone!.ttftMs / ttftOf(alone!) - 1)).toBeLessThan(0.05)
      expect(Math.abs(alone!.tpotMs / tpotOf(alone!) - 1)).toBeLessThan(0.1)
    },
  )

  test('lengths other than the mean ones: TTFT within 5 %', () => {
    const pool = predictingPool({ inputTokens: 2000, outputTokens: 200 })
    for (const input of [16, 700, 9000, 30_000]) {
      const [alone] = predictions([pool], {
        kind: 'open',
        arrivals: { kind: 'constant', rate: 0.01 },
        lengths: { input, output: 50 },
        requests: 1,
      })
      expect(Math.abs(alone!.ttftMs / ttftOf(alone!) - 1)).toBeLessThan(0.05)
    }
  })

  test('attention-data parallelism', () => {
    const choice = { model: 'openai/gpt-oss-120b', tensor: 1, attentionData: 4, inputTokens: 3000 }
    const [alone] = predictions([predictingPool(choice)], {
      kind: 'open',
      arrivals: { kind: 'constant', rate: 0.01 },
      lengths: { input: 3000, output: 200 },
      requests: 1,
    })
    expect(Math.abs(alone!.ttftMs / ttftOf(alone!) - 1)).toBeLessThan(0.05)
  })
})

/** Open loops below what the replica can serve: requests/s by engine. */
describe('a loaded replica: means within 1.3, most requests within a factor of 2.5', () => {
  const cases = [
    ['vllm', 2000, 200, 2],
    ['vllm', 200, 200, 10],
    ['sglang', 2000, 200, 2],
    ['trtllm', 2000, 200, 3],
    ['trtllm', 500, 1000, 3],
  ] as const
  test.for(cases)('%s, %i in, %i out, %i/s', ([engine, input, output, rate]) => {
    const pool = predictingPool({ engine, inputTokens: input, outputTokens: output })
    const all = predictions([pool], {
      kind: 'open',
      arrivals: { kind: 'poisson', rate },
      lengths: { input, output },
      requests: 500,
    })
    const loaded = all.slice(150)
    for (const [predicted, measured] of [
      [loaded.map(({ ttftMs }) => ttftMs), loaded.map(ttftOf)],
      [loaded.map(({ tpotMs }) => tpotMs), loaded.map(tpotOf)],
    ] as const) {
      const factor = mean(predicted) / mean(measured)
      expect(Math.max(factor, 1 / factor)).toBeLessThan(1.3)
      const ratios = predicted.map((value, index) => value / measured[index]!)
      expect(quantile(ratios, 0.1)).toBeGreaterThan(0.4)
      expect(quantile(ratios, 0.9)).toBeLessThan(2.5)
    }
    // Who waits longer was told so, more often than not; neighbours share a step, so they are not compared.
    const pairs = loaded.slice(41).map((one, index) => {
      const other = loaded[index]!
      return Math.sign(one.ttftMs - other.ttftMs) * Math.sign(ttftOf(one) - ttftOf(other))
    })
    expect(mean(pairs)).toBeGreaterThan(0.2)
  })

  test('dollars of all requests come to the time in which steps ran', () => {
    const pool = predictingPool()
    const all = predictions([pool], {
      kind: 'open',
      arrivals: { kind: 'poisson', rate: 2 },
      lengths: { input: 2000, output: 200 },
      requests: 500,
    })
    const told = all.reduce((sum, { usd }) => sum + usd, 0)
    // At that rate some step runs nearly always.
    const seconds = Math.max(...all.map(({ record }) => record.endedUs)) / 1e6
    expect(told / ((pool.usdPerReplicaHour / 3600) * seconds)).toBeGreaterThan(0.75)
    expect(told / ((pool.usdPerReplicaHour / 3600) * seconds)).toBeLessThan(1.3)
  })
})

describe('what changes a prediction', () => {
  const amount = (most: number) => fc.integer({ min: 0, max: most })
  const loads = fc.record({
    running: amount(300),
    waiting: amount(300),
    pendingPromptTokens: amount(500_000),
  })

  test.for(engines)('%s: more load, never sooner, and never cheaper time', engine => {
    const estimate = estimateOf({ engine })
    fc.assert(
      fc.property(loads, loads, amount(20_000), amount(500), (load, more, input, output) => {
        const less = state(load)
        const loaded = state({
          running: load.running + more.running,
          waiting: load.waiting + more.waiting,
          pendingPromptTokens: load.pendingPromptTokens + more.pendingPromptTokens,
        })
        const close = 1 + 1e-9
        expect(estimate.ttftMs(loaded, input + 1, 0) * close).toBeGreaterThanOrEqual(
          estimate.ttftMs(less, input + 1, 0),
        )
        expect(estimate.tpotMs(loaded) * close).toBeGreaterThanOrEqual(estimate.tpotMs(less))
        const usd = estimate.marginalUsd(less, input + 1, 0, output)
        expect(usd).toBeGreaterThanOrEqual(0)
        expect(Number.isFinite(usd)).toBe(true)
      }),
      { seed: 7, numRuns: 400 },
    )
  })

  test('a longer prompt takes longer, a cached one less, both in time and money', () => {
    const estimate = estimateOf()
    fc.assert(
      fc.property(
        loads,
        fc.integer({ min: 1, max: 50_000 }),
        fc.double({ min: 0, max: 1, noNaN: true }),
        (load, input, share) => {
          const here = state(load)
          const cached = Math.floor(share * input)
          expect(estimate.ttftMs(here, input, cached)).toBeLessThanOrEqual(
            estimate.ttftMs(here, input, 0) * 1.001,
          )
          expect(estimate.marginalUsd(here, input, cached, 10)).toBeLessThanOrEqual(
            estimate.marginalUsd(here, input, 0, 10) * 1.001 + 1e-12,
          )
          expect(estimate.ttftMs(here, input + 1000, 0)).toBeGreaterThanOrEqual(
            estimate.ttftMs(here, input, 0) * 0.999,
          )
        },
      ),
      { seed: 7, numRuns: 400 },
    )
    // A prompt that is wholly cached computes its last token.
    expect(estimate.ttftMs(state(), 100, 100)).toBe(estimate.ttftMs(state(), 100, 99))
  })

  test('dearer devices cost more, faster ones take less', () => {
    const slow = estimateOf()
    expect(estimateOf({ usdPerDeviceHour: 6 }).marginalUsd(state(), 1000, 0, 100)).toBeCloseTo(
      2 * slow.marginalUsd(state(), 1000, 0, 100),
      12,
    )
    const fast = estimateOf({ accelerator: 'b200' })
    expect(fast.ttftMs(state(), 8000, 0)).toBeLessThan(slow.ttftMs(state(), 8000, 0))
    expect(fast.tpotMs(state())).toBeLessThan(slow.tpotMs(state()))
  })

  test('a full replica makes wait for those that have to end first', () => {
    const estimate = estimateOf()
    const full = state({ running: 256, waiting: 0 })
    const line = state({ running: 256, waiting: 100, pendingPromptTokens: 0 })
    expect(estimate.ttftMs(line, 1000, 0)).toBeGreaterThan(3 * estimate.ttftMs(full, 1000, 0))
  })
})

test('a prefill pool counts the way of the cache, and promises nothing of decoding', () => {
  const serve = predictingPool()
  const prefill = {
    ...serve,
    name: 'prefill',
    role: 'prefill' as const,
    linkBytesPerSecond: 10e9,
    handoffSeconds: 0.25,
  }
  const decode = { ...serve, name: 'decode', role: 'decode' as const }
  const [first] = withEstimates([prefill, decode], shapeOf({}))
  const [bare] = withEstimates([{ ...prefill, handoffSeconds: 0 }, decode], shapeOf({}))
  const gained = first!.estimate!.ttftMs(state(), 4000, 0) - bare!.estimate!.ttftMs(state(), 4000, 0)
  expect(gained).toBeCloseTo(250, 6)
  expect(first!.estimate!.tpotMs(state())).toBe(0)
  const alone = predictions([first!, decode], {
    kind: 'open',
    arrivals: { kind: 'constant', rate: 0.01 },
    lengths: { input: 4000, output: 100 },
    requests: 1,
  })[0]!
  expect(Math.abs(alone.ttftMs / ttftOf(alone) - 1)).toBeLessThan(0.1)
})

test('one question takes microseconds at most', () => {
  const estimate = estimateOf()
  const here = state({ running: 37, waiting: 5, pendingPromptTokens: 9000 })
  const rounds = 20_000
  let sum = 0
  for (let round = 0; round < rounds; round++) sum += estimate.ttftMs(here, 100 + (round & 4095), 0)
  const before = performance.now()
  for (let round = 0; round < rounds; round++) {
    sum += estimate.ttftMs(here, 100 + (round & 4095), 0) + estimate.tpotMs(here)
    sum += estimate.marginalUsd(here, 100 + (round & 4095), 0, 200)
  }
  const microseconds = (1000 * (performance.now() - before)) / rounds
  expect(sum).toBeGreaterThan(0)
  expect(microseconds).toBeLessThan(20)
})
