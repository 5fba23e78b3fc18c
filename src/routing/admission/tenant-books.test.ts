import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { request } from '../routing.fixture.ts'
import { type AdmissionSpec, admissionSettings } from './admission-spec.ts'
import { TenantBooks } from './tenant-books.ts'

const books = (spec: AdmissionSpec = {}) => new TenantBooks(admissionSettings(spec))
const cost10 = request({ inputTokens: 4, outputTokens: 3 })

describe('counters of service', () => {
  test('input counts once, output twice, over the weight', () => {
    const kept = books({ tenants: { heavy: { weight: 5 } } })
    const [light, heavy] = [kept.of('light', 0), kept.of('heavy', 0)]
    kept.charge(light, cost10)
    kept.charge(heavy, cost10)
    expect([light.counter, heavy.counter]).toEqual([10, 2])
    const even = books({ inputWeight: 3, outputWeight: 0 })
    even.charge(even.of('', 0), cost10)
    expect(even.of('', 0).counter).toBe(12)
  })

  test('who begins to wait is lifted to the least of those who wait; nobody saves up', () => {
    const kept = books()
    const [a, b, c] = ['a', 'b', 'c'].map(name => kept.of(name, 0)) as [
      ReturnType<typeof kept.of>,
      ReturnType<typeof kept.of>,
      ReturnType<typeof kept.of>,
    ]
    kept.charge(a, cost10)
    kept.charge(a, cost10)
    kept.charge(b, cost10)
    kept.joined(a)
    kept.joined(b)
    // The first to wait sets the floor, also for who had less.
    expect([a.counter, b.counter]).toEqual([20, 20])
    kept.charge(b, cost10)
    kept.joined(c)
    expect(c.counter).toBe(20)
    kept.joined(c)
    kept.charge(c, cost10)
    kept.charge(c, cost10)
    kept.joined(c)
    expect(c.counter).toBe(40)
    expect(kept.waitingWeight).toBe(3)
  })

  test('with nobody waiting the floor is who waited last', () => {
    const kept = books()
    const [a, b] = [kept.of('a', 0), kept.of('b', 0)]
    kept.joined(a)
    kept.left(a)
    kept.charge(a, cost10)
    kept.joined(b)
    expect(b.counter).toBe(10)
  })
})

describe('limits', () => {
  test('by default there are none; of all; of one, field by field', () => {
    const kept = books({
      limits: { requestsPerSecond: 4 },
      tenants: { blue: { tokensPerMinute: 60, tokenBurst: 14 }, free: { requestsPerSecond: null } },
    })
    const wait = (name: string, nowUs: number, asked = cost10) => {
      const tenant = kept.of(name, nowUs)
      const us = kept.limitedUs(nowUs, tenant, asked)
      if (us === 0) kept.letIn(nowUs, tenant, asked)
      return us
    }
    expect([1, 2, 3, 4, 5].map(() => wait('red', 0))).toEqual([0, 0, 0, 0, 250_000])
    // 7 tokens each, 14 at once, one a second.
    expect([1, 2, 3].map(() => wait('blue', 0))).toEqual([0, 0, 7_000_000])
    expect(wait('blue', 6_999_000)).toBeGreaterThan(0)
    expect(wait('blue', 7_000_000)).toBe(0)
    for (let count = 0; count < 100; count++) expect(wait('free', 0)).toBe(0)
    expect(books().limitedUs(0, books().of('any', 0), request({ inputTokens: 1e9 }))).toBe(0)
  })

  test('tokens of a minute, and at least one request, at once unless told otherwise', () => {
    const kept = books({ limits: { requestsPerSecond: 0.1, tokensPerMinute: 600 } })
    const tenant = kept.of('a', 0)
    expect(tenant.tokenBucket!.level(0)).toBe(600)
    expect(tenant.requestBucket!.level(0)).toBe(1)
  })
})

test('does not forget who still owes its limits', () => {
  const kept = books({ limits: { requestsPerSecond: 0.001 } })
  const tenant = kept.of('spent', 0)
  kept.letIn(0, tenant, cost10)
  for (let count = 0; count < 5000; count++) kept.of(`stranger ${count}`, 1)
  expect(kept.size).toBeLessThan(3000)
  expect(kept.limitedUs(2, kept.of('spent', 2), cost10)).toBeGreaterThan(900e6)
})

test('forgets tenants only when nothing changes by it', () => {
  const step = fc.record({
    name: fc.integer({ min: 0, max: 5 }).map(index => `tenant ${index}`),
    waits: fc.boolean(),
    tokens: fc.integer({ min: 1, max: 500 }),
  })
  fc.assert(
    fc.property(fc.array(step, { maxLength: 40, size: 'max' }), steps => {
      const limits = { tokensPerMinute: 6000, tokenBurst: 1000 }
      const plain = books({ limits })
      const swept = books({ limits })
      let nowUs = 0
      for (const { name, waits, tokens } of steps) {
        nowUs += 1_000_000
        const asked = request({ inputTokens: tokens })
        const seen = [plain, swept].map(kept => {
          const tenant = kept.of(name, nowUs)
          kept.joined(tenant)
          const lifted = tenant.counter
          const limitedUs = kept.limitedUs(nowUs, tenant, asked)
          if (limitedUs === 0) kept.letIn(nowUs, tenant, asked)
          if (!waits || tenant.waiting > 2) kept.left(tenant)
          kept.charge(tenant, asked)
          return [lifted, limitedUs]
        })
        expect(seen[1]).toEqual(seen[0])
        // Strangers, more than are kept: those of whom nothing is known go.
        if (tokens > 400) for (let count = 0; count < 1100; count++) swept.of(`stranger ${count}`, nowUs)
        expect(swept.size).toBeLessThan(2300)
      }
    }),
    { numRuns: 60 },
  )
})
