/** What holds for every router, whatever its policy. */
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { RandomSource } from '../core/random.ts'
import type { WorkloadRequest } from '../workload/request.ts'
import { type CreatedRouter, createRouter } from './create-router.ts'
import { policyKinds, type RouterSpec } from './router-spec.ts'
import { candidate, candidates, content, estimate, prompt, request, stored } from './routing.fixture.ts'
import { type CandidateState, type RoutingDecision, rejectReasons } from './types.ts'

const specs: readonly RouterSpec[] = [
  { kind: 'round-robin' },
  { kind: 'random' },
  { kind: 'least-loaded' },
  { kind: 'least-loaded', by: 'pending-tokens' },
  { kind: 'two-choices' },
  { kind: 'two-choices', by: 'pending-tokens' },
  { kind: 'prefix-aware' },
  { kind: 'prefix-aware', index: { kind: 'events' } },
  { kind: 'kv-aware' },
  { kind: 'kv-aware', index: { kind: 'estimated', capacityTokens: 320 }, temperature: 0.5 },
  { kind: 'session-affinity' },
  { kind: 'session-affinity', key: 'tenant' },
  { kind: 'cost', ttftMs: 100, tpotMs: 20 },
  { kind: 'cost', ttftMs: 100, tpotMs: null, otherwise: 'reject', index: null },
  { kind: 'weighted' },
  {
    kind: 'weighted',
    scorers: [
      { scorer: 'requests', weight: 1 },
      { scorer: 'pending-tokens', weight: 1 },
      { scorer: 'session', weight: 1 },
      { scorer: 'cost', weight: 2 },
    ],
    picker: { kind: 'softmax', temperature: 1 },
    index: null,
  },
  { kind: 'weighted', picker: { kind: 'two-choices' }, saturation: {} },
  { kind: 'least-loaded', saturation: { waiting: 3, whenAll: 'refuse' }, refusal: { full: 'wait' } },
  { kind: 'two-choices', admission: {} },
  {
    kind: 'kv-aware',
    admission: {
      maximumWaiting: 2,
      maximumWaitSeconds: 0.004,
      ttftMs: 150,
      shedAbovePriority: 0,
      limits: { tokensPerMinute: 60_000, tokenBurst: 200 },
      tenants: { a: { weight: 3, requestsPerSecond: 100, requestBurst: 2 } },
    },
  },
  {
    kind: 'cost',
    ttftMs: 100,
    tpotMs: 20,
    otherwise: 'reject',
    saturation: null,
    admission: { maximumWaiting: 0 },
  },
]

const nameOf = (spec: RouterSpec) => JSON.stringify(spec)

test('all policies are under contract', () => {
  expect(new Set(specs.map(spec => spec.kind))).toEqual(new Set(policyKinds))
})

const candidateArbitrary = fc.record({
  ready: fc.boolean(),
  waiting: fc.nat(8),
  running: fc.nat(8),
  pendingPromptTokens: fc.nat(5000),
  cacheUse: fc.double({ min: 0, max: 1, noNaN: true }),
  capacity: fc.constantFrom(4, 12, Number.POSITIVE_INFINITY),
  models: fc.constantFrom<readonly string[] | undefined>(undefined, ['small'], ['small', 'large']),
  predicted: fc.option(fc.tuple(fc.nat(200), fc.nat(40), fc.nat(100))),
  cacheTokens: fc.constantFrom<number | undefined>(undefined, 64, 4096),
})

const fleetArbitrary = fc.array(candidateArbitrary, { maxLength: 7 }).map(list =>
  list.map(({ predicted, models, cacheTokens, ...state }, index) =>
    candidate(index * 3, {
      ...state,
      ...(models === undefined ? {} : { models }),
      ...(cacheTokens === undefined ? {} : { cacheTokens }),
      estimate: predicted === null ? null : estimate(predicted[0], predicted[1], predicted[2] / 1e6),
    }),
  ),
)

const requestArbitrary = fc
  .record({
    path: fc.option(fc.array(fc.nat(3), { minLength: 1, maxLength: 5 })),
    session: fc.integer({ min: -1, max: 4 }),
    tenant: fc.constantFrom('', 'a', 'b'),
    model: fc.constantFrom('', 'small', 'large'),
  })
  .map(({ path, ...rest }) =>
    request({
      ...rest,
      inputTokens: (path?.length ?? 2) * 16,
      content: path === null ? null : content(path),
    }),
  )

/** What happens to a router: requests, and how far each gets. */
const historyArbitrary = fc.array(
  fc.record({
    asked: requestArbitrary,
    fate: fc.constantFrom('stays', 'first-token', 'ends', 'first-token and ends'),
  }),
  { maxLength: 30, size: 'max' },
)

function play(
  router: CreatedRouter,
  fleet: readonly CandidateState[],
  history: readonly Step[],
): RoutingDecision[] {
  return history.map(({ asked, fate }, id) => {
    const numbered = { ...asked, id }
    const decision = router.route(id * 1000, numbered, fleet)
    if (decision.kind === 'send') {
      router.sent(id * 1000, numbered, decision.candidateId)
      if (fate.startsWith('first')) router.firstToken(id * 1000, id, decision.candidateId)
      if (fate.endsWith('ends')) router.ended(id * 1000, id, decision.candidateId)
    }
    return decision
  })
}

interface Step {
  readonly asked: WorkloadRequest
  readonly fate: string
}

describe.each(specs.map(spec => [nameOf(spec), spec] as const))('%s', (_, spec) => {
  const make = (seed = 'contract') => createRouter(spec, new RandomSource(seed))

  test('is made of JSON', () => {
    const copy = createRouter(JSON.parse(JSON.stringify(spec)), new RandomSource('contract'))
    const history = Array.from({ length: 20 }, () => ({ asked: prompt(0, [1, 2]), fate: 'stays' }))
    expect(play(copy, candidates(4), history)).toEqual(play(make(), candidates(4), history))
  })

  test('sends to candidates that are ready, serve the model and have room; otherwise says why not', () => {
    fc.assert(
      fc.property(fleetArbitrary, historyArbitrary, (fleet, history) => {
        const router = make()
        const possible = (asked: WorkloadRequest) =>
          fleet.filter(
            ({ ready, models, id, waiting, running, capacity }) =>
              ready &&
              (models === undefined || asked.model === '' || models.includes(asked.model)) &&
              Math.max(waiting + running, router.inFlight(id).requests) < capacity,
          )
        history.forEach(({ asked }, id) => {
          const numbered = { ...asked, id }
          const able = possible(numbered).map(state => state.id)
          const decision = router.route(id, numbered, fleet)
          if (decision.kind === 'send') {
            expect(able).toContain(decision.candidateId)
            expect(decision.expectedCachedTokens).toBeGreaterThanOrEqual(0)
            expect(decision.expectedCachedTokens).toBeLessThan(asked.inputTokens)
            router.sent(id, numbered, decision.candidateId)
          } else if (decision.kind === 'reject') {
            expect(rejectReasons).toContain(decision.reason)
            expect(decision.retryAfterSeconds).toBeGreaterThan(0)
            // In a line others may go first: it may be too long while there is room.
            const told = spec.admission === undefined ? ['no-candidate', 'queue-full'] : ['no-candidate']
            if (told.includes(decision.reason)) expect(able).toEqual([])
          } else {
            expect(decision.retryUs).toBeGreaterThan(id)
          }
        })
      }),
      { numRuns: 60 },
    )
  })

  test('says why when nobody can', () => {
    const asked = request({ model: 'small' })
    const refusal = { kind: 'reject', reason: 'no-candidate', retryAfterSeconds: 1 }
    const mayWait = spec.admission !== undefined && spec.admission?.maximumWaiting !== 0
    expect(make().route(0, asked, [])).toEqual(refusal)
    const starting = make().route(0, asked, [candidate(0, { ready: false })])
    if (mayWait) expect(starting.kind).toBe('wait')
    else expect(starting).toEqual(refusal)
    expect(make().route(0, asked, [candidate(0, { models: ['large'] })])).toEqual(refusal)
    const full = [candidate(0, { ready: false }), candidate(1, { running: 2, capacity: 2 })]
    const decision = make().route(0, asked, full)
    if (mayWait) expect(decision.kind).toBe('wait')
    else if (spec.refusal?.full === 'wait') expect(decision).toEqual({ kind: 'wait', retryUs: 1_000_000 })
    else expect(decision).toEqual({ ...refusal, reason: 'queue-full' })
  })

  test('decides alike for the same seed and calls', () => {
    fc.assert(
      fc.property(fleetArbitrary, historyArbitrary, (fleet, history) => {
        expect(play(make(), fleet, history)).toEqual(play(make(), fleet, history))
      }),
      { numRuns: 25 },
    )
  })

  test('its books of what is under way return to zero', () => {
    fc.assert(
      fc.property(fleetArbitrary, historyArbitrary, (fleet, history) => {
        const router = make()
        const decisions = play(router, fleet, history)
        decisions.forEach((decision, id) => {
          if (decision.kind === 'send') router.ended(1e9, id, decision.candidateId)
        })
        for (const { id } of fleet) {
          expect(router.inFlight(id)).toEqual({ requests: 0, pendingPromptTokens: 0, promptTokens: 0 })
        }
      }),
      { numRuns: 25 },
    )
  })

  test('survives what it does not know', () => {
    const router = make()
    router.firstToken(0, 99, 99)
    router.ended(0, 99, 99)
    router.removed(99)
    router.cacheChanged(99, { kind: 'blocks-removed', atUs: 0, hashes: [5], tier: 'device' })
    router.cacheChanged(98, { kind: 'blocks-cleared', atUs: 0 })
    const asked = prompt(1, [1, 2])
    router.sent(0, asked, 7)
    router.sent(0, asked, 7)
    expect(router.inFlight(7)).toEqual({ requests: 1, pendingPromptTokens: 32, promptTokens: 32 })
    router.firstToken(0, 1, 7)
    router.firstToken(0, 1, 7)
    expect(router.inFlight(7)).toEqual({ requests: 1, pendingPromptTokens: 0, promptTokens: 32 })
    router.ended(0, 1, 8)
    router.ended(0, 1, 7)
    router.ended(0, 1, 7)
    expect(router.inFlight(7)).toEqual({ requests: 0, pendingPromptTokens: 0, promptTokens: 0 })
  })

  test('forgets candidates that are gone', () => {
    const router = make()
    const asked = prompt(1, [1, 2, 3])
    router.sent(0, asked, 7)
    router.cacheChanged(7, stored([4097]))
    router.removed(7)
    expect(router.inFlight(7).requests).toBe(0)
    expect(router.heldTokens(7)).toBe(0)
    router.ended(0, 1, 7)
    expect(router.inFlight(7).requests).toBe(0)
    // Back under the same id, empty.
    const good = estimate(10, 10, 0.001)
    const decision = router.route(1, prompt(2, [1, 2, 3]), [candidate(7, { estimate: good })])
    expect(decision).toEqual({ kind: 'send', candidateId: 7, expectedCachedTokens: 0 })
  })

  test('explains the last decision', () => {
    fc.assert(
      fc.property(fleetArbitrary, historyArbitrary, (fleet, history) => {
        const router = make()
        expect(router.explain()).toBeNull()
        const decisions = play(router, fleet, history)
        const last = decisions.at(-1)
        if (last === undefined) return
        const explanation = router.explain()!
        expect(explanation.decision).toEqual(last)
        expect(explanation.policy).toBe(spec.kind)
        expect(explanation.requestId).toBe(history.length - 1)
        // Rates and turns are looked at before the candidates.
        const unseen = spec.admission !== undefined && explanation.candidates.length === 0
        if (!unseen || last.kind === 'send')
          expect(explanation.candidates.map(each => each.candidateId)).toEqual(fleet.map(each => each.id))
        const picked = explanation.candidates.filter(each => each.outcome === 'picked')
        expect(picked.map(each => each.candidateId)).toEqual(last.kind === 'send' ? [last.candidateId] : [])
        for (const { outcome, score } of explanation.candidates) {
          if (outcome === 'ready' || outcome === 'model' || outcome === 'capacity') expect(score).toBeNull()
          if (outcome === 'picked') expect(score).not.toBeNaN()
        }
      }),
      { numRuns: 25 },
    )
  })
})
