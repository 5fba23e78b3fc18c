import { describe, expect, test } from 'vitest'
import type { RouterSpec } from '../router-spec.ts'
import { candidate, candidates, request } from '../routing.fixture.ts'
import { choose, make, range, send } from './policies.fixture.ts'

describe('round robin', () => {
  test('takes turns by id, whatever the order of the list, and goes on when one leaves or comes', () => {
    const router = make({ kind: 'round-robin' })
    const fleet = candidates(4)
    expect(range(5).map(id => choose(router, request({ id }), fleet.toReversed()))).toEqual([0, 1, 2, 3, 0])
    const smaller = [fleet[0]!, fleet[2]!, fleet[3]!]
    expect(range(3).map(id => choose(router, request({ id }), smaller))).toEqual([2, 3, 0])
    expect(choose(router, request(), fleet)).toBe(1)
  })
})

describe('random', () => {
  test('is even in the long run', () => {
    const router = make({ kind: 'random' })
    const counts = [0, 0, 0, 0]
    for (const id of range(4000)) counts[choose(router, request({ id }), candidates(4))]!++
    // Five standard deviations of a binomial with p = 1/4: 137.
    for (const count of counts) expect(Math.abs(count - 1000)).toBeLessThan(137)
  })
})

describe('least loaded', () => {
  test('by requests: waiting and running together; equals take turns', () => {
    const router = make({ kind: 'least-loaded' })
    const fleet = [candidate(0, { waiting: 2 }), candidate(1, { running: 1 }), candidate(2, { waiting: 1 })]
    expect(range(3).map(id => choose(router, request({ id }), fleet))).toEqual([1, 2, 1])
  })

  test('what was sent since the counts were read counts', () => {
    const router = make({ kind: 'least-loaded' })
    const fleet = [candidate(0, { running: 1 }), candidate(1)]
    expect(range(5).map(id => send(router, request({ id }), fleet))).toEqual([1, 0, 1, 0, 1])
    router.ended(0, 0, 1)
    router.ended(0, 2, 1)
    expect(choose(router, request({ id: 5 }), fleet)).toBe(1)
  })

  test('by pending tokens: long prompts weigh more than many short ones; equals by requests', () => {
    const router = make({ kind: 'least-loaded', by: 'pending-tokens' })
    const fleet = [
      candidate(0, { waiting: 1, pendingPromptTokens: 9000 }),
      candidate(1, { waiting: 8, pendingPromptTokens: 800 }),
      candidate(2, { running: 30, pendingPromptTokens: 800 }),
    ]
    expect(choose(router, request(), fleet)).toBe(1)
    expect(send(router, request({ id: 1, inputTokens: 5000 }), fleet)).toBe(1)
    expect(choose(router, request({ id: 2 }), fleet)).toBe(2)
    router.firstToken(0, 1, 1)
    expect(choose(router, request({ id: 3 }), fleet)).toBe(1)
  })
})

describe('two choices', () => {
  test('never takes the worst of three, and takes each of the others', () => {
    const router = make({ kind: 'two-choices' })
    const fleet = [candidate(0, { running: 9 }), candidate(1, { running: 5 }), candidate(2)]
    const taken = new Set(range(60).map(id => choose(router, request({ id }), fleet)))
    expect(taken).toEqual(new Set([1, 2]))
  })

  test('is far more even than chance', () => {
    const spread = (spec: RouterSpec) => {
      const router = make(spec)
      const counts = range(32).map(() => 0)
      for (const id of range(3200)) counts[send(router, request({ id }), candidates(32))]!++
      return Math.max(...counts) - 100
    }
    expect(spread({ kind: 'two-choices' })).toBeLessThan(6)
    expect(spread({ kind: 'random' })).toBeGreaterThan(12)
  })
})

describe('saturation', () => {
  const fleet = [
    candidate(0, { waiting: 6 }),
    candidate(1, { cacheUse: 0.9 }),
    candidate(2, { waiting: 5, cacheUse: 0.8 }),
  ]

  test('leaves saturated ones out; when all are, the policy decides or nobody is taken', () => {
    const spec = { kind: 'least-loaded', saturation: {} } as const
    expect(choose(make(spec), request(), fleet)).toBe(2)
    expect(choose(make(spec), request(), fleet.slice(0, 2))).toBe(1)
    const strict = make({ ...spec, saturation: { whenAll: 'refuse' }, refusal: { retryAfterSeconds: 3 } })
    expect(strict.route(0, request(), fleet.slice(0, 2))).toEqual({
      kind: 'reject',
      reason: 'saturated',
      retryAfterSeconds: 3,
    })
    expect(strict.explain()!.candidates.map(({ outcome }) => outcome)).toEqual(['saturation', 'saturation'])
    const patient = make({ ...spec, saturation: { whenAll: 'refuse' }, refusal: { full: 'wait' } })
    expect(patient.route(7, request(), fleet.slice(0, 2))).toEqual({ kind: 'wait', retryUs: 1_000_007 })
  })
})
