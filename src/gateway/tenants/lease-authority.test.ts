/** One contract over both authorities, and the Redis script held against the pure function step by step. */
import { createRequire } from 'node:module'
import fc from 'fast-check'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { type AccountSpec, largestCap } from './account.ts'
import { ask } from './lease.fixture.ts'
import {
  type ExchangeRequest,
  exchange,
  isBlank,
  type LeaseAccount,
  type LeasePolicy,
  newLeaseAccount,
  seed,
} from './lease-account.ts'
import { type LeaseAuthority, memoryAuthority } from './lease-authority.ts'
import { exchangeScript, seedScript } from './lease-script.ts'
import { startTestRedis, type TestRedis, whyNoRedis } from './redis.fixture.ts'
import {
  exchangeArguments,
  type RedisClient,
  readReply,
  redisAuthority,
  scriptRunner,
} from './redis-authority.ts'
import { steadyClock } from './renewal.ts'
import { type WindowName, windowAt } from './window.ts'

const withoutRedis = whyNoRedis()
if (withoutRedis !== null) console.info(`authorities in Redis are not tested: ${withoutRedis}`)

let redis: TestRedis | null = null
beforeAll(async () => {
  if (withoutRedis === null) redis = await startTestRedis()
})
afterAll(async () => redis?.close())

const policy: LeasePolicy = { termMs: 60_000, minimum: 0n, divisor: 2n, expired: 'charge' }
let count = 0
const specOf = (window: WindowName, cap: bigint): AccountSpec => ({
  id: `tenant:t${process.pid}-${++count}/${window}/usd`,
  scope: 'tenant',
  measure: 'usd',
  window,
  cap,
  alertsAt: [],
})

const authorities: readonly (readonly [string, boolean, () => Promise<LeaseAuthority>])[] = [
  ['memory', false, async () => memoryAuthority(steadyClock)],
  [
    'Redis',
    withoutRedis !== null,
    () => redisAuthority({ url: redis!.url, keyPrefix: `test-${process.pid}:`, timeoutMs: 5000 }),
  ],
]

for (const [name, skipped, open] of authorities) {
  describe.skipIf(skipped)(name, () => {
    let authority: LeaseAuthority
    beforeAll(async () => {
      authority = await open()
    })
    afterAll(() => authority?.close())

    const granted = async (spec: AccountSpec, request: ExchangeRequest) => {
      const window = windowAt(spec.window, steadyClock())
      if (window.slotMs === null) await authority.seed(spec, window, 0n)
      const reply = await authority.exchange(spec, window, policy, request)
      if (reply.kind !== 'granted') throw new Error(reply.kind)
      return reply.grant
    }

    test('shares, books, takes back, exact up to the largest cap', async () => {
      const spec = specOf('month', largestCap)
      const first = await granted(spec, ask('a', 1, { need: 1n }))
      expect(first).toMatchObject({ held: largestCap / 2n, used: 0n, short: false })
      const second = await granted(spec, ask('b', 1, { need: largestCap / 2n - 1n, desire: largestCap / 2n }))
      expect(second).toMatchObject({ held: largestCap / 2n, heldByOthers: largestCap / 2n })
      expect(await granted(spec, ask('c', 1, { need: 1n }))).toMatchObject({
        held: 0n,
        short: true,
        retryMs: 20_000,
      })
      await granted(spec, ask('a', 2, { total: largestCap / 2n - 3n, keep: 2n }))
      expect(await authority.standing(spec, windowAt('month', steadyClock()))).toEqual({
        used: largestCap / 2n - 3n,
        held: largestCap / 2n + 2n,
        leases: { a: 2n, b: largestCap / 2n, c: 0n },
        overspent: 0n,
      })
      expect(await granted(spec, ask('c', 2, { need: 1n }))).toMatchObject({ held: 1n, short: false })
    })

    test('a hundred replicas at once are never leased more than the cap', async () => {
      const spec = specOf('day', 1000n)
      const grants = await Promise.all(
        Array.from({ length: 100 }, (_, index) => granted(spec, ask(`r${index}`, 1, { need: 13n }))),
      )
      const held = grants.reduce((sum, grant) => sum + grant.held, 0n)
      expect(held <= 1000n).toBe(true)
      expect(held > 987n).toBe(true)
    })

    test('a window that is not the present one gives no new leases, and still takes settlements', async () => {
      const spec = specOf('day', 1000n)
      const past = windowAt('day', steadyClock() - 2 * 86_400_000)
      const reply = await authority.exchange(spec, past, policy, ask('a', 1, { need: 1n }))
      expect(reply).toMatchObject({ kind: 'wrong-window' })
      expect(Math.abs((reply as { nowMs: number }).nowMs - Date.now())).toBeLessThan(60_000)
      await authority.seed(spec, past, 0n)
      expect(await authority.exchange(spec, past, policy, ask('a', 2, { total: 5n }))).toMatchObject({
        kind: 'granted',
      })
      expect(await authority.standing(spec, past)).toMatchObject({ used: 5n })
    })

    test('windows and accounts do not mix', async () => {
      const [one, other] = [specOf('hour', 10n), specOf('hour', 10n)]
      expect(await granted(one, ask('a', 1, { need: 10n }))).toMatchObject({ held: 10n })
      expect(await granted(other, ask('a', 1, { need: 10n }))).toMatchObject({ held: 10n })
    })

    test('a calendar window nothing is known of gives nothing until it is seeded, and is seeded once', async () => {
      const spec = specOf('month', 100n)
      const window = windowAt('month', steadyClock())
      expect(await authority.exchange(spec, window, policy, ask('a', 1, { need: 1n }))).toEqual({
        kind: 'blank',
      })
      await authority.seed(spec, window, 90n)
      await authority.seed(spec, window, 95n)
      expect(await authority.standing(spec, window)).toEqual({
        used: 90n,
        held: 0n,
        leases: {},
        overspent: 0n,
      })
      expect(await granted(spec, ask('a', 1, { need: 11n }))).toMatchObject({ short: true, used: 90n })
    })
  })
}

const step = fc.record({
  replica: fc.nat(3),
  waitMs: fc.oneof(fc.nat(40), fc.constantFrom(50, 3000), fc.nat(5000), fc.nat(90_000)),
  sequenceStep: fc.constantFrom(-1, 0, 1, 1, 1, 1),
  totalStep: fc.integer({ min: -20, max: 120 }),
  keep: fc.nat(100),
  need: fc.oneof(fc.constant(0), fc.nat(300)),
  desire: fc.nat(400),
})

describe.skipIf(withoutRedis !== null)('the script of Redis', () => {
  test.each(['second', 'minute', 'day', 'month'] as const)(
    'answers as the pure function does, per %s',
    async name => {
      const { Redis } = createRequire(import.meta.url)('ioredis') as {
        Redis: new (url: string) => RedisClient
      }
      const client = new Redis(redis!.url)
      const run = scriptRunner(client)
      await fc.assert(
        fc.asyncProperty(
          fc.array(step, { maxLength: 25 }),
          fc.constantFrom(500n, 3n, largestCap),
          fc.constantFrom('charge' as const, 'return' as const),
          async (steps, cap, expired) => {
            const spec = specOf(name, cap)
            const policy: LeasePolicy = { termMs: 3000, minimum: 7n, divisor: 2n, expired }
            let nowMs = Date.UTC(2026, 10, 21, 23, 59, 57)
            const window = windowAt(name, nowMs)
            const account: LeaseAccount = newLeaseAccount()
            const replicas = [0, 1, 2, 3].map(() => ({ sequence: 0, total: 0n, acknowledged: 0n }))
            for (const { replica, waitMs, sequenceStep, totalStep, ...amounts } of steps) {
              nowMs += waitMs
              const mine = replicas[replica]!
              mine.sequence += sequenceStep
              mine.total += BigInt(totalStep)
              if (mine.total < 0n) mine.total = 0n
              const request: ExchangeRequest = {
                replica: `r${replica}`,
                sequence: mine.sequence,
                total: mine.total,
                baseline: mine.acknowledged,
                keep: BigInt(amounts.keep),
                need: BigInt(amounts.need),
                desire: BigInt(amounts.desire),
              }
              const reply = readReply(
                await run(exchangeScript('argument'), `fuzz:{${spec.id}}`, [
                  ...exchangeArguments(spec, window, policy, request),
                  String(nowMs),
                ]),
              )
              if (reply.kind === 'blank') {
                expect(isBlank(account) && window.slotMs === null).toBe(true)
                await run(seedScript, `fuzz:{${spec.id}}`, ['2', '60000'])
                seed(account, 2n)
                continue
              }
              if (reply.kind === 'wrong-window') {
                expect(request.need > 0n && windowAt(name, nowMs).id !== window.id).toBe(true)
                continue
              }
              expect(reply.grant).toEqual(exchange(account, cap, window, policy, nowMs, request))
              mine.acknowledged = mine.total
            }
          },
        ),
        { numRuns: 60, seed: 6 },
      )
      client.disconnect()
    },
  )
})
