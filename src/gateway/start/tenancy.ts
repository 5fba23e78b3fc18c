/** Keys, limits and budgets of a configuration, exchanged when it changes; what was used stays. */
import { randomUUID } from 'node:crypto'
import { DatabaseSync } from 'node:sqlite'
import type { GatewayConfig } from '../config/index.ts'
import type { BudgetStatus } from '../control/index.ts'
import type { LedgerStore } from '../ledger/index.ts'
import {
  Allowances,
  type BudgetAlert,
  createTenantGate,
  type KeyHasher,
  type KeyRecord,
  type KeyStore,
  keyHasher,
  memoryAuthority,
  memoryKeyStore,
  redisAuthority,
  redisDefaults,
  sqliteKeyStore,
  stackedKeyStore,
  startRenewal,
  steadyClock,
  type TenantGate,
  type TenantLimits,
} from '../tenants/index.ts'
import { accountFinder } from '../tenants/tenant-gate.ts'
import { usedByLedger } from './used-by-ledger.ts'

export interface TenancySettings {
  readonly config: GatewayConfig
  readonly ledger: LedgerStore
  readonly nowMs: () => number
  /** Where keys made by the control plane are kept; null: they cannot be made. */
  readonly keyFile: string | null
  readonly onAlert: (alert: BudgetAlert) => void
  /** Words only: what Redis says may hold its address. */
  readonly onAway: (message: string) => void
}

export interface Tenancy {
  readonly gate: TenantGate
  /** null: keys are needed. */
  readonly anonymous: KeyRecord | null
  readonly keys: KeyStore
  readonly hasher: KeyHasher
  readonly isWritable: boolean
  /** Of the authority: whether several gateways share the limits. */
  readonly statement: string
  budgets(): readonly BudgetStatus[]
  reconfigure(config: GatewayConfig): void
  close(): Promise<void>
}

const anonymousTenant = 'anonymous'

/** @throws TokenwrightError when Redis' package is missing or the file of keys cannot be opened. */
export async function openTenancy(settings: TenancySettings): Promise<Tenancy> {
  const { ledger, nowMs, keyFile, onAlert, onAway } = settings
  const { authority: where } = settings.config
  const authority =
    where.kind === 'redis'
      ? await redisAuthority({ ...redisDefaults, url: where.url })
      : memoryAuthority(steadyClock)
  const allowances = new Allowances({
    replica: randomUUID(),
    authority,
    ...(where.kind === 'redis' ? { policy: where.policy } : {}),
    clock: steadyClock,
    usedByLedger: (spec, window) => usedByLedger(ledger, spec, window),
    onAlert,
    onAway: error => onAway(error instanceof Error ? error.name : 'the authority is away'),
  })
  const renewal = startRenewal(allowances)
  const hasher = keyHasher()
  const database = keyFile === null ? null : new DatabaseSync(keyFile)
  const made = database === null ? null : sqliteKeyStore(database)
  let current = derived(settings.config)

  function derived(config: GatewayConfig) {
    const { tenants, authentication } = config
    const configured = memoryKeyStore(tenants.keys, true)
    // Keys of the configuration are found without a look into the file; new ones are written to it.
    const keys =
      made === null
        ? configured
        : {
            ...stackedKeyStore(made, configured),
            find: (hash: string) => configured.find(hash) ?? made.find(hash),
          }
    const anonymous = authentication === 'none' ? anonymousKey() : null
    const limits: Readonly<Record<string, TenantLimits>> =
      anonymous === null ? tenants.tenants : { [anonymousTenant]: noLimits, ...tenants.tenants }
    const gate = createTenantGate({ keys, hasher, tenants: limits, allowances, clock: nowMs })
    return { config, keys, anonymous, limits, gate }
  }

  return {
    get gate() {
      return current.gate
    },
    get anonymous() {
      return current.anonymous
    },
    get keys() {
      return current.keys
    },
    hasher,
    isWritable: made !== null,
    statement: authority.statement,
    budgets() {
      const { keys, anonymous, limits } = current
      const accountsOf = accountFinder(limits)
      const seen = new Map<string, BudgetStatus>()
      for (const key of anonymous === null ? keys.list() : [anonymous]) {
        for (const pattern of ['', ...Object.keys(limits[key.tenant]?.models ?? {})]) {
          for (const spec of accountsOf(key, pattern)) {
            seen.set(spec.id, {
              account: spec.id,
              scope: spec.scope,
              tenant: key.tenant,
              keyId: spec.scope === 'key' ? key.id : null,
              model: spec.scope === 'model' ? pattern : null,
              measure: spec.measure,
              window: spec.window,
              cap: spec.cap,
              balance: allowances.balance(spec),
            })
          }
        }
      }
      return [...seen.values()]
    },
    reconfigure(config) {
      current = derived(config)
    },
    async close() {
      renewal.stop()
      await allowances.close()
      await authority.close()
      database?.close()
    },
  }
}

const noLimits = { limits: [], models: {} }

/** Everybody, where nobody needs a key. */
function anonymousKey(): KeyRecord {
  return {
    id: anonymousTenant,
    tenant: anonymousTenant,
    versions: [],
    models: null,
    limits: [],
    tags: {},
    createdMs: 0,
    expiresMs: null,
    revokedMs: null,
  }
}
