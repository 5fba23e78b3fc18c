import { describe, expect, test } from 'vitest'
import { createMemoryLedger } from '../ledger/index.ts'
import { settled } from '../ledger/ledger.fixture.ts'
import {
  attempt,
  billingConfig,
  createFakeTime,
  createFlakyLedger,
  deployment,
  startBilling,
} from './billing.fixture.ts'
import { billedDevices, closings, ledger, minuteMs, reconciled, time } from './books.fixture.ts'

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
