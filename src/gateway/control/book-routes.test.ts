/** The books over HTTP: reports, reconciliation, audit, accounts, budgets, on a ledger with known events. */
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { billed, closed, opened, settled } from '../ledger/ledger.fixture.ts'
import { nowMs, startedPlane } from './control.fixture.ts'

let made: Awaited<ReturnType<typeof startedPlane>>
const range = 'since=2026-03-01&until=2026-03-03'

beforeAll(async () => {
  made = await startedPlane()
  await made.ledger.append([opened(), settled(), billed(), closed([])])
})
afterAll(() => made.plane.close())

async function get<Body>(path: string): Promise<Body> {
  const response = await made.call(path)
  expect(response.status, path).toBe(200)
  return (await response.json()) as Body
}

describe('report', () => {
  test('as the command line writes it', async () => {
    const report = await get<{ from: string; by: string[]; lines: Record<string, unknown>[]; total: object }>(
      `/api/ledger/report?by=tenant,model&${range}`,
    )
    expect(report).toMatchObject({ from: '2026-03-01T00:00:00.000Z', by: ['tenant', 'model'] })
    expect(report.lines.find(({ category }) => category === 'request')).toMatchObject({
      tenant: settled().tenant,
      requests: 1,
    })
    expect(report.lines.some(({ category }) => category === 'idle')).toBe(true)
  })

  test('in buckets', async () => {
    const report = await get<{ bucketSeconds: number }>(`/api/ledger/report?bucket=1d&${range}`)
    expect(report.bucketSeconds).toBe(86_400)
  })

  test('of the last day unless said otherwise', async () => {
    const report = await get<{ from: string; to: string }>('/api/ledger/report')
    expect(Date.parse(report.to)).toBe(nowMs)
    expect(Date.parse(report.to) - Date.parse(report.from)).toBe(86_400_000)
  })

  test.each([
    'by=colour',
    'by=tenant,',
    'by=requestId',
    'since=2026-03-03&until=2026-03-01',
    'since=2026-3-1',
    'since=2026-03-01T12:00',
    'since=0d',
    'since=-1d',
    'since=99999999999d',
    'until=now',
    'bucket=1',
    'bucket=0s',
    `bucket=1s&${range}`,
    'by=tenant&by=model',
    `by=${'tenant,'.repeat(100)}`,
    'where=tenant',
  ])('refuses %s', async query => {
    const response = await made.call(`/api/ledger/report?${query}`)
    expect(response.status).toBe(400)
    expect(await response.json()).toMatchObject({ error: { code: 'bad_request' } })
  })
})

test('reconciliation: bill, requests, idle, and the difference', async () => {
  const body = await get<{ balanced: boolean; reconciliation: Record<string, string>[] }>(
    `/api/reconciliation?${range}`,
  )
  expect(body.balanced).toBe(true)
  expect(body.reconciliation[0]).toMatchObject({ deployment: 'h200', differenceUsd: '0', openUsd: '0' })
})

test('audit: several at a time are one', async () => {
  const [first, second] = await Promise.all([get('/api/ledger/audit'), get('/api/ledger/audit')])
  expect(first).toEqual({ events: 4, balanced: true, problems: [], openUsd: '0' })
  expect(second).toEqual(first)
})

test('a request’s account, exact, without others of its interval', async () => {
  const { requestId } = settled()
  const { request, account } = await get<{ request: null; account: Record<string, unknown> }>(
    `/api/requests/${requestId}`,
  )
  expect(request).toBeNull()
  expect(account).toMatchObject({
    requestId,
    totalUsd: expect.stringMatching(/^\d+(\.\d+)?$/),
    settled: [{ final: true, usd: expect.any(Object) }],
    engineCharges: [],
  })
})

test('budgets: caps, and what this replica knows', async () => {
  const { keys } = made
  await made.post('/api/keys', { id: 'budgeted', tenant: 'acme', limits: [{ per: 'day', usd: 1.5 }] })
  const { budgets } = await get<{ budgets: Record<string, unknown>[] }>('/api/budgets')
  expect(budgets.map(({ account }) => account)).toEqual([
    'tenant:acme/month/requests',
    'tenant:acme/month/usd',
    'tenant:acme/model:gpt-*/hour/total-tokens',
    'key:budgeted/day/usd',
  ])
  expect(budgets[1]).toMatchObject({ tenant: 'acme', cap: '500', spent: null, usedShare: null })
  expect(budgets[3]).toMatchObject({ keyId: 'budgeted', cap: '1.5' })
  expect(keys.get('budgeted')).not.toBeNull()
})

test('budgets that were used', async () => {
  const { accountFinder } = await import('../tenants/tenant-gate.ts')
  const { tenants } = await import('./control.fixture.ts')
  const specs = accountFinder(tenants.tenants)(made.keys.get('budgeted')!, 'llama')
  await made.allowances.reserve(
    'r1',
    specs.map(spec => ({ spec, amount: spec.measure === 'usd' ? 300_000_000n : 1n })),
  )
  made.allowances.settle(
    'r1',
    specs.map(spec => (spec.measure === 'usd' ? 250_000_000n : 1n)),
  )
  const { budgets } = await get<{ budgets: Record<string, unknown>[] }>('/api/budgets')
  expect(budgets.find(({ account }) => account === 'key:budgeted/day/usd')).toMatchObject({
    spent: '0.25',
    reserved: '0',
    usedShare: 0.25 / 1.5,
  })
})
