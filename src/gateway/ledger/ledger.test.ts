import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { noUsage } from '../usage.ts'
import { auditLedger } from './audit.ts'
import { checkEvent } from './check-event.ts'
import { eventFromText, eventToText, sameEvent } from './event-text.ts'
import { type CapacityBilled, idempotencyKey, type LedgerEvent } from './events.ts'
import { factMeasures, factsOf } from './facts.ts'
import {
  adjusted,
  anySettlement,
  billed,
  charge,
  closed,
  hourMs,
  opened,
  settled,
  someEvents,
  startMs,
} from './ledger.fixture.ts'
import { debitsOf, postingsOf } from './postings.ts'
import type { LedgerStore } from './store.ts'
import { createMemoryLedger } from './stores/memory-store.ts'

describe('postings', () => {
  test('debits equal credits for every event', () => {
    const event = fc.oneof(anySettlement, fc.constantFrom(...someEvents()))
    fc.assert(
      fc.property(event, each => {
        const postings = postingsOf(each)
        const credits = postings.reduce((sum, { nanoUsd }) => (nanoUsd < 0n ? sum - nanoUsd : sum), 0n)
        expect(debitsOf(postings)).toBe(credits)
        expect(postings.every(({ nanoUsd }) => nanoUsd !== 0n)).toBe(true)
      }),
    )
  })

  test('a reservation goes and comes back; the cost is owed to the provider', () => {
    expect(postingsOf(opened())).toEqual([
      { account: 'tenant:acme:reserved', nanoUsd: 5_000_000n },
      { account: 'tenant:acme:budget', nanoUsd: -5_000_000n },
    ])
    expect(postingsOf(settled())).toEqual([
      { account: 'tenant:acme:reserved', nanoUsd: -5_000_000n },
      { account: 'tenant:acme:budget', nanoUsd: 5_000_000n },
      { account: 'tenant:acme:usage', nanoUsd: 4_625_000n },
      { account: 'offer:openai%2Fgpt:payable', nanoUsd: -4_625_000n },
    ])
  })

  test('what the gateway tried twice, it bears', () => {
    const accounts = postingsOf(settled({ bearer: 'gateway', final: false, releasedNanoUsd: 0n }))
    expect(accounts[0]).toEqual({ account: 'gateway:waste', nanoUsd: 4_625_000n })
  })

  test('a closed interval empties the cost account into usage and idle', () => {
    const [bill, interval] = [billed(), closed([charge(), charge({ requestId: 'r2', bearer: 'gateway' })])]
    const amounts = new Map(postingsOf(interval).map(({ account, nanoUsd }) => [account, nanoUsd]))
    expect(amounts.get('deployment:h200:cost')).toBe(-(bill.deviceNanoUsd + bill.energyNanoUsd))
    expect(amounts.get('tenant:acme:usage')).toBe(4_060_000n)
    expect(amounts.get('gateway:waste')).toBe(4_060_000n)
  })

  test('no tenant can pose as another account', () => {
    const [first] = postingsOf(opened({ tenant: 'acme:usage:x/ä' }))
    expect(first!.account).toBe('tenant:acme%3Ausage%3Ax%2F%C3%A4:reserved')
    expect(idempotencyKey(settled({ requestId: 'a/1' }))).not.toBe(
      idempotencyKey(settled({ requestId: 'a', attempt: 1 })),
    )
  })
})

describe('text of events', () => {
  test('every event comes back as it went', () => {
    fc.assert(
      fc.property(fc.oneof(anySettlement, fc.constantFrom(...someEvents())), event => {
        expect(eventFromText(eventToText(event))).toEqual(event)
      }),
    )
  })

  test('amounts beyond 2^53, and texts that look like amounts', () => {
    const event = settled({ tenant: '12n', costNanoUsd: { output: 2n ** 62n + 1n } })
    expect(eventFromText(eventToText(event))).toEqual(event)
  })

  test('the order of members does not matter, everything else does', () => {
    const event = settled()
    expect(
      sameEvent(event, Object.fromEntries(Object.entries(event).reverse()) as unknown as LedgerEvent),
    ).toBe(true)
    expect(sameEvent(event, settled({ ttftMs: 211 }))).toBe(false)
    expect(sameEvent(event, settled({ costNanoUsd: { output: 2_000_000n } }))).toBe(false)
  })
})

describe('events that cannot be true are refused', () => {
  const wrong: readonly (readonly [string, LedgerEvent])[] = [
    ['empty ids', settled({ tenant: '' })],
    ['endless ids', settled({ requestId: 'x'.repeat(300) })],
    ['ids no database keeps', settled({ tenant: 'a\0b' })],
    ['half a character', settled({ tenant: '\ud800' })],
    ['negative cost', settled({ costNanoUsd: { output: -1n } })],
    ['cost beyond 64 bits', settled({ costNanoUsd: { output: 2n ** 63n } })],
    ['unknown class', settled({ costNanoUsd: { tokens: 1n } as never })],
    ['half a token', settled({ usage: { ...noUsage, output: 0.5 } })],
    ['negative tokens', settled({ usage: { ...noUsage, output: -1 } })],
    ['more reasoning than output', settled({ usage: { ...noUsage, reasoning: 1 } })],
    ['NaN as time', settled({ atMs: Number.NaN })],
    ['a void that costs', settled({ state: 'voided', usage: noUsage })],
    ['a void that used tokens', settled({ state: 'voided', costNanoUsd: {} })],
    ['a release before the end', settled({ final: false })],
    ['an unknown bearer', settled({ bearer: 'nobody' as never })],
    ['an unknown state', settled({ state: 'guessed' as never })],
    [
      'a price for one’s own deployment',
      settled({ target: { kind: 'deployment', deployment: 'h200', replica: '0' } }),
    ],
    ['a negative reservation', opened({ reservedNanoUsd: -1n })],
    ['an adjustment without name', adjusted({ adjustment: '' })],
    ['an interval without length', billed({ toMs: startMs })],
    ['parts that do not add up to the bill', closed([charge()], { deviceNanoUsd: 1n })],
    ['negative charges', closed([charge({ prefillNanoUsd: -5_000_000n })])],
    ['corrections of the future', closed([], { corrections: [{ ...noCorrection, ofToMs: startMs + 1 }] })],
    [
      'a correction that makes money',
      closed([], { corrections: [{ ...noCorrection, charges: [charge()] }] }),
    ],
  ]
  test.for(wrong)('%s', ([, event]) => {
    expect(() => checkEvent(event)).toThrow(/assertion failed/)
  })

  test('and all others are not', () => {
    for (const event of someEvents()) checkEvent(event)
    fc.assert(fc.property(anySettlement, event => checkEvent(event)))
  })
})

const noCorrection = {
  ofFromMs: startMs - hourMs,
  ofToMs: startMs,
  charges: [],
  idle: { idleUs: 0, energyMillijoules: 0, deviceNanoUsd: 0n, energyNanoUsd: 0n },
}

describe('facts', () => {
  test('money of facts is money of postings', () => {
    for (const event of someEvents()) {
      if (event.kind !== 'requestSettled') continue
      const [fact] = factsOf(event)
      const money = factMeasures.reduce(
        (sum, name, index) =>
          name.endsWith('NanoUsd') && name !== 'energyNanoUsd' ? sum + fact!.measures[index]! : sum,
        0n,
      )
      const owed = postingsOf(event).find(({ account }) => account.endsWith(':payable'))?.nanoUsd ?? 0n
      expect(money).toBe(-owed)
    }
  })

  test('a closed interval: what was given out is what its facts hold', () => {
    const correction = {
      ...noCorrection,
      charges: [charge()],
      idle: { ...noCorrection.idle, deviceNanoUsd: -4_000_000n, energyNanoUsd: -60_000n },
    }
    const event = closed([charge({ requestId: 'r2' })], { corrections: [correction] })
    checkEvent(event)
    const sums = new Map<string, bigint>()
    for (const { dimensions, measures } of factsOf(event)) {
      const total = factMeasures.reduce(
        (sum, name, index) =>
          name.endsWith('NanoUsd') && name !== 'energyNanoUsd' ? sum + measures[index]! : sum,
        0n,
      )
      sums.set(dimensions[0]!, (sums.get(dimensions[0]!) ?? 0n) + total)
    }
    expect(sums.get('request')).toBe(8_120_000n)
    expect(sums.get('request')! + sums.get('idle')!).toBe(sums.get('closed'))
  })
})

describe('the audit', () => {
  const problemsOf = async (events: readonly LedgerEvent[]) => {
    const store = createMemoryLedger()
    await store.append(events)
    return (await auditLedger(store)).problems
  }

  test('finds nothing where all is well, and what is not given out yet', async () => {
    const store = createMemoryLedger()
    await store.append([...someEvents(), billed({ deployment: 'other' })])
    expect(await auditLedger(store)).toEqual({
      events: someEvents().length + 1,
      problems: [],
      openNanoUsd: 5_900_000_004n,
    })
  })

  test('an interval without its bill, with another one, twice', async () => {
    expect(await problemsOf([closed([])])).toEqual([
      expect.stringMatching(/not there/),
      expect.stringMatching(/its bills are 0/),
    ])
    const dearer: CapacityBilled = billed({ deviceNanoUsd: 6_000_000_000n })
    expect(await problemsOf([dearer, closed([])])).toEqual([
      expect.stringMatching(/its bills are 6000000000/),
    ])
    const overlapping = closed([], { fromMs: startMs + 1 })
    expect(await problemsOf([billed(), closed([]), overlapping])).toContainEqual(
      expect.stringMatching(/overlaps/),
    )
  })

  test('postings that are not those of the events', async () => {
    const store = createMemoryLedger()
    await store.append(someEvents())
    const forged: LedgerStore = {
      ...store,
      balances: async () => new Map([...(await store.balances()), ['tenant:acme:usage', 1n]]),
    }
    const { problems } = await auditLedger(forged)
    expect(problems).toContainEqual(expect.stringMatching(/tenant:acme:usage holds 1 nano/))
    expect(problems).toContainEqual(expect.stringMatching(/all accounts together/))
  })

  test('an event that is there twice', async () => {
    const store = createMemoryLedger()
    await store.append([settled()])
    const doubled: LedgerStore = {
      ...store,
      scan: async (after, limit) => {
        const page = await store.scan(after, limit)
        return [...page, ...page.map(({ event }) => ({ sequence: 2, event }))]
      },
    }
    expect((await auditLedger(doubled)).problems).toContainEqual(expect.stringMatching(/there twice/))
  })
})
