import { describe, expect, test } from 'vitest'
import { startMs } from '../ledger/ledger.fixture.ts'
import { attempt, billingConfig, deployment, startBilling } from './billing.fixture.ts'
import { closings, events, ledger, minuteMs, reconciled, time } from './books.fixture.ts'

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
