/** What each policy is for. */
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { RandomSource } from '../../core/random.ts'
import type { CacheEvent } from '../../engine/types.ts'
import { blockKey } from '../../workload/block-key.ts'
import type { WorkloadRequest } from '../../workload/request.ts'
import { type CreatedRouter, createRouter } from '../create-router.ts'
import type { RouterSpec } from '../router-spec.ts'
import { candidate, candidates, estimate, prompt, request } from '../routing.fixture.ts'
import type { CandidateState } from '../types.ts'

const make = (spec: RouterSpec) => createRouter(spec, new RandomSource('policies'))

/** Where it goes; nothing is told of it afterwards. */
function choose(router: CreatedRouter, asked: WorkloadRequest, fleet: readonly CandidateState[]): number {
  const decision = router.route(0, asked, fleet)
  return decision.kind === 'send' ? decision.candidateId : -1
}

/** Where it goes, and it does go there. */
function send(router: CreatedRouter, asked: WorkloadRequest, fleet: readonly CandidateState[]): number {
  const id = choose(router, asked, fleet)
  router.sent(0, asked, id)
  return id
}

function stored(ids: readonly number[]): CacheEvent {
  const hashes = ids.map((_, block) => blockKey({ tokensPerBlock: 16, blockIds: ids }, 16, block))
  return {
    kind: 'blocks-stored',
    atUs: 0,
    requestId: 0,
    hashes,
    parentHash: null,
    firstBlock: 0,
    tier: 'device',
  }
}

const range = (count: number) => Array.from({ length: count }, (_, index) => index)

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

describe('prefix-aware', () => {
  test('goes back to where the prompt began, and to the least loaded when it knows too little of it', () => {
    const router = make({ kind: 'prefix-aware' })
    const fleet = candidates(4)
    const first = send(router, prompt(0, [1, 2, 3, 4]), fleet)
    const other = send(router, prompt(1, [11, 12, 13]), fleet)
    expect(other).not.toBe(first)
    const decision = router.route(0, prompt(2, [1, 2, 3, 4, 5, 6]), fleet)
    expect(decision).toEqual({ kind: 'send', candidateId: first, expectedCachedTokens: 64 })
    // One block of four is less than the threshold of 0.3.
    expect([first, other]).not.toContain(choose(router, prompt(3, [1, 22, 23, 24]), fleet))
  })

  test('among equal matches the least loaded', () => {
    const router = make({ kind: 'prefix-aware' })
    for (const id of [0, 1, 2]) router.sent(0, prompt(id, [1, 2]), id)
    const fleet = [
      candidate(0, { running: 5 }),
      candidate(1, { running: 3 }),
      candidate(2, { running: 4 }),
      candidate(3),
    ]
    expect(choose(router, prompt(9, [1, 2, 3]), fleet)).toBe(1)
  })

  test('load wins when loads have drifted apart, by both measures', () => {
    const router = make({ kind: 'prefix-aware', imbalanceRequests: 10, imbalanceRatio: 2 })
    router.sent(0, prompt(0, [1, 2]), 0)
    const fleet = (busy: number, idle: number) => [
      candidate(0, { running: busy }),
      candidate(1, { running: idle }),
    ]
    expect(choose(router, prompt(1, [1, 2, 3]), fleet(10, 0))).toBe(0)
    expect(choose(router, prompt(1, [1, 2, 3]), fleet(11, 0))).toBe(1)
    expect(choose(router, prompt(1, [1, 2, 3]), fleet(31, 20))).toBe(0)
  })
})

describe('kv-aware', () => {
  const tokens = 16 * 10

  test('prefers the cached prefix until waiting for it costs more than computing it', () => {
    const router = make({ kind: 'kv-aware' })
    router.cacheChanged(0, stored([1, 2, 3, 4, 5, 6]))
    const asked = prompt(0, [1, 2, 3, 4, 5, 6, 7, 8, 9, 10])
    const fleet = (pending: number) => [candidate(0, { pendingPromptTokens: pending }), candidate(1)]
    expect(router.route(0, asked, fleet(95))).toEqual({
      kind: 'send',
      candidateId: 0,
      expectedCachedTokens: 96,
    })
    expect(choose(router, asked, fleet(97))).toBe(1)
    const { candidates: explained } = router.explain()!
    expect(explained.map(({ parts }) => parts)).toEqual([
      { prefillBlocks: (97 + tokens - 96) / 16, decodeBlocks: 10 },
      { prefillBlocks: 10, decodeBlocks: 10 },
    ])
  })

  test('blocks under way weigh as much as blocks to prefill, less with a higher overlap weight', () => {
    const asked = prompt(9, [1, 2, 3, 4, 5, 6, 7, 8, 9, 10])
    for (const [overlapWeight, expected] of [
      [1, 1],
      [3, 0],
    ] as const) {
      const router = make({ kind: 'kv-aware', overlapWeight })
      router.cacheChanged(0, stored([1, 2, 3, 4]))
      router.sent(0, request({ id: 0, inputTokens: 160 }), 0)
      router.firstToken(0, 0, 0)
      expect(choose(router, asked, candidates(2))).toBe(expected)
    }
  })

  test('requests of one burst stay together before any event tells of them', () => {
    const fleet = candidates(4)
    // A busy place, so that only the cache can draw the second one there.
    const burst = (spec: RouterSpec) => {
      const router = make(spec)
      const home = send(router, prompt(0, range(40)), fleet)
      router.firstToken(0, 0, home)
      return choose(router, prompt(1, [...range(40), 99]), fleet) === home
    }
    const overlapWeight = 3
    expect(burst({ kind: 'kv-aware', overlapWeight })).toBe(true)
    expect(
      burst({ kind: 'kv-aware', overlapWeight, index: { kind: 'events', predictionSeconds: null } }),
    ).toBe(false)
  })

  test('with temperature the better one is only likelier', () => {
    const router = make({ kind: 'kv-aware', temperature: 1 })
    const fleet = [candidate(0), candidate(1, { pendingPromptTokens: 1600 })]
    const share = range(2000).filter(id => choose(router, request({ id }), fleet) === 0).length / 2000
    // Scores one range apart: 1 / (1 + e^-1) = 0.731.
    expect(Math.abs(share - 0.731)).toBeLessThan(0.05)
  })
})

describe('session affinity', () => {
  const ofSession = (session: number) => request({ id: session, session })

  test('a session stays, whatever the order of the list; sessions spread', () => {
    const router = make({ kind: 'session-affinity' })
    const homes = range(400).map(session => choose(router, ofSession(session), candidates(8)))
    expect(range(400).map(session => choose(router, ofSession(session), candidates(8).toReversed()))).toEqual(
      homes,
    )
    for (const home of range(8)) {
      const sessions = homes.filter(id => id === home).length
      expect(sessions).toBeGreaterThan(20)
      expect(sessions).toBeLessThan(85)
    }
  })

  test('when one goes only its sessions move; when it comes back they return', () => {
    fc.assert(
      fc.property(fc.integer({ min: 2, max: 9 }), fc.nat(8), fc.nat(1e6), (count, gone, session) => {
        const router = make({ kind: 'session-affinity' })
        const fleet = candidates(count)
        const home = choose(router, ofSession(session), fleet)
        const left = fleet.filter(({ id }) => id !== gone % count)
        const moved = choose(router, ofSession(session), left)
        if (home !== gone % count) expect(moved).toBe(home)
        expect(choose(router, ofSession(session), fleet)).toBe(home)
      }),
    )
  })

  test('nobody holds more than the bound', () => {
    fc.assert(
      fc.property(
        fc.integer({ min: 1, max: 6 }),
        fc.double({ min: 1, max: 3, noNaN: true }),
        (count, loadFactor) => {
          const router = make({ kind: 'session-affinity', loadFactor })
          const counts = candidates(count).map(() => 0)
          for (const id of range(60)) {
            // All of one session: without the bound all would go to one place.
            counts[send(router, request({ id, session: 5 }), candidates(count))]!++
            expect(Math.max(...counts)).toBeLessThanOrEqual(Math.ceil((loadFactor * (id + 1)) / count))
          }
        },
      ),
    )
  })

  test('by tenant; who belongs to nothing goes to the least loaded', () => {
    const router = make({ kind: 'session-affinity', key: 'tenant' })
    const fleet = candidates(5)
    const home = choose(router, request({ tenant: 'blue' }), fleet)
    expect(choose(router, request({ id: 1, tenant: 'blue', session: 3 }), fleet)).toBe(home)
    const busy = fleet.map(state => ({ ...state, running: state.id === 2 ? 0 : 3 }))
    expect(choose(router, request({ id: 2 }), busy)).toBe(2)
  })
})

describe('cost under objectives', () => {
  const spec = { kind: 'cost', ttftMs: 500, tpotMs: 50, index: null } as const
  const offer = (id: number, ttftMs: number, tpotMs: number, usd: number) =>
    candidate(id, { estimate: estimate(ttftMs, tpotMs, usd) })

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

describe('weighted', () => {
  test('the default of llm-d: queue 2, cache use 2, prefix 3', () => {
    const router = make({ kind: 'weighted' })
    router.sent(0, prompt(0, [1, 2, 3]), 0)
    router.ended(0, 0, 0)
    const fleet = [candidate(0, { waiting: 4, cacheUse: 0.5 }), candidate(1, { cacheUse: 0.1 })]
    expect(choose(router, prompt(1, [1, 2, 3, 4]), fleet)).toBe(1)
    const { candidates: explained } = router.explain()!
    expect(explained[0]!.parts).toEqual({ queue: 0, 'cache-use': 0.5, prefix: 0.75 })
    expect(explained[0]!.score).toBeCloseTo((2 * 0.5 + 3 * 0.75) / 7, 12)
    expect(explained[1]!.score).toBeCloseTo((2 + 2 * 0.9) / 7, 12)
    expect(choose(router, prompt(1, [1, 2, 3, 4]), [candidate(0, { cacheUse: 0.5 }), fleet[1]!])).toBe(0)
  })

  test('every scorer stays in [0, 1], and their weighted mean does', () => {
    const scorers = (
      ['queue', 'requests', 'pending-tokens', 'cache-use', 'prefix', 'session', 'cost'] as const
    ).map((scorer, index) => ({ scorer, weight: index + 1 }))
    const state = fc.tuple(
      fc.nat(9),
      fc.nat(9),
      fc.nat(9999),
      fc.double({ min: 0, max: 1.2, noNaN: true }),
      fc.option(fc.nat(5)),
    )
    fc.assert(
      fc.property(
        fc.array(state, { minLength: 1, maxLength: 6 }),
        fc.integer({ min: -1, max: 3 }),
        (states, session) => {
          const router = make({ kind: 'weighted', scorers })
          router.sent(0, prompt(0, [1, 2]), 0)
          const fleet = states.map(([waiting, running, pendingPromptTokens, cacheUse, usd], id) =>
            candidate(id, {
              waiting,
              running,
              pendingPromptTokens,
              cacheUse,
              estimate: usd === null ? null : estimate(1, 1, usd),
            }),
          )
          choose(router, { ...prompt(1, [1, 2, 3]), session }, fleet)
          for (const { score, parts } of router.explain()!.candidates) {
            for (const value of [score, ...Object.values(parts)]) {
              expect(value).toBeGreaterThanOrEqual(0)
              expect(value).toBeLessThanOrEqual(1 + 1e-12)
            }
          }
        },
      ),
    )
  })

  test('the session scorer keeps a session in place', () => {
    const router = make({ kind: 'weighted', scorers: [{ scorer: 'session', weight: 1 }], index: null })
    const homes = range(5).map(id => choose(router, request({ id, session: 12 }), candidates(6)))
    expect(new Set(homes).size).toBe(1)
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
