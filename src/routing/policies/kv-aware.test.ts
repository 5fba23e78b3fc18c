import { describe, expect, test } from 'vitest'
import { blockKey } from '../../workload/block-key.ts'
import type { RouterSpec } from '../router-spec.ts'
import { candidate, candidates, content, prompt, request, stored } from '../routing.fixture.ts'
import { choose, make, range, send } from './policies.fixture.ts'

const keysOf = (ids: readonly number[]) => ids.map((_, block) => blockKey(content(ids), 16, block))

describe('kv-aware', () => {
  const tokens = 16 * 10

  test('prefers the cached prefix until waiting for it costs more than computing it', () => {
    const router = make({ kind: 'kv-aware' })
    router.cacheChanged(0, stored(keysOf([1, 2, 3, 4, 5, 6])))
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
      router.cacheChanged(0, stored(keysOf([1, 2, 3, 4])))
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
