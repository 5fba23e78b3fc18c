/** When each reason is given, and whose turn it is. */
import { describe, expect, test } from 'vitest'
import { candidate, candidates, estimate, prompt, request } from '../routing.fixture.ts'
import type { CandidateState, RoutingDecision } from '../types.ts'
import { admission, drive } from './admission.fixture.ts'
import type { AdmissionRouter } from './admission-router.ts'

const full = [candidate(0, { running: 1, capacity: 1 })]
const free = [candidate(0, { capacity: 1 })]
const reasonOf = (decision: RoutingDecision) => (decision.kind === 'reject' ? decision.reason : decision.kind)

/** Asks, and sends when told to. */
function ask(
  router: AdmissionRouter,
  nowUs: number,
  asked: ReturnType<typeof request>,
  fleet: readonly CandidateState[],
): string {
  const decision = router.route(nowUs, asked, fleet)
  if (decision.kind === 'send') router.sent(nowUs, asked, decision.candidateId)
  return reasonOf(decision)
}

describe('comes in', () => {
  test('what finds room goes straight through', () => {
    const router = admission()
    expect(router.route(0, request(), free)).toEqual({
      kind: 'send',
      candidateId: 0,
      expectedCachedTokens: 0,
    })
    expect(router.waiting).toBe(0)
    expect(router.nextWaiting(0)).toBeNull()
  })

  test('what finds none waits, and goes when there is', () => {
    const router = admission()
    expect(ask(router, 0, request({ id: 1 }), full)).toBe('wait')
    expect(router.waiting).toBe(1)
    expect(router.nextWaiting(5)).toBe(1)
    expect(ask(router, 5, request({ id: 1 }), free)).toBe('send')
    expect(router.waiting).toBe(0)
  })

  test('by default a candidate with more than 5 waiting is no room; explicitly without saturation only capacity counts', () => {
    const busy = [candidate(0, { waiting: 6 })]
    expect(ask(admission(), 0, request(), busy)).toBe('wait')
    expect(ask(admission({}, { kind: 'least-loaded', saturation: {} }), 0, request(), busy)).toBe('wait')
    expect(ask(admission({}, { kind: 'least-loaded', saturation: { waiting: 7 } }), 0, request(), busy)).toBe(
      'send',
    )
    expect(
      ask(admission({}, { kind: 'least-loaded', saturation: { whenAll: 'ignore' } }), 0, request(), busy),
    ).toBe('send')
    expect(ask(admission({}, { kind: 'least-loaded', saturation: null }), 0, request(), busy)).toBe('send')
  })

  test('what was never asked about may be sent all the same', () => {
    const router = admission()
    router.sent(0, request({ id: 7 }), 0)
    expect(router.inFlight(0).requests).toBe(1)
    ask(router, 0, request({ id: 8 }), full)
    router.sent(1, request({ id: 8 }), 3)
    expect([router.waiting, router.nextWaiting(1)]).toEqual([0, null])
  })
})

test('by default a hundred wait, a minute', () => {
  const router = admission()
  for (let id = 0; id < 100; id++) expect(ask(router, 0, request({ id }), full)).toBe('wait')
  expect(ask(router, 0, request({ id: 100 }), full)).toBe('queue-full')
  expect(ask(router, 59_999_999, request({ id: 0 }), full)).toBe('wait')
  expect(ask(router, 60_000_000, request({ id: 0 }), full)).toBe('deadline')
})

test('a policy that wants to look again sooner does', () => {
  const policy = { kind: 'random', refusal: { full: 'wait', retryAfterSeconds: 0.001 } } as const
  const router = admission({ retrySeconds: 0.2 }, policy)
  expect(router.route(0, request(), full)).toEqual({ kind: 'wait', retryUs: 1000 })
})

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

describe('turns', () => {
  /** Order in which those who came while the place was taken are sent. */
  function order(router: AdmissionRouter, requests: readonly ReturnType<typeof request>[], byTurn = true) {
    const blocker = request({ id: 1000, inputTokens: 1, outputTokens: 1, tenant: 'blocker' })
    const sent: number[] = []
    drive(router, [blocker, ...requests.map(each => ({ ...each, arrivalUs: 1 }))], {
      slots: 1,
      byTurn,
      beforeSend: ({ id }) => sent.push(id),
    })
    return sent.slice(1)
  }
  const of = (tenant: string, ids: readonly number[], priority = 0) =>
    ids.map(id => request({ id, tenant, priority }))

  test('one tenant: in order of arrival', () => {
    expect(order(admission(), of('a', [3, 1, 2]))).toEqual([3, 1, 2])
  })

  test('tenants take turns however much one asks for; whoever drives it', () => {
    const requests = [...of('loud', [0, 1, 2, 3, 4, 5]), ...of('quiet', [10, 11])]
    expect(order(admission(), requests)).toEqual([0, 10, 1, 11, 2, 3, 4, 5])
    expect(order(admission({ retrySeconds: 0.001 }), requests, false)).toEqual([0, 10, 1, 11, 2, 3, 4, 5])
  })

  test('long requests count for what they are; weights divide', () => {
    const long = of('long', [0, 1, 2]).map(each => ({ ...each, inputTokens: 200 + 40, outputTokens: 30 }))
    const short = of('short', [10, 11, 12, 13, 14, 15])
    // 300 against 120 weighted tokens.
    expect(order(admission(), [...long, ...short])).toEqual([0, 10, 11, 12, 1, 13, 14, 2, 15])
    const weighted = admission({ tenants: { b: { weight: 2 } } })
    expect(order(weighted, [...of('a', [0, 1, 2]), ...of('b', [10, 11, 12, 13])])).toEqual([
      0, 10, 11, 1, 12, 13, 2,
    ])
  })

  test('urgent ones first', () => {
    const requests = [...of('a', [0, 1]), ...of('a', [2], 5), ...of('b', [3], -1), ...of('a', [4], -1)]
    expect(order(admission(), requests)).toEqual([3, 4, 0, 1, 2])
  })

  test('a model nobody serves yet does not hold up another', () => {
    const fleet = [
      candidate(0, { capacity: 1, models: ['up'] }),
      candidate(1, { ready: false, models: ['starting'] }),
    ]
    const requests = [
      request({ id: 0, model: 'up' }),
      request({ id: 1, model: 'starting', priority: -5 }),
      request({ id: 2, model: 'up' }),
    ]
    const fates = drive(admission({ maximumWaitSeconds: 1 }), requests, { slots: 1, candidates: fleet })
    expect([0, 1, 2].map(id => fates.get(id))).toMatchObject([
      { kind: 'sent', atUs: 0 },
      { kind: 'rejected', reason: 'deadline', atUs: 1_000_000 },
      { kind: 'sent', atUs: 10_000 },
    ])
  })

  test('of several models the most urgent, then the least served is asked first', () => {
    const router = admission()
    ask(router, 0, request({ id: 1, model: 'x', tenant: 'a' }), full)
    ask(router, 0, request({ id: 2, model: 'y', tenant: 'b', priority: -1 }), full)
    ask(router, 0, request({ id: 3, model: 'z', tenant: 'c' }), full)
    router.sent(0, request({ id: 9, tenant: 'a' }), 0)
    const asked: (number | null)[] = []
    for (let next = router.nextWaiting(1); next !== null; next = router.nextWaiting(1)) {
      asked.push(next)
      ask(router, 1, request({ id: next, model: 'xyz'[next - 1]! }), full)
    }
    expect(asked).toEqual([2, 3, 1])
  })

  test('is asked again after a change, not twice for the same', () => {
    const router = admission()
    ask(router, 0, request({ id: 1 }), full)
    expect(router.nextWaiting(0)).toBeNull()
    for (const change of [
      () => router.ended(0, 99, 0),
      () => router.firstToken(0, 99, 0),
      () => router.removed(99),
    ]) {
      change()
      expect(router.nextWaiting(0)).toBe(1)
      ask(router, 0, request({ id: 1 }), full)
      expect(router.nextWaiting(0)).toBeNull()
    }
    expect(router.nextWaiting(1)).toBe(1)
  })

  test('once the driver asks whose turn it is, only who is next comes back by itself', () => {
    const router = admission({ retrySeconds: 0.1 })
    expect(router.route(0, request({ id: 0 }), full)).toEqual({ kind: 'wait', retryUs: 100_000 })
    expect(router.route(0, request({ id: 1 }), full)).toEqual({ kind: 'wait', retryUs: 100_000 })
    router.nextWaiting(0)
    expect(router.route(10, request({ id: 1 }), full)).toEqual({ kind: 'wait', retryUs: 60_000_000 })
    expect(router.route(10, request({ id: 0 }), full)).toEqual({ kind: 'wait', retryUs: 100_010 })
  })

  test('who gives up leaves, told or not of being turned away', () => {
    const router = admission({ maximumWaiting: 1 })
    ask(router, 0, request({ id: 0, tenant: 'a', priority: 1 }), full)
    ask(router, 0, request({ id: 1, tenant: 'b' }), full)
    router.withdrawn(1, 0)
    router.withdrawn(1, 77)
    expect(router.nextWaiting(1)).toBe(1)
    router.withdrawn(1, 1)
    expect([router.nextWaiting(2), router.waiting]).toEqual([null, 0])
    expect(ask(router, 3, request({ id: 2 }), free)).toBe('send')
  })
})

describe('explains', () => {
  test('what it decided, with the candidates where they were looked at', () => {
    const router = admission({ ttftMs: 100, limits: { requestsPerSecond: 1 } })
    expect(router.explain()).toBeNull()
    const fleet = [candidate(0, { estimate: estimate(150, 1, 1) })]
    router.route(5, request({ id: 4 }), fleet)
    expect(router.explain()).toMatchObject({
      policy: 'least-loaded',
      requestId: 4,
      atUs: 5,
      decision: { reason: 'objective-out-of-reach' },
      candidates: [{ candidateId: 0, outcome: 'considered' }],
    })
    ask(router, 6, request({ id: 5 }), candidates(1))
    expect(router.explain()!.candidates[0]!.outcome).toBe('picked')
    router.route(7, request({ id: 6 }), candidates(1))
    expect(router.explain()).toMatchObject({ decision: { reason: 'rate-limit' }, candidates: [] })
  })
})
