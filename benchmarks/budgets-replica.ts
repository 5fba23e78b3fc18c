/** One gateway replica of benchmarks/budgets.ts: reserves, "calls upstream" (tells the parent, who sends the bill), settles. */
import {
  type AccountSpec,
  Allowances,
  memoryAuthority,
  redisAuthority,
  startRenewal,
  steadyClock,
  windowAt,
} from '../src/gateway/tenants/index.ts'

export interface ReplicaSettings {
  readonly url: string
  readonly replica: string
  readonly accounts: readonly (Omit<AccountSpec, 'cap'> & { readonly cap: string })[]
  readonly expired: 'charge' | 'return'
  readonly leaseTermMs: number
  /** The control: every replica keeps books of its own, which begin at this. */
  readonly alone: { readonly used: string } | null
}

/** Amounts as text: messages between processes are JSON. */
export interface BudgetRequest {
  readonly id: string
  readonly reserve: string
  readonly actual: string
  readonly durationMs: number
}

export type FromReplica =
  | { readonly kind: 'ready' | 'closed' }
  | { readonly kind: 'called'; readonly id: string }
  | { readonly kind: 'done'; readonly id: string; readonly allowed: boolean; readonly overspent: string }

const tell = (message: FromReplica): void => {
  process.send?.(message)
}

async function main(settings: ReplicaSettings): Promise<void> {
  const accounts: AccountSpec[] = settings.accounts.map(account => ({ ...account, cap: BigInt(account.cap) }))
  const { replica, expired, leaseTermMs, alone } = settings
  const authority =
    alone === null
      ? await redisAuthority({ url: settings.url, keyPrefix: 'budgets:', timeoutMs: 2000 })
      : memoryAuthority(steadyClock)
  const [first] = accounts
  if (alone !== null && first !== undefined) {
    await authority.seed(first, windowAt(first.window, steadyClock()), BigInt(alone.used))
  }
  const allowances = new Allowances({
    replica,
    authority,
    policy: { expired, leaseTermMs },
    clock: steadyClock,
  })
  const renewal = startRenewal(allowances)

  const serve = async ({ id, reserve, actual, durationMs }: BudgetRequest): Promise<void> => {
    const charges = accounts.map(spec => ({ spec, amount: BigInt(reserve) }))
    const decision = await allowances.reserve(id, charges)
    if (decision.kind === 'refused') return tell({ kind: 'done', id, allowed: false, overspent: '0' })
    tell({ kind: 'called', id })
    await new Promise(resolve => setTimeout(resolve, durationMs))
    const outcome = allowances.settle(
      id,
      accounts.map(() => BigInt(actual)),
    )
    const overspent = outcome.kind === 'settled' ? (outcome.overspent[0]?.amount ?? 0n) : 0n
    tell({ kind: 'done', id, allowed: true, overspent: overspent.toString() })
  }

  process.on('message', (message: BudgetRequest[] | 'close') => {
    if (message !== 'close') {
      for (const request of message) void serve(request)
      return
    }
    renewal.stop()
    void allowances
      .close()
      .then(() => authority.close())
      .then(() => {
        tell({ kind: 'closed' })
        process.disconnect()
      })
  })
  tell({ kind: 'ready' })
}

process.once('message', (settings: ReplicaSettings) => void main(settings))
