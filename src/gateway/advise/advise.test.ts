import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { createMemoryLedger, type LedgerEvent, readLedgerReport } from '../ledger/index.ts'
import { anySettlement, someEvents } from '../ledger/ledger.fixture.ts'
import { book, dayMs, hourMs, type LedgerChoice, ledgerOf, lonelyBook, startMs } from './advise.fixture.ts'
import { type AdviceReport, advise } from './advise.ts'
import { priceByEntry, totalAt } from './offer-prices.ts'
import { isComparable, readWindowFacts } from './window-facts.ts'

const window = { fromMs: startMs, toMs: startMs + 30 * dayMs }

async function ledger(events: readonly LedgerEvent[]) {
  const store = createMemoryLedger()
  await store.append(events)
  return store
}

async function adviceOn(choice: LedgerChoice, prices = book): Promise<AdviceReport> {
  const store = await ledger(ledgerOf(choice))
  return advise(store, { ...window, book: prices, config: null, replay: null })
}

const kindsOf = ({ advice }: AdviceReport) => advice.map(({ kind }) => kind)
const find = (report: AdviceReport, kind: AdviceReport['advice'][number]['kind']) =>
  report.advice.find(advice => advice.kind === kind)

describe('what it cost', () => {
  test('is the ledger’s total to the nano-dollar, whatever is in it', async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(anySettlement, { maxLength: 12 }), async settlements => {
        const unique = [...new Map(settlements.map(each => [`${each.requestId} ${each.attempt}`, each]))]
        const store = await ledger(unique.map(([, each]) => each))
        const report = await advise(store, { ...window, book, config: null, replay: null })
        let spent = 0n
        for (const [account, balance] of await store.balances())
          if (/:usage$|^gateway:waste$|:idle$/.test(account)) spent += balance
        expect(report.spend.totalNanoUsd).toBe(spent)
        const lines = report.spend.lines.reduce((sum, line) => sum + line.totalNanoUsd, 0n)
        expect(lines).toBe(spent)
      }),
      { numRuns: 50 },
    )
  })

  test('with intervals, retries and adjustments: the same, and each attempt has all of its own', async () => {
    const store = await ledger(someEvents())
    const { total } = await readLedgerReport(store, { ...window, by: [], bucketMs: null })
    const { spend } = await advise(store, { ...window, book, config: null, replay: null })
    expect(spend.totalNanoUsd).toBe(total.totalNanoUsd)
    const { attempts, intervals } = await readWindowFacts(store, window)
    const ofAttempts = attempts.reduce((sum, { nanoUsd }) => sum + nanoUsd, 0n)
    const idle = intervals.reduce((sum, { idleNanoUsd }) => sum + idleNanoUsd, 0n)
    expect(ofAttempts + idle).toBe(total.totalNanoUsd)
  })

  test('by who served, idle time apart', async () => {
    const { spend } = await adviceOn({ hours: 48 })
    expect(spend.lines.map(({ target, kind, requests }) => [target, kind, requests])).toEqual([
      ['h200', 'deployment', 480],
      ['acme', 'offer', 480],
    ])
    expect(spend.lines[0]!.totalNanoUsd).toBe(48n * 7_200_000_000n)
    expect(spend.lines[0]!.idleShare).toBeCloseTo(1 - 10 / 7200, 9)
    expect(spend.lines[1]!.totalNanoUsd).toBe(480n * 2_100_000n)
    expect(spend.lines[1]!.usdPerMillionTokens).toBeCloseTo(0.84, 9)
  })
})

describe('other prices', () => {
  test('at the same prices nothing is saved, exactly, and nothing is advised', async () => {
    const store = await ledger(ledgerOf())
    const bought = (await readWindowFacts(store, window)).attempts.filter(
      attempt => isComparable(attempt) && attempt.target.kind === 'offer',
    )
    const booked = bought.reduce((sum, { nanoUsd }) => sum + nanoUsd, 0n)
    expect(totalAt(bought, priceByEntry(lonelyBook.entries[0]!))).toBe(booked)
    const report = await adviceOn({}, lonelyBook)
    expect(kindsOf(report)).not.toContain('cheaper-offer')
    expect(kindsOf(report)).not.toContain('service-tier')
  })

  test('a cheaper seller of the same model, cached tokens at the price it has for them', async () => {
    const found = find(await adviceOn({}), 'cheaper-offer')!
    expect(found.what).toContain('other/org/Chat')
    expect(found.what).toContain('no price of its own for cached input')
    // $0.0021 against 2,000 × $0.5 + 500 × $1 a million.
    expect(found.savedNanoUsd).toBe(480n * (2_100_000n - 1_500_000n))
    expect(found.sample.requests).toBe(480)
    expect(found.perMonth.expected).toBeCloseTo((0.288 * 730.5) / 48, 1)
    expect(found.perMonth.low).toBeLessThanOrEqual(found.perMonth.expected)
  })

  test('a tier that waits, for each tenant that might', async () => {
    const found = find(await adviceOn({}), 'service-tier')!
    expect(found.subject).toBe('acme, acme')
    expect(found.savedNanoUsd).toBe(480n * 1_000_000n)
    expect(found.latency).toContain('a day at most')
  })

  test('not on too little', async () => {
    const few = await adviceOn({ bought: 4, own: 0 })
    expect(kindsOf(few)).not.toContain('cheaper-offer')
    expect(few.refusals).toContainEqual({ subject: 'acme', why: '192 requests: advice needs 200' })
    const short = await adviceOn({ hours: 1, bought: 300, own: 300 })
    expect(short.refusals.map(({ why }) => why).join()).toMatch(/1 h are billed and closed.*needs 24/)
    for (const kind of ['fewer-replicas', 'replicas-by-the-hour', 'api-instead-of-own'] as const)
      expect(kindsOf(short)).not.toContain(kind)
  })
})

describe('replicas', () => {
  test('the busiest hour says how many are needed, and the rest can go', async () => {
    const found = find(await adviceOn({ replicas: 3 }), 'fewer-replicas')!
    expect(found.what).toBe('give back 2 of 3 replicas of h200: its busiest hour needs 1')
    expect(found.savedNanoUsd).toBe(48n * 2n * 3_600_000_000n)
    expect(found.perMonth.expected).toBeCloseTo(730.5 * 7.2, 0)
    const busy = await adviceOn({ own: 20, decodeUs: 260_000_000, bought: 0 })
    expect(kindsOf(busy)).not.toContain('fewer-replicas')
  })

  test('by the hour where hours differ', async () => {
    const quiet = ledgerOf({ hours: 36, own: 5 })
    const rush = ledgerOf({ hours: 48, own: 15, decodeUs: 290_000_000 })
    const after = startMs + 36 * hourMs
    const events = [
      ...quiet,
      ...rush.filter(event =>
        event.kind === 'requestSettled'
          ? Number(/^\D(\d+)/.exec(event.requestId)![1]) >= 36
          : 'fromMs' in event && event.fromMs >= after,
      ),
    ]
    const report = await advise(await ledger(events), { ...window, book, config: null, replay: null })
    expect(kindsOf(report)).not.toContain('fewer-replicas')
    const found = find(report, 'replicas-by-the-hour')!
    expect(found.what).toContain('1 to 2')
    // The hour before the rush is ready for it.
    expect(found.savedNanoUsd).toBe(35n * 3_600_000_000n)
  })
})

describe('own or API', () => {
  test('from how many tokens a day a deployment pays', async () => {
    const { breakEvens } = await adviceOn({ bought: 0 })
    const [line] = breakEvens
    expect(line!.usdPerDay).toBeCloseTo(24 * 7.2, 6)
    expect(line!.tokensPerDay).toBe(240 * 2500)

    expect(line!.apiUsdPerMillionTokens).toBeCloseTo(0.6, 9)
    expect(line!.breakEvenTokensPerDay).toBeCloseTo((24 * 7.2) / 0.6e-6, -3)
    expect(line!.capacityTokensPerDay).toBeCloseTo(600_000 * ((0.8 * 7200) / 10), -3)
  })

  test('the API where it is cheaper than the whole bill; idle replicas where they are not used', async () => {
    const report = await adviceOn({})
    const out = find(report, 'api-instead-of-own')!
    expect(out.savedNanoUsd).toBe(48n * 7_200_000_000n - 480n * 1_500_000n)
    const filled = find(report, 'fill-idle-replicas')!
    expect(filled.savedNanoUsd).toBe(480n * 2_100_000n)
    expect(filled.what).toContain('100 %')
    const full = await adviceOn({ own: 10, decodeUs: 600_000_000 })
    expect(kindsOf(full)).not.toContain('fill-idle-replicas')
  })
})

describe('regret', () => {
  test('what was picked against the cheapest that was fast enough', async () => {
    // A second of engine time is $0.001, the same at acme $0.0021.
    const { regret } = await adviceOn({})
    expect(regret).toMatchObject({ decisions: 960, isSampled: false, regretted: 480 })
    expect(regret!.regretNanoUsd).toBe(480n * 1_100_000n)
    expect(regret!.instead).toEqual([{ name: 'h200', decisions: 480, nanoUsd: 480n * 1_100_000n }])
    expect(regret!.priceError).toBeNull()
  })

  test('of sampled decisions where there are enough, with the error of their predictions', async () => {
    const { regret } = await adviceOn({ sampled: true })
    expect(regret).toMatchObject({ decisions: 480, isSampled: true, regretted: 480 })
    expect(regret!.priceError).toBeCloseTo(0.1, 9)
    expect(regret!.perMonth!.expected).toBeCloseTo((960 * 0.0011 * 730.5) / 48, 1)
  })

  test('a deployment is never regretted for itself, however uneven its charges are', async () => {
    const report = await adviceOn({ hours: 3, bought: 0, own: 30, isUneven: true })
    expect(report.regret).toMatchObject({ decisions: 90, regretted: 0, regretNanoUsd: 0n, instead: [] })
    expect(report.regret!.pickedNanoUsd).toBeGreaterThan(0n)
  })

  test('of half an hour nothing is said about a month', async () => {
    const store = await ledger(ledgerOf({ hours: 1, bought: 200 }))
    const half = { fromMs: startMs, toMs: startMs + hourMs / 2 }
    const { regret } = await advise(store, { ...half, book, config: null, replay: null })
    expect(regret!.decisions).toBeGreaterThan(50)
    expect(regret!.perMonth).toBeNull()
  })

  test('nothing is regretted where all else is dearer', async () => {
    const { regret } = await adviceOn({ decodeUs: 2_000_000 })
    expect(regret!.regretNanoUsd).toBe(0n)
    expect((await adviceOn({ bought: 0, own: 1 })).regret).toBeNull()
  })
})

describe('ledgers with little in them', () => {
  test('nothing, a bill without requests, requests without a bill: no advice, no numbers that are none', async () => {
    const bills = ledgerOf({ hours: 30, own: 0, bought: 0 })
    const unbilled = ledgerOf({ hours: 30, bought: 0 }).filter(({ kind }) => kind === 'requestSettled')
    for (const events of [[], someEvents(), bills, unbilled]) {
      const report = await advise(await ledger(events), { ...window, book, config: null, replay: null })
      const numbers = JSON.stringify(report, (_, value) => (typeof value === 'bigint' ? `${value}` : value))
      expect(numbers).not.toContain('null,"expected"')
      for (const { perMonth } of report.advice)
        for (const usd of Object.values(perMonth)) expect(Number.isFinite(usd)).toBe(true)
      expect(report.advice.filter(({ kind }) => kind !== 'fewer-replicas')).toEqual([])
    }
  })

  test('a bill without requests: all of it is idle, one replica is kept', async () => {
    const report = await adviceOn({ hours: 30, own: 0, bought: 0 })
    expect(
      report.spend.lines.map(({ idleShare, usdPerMillionTokens }) => [idleShare, usdPerMillionTokens]),
    ).toEqual([[1, null]])
    expect(find(report, 'fewer-replicas')!.savedNanoUsd).toBe(30n * 3_600_000_000n)
  })
})
