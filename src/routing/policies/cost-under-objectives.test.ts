import { describe, expect, test } from 'vitest'
import type { WorkloadRequest } from '../../workload/request.ts'
import { candidate, estimate, prompt, request } from '../routing.fixture.ts'
import type { CandidateState } from '../types.ts'
import { choose, make, range } from './policies.fixture.ts'

const offer = (id: number, ttftMs: number, tpotMs: number, usd: number) =>
  candidate(id, { estimate: estimate(ttftMs, tpotMs, usd) })

describe('dollars per request that meets its objectives', () => {
  const spec = { kind: 'cost', ttftMs: 500, tpotMs: 50, index: null } as const

  test('far within the objectives the price decides, near them the room', () => {
    const fleet = [offer(0, 50, 5, 5e-4), offer(1, 100, 10, 4e-4), offer(2, 480, 40, 2e-4)]
    expect(choose(make(spec), request(), fleet)).toBe(1)
    expect(choose(make({ ...spec, margin: 0.5 }), request(), fleet)).toBe(2)
    expect(choose(make({ ...spec, ttftMs: null, tpotMs: null }), request(), fleet)).toBe(2)
  })

  test('a predicted lateness is weighed against the price, not a wall', () => {
    const tenfold = [offer(0, 300, 10, 1e-4), offer(1, 100, 10, 1e-3)]
    const little = [offer(0, 300, 10, 1e-4), offer(1, 100, 10, 1.2e-4)]
    expect(choose(make(spec), request(), tenfold)).toBe(0)
    expect(choose(make(spec), request(), little)).toBe(1)
    expect(choose(make({ ...spec, errorFactor: 1 }), request(), tenfold)).toBe(1)
  })

  test('what costs nothing is not all the same', () => {
    const fleet = [offer(0, 900, 10, 0), offer(1, 100, 10, 0), offer(2, 400, 10, 0)]
    expect(choose(make(spec), request(), fleet)).toBe(1)
  })

  test('what a prompt drives out of a full cache counts while it is likely to be used again', () => {
    const router = make({ kind: 'cost', ttftMs: 1e6, tpotMs: null, reuseSeconds: 100 })
    const perToken = {
      ttftMs: () => 1,
      tpotMs: () => 1,
      marginalUsd: (_: CandidateState, input: number, cached: number, output: number) =>
        (input - cached) * 1e-6 + output * 1e-5,
    }
    const full = candidate(0, { estimate: perToken, cacheTokens: 60 * 16 })
    const dearer = {
      ...perToken,
      marginalUsd: (...args: [CandidateState, number, number, number]) => 1.5 * perToken.marginalUsd(...args),
    }
    const empty = candidate(1, { estimate: dearer, cacheTokens: 600 * 16 })
    const fleet = [full, empty]
    const chosen = (policy: typeof router, asked: WorkloadRequest, atSeconds: number): number => {
      const decision = policy.route(atSeconds * 1e6, asked, fleet)
      return decision.kind === 'send' ? decision.candidateId : -1
    }
    // A conversation that comes back fills the cheap one's cache: most of what is asked is found there.
    const converse = (policy: typeof router) => {
      for (let turn = 0; turn < 20; turn++) {
        const asked = prompt(turn, range(50))
        expect(chosen(policy, asked, turn)).toBe(0)
        policy.sent(turn * 1e6, asked, 0)
        policy.ended(turn * 1e6, asked.id, 0)
      }
    }
    const stranger = (id: number) =>
      prompt(
        id,
        range(30).map(block => 1000 * id + block),
      )
    converse(router)
    expect(chosen(router, stranger(100), 20)).toBe(1)
    expect(router.explain()!.candidates.map(({ parts }) => parts.evictedUsd! > 0)).toEqual([true, false])
    expect(chosen(router, stranger(101), 2000)).toBe(0)
    const foreign = { ...full, isForeignCache: true }
    const bought = router.route(21e6, stranger(103), [foreign, empty])
    expect(bought).toMatchObject({ kind: 'send', candidateId: 0 })
    const careless = make({ kind: 'cost', ttftMs: 1e6, tpotMs: null, reuseWeight: 0 })
    converse(careless)
    expect(chosen(careless, stranger(102), 20)).toBe(0)
  })
})

describe('objectives as a wall', () => {
  const spec = { kind: 'cost', ttftMs: 500, tpotMs: 50, index: null, errorFactor: 1, margin: 1 } as const

  test('the cheapest that meets both objectives', () => {
    const fleet = [
      offer(0, 100, 10, 5e-4),
      offer(1, 400, 60, 1e-4),
      offer(2, 600, 20, 1e-4),
      offer(3, 480, 40, 4e-4),
    ]
    expect(choose(make(spec), request(), fleet)).toBe(3)
    expect(choose(make({ ...spec, tpotMs: null }), request(), fleet)).toBe(1)
    expect(choose(make({ ...spec, margin: 1.5 }), request(), fleet)).toBe(0)
  })

  test('when none does: least violation, or refusal', () => {
    const fleet = [offer(0, 900, 10, 1e-4), offer(1, 100, 60, 2e-4), offer(2, 100, 80, 1e-5)]
    expect(choose(make(spec), request(), fleet)).toBe(1)
    expect(make({ ...spec, otherwise: 'reject' }).route(0, request(), fleet)).toEqual({
      kind: 'reject',
      reason: 'objective-out-of-reach',
      retryAfterSeconds: 1,
    })
  })

  test('of equally cheap ones the one with most room; nearly equal ones by tolerance', () => {
    const fleet = [offer(0, 400, 10, 1e-4), offer(1, 300, 10, 1e-4), offer(2, 50, 10, 1.04e-4)]
    expect(choose(make(spec), request(), fleet)).toBe(1)
    expect(choose(make({ ...spec, priceTolerance: 0.05 }), request(), fleet)).toBe(2)
  })

  test('who is unknown comes last, by load, and predictions that are no numbers promise nothing', () => {
    const router = make(spec)
    expect(choose(router, request(), [candidate(0), offer(1, 9e9, 9e9, 1)])).toBe(1)
    expect(choose(router, request(), [candidate(0, { running: 2 }), candidate(1, { running: 1 })])).toBe(1)
    expect(choose(router, request(), [offer(0, Number.NaN, 1, 0), offer(1, 900, 1, 1)])).toBe(1)
    expect(choose(router, request(), [offer(0, 1, 1, Number.NaN), offer(1, 400, 1, 1)])).toBe(1)
    expect(choose(router, request(), [offer(0, Number.NaN, 1, 0)])).toBe(0)
  })

  test('a cached prompt makes the dearer hour the cheaper request, and the late one timely', () => {
    const router = make({ ...spec, index: { kind: 'estimated' } })
    const perToken = {
      ttftMs: (_: CandidateState, input: number, cached: number) => input - cached,
      tpotMs: () => 10,
      marginalUsd: (_: CandidateState, input: number, cached: number) => (input - cached) * 1e-6,
    }
    const dear = {
      ...perToken,
      marginalUsd: (...args: [CandidateState, number, number]) => 2 * perToken.marginalUsd(...args),
    }
    const fleet = [candidate(0, { estimate: perToken }), candidate(1, { estimate: dear })]
    router.sent(0, prompt(0, range(50)), 1)
    expect(choose(router, prompt(1, range(60)), fleet)).toBe(1)
    expect(choose(router, prompt(2, [99, ...range(25)]), fleet)).toBe(0)
  })

  test('uses the expected length of answers when told', () => {
    const seen: number[] = []
    const spy = {
      ...estimate(1, 1, 1),
      marginalUsd: (_s: CandidateState, _i: number, _c: number, out: number) => seen.push(out),
    }
    choose(make({ ...spec, outputTokens: 300 }), request({ outputTokens: 7 }), [
      candidate(0, { estimate: spy }),
    ])
    choose(make(spec), request({ outputTokens: 7 }), [candidate(0, { estimate: spy })])
    expect(seen).toEqual([300, 7])
  })
})
