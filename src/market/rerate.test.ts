import { describe, expect, it } from 'vitest'
import { noUsage } from '../cost/usage.ts'
import { bookOf, rows } from './market.fixture.ts'
import { type PastUsage, rerate } from './rerate.ts'

const past = (at: string, bookedNanoUsd: bigint | null, more: Partial<PastUsage> = {}): PastUsage => ({
  provider: 'acme',
  model: 'max-2.1',
  atMs: Date.parse(at),
  promptTokens: 1000,
  usage: { ...noUsage, uncachedInput: 1000, output: 100 },
  bookedNanoUsd,
  ...more,
})

describe('rating past usage again', () => {
  const usages = [
    past('2026-02-01T12:00Z', 4_800_000n),
    // Booked at the old price after it fell.
    past('2026-03-02T12:00Z', 4_800_000n),
    past('2026-08-17T02:00Z', null),
    past('2026-09-01', 1_000n, { model: 'unknown' }),
  ]
  const rerating = rerate(usages, bookOf(rows))

  it('takes the price that was in force then', () => {
    expect(rerating.rated.map(({ nanoUsd }) => nanoUsd)).toEqual([4_800_000n, 2_800_000n, 2_800_000n, null])
    expect(rerating.rated[1]!.price!.rule).toEqual(['from 2026-03-01 until 2026-08-17'])
  })

  it('adds up over what has both figures, and names the rest', () => {
    expect(rerating).toMatchObject({
      bookedNanoUsd: 9_600_000n,
      reratedNanoUsd: 7_600_000n,
      differenceNanoUsd: -2_000_000n,
      unpriced: [3],
      newlyPriced: [2],
    })
  })

  it('compares with another book', () => {
    const dearer = bookOf([
      { provider: 'acme', model: 'max-2.1', prices: { uncachedInput: '10', output: '10' }, source: 'list' },
    ])
    expect(rerate(usages, dearer).rated[0]).toMatchObject({
      nanoUsd: 11_000_000n,
      differenceNanoUsd: 6_200_000n,
    })
  })

  it('does not take a part for the whole', () => {
    const inputOnly = bookOf([
      { provider: 'acme', model: 'max-2.1', prices: { uncachedInput: '1' }, source: 'list' },
    ])
    expect(rerate(usages, inputOnly).unpriced).toEqual([0, 1, 2, 3])
  })

  it('of nothing is nothing', () => {
    expect(rerate([], bookOf(rows))).toMatchObject({ rated: [], differenceNanoUsd: 0n })
  })
})
