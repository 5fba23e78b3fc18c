import { beforeEach, describe, expect, test } from 'vitest'
import { nanoUsdFromNumber } from '../../core/money.ts'
import {
  auditLedger,
  createMemoryLedger,
  type IntervalClosed,
  type LedgerEvent,
  readLedgerReport,
} from '../ledger/index.ts'
import { settled, startMs } from '../ledger/ledger.fixture.ts'
import {
  attempt,
  billingConfig,
  cost,
  createFakeTime,
  createFlakyLedger,
  deployment,
  type FakeTime,
  type FlakyLedger,
  replica,
  startBilling,
} from './billing.fixture.ts'

const minuteMs = 60_000
let time: FakeTime
let ledger: FlakyLedger

beforeEach(() => {
  time = createFakeTime(startMs + 10_000)
  ledger = createFlakyLedger(createMemoryLedger())
})

async function events(): Promise<LedgerEvent[]> {
  return (await ledger.scan(0, 100_000)).map(({ event }) => event)
}

async function closings(name = 'd'): Promise<IntervalClosed[]> {
  const all = await events()
  return all.filter(event => event.kind === 'intervalClosed').filter(event => event.deployment === name)
}

async function reconciled() {
  const report = await readLedgerReport(ledger, { fromMs: 0, toMs: startMs * 2, by: [], bucketMs: null })
  expect((await auditLedger(ledger)).problems).toEqual([])
  for (const line of report.reconciliation) expect(line.differenceNanoUsd).toBe(0n)
  return report
}

describe('intervals', () => {
  test('end at whole multiples, the last one when billing is closed', async () => {
    const { billing } = startBilling(time, { ledger, config: billingConfig([deployment('d')]) })
    await time.advance(2.5 * minuteMs)
    await billing.close()
    const spans = (await closings()).map(({ fromMs, toMs }) => [fromMs - startMs, toMs - startMs])
    expect(spans).toEqual([
      [10_000, 60_000],
      [60_000, 120_000],
      [120_000, 160_000],
    ])
    expect((await reconciled()).total.costNanoUsd.other).toBeGreaterThan(0n)
  })

  test('what replicas cost is exact, whatever the cuts', async () => {
    const { billing } = startBilling(time, {
      ledger,
      config: billingConfig(
        [deployment('d', { cost: { ...cost, usdPerReplicaHour: 1 / 3, energyUsdPerKilowattHour: null } })],
        7,
      ),
    })
    await time.advance(3_600_000)
    await billing.close()
    const { reconciliation } = await reconciled()
    // An hour of a third of a dollar, in 516 intervals of seven seconds.
    expect((await closings()).length).toBeGreaterThan(500)
    expect(Number(reconciliation[0]!.billNanoUsd - nanoUsdFromNumber(1 / 3))).toBeLessThanOrEqual(1)
  })

  test('requests have their engine time, the rest is idle', async () => {
    const { billing } = startBilling(time, { ledger, config: billingConfig([deployment('d')]) })
    const sentMs = time.nowMs()
    billing.record('d', attempt('r1', sentMs, { firstTokenMs: null, endMs: null }))
    billing.record('d', attempt('r1', sentMs))
    billing.record('nobody', attempt('r2', sentMs))
    await time.advance(minuteMs)
    const [event] = await closings()
    // 100 tokens at 0.1 ms, and the second after the first token.
    expect(event!.charges).toMatchObject([{ requestId: 'r1', prefillUs: 10_000, decodeUs: 1_000_000 }])
    expect(event!.idle.idleUs).toBe(50_000_000 - 1_010_000)
    const [line] = billing.reconciliation()
    expect(line).toMatchObject({
      differenceNanoUsd: 0n,
      billedNanoUsd: event!.deviceNanoUsd + event!.energyNanoUsd,
    })
    // Energy by assumed watts: 10 ms × 1300 + 1 s × 900 + the rest × 200 W.
    const kilowattHours = (0.01 * 1300 + 900 + 48.99 * 200) / 3.6e6
    expect(Number(event!.energyNanoUsd)).toBeCloseTo(kilowattHours * 0.12 * 1e9, -1)
  })

  test('end early when they hold many requests', async () => {
    const limits = { mostFreshFacts: 10 }
    const { billing } = startBilling(time, { ledger, config: billingConfig([deployment('d')]), limits })
    for (let index = 0; index < 25; index++) {
      billing.record('d', attempt(`r${index}`, time.nowMs()))
      await time.advance(100)
    }
    const early = await closings()
    expect(early.length).toBe(2)
    expect(Math.max(...early.map(({ charges }) => charges.length))).toBeLessThanOrEqual(20)
    await billing.close()
    await reconciled()
  })

  test('a clock that goes back is waited for', async () => {
    let backMs = 0
    const nowMs = () => time.nowMs() - backMs
    const { billing } = startBilling(time, { ledger, config: billingConfig([deployment('d')]), nowMs })
    await time.advance(minuteMs)
    backMs = 5 * minuteMs
    await time.advance(3 * minuteMs)
    expect(await closings()).toHaveLength(1)
    await time.advance(4 * minuteMs)
    await billing.close()
    const spans = await closings()
    for (const [index, { fromMs }] of spans.slice(1).entries()) expect(fromMs).toBe(spans[index]!.toMs)
    await reconciled()
  })

  test('hours that were slept through are one interval', async () => {
    let aheadMs = 0
    const nowMs = () => time.nowMs() + aheadMs
    startBilling(time, { ledger, config: billingConfig([deployment('d')]), nowMs })
    await time.advance(minuteMs)
    aheadMs = 10 * 3_600_000
    await time.advance(minuteMs)
    const [, second] = await closings()
    expect(second!.toMs - second!.fromMs).toBe(10 * 3_600_000 + minuteMs)
  })
})

describe('a ledger that is away', () => {
  test('gets everything later, in order and once', async () => {
    const { billing, problems } = startBilling(time, { ledger, config: billingConfig([deployment('d')]) })
    await time.advance(1000)
    ledger.state = 'away'
    for (let index = 0; index < 5; index++) {
      billing.record('d', attempt(`r${index}`, time.nowMs()))
      await time.advance(minuteMs)
    }
    expect(await createdWhileAway()).toBe(0)
    expect(billing.waiting).toBe(5)
    ledger.state = 'deaf'
    await time.advance(minuteMs)
    ledger.state = 'there'
    await time.advance(minuteMs)
    expect(billing.waiting).toBe(0)
    const spans = await closings()
    expect(spans.flatMap(({ charges }) => charges.map(({ requestId }) => requestId))).toEqual([
      'r0',
      'r1',
      'r2',
      'r3',
      'r4',
    ])
    for (const [index, { fromMs }] of spans.slice(1).entries()) expect(fromMs).toBe(spans[index]!.toMs)
    expect(problems.map(({ kind }) => kind)).toEqual(['starts-anew', 'ledger-away', 'ledger-back'])
    await reconciled()
  })

  async function createdWhileAway(): Promise<number> {
    ledger.state = 'there'
    const { length } = await events()
    ledger.state = 'away'
    return length
  }

  test('intervals stay open when too much waits, and facts beyond the limit are told of', async () => {
    const limits = { mostWaitingCharges: 2, mostFacts: 5 }
    const { billing, problems } = startBilling(time, {
      ledger,
      config: billingConfig([deployment('d')]),
      limits,
    })
    await time.advance(1000)
    ledger.state = 'away'
    for (let index = 0; index < 10; index++) {
      billing.record('d', attempt(`r${index}`, time.nowMs()))
      await time.advance(minuteMs)
    }
    expect(billing.waiting).toBeLessThanOrEqual(2)
    expect(problems.map(({ kind }) => kind)).toContain('requests-dropped')
    ledger.state = 'there'
    await time.advance(2 * minuteMs)
    await billing.close()
    const { total } = await reconciled()
    expect(total.engineSeconds).toBeCloseTo(12 * 60 + 1, 3)
  })

  test('is asked first, however long that takes, before anything is closed', async () => {
    ledger.state = 'away'
    const { problems } = startBilling(time, { ledger, config: billingConfig([deployment('d')]) })
    await time.advance(3 * minuteMs)
    ledger.state = 'there'
    expect(await closings()).toEqual([])
    await time.advance(2 * minuteMs)
    expect((await closings())[0]!.fromMs).toBe(startMs + 10_000)
    expect(problems.map(({ kind }) => kind)).toEqual(['ledger-away', 'starts-anew'])
  })

  test('does not hold the end up for long', async () => {
    const { billing, problems } = startBilling(time, { ledger, config: billingConfig([deployment('d')]) })
    await time.advance(1000)
    ledger.state = 'away'
    const closed = billing.close()
    await time.advance(10_000)
    await closed
    expect(problems.at(-1)!.kind).toBe('not-written')
  })
})

describe('a new start', () => {
  test('bills the time without a gateway, with the requests that the ledger knows of', async () => {
    const first = startBilling(time, { ledger, config: billingConfig([deployment('d')]) })
    await time.advance(minuteMs)
    // Killed ten seconds into the second interval; a request had ended in it.
    const target = { kind: 'deployment', deployment: 'd', replica: '0' } as const
    const endMs = time.nowMs() + 5000
    await ledger.append([settled({ atMs: endMs, target, costNanoUsd: {}, priceRuleId: '', ttftMs: 200 })])
    void first
    const later = createFakeTime(time.nowMs() + 10 * minuteMs)
    const { problems } = startBilling(later, { ledger, config: billingConfig([deployment('d')]) })
    await later.advance(minuteMs)
    const spans = await closings()
    expect(spans).toHaveLength(3)
    for (const [index, { fromMs }] of spans.slice(1).entries()) expect(fromMs).toBe(spans[index]!.toMs)
    expect(spans[1]).toMatchObject({ toMs: later.nowMs() - minuteMs, charges: [{ requestId: 'r1' }] })
    expect(problems).toMatchObject([{ kind: 'gap-billed' }])
    await reconciled()
  })

  test('bills nothing before when that was too long ago, or the deployment was given back', async () => {
    const config = billingConfig([deployment('d'), deployment('e')])
    const first = startBilling(time, { ledger, config })
    await time.advance(minuteMs)
    first.billing.reconfigure(billingConfig([deployment('e')]))
    await time.advance(3 * minuteMs)
    const later = createFakeTime(time.nowMs() + 2 * minuteMs)
    const { problems } = startBilling(later, { ledger, config, limits: { longestGapMs: minuteMs } })
    await later.advance(minuteMs)
    expect(problems.map(({ kind }) => kind)).toEqual(['starts-anew', 'starts-anew'])
    const again = createFakeTime(time.nowMs() + 30_000)
    const third = startBilling(again, { ledger: createFlakyLedger(createMemoryLedger()), config })
    await again.advance(minuteMs)
    expect(third.problems.map(({ kind }) => kind)).toEqual(['starts-anew', 'starts-anew'])
  })

  test('says when something is billed no more', async () => {
    startBilling(time, { ledger, config: billingConfig([deployment('d')]) })
    await time.advance(minuteMs)
    const { problems } = startBilling(time, { ledger, config: billingConfig([deployment('other')]) })
    await time.advance(1000)
    expect(problems.map(({ kind, deployment: name }) => [kind, name])).toContainEqual(['not-configured', 'd'])
  })

  test('two gateways that do not know of each other bill a deployment once', async () => {
    const one = startBilling(time, { ledger, config: billingConfig([deployment('d')]) })
    const other = startBilling(time, { ledger, config: billingConfig([deployment('d')]) })
    for (let index = 0; index < 6; index++) {
      one.billing.record('d', attempt(`a${index}`, time.nowMs()))
      other.billing.record('d', attempt(`b${index}`, time.nowMs() + 20))
      await time.advance(minuteMs)
    }
    await one.billing.close()
    await other.billing.close()
    const { reconciliation } = await reconciled()
    expect(await billedDevices()).toBeCloseTo((6 * minuteMs * 3.7e9) / 3_600_000, -1)
    expect(reconciliation[0]!.openNanoUsd).toBe(0n)
    expect(other.problems.map(({ kind }) => kind)).toContain('billed-elsewhere')
  })
})

async function billedDevices(): Promise<number> {
  return Number((await closings()).reduce((sum, { deviceNanoUsd }) => sum + deviceNanoUsd, 0n))
}

describe('several gateways on one ledger', () => {
  const shared = {
    ...billingConfig([deployment('d')]),
    ledger: { kind: 'postgres', url: 'postgres://nowhere' } as const,
  }
  /** Told to its gateway, and settled in the ledger, as a data plane does. */
  const serve = async (gateway: ReturnType<typeof startBilling>, requestId: string): Promise<void> => {
    const sentMs = time.nowMs()
    gateway.billing.record('d', attempt(requestId, sentMs, { firstTokenMs: null, endMs: null }))
    await time.advance(1100)
    gateway.billing.record('d', attempt(requestId, sentMs))
    const target = { kind: 'deployment', deployment: 'd', replica: '0' } as const
    const usage = { ...settled().usage, uncachedInput: 100, cachedInput: 0, output: 11, reasoning: 0 }
    await ledger.append([
      settled({
        ...{ requestId, atMs: time.nowMs(), target, usage, ttftMs: 100, durationMs: 1100 },
        ...{ costNanoUsd: {}, priceRuleId: '' },
      }),
    ])
  }

  test('one of them bills, and the requests of all are charged', async () => {
    const gateways = [0, 1, 2].map(() => startBilling(time, { ledger, config: shared }))
    // On a new ledger they begin together, with the next whole interval.
    await time.advance(50_000)
    for (let index = 0; index < 30; index++) {
      await serve(gateways[index % 3]!, `r${index}`)
      await time.advance(9000)
    }
    await time.advance(2 * minuteMs)
    for (const { billing } of gateways) await billing.close()
    const charged = new Set<string>()
    for (const event of await closings())
      for (const { charges } of [event, ...event.corrections])
        for (const { requestId } of charges) charged.add(requestId)
    expect(charged.size).toBe(30)
    const spans = await closings()
    for (const [index, { fromMs }] of spans.slice(1).entries()) expect(fromMs).toBe(spans[index]!.toMs)
    expect(await billedDevices()).toBeCloseTo(
      ((spans.at(-1)!.toMs - spans[0]!.fromMs) * 3.7e9) / 3_600_000,
      -1,
    )
    await reconciled()
  })

  test('another takes over when the one that bills has gone', async () => {
    const first = startBilling(time, { ledger, config: shared })
    await time.advance(3 * minuteMs)
    const second = startBilling(time, { ledger, config: shared })
    await time.advance(minuteMs)
    expect(second.problems).toEqual([])
    await first.billing.close()
    await serve(second, 'later')
    await time.advance(5 * minuteMs)
    const spans = await closings()
    expect(time.nowMs() - spans.at(-1)!.toMs).toBeLessThan(minuteMs)
    for (const [index, { fromMs }] of spans.slice(1).entries()) expect(fromMs).toBe(spans[index]!.toMs)
    expect(spans.flatMap(({ charges }) => charges.map(({ requestId }) => requestId))).toEqual(['later'])
    await reconciled()
  })
})

describe('a new configuration', () => {
  test('replicas are paid from when they came to when they went, to the millisecond', async () => {
    const { billing } = startBilling(time, { ledger, config: billingConfig([deployment('d')]) })
    await time.advance(20_123)
    billing.reconfigure(
      billingConfig([deployment('d', { replicas: [replica('0'), replica('1'), replica('2')] })]),
    )
    await time.advance(7001)
    billing.reconfigure(billingConfig([deployment('d', { replicas: [replica('2')] })]))
    await time.advance(50_000)
    billing.reconfigure(billingConfig([]))
    await time.advance(10 * minuteMs)
    const { total } = await reconciled()
    expect(total.engineSeconds).toBeCloseTo((20_123 + 3 * 7001 + 50_000) / 1000, 6)
    expect(billing.recentCost('d')).toBeNull()
  })

  test('a price that changes holds from then on', async () => {
    const free = { ...cost, energyUsdPerKilowattHour: null }
    const { billing } = startBilling(time, {
      ledger,
      config: billingConfig([deployment('d', { cost: free })]),
    })
    await time.advance(10_000)
    const dearer = { ...free, usdPerReplicaHour: 7.2, priceRuleId: 'dearer' }
    billing.reconfigure(billingConfig([deployment('d', { cost: dearer })]))
    await time.advance(10_000)
    await billing.close()
    const bills = (await events()).filter(event => event.kind === 'capacityBilled')
    expect(bills.map(({ priceRuleId }) => priceRuleId)).toEqual(['configuration', 'dearer'])
    expect(Number(bills[1]!.deviceNanoUsd)).toBeCloseTo(7.2e9 / 360, 0)
  })
})

describe('energy', () => {
  const powered = deployment('d', {
    replicas: [replica('0', { powerUrl: 'http://power/0' }), replica('1', { powerUrl: 'http://power/1' })],
  })

  test('is the counters’ between the ends of an interval', async () => {
    const readEnergy = async () => new Map([['gpu', time.nowMs() * 0.5]])
    startBilling(time, { ledger, config: billingConfig([powered]), readEnergy })
    await time.advance(2 * minuteMs)
    const bills = (await events()).filter(event => event.kind === 'capacityBilled')
    expect(bills.map(({ energyMillijoules }) => energyMillijoules)).toEqual([50_000, 60_000])
    expect(Number(bills[1]!.energyNanoUsd)).toBeCloseTo((60 / 3.6e6) * 0.12 * 1e9, 0)
    expect((await reconciled()).total.energyJoules).toBe(110)
  })

  test('is assumed for intervals at whose ends an exporter was silent', async () => {
    let isSilent = false
    const readEnergy = async (url: string) =>
      isSilent && url.endsWith('1') ? null : new Map([['gpu', time.nowMs() * 0.5]])
    startBilling(time, { ledger, config: billingConfig([powered]), readEnergy })
    await time.advance(70_000)
    isSilent = true
    await time.advance(minuteMs)
    isSilent = false
    await time.advance(2 * minuteMs)
    const bills = (await events()).filter(event => event.kind === 'capacityBilled')
    expect(bills.map(({ energyMillijoules }) => energyMillijoules)).toEqual([50_000, null, null, 60_000])
    expect(Number(bills[1]!.energyNanoUsd)).toBeCloseTo(((2 * 200 * 60) / 3.6e6) * 0.12 * 1e9, 0)
  })

  test('that nobody knows is said, once', async () => {
    const unknown = deployment('d', { cost: { ...cost, watts: null } })
    const { problems } = startBilling(time, { ledger, config: billingConfig([unknown]) })
    await time.advance(3 * minuteMs)
    expect(problems.map(({ kind }) => kind)).toEqual(['starts-anew', 'energy-unknown'])
  })
})

describe('recent cost', () => {
  test('is money of the intervals closed last by tokens', async () => {
    const { billing } = startBilling(time, { ledger, config: billingConfig([deployment('d')]) })
    expect(billing.expectedCharge('d', settled().usage)).toBeNull()
    for (let index = 0; index < 20; index++)
      billing.record(
        'd',
        attempt(`r${index}`, time.nowMs() + index * 2000, {
          computedTokens: 100 * (1 + (index % 5)),
          outputTokens: 50,
        }),
      )
    await time.advance(minuteMs)
    const recent = billing.recentCost('d')!
    expect(recent).toMatchObject({ uncachedInputTokens: 6000, outputTokens: 1000 })
    expect(recent.requestsNanoUsd + recent.idleNanoUsd).toBe(recent.billedNanoUsd)
    const expected = billing.expectedCharge('d', {
      ...settled().usage,
      uncachedInput: 6000,
      cachedInput: 99,
      output: 1000,
    })!
    expect(Number(expected - recent.requestsNanoUsd)).toBeCloseTo(0, -1)
    await time.advance(10 * minuteMs)
    expect(billing.recentCost('d')!.usdPerOutputToken).toBeNull()
  })
})
