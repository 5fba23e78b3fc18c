/** What the check of limits costs a request, without and with refills of leases: the second half of benchmarks/budgets.ts. */
import { DatabaseSync } from 'node:sqlite'
import { nanoPerUsd } from '../src/core/money.ts'
import {
  type AccountSpec,
  Allowances,
  accountOf,
  authenticate,
  type KeyStore,
  keyHasher,
  type LeaseAuthority,
  memoryAuthority,
  memoryKeyStore,
  mintKey,
  newKeyRecord,
  redisAuthority,
  sqliteKeyStore,
  steadyClock,
} from '../src/gateway/tenants/index.ts'

interface CheckCost {
  readonly check: string
  readonly us: number
}

const rounds = 15
const perRound = 2000

/** Medians over rounds: a mean would measure what else the machine does. */
export async function checkCosts(url: string): Promise<CheckCost[]> {
  const redis = await redisAuthority({ url, keyPrefix: `check-${process.pid}:`, timeoutMs: 2000 })
  const memory = memoryAuthority(steadyClock)
  const costs: CheckCost[] = []
  for (const authority of [memory, redis]) {
    const { kind } = authority
    costs.push({ check: `budgets, ${kind}, from leases`, us: await withoutRefills(authority) })
    costs.push({ check: `budgets, ${kind}, refill each request`, us: await withRefills(authority) })
  }
  await redis.close()
  const database = new DatabaseSync(':memory:')
  costs.push({ check: 'key, memory', us: await identification(memoryKeyStore()) })
  costs.push({ check: 'key, SQLite', us: await identification(sqliteKeyStore(database)) })
  return costs
}

let next = 0
function accounts(cap: bigint): AccountSpec[] {
  const owner = ++next
  return [
    accountOf('tenant', `tenant:${owner}`, { measure: 'usd', window: 'month', cap, alertsAt: [0.8] }),
    accountOf('key', `key:${owner}`, { measure: 'requests', window: 'minute', cap, alertsAt: [] }),
  ]
}

async function withoutRefills(authority: LeaseAuthority): Promise<number> {
  const allowances = new Allowances({ replica: `w${++next}`, authority, clock: steadyClock })
  const specs = accounts(1_000_000n * nanoPerUsd)
  const charges = specs.map(spec => ({ spec, amount: 1_000_000n }))
  const actual = specs.map(() => 500_000n)
  await allowances.reserve('first', charges)
  return median(async round => {
    for (let index = 0; index < perRound; index++) {
      const id = `r${round}-${index}`
      const decision = allowances.reserve(id, charges)
      if (decision instanceof Promise) throw new Error('the lease was to suffice')
      allowances.settle(id, actual)
    }
  }, perRound)
}

/** Leases just large enough for one request: each fetches two, at once. */
async function withRefills(authority: LeaseAuthority): Promise<number> {
  const policy = { shareDivisor: 10n ** 15n, minimumDivisor: 10n ** 15n }
  const allowances = new Allowances({ replica: `w${++next}`, authority, policy, clock: steadyClock })
  const charges = accounts(1_000_000n * nanoPerUsd).map(spec => ({ spec, amount: 1_000_000n }))
  const count = perRound / 10
  return median(async round => {
    for (let index = 0; index < count; index++) {
      const id = `r${round}-${index}`
      const decision = await allowances.reserve(id, charges)
      if (decision.kind === 'refused') throw new Error(decision.reason)
      allowances.settle(
        id,
        charges.map(({ amount }) => amount),
      )
    }
  }, count)
}

/** One of a thousand keys, by SHA-256. */
async function identification(store: KeyStore): Promise<number> {
  const hasher = keyHasher()
  const texts = Array.from({ length: 1000 }, () => mintKey())
  for (const [index, text] of texts.entries()) {
    store.put(newKeyRecord({ id: `k${index}`, tenant: 'acme', digest: hasher(text) }, 0))
  }
  return median(async () => {
    for (let index = 0; index < perRound; index++) {
      const found = authenticate(texts[index % texts.length]!, store, hasher, 1)
      if (found.kind === 'refused') throw new Error(found.reason)
    }
  }, perRound)
}

async function median(run: (round: number) => Promise<void>, count: number): Promise<number> {
  const times: number[] = []
  for (let round = 0; round < rounds; round++) {
    const began = performance.now()
    await run(round)
    times.push(((performance.now() - began) * 1000) / count)
  }
  return Math.round(times.sort((a, b) => a - b)[Math.floor(rounds / 2)]! * 100) / 100
}
