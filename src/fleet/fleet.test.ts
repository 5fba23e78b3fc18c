import { describe, expect, test } from 'vitest'
import {
  constantTimer,
  engineSettings,
  fleetSettings,
  leastLoaded,
  pool,
  request,
  Stage,
  stepUs,
  testRouter,
} from './fleet.fixture.ts'
import { createFleet } from './fleet.ts'
import type { FleetSettings } from './types.ts'

function stage(overrides: Partial<FleetSettings> = {}): Stage {
  return new Stage(createFleet(fleetSettings(overrides)))
}

describe('a request', () => {
  test('is recorded with its times and tokens', () => {
    const one = request({ inputTokens: 100, outputTokens: 5, tenant: 'a', session: 7, turn: 2 })
    const { record } = {
      record: stage()
        .submit(2000, { ...one, arrivalUs: 1500 })
        .finish()
        .record(one.id),
    }
    expect(record).toEqual({
      id: one.id,
      tenant: 'a',
      model: '',
      session: 7,
      turn: 2,
      inputTokens: 100,
      cachedTokens: 0,
      requestedOutputTokens: 5,
      outputTokens: 5,
      scheduledUs: 1500,
      sentUs: 2000,
      startedUs: 2000,
      firstTokenUs: 2000 + stepUs,
      lastTokenUs: 2000 + 5 * stepUs,
      endedUs: 2000 + 5 * stepUs,
      outcome: 'served',
      reason: '',
      replica: 0,
      preemptions: 0,
    })
  })

  test('waits in the front end before it enters the queue, and counts there', () => {
    const seen: number[] = []
    const router = testRouter((wanted, candidates) => {
      seen.push(candidates[0]!.waiting, candidates[0]!.pendingPromptTokens)
      return leastLoaded(wanted, candidates)
    })
    const timer = () => constantTimer({ ingressSeconds: tokens => tokens * 1e-5 })
    const [first, second] = [request({ inputTokens: 100 }), request({ inputTokens: 200 })]
    const run = stage({ router, pools: [pool({ timer })] })
      .submit(0, first)
      .submit(500, second)
      .finish()
    expect(seen).toEqual([0, 0, 1, 100])
    expect(run.record(first.id).startedUs).toBe(1000)
    // Its front end takes 2 ms; the first step runs until 11 ms.
    expect(run.record(second.id).startedUs).toBe(1000 + stepUs)
  })

  test('those of one moment share a step', () => {
    const wanted = [request(), request(), request()]
    const run = stage()
    for (const one of wanted) run.submit(0, one)
    run.finish()
    expect(wanted.map(({ id }) => run.record(id).firstTokenUs)).toEqual([stepUs, stepUs, stepUs])
  })

  test('submitted twice is a mistake', () => {
    const one = request()
    expect(() => stage().submit(0, one).submit(0, one)).toThrow(/submitted twice/)
  })

  test('too long for the engine is rejected by it', () => {
    const one = request({ inputTokens: 9000 })
    expect(stage().submit(0, one).finish().record(one.id)).toMatchObject({
      outcome: 'rejected',
      reason: 'prompt-exceeds-limit',
      outputTokens: 0,
      firstTokenUs: Number.NaN,
    })
  })

  test('too late: time does not run backwards', () => {
    const run = stage().submit(100, request())
    expect(() => run.fleet.accept(99, { kind: 'cancel', requestId: 0 }, [])).toThrow(/backwards/)
  })
})

describe('waiting in front', () => {
  /** At most one request at a time, the others wait. */
  const oneAtATime = (retryUs = Number.POSITIVE_INFINITY) =>
    testRouter((wanted, candidates, nowUs) =>
      candidates[0]!.waiting + candidates[0]!.running > 0
        ? { kind: 'wait', retryUs: nowUs + retryUs }
        : leastLoaded(wanted, candidates),
    )

  test('ends in the order of arrival when a request ends', () => {
    const wanted = [request({ outputTokens: 3 }), request({ outputTokens: 2 }), request({ outputTokens: 1 })]
    const run = stage({ router: oneAtATime() })
    for (const one of wanted) run.submit(0, one)
    expect(run.fleet.waitingInFront).toBe(2)
    run.finish()
    expect(wanted.map(({ id }) => run.record(id).endedUs / stepUs)).toEqual([3, 5, 6])
    expect(run.fleet.waitingInFront).toBe(0)
  })

  test('asks again at the time the router named, and rejects with its reason', () => {
    const router = testRouter((_, __, nowUs) =>
      nowUs < 5000
        ? { kind: 'wait', retryUs: 5000.4 }
        : { kind: 'reject', reason: 'deadline', retryAfterSeconds: 2 },
    )
    const one = request()
    const run = stage({ router }).submit(0, one)
    expect(run.fleet.nextUs()).toBe(5001)
    run.finish()
    expect(run.ofKind('rejected')).toEqual([
      { kind: 'rejected', requestId: one.id, atUs: 5001, reason: 'deadline', retryAfterSeconds: 2 },
    ])
    expect(run.record(one.id)).toMatchObject({ outcome: 'rejected', reason: 'deadline', replica: -1 })
  })

  test('a router that asks again at once is refused', () => {
    const router = testRouter((_, __, nowUs) => ({ kind: 'wait', retryUs: nowUs }))
    expect(() => stage({ router }).submit(0, request())).toThrow(/again at once/)
  })

  test('can be given up', () => {
    const wanted = [request(), request()]
    const run = stage({ router: oneAtATime() })
    for (const one of wanted) run.submit(0, one)
    run.give(1, { kind: 'cancel', requestId: wanted[1]!.id }).finish()
    expect(run.record(wanted[1]!.id)).toMatchObject({ outcome: 'cancelled', endedUs: 1, replica: -1 })
  })
})

describe('a cancelled request', () => {
  test('in the engine keeps the tokens it had', () => {
    const one = request({ outputTokens: 50 })
    const run = stage().submit(0, one).give(35_000, { kind: 'cancel', requestId: one.id }).finish()
    expect(run.record(one.id)).toMatchObject({
      outcome: 'cancelled',
      reason: 'cancelled',
      outputTokens: 3,
      firstTokenUs: 10_000,
      lastTokenUs: 30_000,
      endedUs: 35_000,
    })
  })

  test('in the front end never reaches the engine', () => {
    const timer = () => constantTimer({ ingressSeconds: () => 1 })
    const one = request()
    const run = stage({ pools: [pool({ timer })] }).submit(0, one)
    run.give(10, { kind: 'cancel', requestId: one.id }).finish()
    expect(run.record(one.id)).toMatchObject({ outcome: 'cancelled', startedUs: Number.NaN, outputTokens: 0 })
    expect(run.ofKind('engine')).toEqual([])
  })

  test('that is over already is nothing', () => {
    const one = request()
    const run = stage().submit(0, one).finish().give(1e6, { kind: 'cancel', requestId: one.id })
    expect(run.records()).toHaveLength(1)
  })
})

describe('the router', () => {
  test('hears of every request once: sent, first token, end', () => {
    const router = testRouter()
    const wanted = [request(), request()]
    const run = stage({ router, pools: [pool({ replicas: 2 })] })
    for (const one of wanted) run.submit(0, one)
    run.finish()
    const [a, b] = wanted.map(({ id }) => id)
    expect(router.heard).toEqual([
      `sent ${a} 0`,
      `sent ${b} 1`,
      `first ${a} 0`,
      `first ${b} 1`,
      `ended ${a} 0`,
      `ended ${b} 1`,
    ])
  })

  test('hears of the cache where engines tell of it', () => {
    const router = testRouter()
    const pools = [pool({ engine: engineSettings({ cacheEvents: true }) })]
    const content = { tokensPerBlock: 16, blockIds: [1, 2, 3, 4] }
    stage({ router, pools })
      .submit(0, request({ inputTokens: 64, content }))
      .finish()
    expect(router.heard.filter(text => text.startsWith('blocks-stored'))).not.toEqual([])
  })

  test('that sends where nobody serves is refused', () => {
    const router = testRouter(() => ({ kind: 'send', candidateId: 5, expectedCachedTokens: 0 }))
    expect(() => stage({ router }).submit(0, request())).toThrow(/not ready/)
  })
})

describe('settings', () => {
  test.each([
    [{ pools: [] }, /no pool/],
    [{ pools: [pool(), pool()] }, /two pools are called pool/],
    [{ pools: [pool({ replicas: 1.5 })] }, /1.5 replicas/],
    [{ pools: [pool({ startupSeconds: -1 })] }, /startupSeconds is -1/],
    [{ pools: [pool({ role: 'prefill' })] }, /no decode pool/],
    [
      { pools: [pool({ role: 'prefill', linkBytesPerSecond: 0 }), pool({ name: 'd', role: 'decode' })] },
      /linkBytesPerSecond is 0/,
    ],
  ] satisfies [Partial<FleetSettings>, RegExp][])('refused: case %#', (settings, message) => {
    expect(() => stage(settings)).toThrow(message)
  })

  test('a pool that does not exist is named with those that do', () => {
    expect(() => stage().give(0, { kind: 'scale', pool: 'pol', replicas: 1 })).toThrow(/no pool called pol/)
  })

  test('events of engines can be left out', () => {
    const run = stage({ engineEvents: false }).submit(0, request()).finish()
    expect(run.events.map(({ kind }) => kind)).toEqual(['routed', 'first-token', 'ended'])
  })
})
