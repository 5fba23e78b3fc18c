import { describe, expect, test } from 'vitest'
import { nanoUsdFromNumber } from '../../core/money.ts'
import type { LedgerEvent } from '../ledger/index.ts'
import { settled, startMs } from '../ledger/ledger.fixture.ts'
import { attempt, billingConfig, cost, deployment, replica, startBilling } from './billing.fixture.ts'
import { closings, events, ledger, minuteMs, reconciled, time } from './books.fixture.ts'

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

  test('end early as well while the ledger takes its time', async () => {
    const limits = { mostFreshFacts: 10 }
    let taken: (() => void) | null = null
    const slow = {
      ...ledger,
      async append(events: readonly LedgerEvent[]) {
        await new Promise<void>(resolve => {
          taken = resolve
        })
        return ledger.append(events)
      },
    }
    const config = billingConfig([deployment('d')])
    const { billing } = startBilling(time, { ledger: slow, config, limits })
    for (let index = 0; index < 45; index++) {
      billing.record('d', attempt(`r${index}`, time.nowMs()))
      await time.advance(100)
    }
    expect(billing.waiting).toBe(4)
    for (let call = 0; call < 4; call++) {
      taken!()
      await time.advance(1)
    }
    expect(await closings()).toHaveLength(4)
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
