/**
 * Whether budgets hold over HTTP: `node benchmarks/budgets-gateway.ts [--seeds N] [--json]`. Needs ioredis and redis-server on PATH (or
 * TOKENWRIGHT_REDIS_URL). Three gateway processes, each with a SQLite ledger of its own, on one Redis; a tenant with $0.6 to $1 left of
 * $10; 200 requests at once, worth some $1.5, most of which have to be refused. What the upstream bills is added up there, outside the
 * gateways. In one world a gateway is killed (SIGKILL) in the middle, started again, and 200 more requests come.
 */
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { formatNanoUsd, type NanoUsd, nanoPerUsd } from '../src/core/money.ts'
import { RandomSource } from '../src/core/random.ts'
import { auditLedger, openSqliteLedger } from '../src/gateway/ledger/index.ts'
import { freePort } from '../src/gateway/start/outages/postgres.fixture.ts'
import { accountOf, type LeaseAuthority, redisAuthority, windowAt } from '../src/gateway/tenants/index.ts'
import { pause, startTestRedis, whyNoRedis } from '../src/gateway/tenants/redis.fixture.ts'
import { mintKey } from '../src/gateway/tenants/virtual-key.ts'
import {
  type BudgetGateway,
  sendBurst,
  startBilledUpstream,
  startBudgetGateway,
} from './budgets-gateway-parts.ts'

const gatewayCount = 3
const requestsAtOnce = 200
const leaseTermMs = 1000
const cap = 10n * nanoPerUsd

interface World {
  readonly name: string
  readonly kill: boolean
  readonly reservation: 'worst-case' | { readonly kind: 'expected'; readonly margin: number }
  /** Every gateway by itself: shows that overspending would be seen. */
  readonly control: boolean
}
const worlds: readonly World[] = [
  { name: 'worst case reserved', kill: false, reservation: 'worst-case', control: false },
  { name: 'worst case, kill -9', kill: true, reservation: 'worst-case', control: false },
  {
    name: 'expectation reserved',
    kill: false,
    reservation: { kind: 'expected', margin: 1 },
    control: false,
  },
  { name: 'control: no shared state', kill: false, reservation: 'worst-case', control: true },
]

interface Outcome {
  readonly left: NanoUsd
  readonly billed: NanoUsd
  readonly inLedgers: NanoUsd
  /** Taken beyond reservations, as the gateways tell it: what may be overspent. */
  readonly stated: NanoUsd
  readonly served: number
  readonly refused: number
  readonly broken: number
  readonly problems: readonly string[]
}

async function play(
  world: World,
  seeds: number,
  redisUrl: string,
  authority: LeaseAuthority,
): Promise<Outcome[]> {
  const folder = mkdtempSync(join(tmpdir(), 'budgets-gateway-'))
  const random = new RandomSource(`budgets ${world.name}`).stream('world')
  const upstream = await startBilledUpstream(random)
  const lefts = Array.from({ length: seeds }, () => 600_000_000n + BigInt(random.integer(400_000_000)))
  const run = `${process.pid}-${worlds.indexOf(world)}`
  const tenants = lefts.map((left, seed) => ({
    name: `t-${run}-${seed}`,
    key: mintKey(),
    cap: world.control ? left : cap,
  }))
  const nowMs = Date.now()
  if (!world.control) {
    for (const [seed, { name }] of tenants.entries()) {
      const limit = { measure: 'usd', window: 'month', cap, alertsAt: [] } as const
      await authority.seed(
        accountOf('tenant', `tenant:${name}`, limit),
        windowAt('month', nowMs),
        cap - lefts[seed]!,
      )
    }
  }
  const start = (index: number): Promise<BudgetGateway> =>
    startBudgetGateway({
      folder: join(folder, `g${index}`),
      upstream: upstream.url,
      tenants,
      reservation: world.reservation,
      redis: world.control ? null : { url: redisUrl, leaseTermMs },
    })
  const gateways = await Promise.all(Array.from({ length: gatewayCount }, (_, index) => start(index)))
  const outcomes: Outcome[] = []
  try {
    for (const [seed, tenant] of tenants.entries()) {
      const bursts = [sendBurst(gateways, tenant.key, requestsAtOnce, random)]
      if (world.kill) {
        await pause(20 + random.integer(150))
        const victim = random.integer(gatewayCount)
        await gateways[victim]!.end('SIGKILL')
        await bursts[0]
        gateways[victim] = await start(victim)
        // Its lease has ended by now, and counts as used.
        await pause(leaseTermMs)
        bursts.push(sendBurst(gateways, tenant.key, requestsAtOnce, random))
      }
      const counts = { served: 0, refused: 0, broken: 0 }
      for (const burst of await Promise.all(bursts))
        for (const kind of ['served', 'refused', 'broken'] as const) counts[kind] += burst[kind]
      outcomes.push({
        left: lefts[seed]!,
        billed: upstream.takeBilled(),
        inLedgers: 0n,
        stated: await statedBy(gateways, tenant.name),
        ...counts,
        problems: [],
      })
    }
    for (const gateway of gateways) await gateway.end('SIGTERM')
    return await withLedgers(outcomes, tenants, folder)
  } finally {
    for (const gateway of gateways) await gateway.end('SIGKILL')
    await upstream.close()
    rmSync(folder, { recursive: true, force: true })
  }
}

async function statedBy(gateways: readonly BudgetGateway[], tenant: string): Promise<NanoUsd> {
  let sum = 0n
  for (const gateway of gateways) sum += await gateway.overspent(tenant)
  return sum
}

/** What the ledgers of all gateways say that each tenant spent. */
async function withLedgers(
  outcomes: readonly Outcome[],
  tenants: readonly { readonly name: string }[],
  folder: string,
): Promise<Outcome[]> {
  const spent = new Map<string, NanoUsd>()
  const problems: string[] = []
  for (let index = 0; index < gatewayCount; index++) {
    const store = await openSqliteLedger({ path: join(folder, `g${index}`, 'ledger.sqlite'), access: 'read' })
    problems.push(...(await auditLedger(store)).problems)
    for (const [account, balance] of await store.balances()) {
      const name = /^tenant:(.*):usage$/.exec(account)?.[1]
      if (name !== undefined) spent.set(name, (spent.get(name) ?? 0n) + balance)
    }
    await store.close()
  }
  return outcomes.map((outcome, seed) => ({
    ...outcome,
    inLedgers: spent.get(tenants[seed]!.name) ?? 0n,
    problems,
  }))
}

function flag(name: string, otherwise: number): number {
  const at = process.argv.indexOf(name)
  return at < 0 ? otherwise : Number(process.argv[at + 1])
}

function summary(world: World, outcomes: readonly Outcome[]) {
  const over = ({ left }: Outcome, amount: NanoUsd): NanoUsd => (amount > left ? amount - left : 0n)
  const most = (of: (outcome: Outcome) => NanoUsd): string =>
    formatNanoUsd(outcomes.map(of).reduce((a, b) => (a > b ? a : b), 0n))
  const sum = (of: (outcome: Outcome) => number): number =>
    outcomes.reduce((total, one) => total + of(one), 0)
  return {
    world: world.name,
    runs: outcomes.length,
    usedOfLeft: `${((100 * sum(({ billed, left }) => Number(billed) / Number(left))) / outcomes.length).toFixed(0)} %`,
    overspentInLedgers: most(outcome => over(outcome, outcome.inLedgers)),
    overspentAtUpstream: most(outcome => over(outcome, outcome.billed)),
    stated: most(({ stated }) => stated),
    beyondStated: outcomes.filter(
      one => over(one, one.inLedgers) > one.stated || over(one, one.billed) > one.stated,
    ).length,
    // Killed gateways leave requests that the upstream bills and nobody was told the usage of.
    ledgersDiffer: outcomes.filter(({ billed, inLedgers }) =>
      world.kill ? inLedgers > billed : inLedgers !== billed,
    ).length,
    served: sum(({ served }) => served),
    refused: sum(({ refused }) => refused),
    broken: sum(({ broken }) => broken),
    problems: new Set(outcomes.flatMap(({ problems }) => problems)).size,
  }
}

async function main(): Promise<void> {
  const why = whyNoRedis()
  if (why !== null) {
    console.error(`budgets-gateway.ts: ${why}`)
    process.exitCode = 2
    return
  }
  const seeds = flag('--seeds', 10)
  const redis = await startTestRedis(await freePort())
  const authority = await redisAuthority({ url: redis.url, keyPrefix: 'tokenwright:', timeoutMs: 2000 })
  const rows = []
  for (const world of worlds) rows.push(summary(world, await play(world, seeds, redis.url, authority)))
  await authority.close()
  await redis.close()
  const isGood = rows.every(
    ({ world, beyondStated, ledgersDiffer, problems }) =>
      problems === 0 && ledgersDiffer === 0 && beyondStated > 0 === world.startsWith('control'),
  )
  if (process.argv.includes('--json')) console.log(JSON.stringify({ rows }))
  else {
    console.log(
      `${gatewayCount} gateways, ${requestsAtOnce} requests at once over HTTP, $0.6 to $1 left of $10, lease term ${leaseTermMs} ms`,
    )
    console.table(rows)
    console.log(isGood ? 'PASS: never overspent by more than stated; the control is' : 'FAIL')
  }
  if (!isGood) process.exitCode = 1
}

await main()
