/** What the control plane asks of the gateway around it: small functions, so that it can stand in front of anything that has them. */
import type { AssetAnswer, AssetRequest } from '../../dashboard/index.ts'
import type { ReplicaComparison } from '../billing/index.ts'
import type { GatewayConfig, ReloadOutcome } from '../config/index.ts'
import type { CandidateStatus } from '../dispatch/types.ts'
import type { LedgerStore } from '../ledger/index.ts'
import type { LiveCost, RecentRequests } from '../observe/index.ts'
import type { Balance, KeyHasher, KeyStore, Measure, Scope, WindowName } from '../tenants/index.ts'

export interface ControlParts {
  /** ms since 1970. */
  readonly nowMs: () => number
  readonly status: () => GatewayStatus
  /** In force; secrets are taken out here. */
  readonly config: () => GatewayConfig
  readonly candidates: () => readonly CandidateStatus[]
  readonly live: Pick<LiveCost, 'snapshot' | 'series'>
  readonly recent: RecentRequests
  readonly metrics: { text(): Promise<string>; readonly contentType: string }
  readonly ledger: Pick<LedgerStore, 'name' | 'aggregate' | 'request' | 'scan' | 'balances'>
  /** Engines' own counters beside the books, a row a replica. */
  readonly comparisons: () => readonly ReplicaComparison[]
  /** Why the ledger cannot be written at the moment, in words without secrets; null: it can. */
  readonly ledgerFault: () => string | null
  readonly budgets: () => readonly BudgetStatus[]
  /** null: requests need no keys. */
  readonly keys: KeyAdministration | null
  /** Reads the configuration again; a bad one is refused and the old one stays. */
  readonly reload: () => Promise<ReloadOutcome>
  /** No new requests from now on; the process ends by itself when the last one has. May be called again. */
  readonly drain: () => void
  /** The dashboard's files, with headers of their own; left out: no dashboard. */
  readonly assets?: ControlFiles
  /** Told of each change made through here, for the log; names only. */
  readonly changed?: (change: ControlChange) => void
}

export interface GatewayStatus {
  readonly version: string
  readonly startedMs: number
  readonly isDraining: boolean
  readonly inFlight: number
  readonly config: { readonly digest: string; readonly loadedMs: number; readonly source: string }
  /** The last configuration that was not taken; null: none since the start. */
  readonly refusedReload: RefusedReload | null
}

export interface RefusedReload {
  readonly atMs: number
  readonly message: string
  readonly where: string | null
  readonly fix: string | null
}

/** A limit and what this replica of the gateway knows of its use. */
export interface BudgetStatus {
  readonly account: string
  readonly scope: Scope
  readonly tenant: string
  /** null: of the whole tenant. */
  readonly keyId: string | null
  /** Alias or pattern; null: whatever the model. */
  readonly model: string | null
  readonly measure: Measure
  readonly window: WindowName
  readonly cap: bigint
  /** In this window, at this replica; null: nothing yet. Its limit is the lease, which may be less than the cap. */
  readonly balance: Balance | null
}

export interface KeyAdministration {
  readonly store: KeyStore
  readonly hasher: KeyHasher
  /** false: keys are only in the configuration. */
  readonly isWritable: boolean
  /** Keys are made for these only. */
  readonly tenants: () => readonly string[]
}

/** Answers any path that is no route. */
export type ControlFiles = (request: AssetRequest) => AssetAnswer

export type ControlChange =
  | {
      readonly kind: 'key-created' | 'key-revoked' | 'key-rotated'
      readonly keyId: string
      readonly tenant: string
    }
  | { readonly kind: 'reload-asked'; readonly outcome: ReloadOutcome['kind'] }
  | { readonly kind: 'drain-asked' }
