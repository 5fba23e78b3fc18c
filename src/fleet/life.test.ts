import { describe, expect, test } from 'vitest'
import {
  constantTimer,
  engineSettings,
  fleetSettings,
  pool,
  request,
  Stage,
  stepUs,
  testRouter,
} from './fleet.fixture.ts'
import { createFleet } from './fleet.ts'
import type { Fault, FleetSettings, PoolSettings } from './types.ts'

const second = 1e6

function stage(one: Partial<PoolSettings>, overrides: Partial<FleetSettings> = {}): Stage {
  return new Stage(createFleet(fleetSettings({ pools: [pool(one)], ...overrides })))
}

function lives(run: Stage): string[] {
  return run.ofKind('replica').map(({ replica, atUs, state }) => `${replica} ${state} ${atUs / second}`)
}

function fault(one: Fault): { readonly kind: 'fault'; readonly fault: Fault } {
  return { kind: 'fault', fault: one }
}

describe('a pool that grows and shrinks', () => {
  test('serves from a new replica after its start-up', () => {
    const run = stage({ startupSeconds: 60 }).give(0, { kind: 'scale', pool: 'pool', replicas: 2 }).finish()
    expect(lives(run)).toEqual(['1 starting 0', '1 ready 60'])
    expect(run.fleet.usage(100 * second)[0]!.replicaSeconds).toBe(200)
  })

  test('lets a replica finish what it has before it goes', () => {
    const one = request({ outputTokens: 200 })
    const run = stage({})
      .submit(0, one)
      .give(0.5 * second, { kind: 'scale', pool: 'pool', replicas: 0 })
    run.submit(0.6 * second, request()).finish()
    expect(run.record(one.id).outcome).toBe('served')
    expect(run.records().map(({ reason }) => reason)).toEqual(['no-candidate', ''])
    expect(lives(run)).toEqual(['0 draining 0.5', '0 gone 2'])
    expect(run.fleet.usage(100 * second)[0]!.replicaSeconds).toBe(2)
  })

  test('sends away first what does not serve yet, then the one with least to do', () => {
    const run = stage({ replicas: 3, startupSeconds: 60 })
    for (let index = 0; index < 4; index++) run.submit(0, request({ outputTokens: 500 }))
    run.give(1, { kind: 'scale', pool: 'pool', replicas: 4 })
    run.give(2, { kind: 'scale', pool: 'pool', replicas: 2 }).until(0.1 * second)
    expect(lives(run)).toEqual(['3 starting 0.000001', '3 gone 0.000002', '2 draining 0.000002'])
  })
})

describe('a crash', () => {
  const crash = fault({ kind: 'crash', replica: 0, downSeconds: 10 })

  test('fails what the replica holds, which starts again later', () => {
    const wanted = [request({ outputTokens: 100 }), request({ outputTokens: 100 }), request()]
    const run = stage({ engine: engineSettings({ maximumSequences: 1 }), startupSeconds: 60 })
    for (const one of wanted) run.submit(0, one)
    run.give(0.055 * second, crash).finish()
    expect(run.record(wanted[0]!.id)).toMatchObject({
      outcome: 'failed',
      reason: 'crash',
      outputTokens: 5,
      lastTokenUs: 0.05 * second,
      endedUs: 0.055 * second,
    })
    expect(run.record(wanted[1]!.id)).toMatchObject({ outcome: 'failed', outputTokens: 0 })
    expect(lives(run)).toEqual(['0 down 0.055', '0 starting 10.055', '0 ready 70.055'])
  })

  test('takes requests in the front end with it', () => {
    const one = request()
    const timer = () => constantTimer({ ingressSeconds: () => 1 })
    const run = stage({ timer })
      .submit(0, one)
      .give(0.5 * second, crash)
      .finish()
    expect(run.record(one.id)).toMatchObject({ outcome: 'failed', reason: 'crash', startedUs: Number.NaN })
  })

  test('empties the cache', () => {
    const content = { tokensPerBlock: 16, blockIds: Array.from({ length: 10 }, (_, index) => index) }
    const wanted = [0, 1, 2].map(() => request({ inputTokens: 160, content }))
    const run = stage({})
      .submit(0, wanted[0]!)
      .submit(second, wanted[1]!)
      .give(2 * second, crash)
    run.submit(200 * second, wanted[2]!).finish()
    expect(wanted.map(({ id }) => run.record(id).cachedTokens)).toEqual([0, 144, 0])
  })

  test('tells the router that the cache is gone, after the ends', () => {
    const router = testRouter()
    const one = request({ outputTokens: 50 })
    stage({}, { router })
      .submit(0, one)
      .give(0.1 * second, crash)
      .finish()
    expect(router.heard.slice(-2)).toEqual([`ended ${one.id} 0`, 'removed 0'])
  })

  test('while it drains: the replica goes for good', () => {
    const run = stage({})
      .submit(0, request({ outputTokens: 500 }))
      .give(1, { kind: 'scale', pool: 'pool', replicas: 0 })
    run.give(second, crash).finish()
    expect(lives(run)).toEqual(['0 draining 0.000001', '0 gone 1'])
  })

  test('while it is down changes nothing; of a replica that is not there neither', () => {
    const run = stage({ startupSeconds: 1 })
      .give(0, crash)
      .give(5 * second, crash)
    run.give(5 * second, fault({ kind: 'crash', replica: 9, downSeconds: 1 })).finish()
    expect(lives(run)).toEqual(['0 down 0', '0 starting 10', '0 ready 11'])
  })

  test('retries elsewhere, once, what had no token yet', () => {
    const [early, late] = [request({ outputTokens: 100 }), request({ inputTokens: 4000, outputTokens: 3 })]
    const run = stage({ replicas: 2, startupSeconds: 5 }, { retryAfterCrash: true })
    run
      .submit(0, early)
      .submit(30_000, request({ outputTokens: 20 }))
      .submit(30_000, late)
    expect(run.ofKind('routed').map(({ replica }) => replica)).toEqual([0, 1, 0])
    run.give(35_000, crash).finish()
    expect(run.record(early.id)).toMatchObject({ outcome: 'failed', reason: 'crash', outputTokens: 3 })
    expect(run.record(late.id)).toMatchObject({ outcome: 'served', replica: 1, outputTokens: 3 })
    expect(run.record(late.id).startedUs).toBeGreaterThanOrEqual(35_000)
  })

  test('a second crash fails what was retried', () => {
    const one = request({ inputTokens: 8000, outputTokens: 3 })
    const run = stage({ replicas: 2 }, { retryAfterCrash: true }).submit(0, one).give(1000, crash)
    run.give(2000, fault({ kind: 'crash', replica: 1, downSeconds: 1 })).finish()
    expect(run.record(one.id)).toMatchObject({ outcome: 'failed', reason: 'crash', outputTokens: 0 })
  })
})

describe('slow, stalled', () => {
  test('steps take as many times as long, until it is over', () => {
    const one = request({ outputTokens: 10 })
    const run = stage({}).give(0, fault({ kind: 'slow', replica: 0, factor: 3, seconds: 0.06 }))
    run.submit(0, one).finish()
    // Two slow steps of 30 ms; the run of steps is cut when the slowness ends.
    expect(run.record(one.id).endedUs).toBe(2 * 3 * stepUs + 8 * stepUs)
  })

  test('a later slowness replaces an earlier one', () => {
    const run = stage({}).give(0, fault({ kind: 'slow', replica: 0, factor: 3, seconds: 1 }))
    run.give(1, fault({ kind: 'slow', replica: 0, factor: 2, seconds: 5 }))
    const one = request({ outputTokens: 1 })
    run.submit(2 * second, one).finish()
    expect(run.record(one.id).endedUs).toBe(2 * second + 2 * stepUs)
  })

  test('no step starts while it stalls', () => {
    const one = request({ outputTokens: 1 })
    const run = stage({})
      .give(0, fault({ kind: 'stall', replica: 0, seconds: 0.5 }))
      .submit(1000, one)
      .finish()
    expect(run.record(one.id).endedUs).toBe(0.5 * second + stepUs)
  })
})

describe('a rolling upgrade', () => {
  const upgrade = (atOnce: number, surge = false) =>
    ({ kind: 'upgrade', pool: 'pool', atOnce, surge }) as const

  test('replaces one after another, each drained before its successor is ordered', () => {
    const run = stage({ replicas: 2, startupSeconds: 60 }).give(0, upgrade(1)).finish()
    expect(lives(run)).toEqual([
      '0 draining 0',
      '0 gone 0',
      '2 starting 0',
      '2 ready 60',
      '1 draining 60',
      '1 gone 60',
      '3 starting 60',
      '3 ready 120',
    ])
  })

  test('with surge, successors are ready before the old ones drain', () => {
    const run = stage({ replicas: 2, startupSeconds: 60 }).give(0, upgrade(2, true)).finish()
    expect(lives(run)).toEqual([
      '2 starting 0',
      '3 starting 0',
      '2 ready 60',
      '0 draining 60',
      '0 gone 60',
      '3 ready 60',
      '1 draining 60',
      '1 gone 60',
    ])
  })

  test('a new size in the middle is reached at the end', () => {
    for (const replicas of [0, 1, 5]) {
      const run = stage({ replicas: 3, startupSeconds: 60 }).give(0, upgrade(1))
      run.give(30 * second, { kind: 'scale', pool: 'pool', replicas }).finish()
      const left = run.fleet.replicas.filter(({ lifecycle }) => lifecycle !== 'gone')
      expect(left.map(({ lifecycle }) => lifecycle)).toEqual(new Array(replicas).fill('ready'))
      expect(left.every(({ id }) => id > 2)).toBe(true)
    }
  })

  test('loses nothing, and no more than so many at once are away', () => {
    const run = stage({ replicas: 4, startupSeconds: 2 }).give(0, upgrade(2))
    for (let index = 0; index < 100; index++) {
      run.submit(index * 100_000, request({ outputTokens: 20 }))
      expect(
        run.fleet.replicas.filter(({ lifecycle }) => lifecycle === 'ready').length,
      ).toBeGreaterThanOrEqual(2)
    }
    run.finish()
    expect(run.records()).toHaveLength(100)
    expect(run.records().every(({ outcome }) => outcome === 'served')).toBe(true)
  })
})
