import { describe, expect, test } from 'vitest'
import {
  constantTimer,
  engineSettings,
  fleetSettings,
  pairOfPools,
  pool,
  request,
  Stage,
  stepUs,
  testRouter,
} from './fleet.fixture.ts'
import { createFleet } from './fleet.ts'
import type { FleetSettings, PoolSettings } from './types.ts'

const second = 1e6
/** 100 tokens × 1000 bytes at 10 MB/s. */
const moveUs = 10_000

function stage(overrides: Partial<FleetSettings> = {}, pools: Partial<PoolSettings> = {}): Stage {
  return new Stage(createFleet(fleetSettings({ pools: pairOfPools(pools), ...overrides })))
}

function routes(run: Stage): string[] {
  return run.ofKind('routed').map(({ requestId, replica }) => `${requestId} ${replica}`)
}

describe('a pair of pools', () => {
  test('computes the prompt here, moves its cache, decodes there', () => {
    const one = request({ inputTokens: 100, outputTokens: 4 })
    const run = stage({}, { handoffSeconds: 0.002 }).submit(0, one).finish()
    const arrivedUs = stepUs + 2000 + moveUs
    expect(run.ofKind('transferred')).toEqual([
      { kind: 'transferred', requestId: one.id, atUs: arrivedUs, from: 0, to: 1, bytes: 100_000 },
    ])
    expect(routes(run)).toEqual([`${one.id} 0`, `${one.id} 1`])
    expect(run.record(one.id)).toMatchObject({
      outcome: 'served',
      replica: 1,
      outputTokens: 4,
      startedUs: 0,
      firstTokenUs: arrivedUs + stepUs,
      endedUs: arrivedUs + 4 * stepUs,
    })
  })

  test.each([
    ['decode', stepUs + moveUs + stepUs, stepUs + moveUs + 4 * stepUs],
    ['transfer', stepUs + moveUs, stepUs + moveUs + 3 * stepUs],
    ['prefill', stepUs, stepUs + moveUs + 3 * stepUs],
  ] as const)('gives the first token after %s', (firstTokenAfter, firstTokenUs, endedUs) => {
    const one = request({ outputTokens: 4 })
    const run = stage({ firstTokenAfter }).submit(0, one).finish()
    expect(run.record(one.id)).toMatchObject({ firstTokenUs, endedUs, outputTokens: 4 })
    expect(run.ofKind('first-token')).toEqual([
      { kind: 'first-token', requestId: one.id, atUs: firstTokenUs },
    ])
  })

  test.each([
    ['decode', stepUs + moveUs + stepUs, 1],
    ['transfer', stepUs + moveUs, 1],
    ['prefill', stepUs, 0],
  ] as const)('an answer of one token is over after %s', (firstTokenAfter, endedUs, moved) => {
    const one = request({ outputTokens: 1 })
    const run = stage({ firstTokenAfter }).submit(0, one).finish()
    expect(run.record(one.id)).toMatchObject({
      firstTokenUs: endedUs,
      endedUs,
      outputTokens: 1,
      outcome: 'served',
    })
    expect(run.ofKind('transferred')).toHaveLength(moved)
    expect(run.fleet.replicas.map(({ engine }) => engine.state.cacheUse)).toEqual([0, 0])
  })

  test.each([true, false])('the lag counts from the first decode step (skipping %s)', skipEvents => {
    const one = request({ outputTokens: 6 })
    const timer = () => constantTimer({ firstTokenLagSteps: 2 })
    const run = stage({}, { timer, engine: engineSettings({ skipEvents }) })
      .submit(0, one)
      .finish()
    expect(run.record(one.id).firstTokenUs).toBe(stepUs + moveUs + 3 * stepUs)
  })

  test('transfers share the link', () => {
    const wanted = [request({ outputTokens: 1 }), request({ outputTokens: 1 })]
    const run = stage()
    for (const one of wanted) run.submit(0, one)
    run.finish()
    expect(run.ofKind('transferred').map(({ atUs }) => atUs)).toEqual([
      stepUs + 2 * moveUs,
      stepUs + 2 * moveUs,
    ])
  })

  test('each router hears of its own replicas', () => {
    const [router, decodeRouter] = [testRouter(), testRouter()]
    const one = request({ outputTokens: 3 })
    stage({ router, decodeRouter }).submit(0, one).finish()
    expect(router.heard).toEqual([`sent ${one.id} 0`, `first ${one.id} 0`, `ended ${one.id} 0`])
    expect(decodeRouter.heard).toEqual([`sent ${one.id} 1`, `first ${one.id} 1`, `ended ${one.id} 1`])
  })

  test('the cache stays where it is until a decode replica has room', () => {
    const decode = engineSettings({ blocksPerRank: 16, maximumContextTokens: 256 })
    const pools = [
      pool({ name: 'prefill', role: 'prefill' }),
      pool({ name: 'decode', role: 'decode', engine: decode }),
    ]
    const wanted = [
      request({ inputTokens: 200, outputTokens: 10 }),
      request({ inputTokens: 200, outputTokens: 10 }),
    ]
    const run = stage({ pools })
    for (const one of wanted) run.submit(0, one)
    run.until(stepUs + moveUs)
    expect(run.ofKind('transferred')).toHaveLength(0)
    expect(run.fleet.replicas[0]!.engine.state.cacheUse).toBeGreaterThan(0.02)
    run.finish()
    const [first, later] = wanted.map(({ id }) => run.record(id))
    const [, second] = run.ofKind('transferred')
    expect(second!.atUs).toBeGreaterThanOrEqual(first!.endedUs + 2 * moveUs)
    expect(later!.outcome).toBe('served')
  })

  test('a decode router may wait, and may refuse', () => {
    const one = request()
    const decodeRouter = testRouter((_, __, nowUs) =>
      nowUs < second
        ? { kind: 'wait', retryUs: second }
        : { kind: 'reject', reason: 'saturated', retryAfterSeconds: 1 },
    )
    const run = stage({ decodeRouter }).submit(0, one).finish()
    expect(run.record(one.id)).toMatchObject({
      outcome: 'rejected',
      reason: 'saturated',
      endedUs: second,
      outputTokens: 0,
    })
    expect(run.fleet.replicas[0]!.engine.state.cacheUse).toBe(0)
  })

  test('a request that no decode replica can hold is rejected by its engine', () => {
    const decode = engineSettings({ blocksPerRank: 4, maximumContextTokens: 8192 })
    const pools = [
      pool({ name: 'prefill', role: 'prefill' }),
      pool({ name: 'decode', role: 'decode', engine: decode }),
    ]
    const one = request({ inputTokens: 200 })
    const run = stage({ pools }).submit(0, one).finish()
    expect(run.record(one.id)).toMatchObject({ outcome: 'rejected', reason: 'cache-too-small' })
  })
})

describe('something happens on the way', () => {
  const moving = stepUs + moveUs / 2

  test('cancelled while its cache moves: the blocks are freed, the link too', () => {
    const one = request()
    const run = stage().submit(0, one).give(moving, { kind: 'cancel', requestId: one.id }).finish()
    expect(run.record(one.id)).toMatchObject({ outcome: 'cancelled', endedUs: moving, outputTokens: 0 })
    expect(run.ofKind('transferred')).toEqual([])
    expect(run.fleet.replicas[0]!.engine.state.cacheUse).toBe(0)
  })

  test('cancelled while it waits for room, and in the handoff', () => {
    const decodeRouter = testRouter(() => ({ kind: 'wait', retryUs: Number.POSITIVE_INFINITY }))
    const [one, two] = [request(), request()]
    const waiting = stage({ decodeRouter })
      .submit(0, one)
      .give(second, { kind: 'cancel', requestId: one.id })
      .finish()
    expect(waiting.record(one.id).outcome).toBe('cancelled')
    const handing = stage({}, { handoffSeconds: 5 })
      .submit(0, two)
      .give(second, { kind: 'cancel', requestId: two.id })
    expect(handing.finish().record(two.id).outcome).toBe('cancelled')
    expect(handing.ofKind('transferred')).toEqual([])
  })

  test('a link that is down holds the cache up', () => {
    const one = request({ outputTokens: 1 })
    const fault = { kind: 'link', replica: 1, seconds: 3 } as const
    const run = stage().submit(0, one).give(moving, { kind: 'fault', fault }).finish()
    expect(run.ofKind('transferred')[0]!.atUs).toBe(stepUs + moveUs + 3 * second)
    expect(run.record(one.id).outcome).toBe('served')
  })

  test('of two link faults the later end counts', () => {
    const one = request({ outputTokens: 1 })
    const run = stage().submit(0, one)
    for (const [atUs, seconds] of [
      [moving, 3],
      [moving, 1],
    ] as const)
      run.give(atUs, { kind: 'fault', fault: { kind: 'link', replica: 0, seconds } })
    expect(run.finish().ofKind('transferred')[0]!.atUs).toBe(stepUs + moveUs + 3 * second)
  })

  test.each(['decode', 'transfer', 'prefill'] as const)(
    'the prefill replica crashes: failed (%s)',
    firstTokenAfter => {
      const one = request()
      const fault = { kind: 'crash', replica: 0, downSeconds: 1 } as const
      const run = stage({ firstTokenAfter }).submit(0, one).give(moving, { kind: 'fault', fault }).finish()
      const outputTokens = firstTokenAfter === 'prefill' ? 1 : 0
      expect(run.record(one.id)).toMatchObject({
        outcome: 'failed',
        reason: 'crash',
        endedUs: moving,
        outputTokens,
      })
    },
  )

  test('the prefill replica crashes: computed again where retries are allowed', () => {
    const one = request()
    const pools = [
      pool({ name: 'prefill', role: 'prefill', replicas: 2 }),
      pool({ name: 'decode', role: 'decode' }),
    ]
    const fault = { kind: 'crash', replica: 0, downSeconds: 1 } as const
    const run = stage({ pools, retryAfterCrash: true })
      .submit(0, one)
      .give(moving, { kind: 'fault', fault })
      .finish()
    expect(routes(run)).toEqual([`${one.id} 0`, `${one.id} 2`, `${one.id} 1`, `${one.id} 2`])
    expect(run.record(one.id)).toMatchObject({ outcome: 'served', startedUs: moving, outputTokens: 5 })
  })

  test('the decode replica crashes while the cache moves: another one gets it, or the request fails', () => {
    const pools = [
      pool({ name: 'prefill', role: 'prefill' }),
      pool({ name: 'decode', role: 'decode', replicas: 2 }),
    ]
    const fault = { kind: 'crash', replica: 1, downSeconds: 1 } as const
    for (const retryAfterCrash of [true, false]) {
      const one = request()
      const run = stage({ pools, retryAfterCrash })
        .submit(0, one)
        .give(moving, { kind: 'fault', fault })
        .finish()
      expect(run.record(one.id).outcome).toBe(retryAfterCrash ? 'served' : 'failed')
      expect(run.ofKind('transferred').map(({ atUs, to }) => [atUs, to])).toEqual(
        retryAfterCrash ? [[moving + moveUs, 2]] : [],
      )
      expect(run.fleet.replicas[0]!.engine.state.cacheUse).toBe(0)
    }
  })

  test('the decode replica crashes while it decodes', () => {
    const one = request({ outputTokens: 50 })
    const fault = { kind: 'crash', replica: 1, downSeconds: 1 } as const
    const run = stage({ retryAfterCrash: true })
      .submit(0, one)
      .give(55_000, { kind: 'fault', fault })
      .finish()
    // Arrived at 20 ms: three steps were done, the fourth was not.
    expect(run.record(one.id)).toMatchObject({ outcome: 'failed', outputTokens: 3, lastTokenUs: 50_000 })
  })

  test('a draining prefill replica stays until its caches are fetched', () => {
    const one = request()
    const run = stage().submit(0, one).give(moving, { kind: 'scale', pool: 'prefill', replicas: 0 }).finish()
    expect(run.ofKind('replica').map(({ atUs, state }) => `${state} ${atUs}`)).toEqual([
      `draining ${moving}`,
      `gone ${stepUs + moveUs}`,
    ])
    expect(run.record(one.id).outcome).toBe('served')
  })
})
