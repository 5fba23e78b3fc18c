import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { TokenBucket } from './token-bucket.ts'

describe('a token bucket', () => {
  test('gives its burst at once, then its rate', () => {
    const bucket = new TokenBucket({ perSecond: 2, burst: 3 }, 0)
    for (let taken = 0; taken < 3; taken++) {
      expect(bucket.waitUs(0, 1)).toBe(0)
      bucket.take(0, 1)
    }
    expect(bucket.waitUs(0, 1)).toBe(500_000)
    expect(bucket.waitUs(499_999, 1)).toBe(1)
    expect(bucket.waitUs(500_000, 1)).toBe(0)
    expect(bucket.level(60e6)).toBe(3)
    expect([bucket.isFull(1_499_999), bucket.isFull(1_500_000)]).toEqual([false, true])
  })

  test('what is larger than the bucket passes when it is full, and leaves a debt', () => {
    const bucket = new TokenBucket({ perSecond: 10, burst: 100 }, 0)
    bucket.take(0, 1)
    expect(bucket.waitUs(0, 500)).toBe(100_000)
    bucket.take(100_000, 500)
    expect(bucket.level(100_000)).toBe(-400)
    expect(bucket.waitUs(100_000, 1)).toBe(40_100_000)
  })

  test('does not give more than it has', () => {
    const bucket = new TokenBucket({ perSecond: 1, burst: 5 }, 0)
    expect(() => bucket.take(0, 4)).not.toThrow()
    expect(() => bucket.take(0, 2)).toThrow('more was taken')
  })

  test('tokens are conserved: what is there is what was, plus what flowed in, less what was taken', () => {
    const attempt = fc.record({ gapUs: fc.nat(3_000_000), amount: fc.integer({ min: 1, max: 40 }) })
    fc.assert(
      fc.property(
        fc.double({ min: 0.01, max: 50, noNaN: true }),
        fc.integer({ min: 1, max: 30 }),
        fc.array(attempt, { maxLength: 60, size: 'max' }),
        (perSecond, burst, attempts) => {
          const bucket = new TokenBucket({ perSecond, burst }, 0)
          let nowUs = 0
          let level = burst
          let taken = 0
          for (const { gapUs, amount } of attempts) {
            nowUs += gapUs
            level = Math.min(burst, level + (gapUs / 1e6) * perSecond)
            const waitUs = bucket.waitUs(nowUs, amount)
            if (waitUs === 0) {
              bucket.take(nowUs, amount)
              level -= amount
              taken += amount
            } else {
              // Not a moment sooner, and then indeed.
              expect(level).toBeLessThan(Math.min(amount, burst))
              expect(bucket.waitUs(nowUs + waitUs, amount)).toBe(0)
              const sooner = Math.ceil((burst * 1e-9 * 1e6) / perSecond) + 2
              if (waitUs > sooner) expect(bucket.waitUs(nowUs + waitUs - sooner, amount)).toBeGreaterThan(0)
            }
            expect(Math.abs(bucket.level(nowUs) - level)).toBeLessThan(1e-6)
            expect(taken).toBeLessThanOrEqual(burst + (nowUs / 1e6) * perSecond + 40 + 1e-6)
          }
        },
      ),
      { numRuns: 200 },
    )
  })
})
