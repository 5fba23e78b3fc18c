import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { candidate, candidates, estimate, prompt, request } from '../routing.fixture.ts'
import { choose, make, range } from './policies.fixture.ts'

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
