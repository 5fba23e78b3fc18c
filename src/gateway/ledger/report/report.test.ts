import { describe, expect, test } from 'vitest'
import { parseCsv } from '../../../core/csv.ts'
import { billed, charge, closed, dayMs, owner, settled, someEvents, startMs } from '../ledger.fixture.ts'
import { createMemoryLedger } from '../stores/memory-store.ts'
import { decimalText } from './decimal.ts'
import { focusColumns, focusCsv, focusQuery } from './focus-csv.ts'
import { type ReportQuery, readLedgerReport } from './ledger-report.ts'
import { reportJson } from './report-json.ts'

const focusSettings = { organisation: 'Acme, Inc.', billingAccountId: 'acme-1', billingAccountName: 'Acme' }
const query: ReportQuery = {
  fromMs: startMs,
  toMs: startMs + 2 * dayMs,
  by: ['tenant', 'model'],
  bucketMs: null,
}

async function ledgerOf(events = someEvents()) {
  const store = createMemoryLedger()
  await store.append(events)
  return store
}

describe('a report', () => {
  test('adds up tokens and money by what is asked for', async () => {
    const { lines, total } = await readLedgerReport(await ledgerOf(), query)
    const acme = lines.find(({ dimensions }) => dimensions.tenant === 'acme')!
    expect(acme).toMatchObject({ requests: 1n, attempts: 2n, totalNanoUsd: 8_850_000n })
    expect(acme.tokens).toMatchObject({
      uncachedInput: 2000n,
      cachedInput: 1000n,
      output: 400n,
      reasoning: 100n,
    })
    expect(acme.usdPerMillionTokens.uncachedInput).toBeCloseTo(2.5)
    expect(acme.usdPerMillionTokens.cacheWrite).toBeNull()
    expect(acme.usdPerMillionTokens.blended).toBeCloseTo((8_850_000 / 3400) * 1e-3)
    expect(acme.estimatedShare).toBe(0.5)
    expect(total.totalNanoUsd).toBe(8_850_000n + billed().deviceNanoUsd + billed().energyNanoUsd)
  })

  test('idle time is a line of its own, and requests and idle add up to the bill', async () => {
    const { lines, reconciliation } = await readLedgerReport(await ledgerOf(), query)
    const idle = lines.filter(({ category }) => category === 'idle')
    expect(idle).toHaveLength(1)
    expect(idle[0]).toMatchObject({ engineSeconds: 3596, requests: 0n, estimatedShare: null })
    const bill = billed().deviceNanoUsd + billed().energyNanoUsd
    expect(reconciliation).toEqual([
      {
        deployment: 'h200',
        billNanoUsd: bill,
        closedNanoUsd: bill,
        requestsNanoUsd: 4_060_000n,
        idleNanoUsd: bill - 4_060_000n,
        differenceNanoUsd: 0n,
        openNanoUsd: 0n,
      },
    ])
  })

  test('what is billed and not closed is open, not a difference', async () => {
    const { reconciliation } = await readLedgerReport(await ledgerOf([billed()]), query)
    expect(reconciliation[0]).toMatchObject({
      differenceNanoUsd: 0n,
      closedNanoUsd: 0n,
      openNanoUsd: 5_900_000_004n,
    })
  })

  test('invoices stand beside what was accrued', async () => {
    const { invoices } = await readLedgerReport(await ledgerOf(), query)
    expect(invoices).toEqual([
      { offer: 'openai/gpt', accruedNanoUsd: 8_850_000n, invoicedNanoUsd: 9_000_000n },
    ])
  })

  test('by day', async () => {
    const { lines } = await readLedgerReport(await ledgerOf(), { ...query, by: ['offer'], bucketMs: dayMs })
    const offers = lines.filter(({ dimensions }) => dimensions.offer !== '')
    expect(offers.map(({ bucketMs, totalNanoUsd }) => [bucketMs, totalNanoUsd])).toEqual([
      [startMs, 9_250_000n],
      [startMs + dayMs, -400_000n],
    ])
  })

  test('of nothing', async () => {
    const report = await readLedgerReport(createMemoryLedger(), query)
    expect(report).toMatchObject({ lines: [], reconciliation: [], invoices: [] })
    expect(report.total).toMatchObject({ totalNanoUsd: 0n, estimatedShare: null })
  })

  test('as JSON: amounts exact', async () => {
    const json = JSON.parse(reportJson(await readLedgerReport(await ledgerOf(), query)))
    expect(json.reconciliation[0]).toMatchObject({
      billUsd: '5.900000004',
      differenceUsd: '0',
      idleUsd: '5.895940004',
    })
    expect(json.lines.find((line: { tenant: string }) => line.tenant === 'acme').totalUsd).toBe('0.00885')
    expect(json.from).toBe('2026-03-01T00:00:00.000Z')
  })
})

describe('FOCUS', () => {
  async function rows(events = someEvents()) {
    const report = await readLedgerReport(await ledgerOf(events), focusQuery(startMs, startMs + 2 * dayMs))
    return parseCsv(focusCsv(report, focusSettings))
  }

  /** FOCUS 1.2, feature level Mandatory. */
  const mandatory = [
    'BilledCost BillingAccountId BillingAccountName BillingCurrency BillingPeriodEnd BillingPeriodStart ChargeCategory',
    'ChargeClass ChargeDescription ChargePeriodEnd ChargePeriodStart ContractedCost EffectiveCost InvoiceIssuerName',
    'ListCost PricingQuantity PricingUnit ProviderName PublisherName ServiceCategory ServiceName',
  ].flatMap(line => line.split(' '))

  test('has every mandatory column, and own ones are marked', async () => {
    expect(mandatory).toHaveLength(21)
    const { header } = await rows()
    expect(mandatory.filter(column => !header.includes(column))).toEqual([])
    expect(header).toEqual([...focusColumns])
    const standard = header.filter(column => !column.startsWith('x_'))
    expect(standard).toEqual(standard.toSorted())
  })

  test('costs of all rows add up to the ledger', async () => {
    const { records } = await rows()
    const nano = records.map(record => BigInt(Math.round(Number(record.text('BilledCost')) * 1e9)))
    expect(nano.reduce((sum, amount) => sum + amount, 0n)).toBe(8_850_000n + 5_900_000_004n)
  })

  test('tokens are quantities', async () => {
    const { records } = await rows()
    const cached = records.find(
      record => record.text('x_TokenClass') === 'cachedInput' && record.text('x_Bearer') === 'gateway',
    )!
    expect(cached.text('PricingQuantity')).toBe('500')
    expect(cached.text('PricingUnit')).toBe('Tokens')
    expect(cached.text('SkuPriceId')).toBe('openai/gpt@2026-01/cachedInput')
    expect(cached.text('SubAccountId')).toBe('acme')
    expect(cached.text('ProviderName')).toBe('openai')
    expect(cached.text('ChargePeriodEnd')).toBe('2026-03-02T00:00:00Z')
    expect(cached.text('BillingPeriodEnd')).toBe('2026-04-01T00:00:00Z')
    const idle = records.find(record => record.text('x_TokenClass') === 'idle')!
    expect([idle.text('PricingQuantity'), idle.text('PricingUnit')]).toEqual(['0.998888888', 'Hours'])
    expect(idle.text('ProviderName')).toBe('Acme, Inc.')
  })

  test('what must not be null is not, and amounts are plain decimals', async () => {
    const { records } = await rows([
      settled({ costNanoUsd: { output: 1n, other: 7n } }),
      billed(),
      closed([charge({ ...owner({ requestId: 'r9' }) })]),
    ])
    const nullable = ['ChargeClass']
    for (const record of records) {
      for (const column of mandatory.filter(name => !nullable.includes(name)))
        expect(record.text(column)).not.toBe('')
      for (const column of ['BilledCost', 'EffectiveCost', 'ListCost', 'ContractedCost', 'PricingQuantity']) {
        expect(record.text(column)).toMatch(/^-?\d+(\.\d+)?$/)
      }
    }
    expect(records.map(record => record.text('BilledCost'))).toContain('0.000000001')
  })

  test('ids that a spreadsheet would run are defused', async () => {
    const { records } = await rows([settled({ tenant: '=HYPERLINK("http://x")', keyId: 'a,b' })])
    expect(records[0]!.text('SubAccountId')).toBe(`'=HYPERLINK("http://x")`)
    expect(JSON.parse(records[0]!.text('Tags'))).toMatchObject({ keyId: 'a,b' })
  })

  test('decimals', () => {
    expect([0n, 5n, -5n, 1_500_000_000n, -12_000_000_000n].map(amount => decimalText(amount, 9))).toEqual([
      '0',
      '0.000000005',
      '-0.000000005',
      '1.5',
      '-12',
    ])
  })
})
