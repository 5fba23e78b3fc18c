/** When each reason is given. */
import { describe, expect, test } from 'vitest'
import { candidate, candidates, estimate, prompt, request } from '../routing.fixture.ts'
import type { CandidateState } from '../types.ts'
import { admission, ask, free, full } from './admission.fixture.ts'

describe('no-candidate', () => {
  test('nobody here serves the model, now or later; who only starts is waited for', () => {
    const fleet = [candidate(0, { ready: false, models: ['small'] })]
    expect(ask(admission(), 0, request({ model: 'large' }), fleet)).toBe('no-candidate')
    expect(ask(admission(), 0, request({ model: 'small' }), fleet)).toBe('wait')
    expect(ask(admission(), 0, request(), [])).toBe('no-candidate')
    expect(
      ask(admission({}, { kind: 'least-loaded', refusal: { noCandidate: 'wait' } }), 0, request(), []),
    ).toBe('wait')
  })
})

describe('rate-limit', () => {
  test('says when to come back, and keeps its word; others are not touched', () => {
    const router = admission({ limits: { requestsPerSecond: 2, requestBurst: 1 } })
    const fleet = candidates(1)
    expect(ask(router, 0, request({ id: 0, tenant: 'a' }), fleet)).toBe('send')
    const limited = router.route(100_000, request({ id: 1, tenant: 'a' }), fleet)
    expect(limited).toEqual({ kind: 'reject', reason: 'rate-limit', retryAfterSeconds: 0.4 })
    expect(ask(router, 100_000, request({ id: 2, tenant: 'b' }), fleet)).toBe('send')
    expect(ask(router, 500_000, request({ id: 3, tenant: 'a' }), fleet)).toBe('send')
    expect(ask(router, 500_000, request({ id: 4, tenant: 'a' }), fleet)).toBe('rate-limit')
  })

  test('tokens asked for count like those of the prompt', () => {
    const router = admission({ limits: { tokensPerMinute: 600 } })
    const asked = (id: number) => request({ id, inputTokens: 200, outputTokens: 100 })
    expect([0, 1, 2].map(id => ask(router, 0, asked(id), candidates(1)))).toEqual([
      'send',
      'send',
      'rate-limit',
    ])
    expect(ask(router, 30e6, asked(3), candidates(1))).toBe('send')
  })

  test('who waits is counted once, and who is turned back at the door not at all', () => {
    const limits = { requestsPerSecond: 1, requestBurst: 2 }
    const router = admission({ limits, maximumWaiting: 1 })
    expect(ask(router, 0, request({ id: 0 }), full)).toBe('wait')
    for (let nowUs = 1; nowUs < 5; nowUs++) expect(ask(router, nowUs, request({ id: 0 }), full)).toBe('wait')
    expect(ask(router, 5, request({ id: 1 }), full)).toBe('queue-full')
    expect(ask(router, 6, request({ id: 0 }), free)).toBe('send')
    expect(ask(router, 7, request({ id: 2 }), free)).toBe('wait')
    expect(ask(router, 8, request({ id: 3 }), free)).toBe('rate-limit')
  })
})

describe('queue-full and fair-share', () => {
  test('a tenant alone fills the line, then it is full', () => {
    const router = admission({ maximumWaiting: 2 })
    expect([0, 1, 2].map(id => ask(router, 0, request({ id }), full))).toEqual(['wait', 'wait', 'queue-full'])
    expect(router.waiting).toBe(2)
  })

  test('another tenant gets its share: the newest of who holds more goes, told when next asked', () => {
    const router = admission({ maximumWaiting: 3 })
    for (const id of [0, 1, 2]) ask(router, 0, request({ id, tenant: 'loud' }), full)
    expect(ask(router, 1, request({ id: 3, tenant: 'quiet' }), full)).toBe('wait')
    expect(router.waiting).toBe(3)
    expect(router.nextWaiting(1)).toBe(2)
    expect(ask(router, 1, request({ id: 2, tenant: 'loud' }), full)).toBe('fair-share')
    // Two against one: one more of the quiet one is its own last.
    expect(ask(router, 2, request({ id: 4, tenant: 'quiet' }), full)).toBe('queue-full')
    expect(ask(router, 2, request({ id: 5, tenant: 'loud' }), full)).toBe('fair-share')
  })

  test('weights are shares of the line', () => {
    const router = admission({ maximumWaiting: 3, tenants: { loud: { weight: 3 } } })
    for (const id of [0, 1, 2]) ask(router, 0, request({ id, tenant: 'loud' }), full)
    // 3 / 3 against 1 / 1: equal, the newest goes.
    expect(ask(router, 1, request({ id: 3, tenant: 'quiet' }), full)).toBe('queue-full')
    const other = admission({ maximumWaiting: 4, tenants: { loud: { weight: 3 } } })
    for (const id of [0, 1]) ask(other, 0, request({ id, tenant: 'quiet' }), full)
    for (const id of [2, 3]) ask(other, 0, request({ id, tenant: 'loud' }), full)
    // A third of three against two of one.
    expect(ask(other, 1, request({ id: 4, tenant: 'loud' }), full)).toBe('wait')
    expect(ask(other, 1, request({ id: 1, tenant: 'quiet' }), full)).toBe('fair-share')
  })

  test('the least urgent goes first, whoever it belongs to', () => {
    const router = admission({ maximumWaiting: 2 })
    ask(router, 0, request({ id: 0, tenant: 'a', priority: 2 }), full)
    ask(router, 0, request({ id: 1, tenant: 'b', priority: 1 }), full)
    expect(ask(router, 1, request({ id: 2, tenant: 'b' }), full)).toBe('wait')
    expect(ask(router, 1, request({ id: 0, tenant: 'a', priority: 2 }), full)).toBe('queue-full')
    expect(ask(router, 2, request({ id: 3, tenant: 'd', priority: 9 }), full)).toBe('queue-full')
    // Of equal priority, b's: it has another one waiting.
    expect(ask(router, 3, request({ id: 4, tenant: 'c', priority: 1 }), full)).toBe('wait')
    expect(ask(router, 3, request({ id: 1, tenant: 'b', priority: 1 }), full)).toBe('fair-share')
  })
})

describe('saturated', () => {
  test('what may not wait is turned away when there is no room, and only then', () => {
    const router = admission({ shedAbovePriority: 0 })
    const busy = [candidate(0, { cacheUse: 0.9 })]
    expect(ask(router, 0, request({ id: 0, priority: 1 }), busy)).toBe('saturated')
    expect(ask(router, 0, request({ id: 1, priority: 1 }), candidates(1))).toBe('send')
    expect(ask(router, 0, request({ id: 2 }), busy)).toBe('wait')
    // Room, but it is another's turn.
    expect(ask(router, 0, request({ id: 3, priority: 1 }), candidates(1))).toBe('saturated')
    expect(router.waiting).toBe(1)
  })

  test('without a line the reason is that of the candidates', () => {
    const router = admission({ maximumWaiting: 0 })
    expect(ask(router, 0, request({ id: 0 }), [candidate(0, { waiting: 9 })])).toBe('saturated')
    expect(ask(router, 0, request({ id: 1 }), full)).toBe('queue-full')
    expect(ask(router, 0, request({ id: 2 }), [candidate(0, { ready: false })])).toBe('no-candidate')
    expect(ask(router, 0, request({ id: 3 }), free)).toBe('send')
  })
})

describe('deadline', () => {
  test('after so long, to the microsecond, even if there is room by then', () => {
    const router = admission({ maximumWaitSeconds: 2, retrySeconds: 5 })
    expect(router.route(10, request(), full)).toEqual({ kind: 'wait', retryUs: 2_000_010 })
    expect(ask(router, 2_000_009, request(), full)).toBe('wait')
    expect(ask(router, 2_000_010, request(), free)).toBe('deadline')
    expect(router.waiting).toBe(0)
  })

  test('null is for ever', () => {
    const router = admission({ maximumWaitSeconds: null })
    router.nextWaiting(0)
    ask(router, 0, request({ id: 0 }), full)
    expect(ask(router, 1e15, request({ id: 0 }), full)).toBe('wait')
    expect(router.route(1e15, request({ id: 1 }), full)).toEqual({
      kind: 'wait',
      retryUs: Number.POSITIVE_INFINITY,
    })
  })

  test('who is late to hear of it holds up nobody', () => {
    const router = admission({ maximumWaitSeconds: 1 })
    ask(router, 0, request({ id: 0 }), full)
    ask(router, 500_000, request({ id: 1 }), full)
    expect(ask(router, 1_200_000, request({ id: 1 }), free)).toBe('send')
    expect(router.nextWaiting(1_200_000)).toBe(0)
    expect(ask(router, 1_200_000, request({ id: 0 }), free)).toBe('deadline')
  })
})

describe('objective-out-of-reach', () => {
  const predicted = (ttftMs: number, overrides: Partial<CandidateState> = {}) => [
    candidate(0, { estimate: estimate(ttftMs, 10, 1), ...overrides }),
    candidate(1, { estimate: estimate(ttftMs + 50, 10, 1), ...overrides }),
  ]

  test('the best candidate is predicted to take too long; at the objective it still goes', () => {
    const router = admission({ ttftMs: 100 })
    expect(ask(router, 0, request({ id: 0 }), predicted(100))).toBe('send')
    expect(ask(router, 0, request({ id: 1 }), predicted(100.1))).toBe('objective-out-of-reach')
    expect(ask(admission({ ttftMs: 100, margin: 1.2 }), 0, request(), predicted(90))).toBe(
      'objective-out-of-reach',
    )
    expect(ask(admission(), 0, request(), predicted(1e9))).toBe('send')
  })

  test('the wait counts, and waiting longer than the objective is enough', () => {
    const router = admission({ ttftMs: 100 })
    const busy = predicted(80, { running: 1, capacity: 1 })
    expect(ask(router, 0, request(), busy)).toBe('wait')
    expect(ask(router, 20_000, request(), busy)).toBe('wait')
    expect(ask(router, 20_001, request(), busy)).toBe('objective-out-of-reach')
    const blind = admission({ ttftMs: 100, retrySeconds: 1 })
    expect(blind.route(0, request(), full)).toEqual({ kind: 'wait', retryUs: 100_000 })
    expect(ask(blind, 100_000, request(), free)).toBe('objective-out-of-reach')
  })

  test('candidates that are not ready, serve other models or predict nothing promise nothing', () => {
    const good = estimate(1, 1, 1)
    const fleet = [
      candidate(0, { estimate: good, ready: false }),
      candidate(1, { estimate: good, models: ['other'] }),
      candidate(2, { estimate: estimate(Number.NaN, 1, 1) }),
      candidate(3, { estimate: estimate(500, 1, 1) }),
    ]
    const asked = request({ model: 'this' })
    expect(ask(admission({ ttftMs: 100 }), 0, asked, fleet)).toBe('objective-out-of-reach')
    expect(ask(admission({ ttftMs: 100 }), 0, asked, fleet.slice(0, 3))).toBe('send')
  })

  test('what is believed cached counts, at full candidates too', () => {
    const perToken = {
      ...estimate(0, 1, 1),
      ttftMs: (_: CandidateState, input: number, cached: number) => input - cached,
    }
    const asked = (id: number) => prompt(id, [1, 2, 3, 4, 5, 6, 7])
    const fleet = [candidate(0, { estimate: perToken, capacity: 1 })]
    const router = admission({ ttftMs: 100 }, { kind: 'prefix-aware' })
    expect(ask(router, 0, asked(0), fleet)).toBe('objective-out-of-reach')
    router.sent(0, asked(1), 0)
    expect(router.heldTokens(0)).toBe(112)
    // 16 of 112 tokens are left to compute: in time, once there is room.
    expect(ask(router, 0, asked(2), fleet)).toBe('wait')
    router.ended(0, 1, 0)
    expect(ask(router, 0, asked(2), fleet)).toBe('send')
  })

  test('a policy that refuses for its objectives is not made to wait', () => {
    const router = admission({})
    const spec = { kind: 'cost', ttftMs: 10, tpotMs: null, otherwise: 'reject', index: null } as const
    const costly = admission({}, spec)
    expect(ask(costly, 0, request(), predicted(11))).toBe('objective-out-of-reach')
    expect(ask(router, 0, request(), predicted(11))).toBe('send')
  })
})
