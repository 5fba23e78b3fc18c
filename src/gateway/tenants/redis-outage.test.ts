/** A real Redis that dies and comes back empty, under a replica that goes on. */
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { accountOf } from './account.ts'
import { Allowances } from './allowances.ts'
import type { LeaseAuthority } from './lease-authority.ts'
import { pause, startTestRedis, type TestRedis, whyNoRedis } from './redis.fixture.ts'
import { redisAuthority } from './redis-authority.ts'
import { steadyClock } from './renewal.ts'
import { windowAt } from './window.ts'

const impossible =
  whyNoRedis() ?? (process.env.TOKENWRIGHT_REDIS_URL && 'the given Redis is not ours to stop')
if (impossible) console.info(`Redis going away is not tested: ${impossible}`)

describe.skipIf(Boolean(impossible))('Redis', () => {
  let redis: TestRedis
  let authority: LeaseAuthority
  beforeAll(async () => {
    redis = await startTestRedis()
    authority = await redisAuthority({ url: redis.url, keyPrefix: 'outage:', timeoutMs: 5000 })
  })
  afterAll(async () => {
    await authority?.close()
    await redis?.close()
  })

  test('goes away and comes back without its data: leases serve, then nothing, then what the ledger leaves', async () => {
    const spec = accountOf('tenant', 'tenant:acme', {
      measure: 'usd',
      window: 'month',
      cap: 100n,
      alertsAt: [],
    })
    let ledger = 0n
    let next = 0
    const errors: unknown[] = []
    const allowances = new Allowances({
      replica: 'a',
      authority,
      clock: steadyClock,
      usedByLedger: () => ledger,
      onAway: error => errors.push(error),
    })
    const spend = async (amount: bigint) => {
      const id = `r${++next}`
      const decision = await allowances.reserve(id, [{ spec, amount }])
      if (decision.kind === 'allowed') {
        allowances.settle(id, [amount])
        ledger += amount
      }
      return decision
    }
    // A lease of 50.
    expect(await spend(20n)).toEqual({ kind: 'allowed' })
    await redis.stop()
    expect(await spend(30n)).toEqual({ kind: 'allowed' })
    expect(await spend(1n)).toMatchObject({ reason: 'authority-away' })
    expect(errors).toHaveLength(1)
    await redis.start()
    let decision = await spend(50n)
    while (decision.kind === 'refused' && decision.reason === 'authority-away') {
      await pause(20)
      decision = await spend(50n)
    }
    expect(ledger <= 100n).toBe(true)
    // The ledger's 50, and once more what Redis had not confirmed: too little is given rather than too much.
    await allowances.close()
    const { used } = await authority.standing(spec, windowAt('month', steadyClock()))
    expect(used >= ledger && used <= 100n).toBe(true)
  })
})
