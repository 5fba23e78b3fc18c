/** Who goes straight through, who waits, and what is said of it. */
import { describe, expect, test } from 'vitest'
import { candidate, candidates, estimate, request } from '../routing.fixture.ts'
import { admission, ask, free, full } from './admission.fixture.ts'

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
