import { describe, expect, it } from 'vitest'
import { RandomSource } from '../core/random.ts'
import { sendClumping } from './send-clumping.ts'

/** So many users for so many cycles, each waiting `cycle()` µs for its answer; all start at once or spread. */
function closedLoop(
  users: number,
  cycles: number,
  cycle: () => number,
  start: (user: number) => number,
): number[] {
  return Array.from({ length: users }, (_, user) => {
    let time = start(user)
    return Array.from({ length: cycles }, () => {
      const sent = time
      time += cycle()
      return sent
    })
  }).flat()
}

const lastHalf = (times: number[]) => times.toSorted((a, b) => a - b).slice(times.length / 2)
const stream = new RandomSource('waves').stream('users')
const atOnce = () => 0

describe('clumping of sends', () => {
  it.each([8, 32, 256])('is near 1 when answers are equal and all %i users start at once', users => {
    const jitter = () => 5e6 + 5e3 * stream.uniform()
    expect(sendClumping(lastHalf(closedLoop(users, 16, jitter, atOnce)), users)!.clumping).toBeGreaterThan(
      0.7,
    )
  })

  it.each([8, 32, 256])('is near 0 when %i users start spread over a cycle', users => {
    const times = closedLoop(
      users,
      16,
      () => 5e6,
      user => (5e6 * user) / users,
    )
    expect(sendClumping(lastHalf(times), users)!.clumping).toBeLessThan(0.05)
  })

  it.each([8, 32, 256])('is low for %i users whose answers differ by 20 %', users => {
    const jitter = () => 4e6 + 1e6 * stream.uniform()
    expect(sendClumping(lastHalf(closedLoop(users, 10, jitter, atOnce)), users)!.clumping).toBeLessThan(0.2)
  })

  it('is near 0 for lengths as people have them', () => {
    const times = closedLoop(64, 20, () => 2e6 * stream.exponential(), atOnce)
    expect(Math.abs(sendClumping(lastHalf(times), 64)!.clumping)).toBeLessThan(0.05)
  })

  it('is not asked of few users, few cycles, no time', () => {
    expect(sendClumping([0, 1, 2, 3, 4, 5, 6, 7, 8], 2)).toBeNull()
    expect(
      sendClumping(
        new Float64Array(31).map((_, i) => i),
        8,
      ),
    ).toBeNull()
    expect(sendClumping(new Float64Array(320), 8)).toBeNull()
    expect(sendClumping([], 8)).toBeNull()
  })
})
