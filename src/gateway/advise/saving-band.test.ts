import { describe, expect, test } from 'vitest'
import { savingBand } from './saving-band.ts'

const hourMs = 3_600_000
const dayMs = 24 * hourMs
const usd = 1_000_000_000n

describe('dollars a month', () => {
  test('days that are all alike leave no doubt; a month has 730.5 hours', () => {
    const savings = [0, 1, 2, 3].map(day => ({ atMs: day * dayMs + hourMs, nanoUsd: 24n * usd }))
    const { low, expected, high } = savingBand(savings, { fromMs: 0, toMs: 4 * dayMs })
    expect(expected).toBeCloseTo(730.5, 9)
    expect(low).toBeCloseTo(730.5, 9)
    expect(high).toBeCloseTo(730.5, 9)
  })

  test('days that differ widen it: three of $0, $24 and $48 by Student’s t of two degrees', () => {
    const savings = [0n, 24n, 48n].map((amount, day) => ({ atMs: day * dayMs, nanoUsd: amount * usd }))
    const { low, expected, high } = savingBand(savings, { fromMs: 0, toMs: 3 * dayMs })
    expect(expected).toBeCloseTo(730.5, 9)
    const half = 4.303 * Math.sqrt(576 / 3) * (730.5 / 24)
    expect(high - expected).toBeCloseTo(half, 6)
    expect(expected - low).toBeCloseTo(half, 6)
  })

  test('below three days by hours; one block says nothing of the spread', () => {
    const savings = [{ atMs: 0, nanoUsd: usd }]
    const two = savingBand(savings, { fromMs: 0, toMs: 2 * hourMs })
    expect(two.expected).toBeCloseTo(730.5 / 2, 9)
    expect(two.low).toBeLessThan(0)
    const one = savingBand(savings, { fromMs: 0, toMs: hourMs })
    expect(one).toEqual({ low: 730.5, expected: 730.5, high: 730.5 })
  })
})
