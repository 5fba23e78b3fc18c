import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { ask } from './lease.fixture.ts'
import { exchange, isBlank, type LeasePolicy, newLeaseAccount, seed, usedIn } from './lease-account.ts'
import { windowAt } from './window.ts'

const nowMs = Date.UTC(2026, 10, 21, 12)
const month = windowAt('month', nowMs)
const minute = windowAt('minute', nowMs)
const policy: LeasePolicy = { termMs: 9000, minimum: 0n, divisor: 2n, expired: 'charge' }

describe('an exchange', () => {
  test('leases a share of what nobody holds, and less the less there is', () => {
    const account = newLeaseAccount()
    const held = ['a', 'b', 'c', 'd'].map(
      replica => exchange(account, 1000n, month, policy, nowMs, ask(replica, 1, { need: 1n })).held,
    )
    // 1000/2, 500/4, 375/6, 313/8
    expect(held).toEqual([500n, 125n, 62n, 39n])
  })

  test('books use, gives back, and answers what is late or repeated without changing anything', () => {
    const account = newLeaseAccount()
    exchange(account, 1000n, month, policy, nowMs, ask('a', 1, { need: 10n }))
    const second = ask('a', 2, { total: 30n, keep: 20n })
    expect(exchange(account, 1000n, month, policy, nowMs, second)).toMatchObject({
      held: 20n,
      used: 30n,
      usedBefore: 0n,
    })
    expect(exchange(account, 1000n, month, policy, nowMs, second)).toMatchObject({
      held: 20n,
      used: 30n,
      usedBefore: 30n,
    })
    const late = ask('a', 1, { need: 500n })
    expect(exchange(account, 1000n, month, policy, nowMs, late)).toMatchObject({
      held: 20n,
      used: 30n,
      short: false,
    })
  })

  test('that is short gives back all but what is kept, and says when to come again', () => {
    const account = newLeaseAccount()
    exchange(account, 100n, month, policy, nowMs, ask('a', 1, { need: 60n }))
    const short = exchange(account, 100n, month, policy, nowMs, ask('b', 1, { need: 50n }))
    expect(short).toMatchObject({ held: 0n, short: true, heldByOthers: 60n, retryMs: 3000 })
    // What is not there comes back with the window.
    exchange(account, 100n, month, policy, nowMs, ask('a', 2, { total: 60n }))
    const later = exchange(account, 100n, month, policy, nowMs, ask('b', 2, { need: 50n }))
    expect(later).toMatchObject({ short: true, retryMs: month.endMs - nowMs })
    expect(exchange(account, 100n, month, policy, nowMs, ask('b', 3, { need: 101n })).retryMs).toBeNull()
  })

  test('use beyond the lease is overspent, and said', () => {
    const account = newLeaseAccount()
    exchange(account, 100n, month, policy, nowMs, ask('a', 1, { need: 50n }))
    expect(exchange(account, 100n, month, policy, nowMs, ask('a', 2, { total: 130n }))).toMatchObject({
      used: 130n,
      held: 0n,
      overspent: 80n,
    })
  })
})

describe('a replica that is gone', () => {
  test('counts as having used its lease, until it or the ledger says better', () => {
    const account = newLeaseAccount()
    exchange(account, 100n, month, policy, nowMs, ask('a', 1, { need: 60n }))
    const after = exchange(account, 100n, month, policy, nowMs + 9000, ask('b', 1, { need: 40n }))
    expect(after).toMatchObject({ held: 40n, used: 60n, heldByOthers: 0n })
    const back = exchange(account, 100n, month, policy, nowMs + 9001, ask('a', 2, { total: 25n, keep: 5n }))
    expect(back).toMatchObject({ used: 25n, held: 5n, overspent: 0n })
  })

  test('by choice gives its lease to others, and what it had used is overspent', () => {
    const account = newLeaseAccount()
    const giving = { ...policy, expired: 'return' as const }
    exchange(account, 100n, month, giving, nowMs, ask('a', 1, { need: 60n }))
    expect(exchange(account, 100n, month, giving, nowMs + 9000, ask('b', 1, { need: 100n }))).toMatchObject({
      held: 100n,
    })
    expect(exchange(account, 100n, month, giving, nowMs + 9001, ask('a', 2, { total: 25n }))).toMatchObject({
      used: 25n,
      overspent: 25n,
      held: 0n,
    })
  })
})

describe('a sliding window', () => {
  test('never gives more than the cap in any interval of its length, and says when more is free', () => {
    const account = newLeaseAccount()
    const one = { ...policy, divisor: 1000n }
    let total = 0n
    let sequence = 0
    const used: number[] = []
    for (let ms = nowMs; ms < nowMs + 180_000; ms += 700) {
      const grant = exchange(
        account,
        10n,
        minute,
        one,
        ms,
        ask('a', ++sequence, { total, baseline: total, need: 1n }),
      )
      if (grant.short) {
        const again = { total, baseline: total, need: 1n }
        const freeMs = ms + grant.retryMs!
        expect(
          exchange(structuredClone(account), 10n, minute, one, freeMs - 1, ask('a', ++sequence, again)).short,
        ).toBe(true)
        expect(
          exchange(structuredClone(account), 10n, minute, one, freeMs, ask('a', ++sequence, again)).short,
        ).toBe(false)
      } else {
        total += 1n
        used.push(ms)
      }
    }
    for (const ms of used)
      expect(used.filter(other => other > ms - 60_000 && other <= ms).length).toBeLessThanOrEqual(10)
    expect(used.length).toBeGreaterThanOrEqual(27)
  })

  test('keeps nothing of long ago', () => {
    const account = newLeaseAccount()
    exchange(account, 10n, minute, policy, nowMs, ask('a', 1, { need: 5n }))
    exchange(account, 10n, minute, policy, nowMs + 1, ask('a', 2, { total: 5n }))
    const grant = exchange(account, 10n, minute, policy, nowMs + 600_000, ask('b', 1))
    expect(grant).toMatchObject({ used: 0n, usedBefore: 0n })
    expect([...account.leases.keys()]).toEqual(['b'])
  })
})

test('an authority without memory learns from totals, or from the ledger', () => {
  const account = newLeaseAccount()
  const total = exchange(account, 100n, month, policy, nowMs, ask('a', 7, { total: 30n }))
  expect(total).toMatchObject({ used: 30n, overspent: 30n })
  seed(account, 70n)
  expect(usedIn(account)).toBe(30n)
  const seeded = newLeaseAccount()
  expect(isBlank(seeded)).toBe(true)
  seed(seeded, 70n)
  expect(isBlank(seeded)).toBe(false)
  const rest = exchange(seeded, 100n, month, policy, nowMs, ask('a', 7, { total: 30n, baseline: 28n }))
  expect(rest).toMatchObject({ used: 72n })
})

test('any replicas that keep to their leases, alive or dead: used and held never exceed the cap', () => {
  const step = fc.record({
    replica: fc.nat(3),
    waitMs: fc.nat(5000),
    use: fc.nat(100),
    keep: fc.nat(100),
    need: fc.nat(40),
    lost: fc.boolean(),
  })
  fc.assert(
    fc.property(fc.array(step, { maxLength: 60 }), fc.integer({ min: 1, max: 300 }), (steps, cap) => {
      const account = newLeaseAccount()
      const replicas = [0, 1, 2, 3].map(() => ({ limit: 0n, total: 0n, sequence: 0, untilMs: 0 }))
      let ms = nowMs
      for (const { replica, waitMs, use, keep, need, lost } of steps) {
        ms += waitMs
        const mine = replicas[replica]!
        // Uses only what it holds, and only while it holds it.
        if (ms < mine.untilMs) mine.total += ((mine.limit - mine.total) * BigInt(use)) / 100n
        const kept = ((mine.limit - mine.total) * BigInt(keep)) / 100n
        mine.limit = mine.total + kept
        const request = ask(String(replica), ++mine.sequence, {
          total: mine.total,
          keep: kept,
          need: BigInt(need),
          desire: BigInt(need),
        })
        const grant = exchange(account, BigInt(cap), month, policy, ms, request)
        if (!lost) {
          mine.limit = grant.total + grant.held
          mine.untilMs = ms + policy.termMs
        }
        let held = 0n
        for (const lease of account.leases.values()) held += lease.held
        expect(usedIn(account) + held <= BigInt(cap)).toBe(true)
        const really = replicas.reduce((sum, { total }) => sum + total, 0n)
        expect(really <= BigInt(cap)).toBe(true)
        expect(account.overspent).toBe(0n)
      }
    }),
    { numRuns: 200, seed: 6 },
  )
})
