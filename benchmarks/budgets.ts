/**
 * Whether budgets hold, and what checking them costs: `node benchmarks/budgets.ts [--seeds N] [--json]`. Needs ioredis (installed, or
 * found through NODE_PATH) and redis-server on PATH, or TOKENWRIGHT_REDIS_URL.
 *
 * Budgets: three replica processes on one Redis, a budget of which enough for about fifty requests is left, two hundred requests at
 * once, random costs, a second budget of the key below that of the tenant. In some worlds one replica is killed (SIGKILL) at a
 * random moment of it and, when its lease has ended, two hundred more requests come to the others. What upstream bills is
 * added up by the parent, outside the gateway: every call made counts, those of the killed replica too.
 */
import { type ChildProcess, fork } from 'node:child_process'
import { join } from 'node:path'
import { formatNanoUsd, type NanoUsd, nanoPerUsd } from '../src/core/money.ts'
import { RandomSource, type RandomStream } from '../src/core/random.ts'
import { accountOf, type LeaseAuthority, redisAuthority, windowAt } from '../src/gateway/tenants/index.ts'
import { pause, startTestRedis, whyNoRedis } from '../src/gateway/tenants/redis.fixture.ts'
import { checkCosts } from './budget-check-costs.ts'
import type { BudgetRequest, FromReplica, ReplicaSettings } from './budgets-replica.ts'

const requestsAtOnce = 200
const replicaCount = 3
const leaseTermMs = 400

interface World {
  readonly name: string
  readonly crash: boolean
  readonly expired: 'charge' | 'return'
  /** Reserved: the worst case, or 0.7 to 1.3 of the actual cost. */
  readonly basis: 'worst-case' | 'expected'
  /** Every replica by itself, as gateways without shared state: shows that overspending would be seen. */
  readonly control?: true
}
const worlds: readonly World[] = [
  { name: 'worst case reserved', crash: false, expired: 'charge', basis: 'worst-case' },
  { name: 'worst case, kill -9, lease charged', crash: true, expired: 'charge', basis: 'worst-case' },
  { name: 'worst case, kill -9, lease returned', crash: true, expired: 'return', basis: 'worst-case' },
  { name: 'expectation reserved', crash: false, expired: 'charge', basis: 'expected' },
  { name: 'control: no shared state', crash: false, expired: 'charge', basis: 'worst-case', control: true },
]

interface Outcome {
  readonly left: NanoUsd
  /** By the upstream. */
  readonly billed: NanoUsd
  /** billed − left, when positive. */
  readonly over: NanoUsd
  /** What may be overspent at most: the lease of the killed replica, when leases return; what calls took beyond their reservation. */
  readonly bound: NanoUsd
  /** Cap − used − held by Redis at the end, i.e. nobody's. */
  readonly stranded: NanoUsd
  readonly allowed: number
  readonly refused: number
}

interface Replica {
  readonly process: ChildProcess
  readonly name: string
  alive: boolean
}

async function play(world: World, seed: number, url: string, authority: LeaseAuthority): Promise<Outcome> {
  const random = new RandomSource(`budgets ${world.name} ${seed}`).stream('world')
  const cap = 500n * nanoPerUsd
  const left = nanoPerUsd + BigInt(random.integer(Number(nanoPerUsd)))
  const owner = `${process.pid}-${seed}-${worlds.indexOf(world)}`
  const tenant = accountOf('tenant', `tenant:${owner}`, {
    measure: 'usd',
    window: 'month',
    cap,
    alertsAt: [],
  })
  const key = accountOf('key', `key:${owner}`, {
    measure: 'usd',
    window: 'day',
    cap: 2n * left,
    alertsAt: [],
  })
  const now = Date.now()
  await authority.seed(tenant, windowAt('month', now), cap - left)

  const actualOf = new Map<string, bigint>()
  let billed = 0n
  let beyond = 0n
  let [allowed, refused] = [0, 0]
  let onProgress = (): void => {}
  const open = new Map<string, Replica>()
  const listen = (replica: Replica) => (message: FromReplica) => {
    if (message.kind === 'called') billed += actualOf.get(message.id)!
    if (message.kind === 'done') {
      open.delete(message.id)
      message.allowed ? allowed++ : refused++
      beyond += BigInt(message.overspent)
    }
    if (message.kind === 'closed') replica.alive = false
    onProgress()
  }
  const until = (done: () => boolean): Promise<void> =>
    new Promise(resolve => {
      onProgress = () => done() && resolve()
      onProgress()
    })

  const replicas = await Promise.all(
    Array.from({ length: replicaCount }, async (_, index) => {
      const child = fork(join(import.meta.dirname, 'budgets-replica.ts'), {
        stdio: ['ignore', 'inherit', 'inherit', 'ipc'],
      })
      const replica: Replica = { process: child, name: `${owner}-r${index}`, alive: true }
      const accounts = [tenant, key].map(account => ({ ...account, cap: account.cap.toString() }))
      const settings: ReplicaSettings = {
        url,
        replica: replica.name,
        accounts,
        expired: world.expired,
        leaseTermMs,
        alone: world.control ? { used: String(cap - left) } : null,
      }
      child.send(settings)
      await new Promise(resolve => child.once('message', resolve))
      child.on('message', listen(replica))
      return replica
    }),
  )

  const send = (wave: string): void => {
    const batches = new Map<Replica, BudgetRequest[]>()
    const living = replicas.filter(({ alive }) => alive)
    for (let index = 0; index < requestsAtOnce; index++) {
      const replica = living[random.integer(living.length)]!
      const request = randomRequest(`${wave}${index}`, world, random)
      actualOf.set(request.id, BigInt(request.actual))
      open.set(request.id, replica)
      batches.set(replica, [...(batches.get(replica) ?? []), request])
    }
    for (const [replica, batch] of batches) replica.process.send(batch)
  }

  let lost = 0n
  send('first')
  if (world.crash) {
    const victim = replicas[random.integer(replicaCount)]!
    await pause(random.integer(25))
    victim.process.kill('SIGKILL')
    victim.alive = false
    await new Promise(resolve => victim.process.once('exit', resolve))
    // An exchange it had sent may still be executed; then its lease is final.
    await pause(20)
    lost = (await authority.standing(tenant, windowAt('month', now))).leases[victim.name] ?? 0n
    for (const [id, replica] of open) if (replica === victim) open.delete(id)
  }
  await until(() => open.size === 0)
  if (world.crash) {
    await pause(leaseTermMs + 50)
    send('second')
    await until(() => open.size === 0)
  }
  for (const replica of replicas) if (replica.alive) replica.process.send('close')
  await until(() => replicas.every(({ alive }) => !alive))
  const standing = await authority.standing(tenant, windowAt('month', now))
  const over = billed > left ? billed - left : 0n
  return {
    left,
    billed,
    over,
    bound: beyond + (world.expired === 'return' ? lost : 0n),
    stranded: cap - standing.used - standing.held,
    allowed,
    refused,
  }
}

/** 2 to 60 million nano-dollars: a short chat to a long context at a few dollars per million tokens. */
function randomRequest(id: string, world: World, random: RandomStream): BudgetRequest {
  const most = 2_000_000 + random.integer(58_000_000)
  const actual = Math.round(most * (0.05 + 0.95 * random.uniform()))
  const reserve = world.basis === 'worst-case' ? most : Math.round(actual * (0.7 + 0.6 * random.uniform()))
  return { id, reserve: String(reserve), actual: String(actual), durationMs: random.integer(30) }
}

function flag(name: string, otherwise: number): number {
  const at = process.argv.indexOf(name)
  return at < 0 ? otherwise : Number(process.argv[at + 1])
}

async function main(): Promise<void> {
  const why = whyNoRedis()
  if (why !== null) {
    console.error(`budgets.ts: ${why}`)
    process.exitCode = 2
    return
  }
  const seeds = flag('--seeds', 10)
  const redis = await startTestRedis()
  const authority = await redisAuthority({ url: redis.url, keyPrefix: 'budgets:', timeoutMs: 2000 })
  const rows = []
  for (const world of worlds) {
    const outcomes: Outcome[] = []
    for (let seed = 0; seed < seeds; seed++) outcomes.push(await play(world, seed, redis.url, authority))
    rows.push({ world: world.name, seeds, ...summary(outcomes) })
  }
  const costs = await checkCosts(redis.url)
  await authority.close()
  await redis.close()
  const broken = rows.filter(({ world, beyondBound }) => beyondBound > 0 !== world.startsWith('control'))
  if (process.argv.includes('--json')) console.log(JSON.stringify({ rows, costs }))
  else {
    console.log(
      `${replicaCount} replicas, ${requestsAtOnce} requests at once, $1 to $2 left of $500, lease term ${leaseTermMs} ms`,
    )
    console.table(rows)
    console.log('Cost per request, medians of rounds; budgets: reserve and settle in two accounts')
    console.table(costs)
    console.log(broken.length === 0 ? 'PASS: never overspent by more than stated; the control is' : 'FAIL')
  }
  if (broken.length > 0) process.exitCode = 1
}

function summary(outcomes: readonly Outcome[]) {
  const most = (of: (outcome: Outcome) => bigint): string =>
    formatNanoUsd(outcomes.map(of).reduce((a, b) => (a > b ? a : b), 0n))
  const sum = (of: (outcome: Outcome) => number): number => outcomes.map(of).reduce((a, b) => a + b, 0)
  const usedPart = sum(({ billed, left }) => Number(billed) / Number(left)) / outcomes.length
  return {
    usedOfLeft: `${(100 * usedPart).toFixed(1)} %`,
    worstOverspent: most(({ over }) => over),
    worstStatedBound: most(({ bound }) => bound),
    beyondBound: outcomes.filter(({ over, bound }) => over > bound).length,
    allowed: sum(({ allowed }) => allowed),
    refused: sum(({ refused }) => refused),
    largestRest: most(({ stranded }) => stranded),
  }
}

await main()
