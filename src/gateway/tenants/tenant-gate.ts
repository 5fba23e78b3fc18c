/** The whole check of a request: its key, its model, its limits and budgets; and what is booked when it ends. */
import type { NanoUsd } from '../../core/money.ts'
import type { UsageClasses } from '../usage.ts'
import { type AccountSpec, accountOf } from './account.ts'
import type { Allowances } from './allowances.ts'
import { authenticate, authenticateForModel, refusalMessage } from './authentication.ts'
import type { SettleOutcome } from './budget-book.ts'
import type { KeyRecord, KeyRefusal } from './key-record.ts'
import type { KeyStore } from './key-store.ts'
import { matchesPattern } from './name-pattern.ts'
import {
  type LimitDecision,
  type LimitRefusal,
  limitMessage,
  type RefusingLimit,
  statusOf,
} from './refusal.ts'
import { type Amounts, amountOf, amountsUsed, chargesOf } from './reservation.ts'
import type { TenantLimits } from './tenant-section.ts'
import type { KeyHasher } from './virtual-key.ts'

export interface TenantGateOptions {
  readonly keys: KeyStore
  readonly hasher: KeyHasher
  readonly tenants: Readonly<Record<string, TenantLimits>>
  readonly allowances: Allowances
  /** UNIX milliseconds, for expiry of keys. */
  readonly clock: () => number
}

export interface GateRefusal {
  readonly kind: 'refused'
  readonly reason: KeyRefusal | LimitRefusal
  readonly status: number
  /** For the client; no key, and nothing of what others used. */
  readonly message: string
  readonly limit: RefusingLimit | null
  readonly retryAfterSeconds: number | null
}

export interface Admitted {
  readonly kind: 'admitted'
  readonly key: KeyRecord
  /** Once, with what was really used; what exceeded the reservation comes back and is on the books. */
  settle(usage: UsageClasses, cost: NanoUsd): SettleOutcome
  /** Instead of settling, when nothing was sent upstream. */
  release(): SettleOutcome
  /** From time to time while a long stream runs. */
  extend(): boolean
}

export type Admission = Admitted | GateRefusal

export interface TenantGate {
  /** Who is asking, before the body is read. */
  identify(presented: string | null): { readonly kind: 'accepted'; readonly key: KeyRecord } | GateRefusal
  /** Whether the request may go; answers at once unless a lease has to be fetched. */
  admit(
    key: KeyRecord,
    modelAlias: string,
    requestId: string,
    amounts: Amounts,
  ): Admission | Promise<Admission>
}

export function createTenantGate(options: TenantGateOptions): TenantGate {
  const { keys, hasher, allowances, clock } = options
  const accountsOf = accountFinder(options.tenants)
  const admission = (
    decision: LimitDecision,
    key: KeyRecord,
    accounts: readonly AccountSpec[],
    requestId: string,
  ): Admission =>
    decision.kind === 'refused'
      ? { ...decision, status: statusOf(decision.reason), message: limitMessage(decision) }
      : {
          kind: 'admitted',
          key,
          settle: (usage, cost) => {
            const used = amountsUsed(usage, cost)
            return allowances.settle(
              requestId,
              accounts.map(({ measure }) => amountOf(measure, used)),
            )
          },
          release: () => allowances.release(requestId),
          extend: () => allowances.extend(requestId),
        }
  return {
    identify: presented => {
      const found = authenticate(presented, keys, hasher, clock())
      if (found.kind === 'refused') return keyRefusal(found.reason, found.status)
      return Object.hasOwn(options.tenants, found.key.tenant) ? found : keyRefusal('tenant-unknown', 401)
    },
    admit: (key, modelAlias, requestId, amounts) => {
      const allowed = authenticateForModel({ kind: 'accepted', key }, modelAlias)
      if (allowed.kind === 'refused') return keyRefusal(allowed.reason, allowed.status)
      const accounts = accountsOf(key, modelAlias)
      const decision = allowances.reserve(requestId, chargesOf(accounts, amounts))
      return decision instanceof Promise
        ? decision.then(later => admission(later, key, accounts, requestId))
        : admission(decision, key, accounts, requestId)
    },
  }
}

/** Aliases remembered per key: more than any key uses, few enough not to matter when a client makes names up. */
const mostAliases = 1000

/** The accounts a request is charged to, in order of rank: tenant, key, tenant's model. The same objects each time. */
export function accountFinder(
  tenants: Readonly<Record<string, TenantLimits>>,
): (key: KeyRecord, modelAlias: string) => readonly AccountSpec[] {
  const byTenant = new Map(
    Object.entries(tenants).map(([id, { limits, models }]) => [
      id,
      {
        own: limits.map(limit => accountOf('tenant', `tenant:${id}`, limit)),
        models: Object.entries(models).map(([pattern, limits]) => ({
          pattern,
          accounts: limits.map(limit => accountOf('model', `tenant:${id}/model:${pattern}`, limit)),
        })),
      },
    ]),
  )
  const found = new WeakMap<KeyRecord, Map<string, readonly AccountSpec[]>>()
  return (key, modelAlias) => {
    const known = found.get(key) ?? new Map<string, readonly AccountSpec[]>()
    found.set(key, known)
    const remembered = known.get(modelAlias)
    if (remembered !== undefined) return remembered
    const tenant = byTenant.get(key.tenant)
    const models = tenant?.models.filter(({ pattern }) => matchesPattern(modelAlias, pattern)) ?? []
    const accounts = [
      ...(tenant?.own ?? []),
      ...key.limits.map(limit => accountOf('key', `key:${key.id}`, limit)),
      ...models.flatMap(({ accounts }) => accounts),
    ]
    if (known.size >= mostAliases) known.clear()
    known.set(modelAlias, accounts)
    return accounts
  }
}

function keyRefusal(reason: KeyRefusal, status: number): GateRefusal {
  return {
    kind: 'refused',
    reason,
    status,
    message: refusalMessage(reason),
    limit: null,
    retryAfterSeconds: null,
  }
}
