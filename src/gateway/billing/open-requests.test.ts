import { beforeEach, describe, expect, test } from 'vitest'
import { auditLedger, createMemoryLedger, type LedgerStore } from '../ledger/index.ts'
import { billed, closed, opened, settled, startMs } from '../ledger/ledger.fixture.ts'
import { readLedgerTail } from './ledger-tail.ts'
import { recoverOpenRequests } from './open-requests.ts'

let ledger: LedgerStore
beforeEach(() => {
  ledger = createMemoryLedger()
})

describe('requests without an end', () => {
  test('are settled as estimated, their reservations are free, once', async () => {
    await ledger.append([
      opened({ requestId: 'done' }),
      settled({ requestId: 'done' }),
      opened({ requestId: 'lost', reservedNanoUsd: 9n }),
      // The first attempt had failed, the second was under way.
      opened({ requestId: 'retried' }),
      settled({ requestId: 'retried', final: false, releasedNanoUsd: 0n, bearer: 'gateway' }),
    ])
    const settings = { nowMs: startMs + 1000, olderThanMs: 0 }
    expect(await recoverOpenRequests(ledger, settings)).toEqual({ settled: 2, alreadySettled: 0 })
    expect(await recoverOpenRequests(ledger, settings)).toEqual({ settled: 0, alreadySettled: 0 })
    const account = await ledger.request('retried')
    expect(account!.settled.at(-1)).toMatchObject({
      attempt: 1,
      state: 'estimated',
      final: true,
      costNanoUsd: {},
    })
    expect((await ledger.balances()).get('tenant:acme:reserved') ?? 0n).toBe(0n)
    expect((await auditLedger(ledger)).problems).toEqual([])
  })

  test('that may still run elsewhere are left alone', async () => {
    await ledger.append([
      opened({ requestId: 'old', atMs: startMs }),
      opened({ requestId: 'new', atMs: startMs + 9000 }),
    ])
    const settings = { nowMs: startMs + 10_000, olderThanMs: 5000 }
    expect(await recoverOpenRequests(ledger, settings)).toEqual({ settled: 1, alreadySettled: 0 })
    expect(await ledger.openRequests(0, 10)).toMatchObject([{ requestId: 'new' }])
  })

  test('are settled once by two gateways that start at the same time', async () => {
    await ledger.append(Array.from({ length: 700 }, (_, index) => opened({ requestId: `r${index}` })))
    const outcomes = await Promise.all(
      [1000, 1007].map(ms => recoverOpenRequests(ledger, { nowMs: startMs + ms, olderThanMs: 0 })),
    )
    expect(outcomes[0]!.settled + outcomes[1]!.settled).toBe(700)
    expect(await ledger.openRequests(0, 10)).toEqual([])
    expect((await auditLedger(ledger)).problems).toEqual([])
  })
})

describe('the tail of a ledger', () => {
  const limits = { sinceMs: 0, mostEvents: 100_000 }

  test('of an empty one is empty', async () => {
    expect(await readLedgerTail(ledger, ['h200'], limits)).toMatchObject({ facts: [], events: 0 })
  })

  test('is read back no further than needed', async () => {
    const target = { kind: 'deployment', deployment: 'h200', replica: '0' } as const
    const attempts = (from: number, count: number, atMs: number) =>
      Array.from({ length: count }, (_, index) =>
        settled({
          requestId: `r${from + index}`,
          atMs: atMs + index,
          target,
          costNanoUsd: {},
          priceRuleId: '',
        }),
      )
    const bill = billed()
    await ledger.append(attempts(0, 5000, startMs))
    await ledger.append([bill, closed([])])
    await ledger.append(attempts(5000, 2500, bill.toMs + 2000))
    const tail = await readLedgerTail(ledger, ['h200'], limits)
    expect(tail.closed.get('h200')!.toMs).toBe(bill.toMs)
    expect(tail.facts).toHaveLength(2500)
    expect(tail.events).toBeLessThan(6500)
    expect((await readLedgerTail(ledger, ['h200'], { ...limits, mostEvents: 1000 })).closed.size).toBe(0)
  })
})
