/** What the gateway stands on goes away and comes back: its ledger (SQLite, PostgreSQL), and Redis. */
import { mkdtempSync, readdirSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { setTimeout as sleep } from 'node:timers/promises'
import { describe, expect, test } from 'vitest'
import {
  auditLedger,
  type LedgerStore,
  openPostgresLedger,
  openSqliteLedger,
  type RequestSettled,
} from '../../ledger/index.ts'
import { startTestRedis, whyNoRedis } from '../../tenants/redis.fixture.ts'
import {
  chatAnswer,
  chatEvents,
  later,
  sendEvents,
  sendJson,
  startTestGateway,
  startUpstream,
  type TestGateway,
} from '../gateway.fixture.ts'
import { freePort, startTestPostgres, whyNoPostgres } from './postgres.fixture.ts'

const usage = { prompt_tokens: 10, completion_tokens: 5, total_tokens: 15 }
/** 10 × $10 a million + 5 × $200. */
const requestNanoUsd = 1_100_000n

/** An offer, and a deployment for every other request. */
async function upstreams(): Promise<Record<string, unknown>> {
  const { url } = await startUpstream(({ body }, response) => {
    if (JSON.parse(body).stream === true) sendEvents(response, chatEvents(['a', 'b'], usage))
    else sendJson(response, 200, chatAnswer('a b', usage))
  })
  return {
    offers: { api: { url, apiKey: 'none', price: { uncachedInput: '10', output: '200' } } },
    deployments: {
      own: { replicas: [{ name: 'r0', url, metrics: false }], cost: { usdPerReplicaHour: 3.6 } },
    },
    billing: { intervalSeconds: 1 },
    models: {
      both: { candidates: ['api', 'own'], policy: 'round-robin' },
      api: { candidates: ['api'] },
    },
  }
}

/** Statuses; every third one streamed. */
async function ask({ post }: TestGateway, model: string, count: number): Promise<number[]> {
  return Promise.all(
    Array.from({ length: count }, async (_, index) => {
      const body = {
        model,
        messages: [{ role: 'user', content: 'Hello, you' }],
        max_tokens: 5,
        stream: index % 3 === 0,
      }
      const response = await post('/v1/chat/completions', body)
      await response.text()
      return response.status
    }),
  )
}

const eventFiles = (path: string): string[] =>
  readdirSync(`${path}.pending`).filter(name => name.endsWith('.jsonl'))

const served = (count: number): number[] => Array.from({ length: count }, () => 200)

/** All were asked, each once, and nothing is billed that was not given out. */
async function expectBooks(store: LedgerStore, requests: number): Promise<void> {
  try {
    const settled = (await store.scan(0, 100_000))
      .map(({ event }) => event)
      .filter((event): event is RequestSettled => event.kind === 'requestSettled')
    expect(settled.filter(({ final, state }) => final && state === 'reported')).toHaveLength(requests)
    expect(new Set(settled.map(({ requestId }) => requestId)).size).toBe(requests)
    const byOffer = settled.filter(({ target }) => target.kind === 'offer')
    expect(byOffer).toHaveLength(requests / 2)
    expect((await store.balances()).get('offer:api:payable')).toBe(-requestNanoUsd * BigInt(requests / 2))
    expect(await auditLedger(store)).toMatchObject({ problems: [], openNanoUsd: 0n })
  } finally {
    await store.close()
  }
}

test('another process holds the SQLite file: requests go on, what they used waits in files, then all is there once', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'gateway-outage-'))
  later(() => rmSync(folder, { recursive: true, force: true }))
  const path = join(folder, 'ledger.sqlite')
  const gateway = await startTestGateway({ ...(await upstreams()), ledger: { kind: 'sqlite', path } })
  expect(await ask(gateway, 'both', 10)).toEqual(served(10))
  await gateway.events()
  const other = new DatabaseSync(path)
  other.exec('BEGIN EXCLUSIVE')
  expect(await ask(gateway, 'both', 20)).toEqual(served(20))
  await sleep(300)
  expect(await ask(gateway, 'both', 10)).toEqual(served(10))
  expect(gateway.gateway.ledgerWaiting).toBeGreaterThanOrEqual(30)
  expect(eventFiles(path).length).toBeGreaterThan(0)
  other.exec('ROLLBACK')
  other.close()
  await expect.poll(() => gateway.gateway.ledgerWaiting, { timeout: 10_000 }).toBe(0)
  await gateway.close()
  expect(eventFiles(path)).toEqual([])
  await expectBooks(await openSqliteLedger({ path, access: 'read' }), 40)
})

const noPostgres = whyNoPostgres()
describe.skipIf(noPostgres !== null)(`PostgreSQL${noPostgres === null ? '' : `: ${noPostgres}`}`, () => {
  test('stops and starts again: requests go on, and all are there once', async () => {
    const postgres = await startTestPostgres()
    later(() => postgres.close())
    const folder = mkdtempSync(join(tmpdir(), 'gateway-outage-'))
    later(() => rmSync(folder, { recursive: true, force: true }))
    const gateway = await startTestGateway(
      { ...(await upstreams()), ledger: { kind: 'postgres', url: postgres.url } },
      { source: join(folder, 'gateway.yaml') },
    )
    expect(await ask(gateway, 'both', 10)).toEqual(served(10))
    const asking = ask(gateway, 'both', 10)
    await postgres.stop()
    expect(await asking).toEqual(served(10))
    expect(await ask(gateway, 'both', 10)).toEqual(served(10))
    await expect.poll(() => gateway.notices.map(({ event }) => event)).toContain('ledger-away')
    expect(await ask(gateway, 'both', 10)).toEqual(served(10))
    expect(gateway.gateway.ledgerWaiting).toBeGreaterThan(0)
    await postgres.start()
    await expect.poll(() => gateway.gateway.ledgerWaiting, { timeout: 20_000 }).toBe(0)
    expect(gateway.notices.map(({ event }) => event)).toContain('ledger-back')
    await gateway.close()
    await expectBooks(await openPostgresLedger({ url: postgres.url, access: 'read' }), 40)
  })
})

const noRedis =
  whyNoRedis() ?? (process.env.TOKENWRIGHT_REDIS_URL ? 'the given Redis is not ours to stop' : null)
describe.skipIf(noRedis !== null)(`Redis${noRedis === null ? '' : `: ${noRedis}`}`, () => {
  const requests = 100
  const cap = requestNanoUsd * BigInt(requests)
  const tenants = { anonymous: { limits: [{ per: 'month', usd: '0.11' }] } }

  async function spent(gateway: TestGateway): Promise<bigint> {
    await gateway.events()
    return -((await gateway.gateway.ledger.balances()).get('offer:api:payable') ?? 0n)
  }

  async function startWith(whenAway: unknown) {
    const redis = await startTestRedis(await freePort())
    later(() => redis.close())
    const authority = { kind: 'redis', url: redis.url, policy: { leaseTermMs: 400, whenAway } }
    return { redis, gateway: await startTestGateway({ ...(await upstreams()), tenants, authority }) }
  }

  test('goes away, closed: leases serve until they end, then nobody is let in; back without its data, the ledger says what is left', async () => {
    const { redis, gateway } = await startWith('closed')
    expect(await ask(gateway, 'api', 10)).toEqual(served(10))
    await redis.stop()
    await sleep(600)
    const without = await ask(gateway, 'api', 10)
    expect(new Set(without)).toEqual(new Set([503]))
    await redis.start()
    await expect.poll(async () => (await ask(gateway, 'api', 1))[0], { timeout: 10_000 }).toBe(200)
    for (let wave = 0; wave < 15; wave++) await ask(gateway, 'api', 10)
    expect((await ask(gateway, 'api', 1))[0]).toBe(429)
    const inLedger = await spent(gateway)
    expect(inLedger <= cap).toBe(true)
    expect(inLedger > cap / 2n).toBe(true)
  })
  test('goes away, open: a tenth of the cap is given out beside it, no more', async () => {
    const { redis, gateway } = await startWith({ kind: 'open', divisor: 10 })
    expect(await ask(gateway, 'api', 10)).toEqual(served(10))
    await redis.stop()
    await sleep(600)
    const during: number[] = []
    for (let wave = 0; wave < 20; wave++) during.push(...(await ask(gateway, 'api', 5)))
    const inOutage = during.filter(status => status === 200).length
    expect(inOutage).toBeGreaterThan(0)
    expect(new Set(during)).toEqual(new Set([200, 503]))
    await redis.start()
    await expect.poll(async () => (await ask(gateway, 'api', 1))[0], { timeout: 10_000 }).not.toBe(503)
    for (let wave = 0; wave < 15; wave++) await ask(gateway, 'api', 10)
    const inLedger = await spent(gateway)
    expect(inLedger <= cap + cap / 10n).toBe(true)
    expect(inLedger > cap / 2n).toBe(true)
  })
})
