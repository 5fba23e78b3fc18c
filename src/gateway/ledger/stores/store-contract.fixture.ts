/** What every store must do, as tests: one list, run against each of them. */
import fc from 'fast-check'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { auditLedger } from '../audit.ts'
import { idempotencyKey, type LedgerEvent } from '../events.ts'
import { factDimensions } from '../facts.ts'
import {
  adjusted,
  anySettlement,
  billed,
  charge,
  closed,
  dayMs,
  opened,
  settled,
  someEvents,
  startMs,
} from '../ledger.fixture.ts'
import type { AggregateQuery, LedgerStore } from '../store.ts'
import { createMemoryLedger } from './memory-store.ts'

export interface StoreUnderTest {
  readonly name: string
  /** An empty one. */
  open(): Promise<LedgerStore>
  /** After close: the same one again; null where nothing outlives a close. */
  reopen: (() => Promise<LedgerStore>) | null
  /** Runs of property tests: databases are slower. */
  readonly runs: number
}

const whole: AggregateQuery = { fromMs: 0, toMs: startMs + 100 * dayMs, by: ['category'], bucketMs: null }

async function scanAll(store: LedgerStore): Promise<LedgerEvent[]> {
  return (await store.scan(0, 10_000)).map(({ event }) => event)
}

export function describeStore(under: StoreUnderTest): void {
  describe(`ledger in ${under.name}`, () => {
    let store: LedgerStore
    beforeEach(async () => {
      store = await under.open()
    })
    afterEach(() => store.close())

    test('keeps events as they were told, in order', async () => {
      const events = someEvents()
      expect(await store.append(events)).toEqual({ appended: events.length, duplicates: 0 })
      expect(await scanAll(store)).toEqual(events)
    })

    test('a second telling changes nothing, whatever the order of members', async () => {
      const events = someEvents()
      await store.append(events)
      const before = await store.balances()
      const again = events.map(
        event => Object.fromEntries(Object.entries(event).reverse()) as unknown as LedgerEvent,
      )
      expect(await store.append([...again, again[0]!])).toEqual({
        appended: 0,
        duplicates: events.length + 1,
      })
      expect(await store.balances()).toEqual(before)
      expect(await scanAll(store)).toEqual(events)
    })

    test('duplicates within one call count once', async () => {
      expect(await store.append([settled(), settled()])).toEqual({ appended: 1, duplicates: 1 })
    })

    test('the same fact told otherwise refuses the whole call, and no other', async () => {
      await store.append([settled()])
      const other = settled({ costNanoUsd: { output: 1n } })
      const outcomes = await Promise.allSettled([
        store.append([settled({ requestId: 'before' })]),
        store.append([settled({ requestId: 'beside' }), other]),
        store.append([settled({ requestId: 'after' })]),
      ])
      expect(outcomes.map(({ status }) => status)).toEqual(['fulfilled', 'rejected', 'fulfilled'])
      expect(outcomes[1]).toMatchObject({
        reason: { code: 'ledger', message: expect.stringMatching(/settled\/r1\/0/) },
      })
      const kept = (await scanAll(store)).map(idempotencyKey)
      expect(kept.toSorted()).toEqual(['settled/after/0', 'settled/before/0', 'settled/r1/0'])
      await expect(
        store.append([settled({ requestId: 'x' }), settled({ requestId: 'x', atMs: 5 })]),
      ).rejects.toThrow(/other content/)
      expect(await store.request('x')).toBeNull()
      expect((await auditLedger(store)).problems).toEqual([])
    })

    test('an event that cannot be true fails alone', async () => {
      const wrong = settled({ requestId: 'wrong', costNanoUsd: { output: -1n } })
      const outcomes = await Promise.allSettled([store.append([settled()]), store.append([wrong])])
      expect(outcomes.map(({ status }) => status)).toEqual(['fulfilled', 'rejected'])
      expect(await scanAll(store)).toEqual([settled()])
    })

    test('knows all of a request', async () => {
      await store.append(someEvents())
      const first = await store.request('r1')
      expect(first).toMatchObject({
        opened: opened(),
        adjusted: [adjusted({ attempt: 1, atMs: startMs + dayMs })],
      })
      expect(first!.settled.map(({ attempt }) => attempt)).toEqual([0, 1])
      expect(first!.totalNanoUsd).toBe(4_625_000n * 2n - 400_000n)
      const second = await store.request('r2')
      expect(second!.intervals).toHaveLength(1)
      expect(second!.totalNanoUsd).toBe(4_060_000n)
      expect(await store.request('nobody')).toBeNull()
    })

    test('finds what a crash left open', async () => {
      await store.append([
        opened({ requestId: 'late', atMs: startMs + 9 }),
        opened({ requestId: 'early', atMs: startMs + 3 }),
        opened({ requestId: 'older', atMs: startMs - 1 }),
        opened({ requestId: 'done' }),
        settled({ requestId: 'done' }),
        opened({ requestId: 'retrying', atMs: startMs + 5 }),
        settled({ requestId: 'retrying', final: false, releasedNanoUsd: 0n }),
      ])
      const open = await store.openRequests(startMs, 10)
      expect(open.map(({ requestId }) => requestId)).toEqual(['early', 'retrying', 'late'])
      expect(await store.openRequests(startMs, 1)).toHaveLength(1)
    })

    test('scans by cursor', async () => {
      await store.append(someEvents())
      await store.append([settled({ requestId: 'last' })])
      const seen: LedgerEvent[] = []
      let cursor = 0
      for (;;) {
        const page = await store.scan(cursor, 3)
        if (page.length === 0) break
        expect(page[0]!.sequence).toBeGreaterThan(cursor)
        cursor = page.at(-1)!.sequence
        seen.push(...page.map(({ event }) => event))
      }
      expect(seen).toEqual([...someEvents(), settled({ requestId: 'last' })])
    })

    test('adds up by dimensions, time and condition', async () => {
      await store.append(someEvents())
      const byTenant = await store.aggregate({
        ...whole,
        by: ['tenant', 'bearer'],
        where: { category: 'request' },
      })
      expect(
        byTenant.map(({ dimensions, measures }) => [dimensions, measures.requests, measures.attempts]),
      ).toEqual([
        [{ tenant: 'acme', bearer: 'gateway' }, 0n, 1n],
        [{ tenant: 'acme', bearer: 'tenant' }, 1n, 1n],
        [{ tenant: 'bolt & co', bearer: 'tenant' }, 1n, 1n],
      ])
      const byDay = await store.aggregate({
        ...whole,
        by: ['offer'],
        bucketMs: dayMs,
        where: { tenant: 'acme' },
      })
      expect(byDay.map(({ bucketMs, measures }) => [bucketMs, measures.outputNanoUsd])).toEqual([
        [startMs, 4_000_000n],
        [startMs + dayMs, -400_000n],
      ])
      const total = await store.aggregate({ ...whole, by: [] })
      expect(total).toHaveLength(1)
      expect(total[0]!.measures.attempts).toBe(3n)
      expect(await store.aggregate({ ...whole, toMs: startMs, by: [] })).toEqual([])
      const window = await store.aggregate({ ...whole, fromMs: startMs + 1000, toMs: startMs + 2000, by: [] })
      expect(window[0]!.measures.attempts).toBe(2n)
    })

    test('text of a caller is never a statement', async () => {
      const tenant = `x'); DROP TABLE events; --`
      await store.append([settled({ tenant })])
      const rows = await store.aggregate({ ...whole, by: ['tenant'], where: { tenant } })
      expect(rows.map(({ dimensions }) => dimensions)).toEqual([{ tenant }])
      const dimension = 'tenant FROM events; --' as never
      await expect(store.aggregate({ ...whole, by: [dimension] })).rejects.toThrow()
      expect(await scanAll(store)).toHaveLength(1)
    })

    test('balances of every account add up to zero', async () => {
      await store.append(someEvents())
      const balances = await store.balances()
      expect(balances.get('tenant:acme:usage')).toBe(4_225_000n)
      expect(balances.get('gateway:waste')).toBe(4_625_000n)
      expect(balances.get('deployment:h200:cost')).toBe(0n)
      expect(balances.get('tenant:acme:reserved')).toBe(0n)
      expect(balances.get('offer:openai%2Fgpt:payable')).toBe(150_000n)
      expect([...balances.values()].reduce((sum, value) => sum + value, 0n)).toBe(0n)
      expect((await auditLedger(store)).problems).toEqual([])
    })

    test('answers as the ledger in memory does, for any settlements', async () => {
      const calls = fc.array(fc.array(anySettlement, { minLength: 1, maxLength: 4 }), { maxLength: 8 })
      await fc.assert(
        fc.asyncProperty(calls, async batches => {
          const tested = await under.open()
          const model = createMemoryLedger()
          for (const batch of batches) {
            const outcomes = await Promise.allSettled([tested.append(batch), model.append(batch)])
            expect(outcomes[0].status).toBe(outcomes[1].status)
          }
          expect(await scanAll(tested)).toEqual(await scanAll(model))
          const query: AggregateQuery = { ...whole, by: factDimensions, bucketMs: dayMs }
          expect(await tested.aggregate(query)).toEqual(await model.aggregate(query))
          expect((await auditLedger(tested)).problems).toEqual([])
          await Promise.all([tested.close(), model.close()])
        }),
        { numRuns: under.runs },
      )
    })

    test('many appends at once', async () => {
      const calls = Array.from({ length: 300 }, (_, index) => [
        opened({ requestId: `r${index}`, tenant: `t${index % 7}` }),
        settled({ requestId: `r${index}`, tenant: `t${index % 7}` }),
      ])
      const outcomes = await Promise.all(calls.map(events => store.append(events)))
      expect(outcomes.every(({ appended }) => appended === 2)).toBe(true)
      const rows = await store.aggregate({ ...whole, by: ['tenant'] })
      expect(rows.reduce((sum, { measures }) => sum + measures.requests, 0n)).toBe(300n)
    })

    test('an interval is closed once', async () => {
      await store.append([billed(), closed([charge()])])
      expect(await store.append([closed([charge()])])).toEqual({ appended: 0, duplicates: 1 })
      await expect(store.append([closed([])])).rejects.toThrow(/closed\/h200/)
    })

    test('after close nothing goes', async () => {
      await store.append([settled()])
      await store.close()
      await expect(store.append([opened()])).rejects.toMatchObject({ code: 'ledger' })
      await expect(store.scan(0, 1)).rejects.toMatchObject({ code: 'ledger' })
      await store.close()
    })

    test.skipIf(under.reopen === null)(
      'what was acknowledged, or waits at close, is there again',
      async () => {
        const waiting = store.append(someEvents())
        await store.close()
        await waiting
        store = await under.reopen!()
        expect(await scanAll(store)).toEqual(someEvents())
        expect(await store.append(someEvents())).toEqual({ appended: 0, duplicates: someEvents().length })
        expect((await auditLedger(store)).problems).toEqual([])
      },
    )
  })
}
