import { describe, expect, test } from 'vitest'
import { candidate, candidates, prompt } from '../routing.fixture.ts'
import { choose, make, send } from './policies.fixture.ts'

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
