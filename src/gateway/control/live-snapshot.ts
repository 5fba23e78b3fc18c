/** What `/api/live` tells every second, as JSON. */
import type { CandidateStatus } from '../dispatch/types.ts'
import type { LiveCostSnapshot } from '../observe/live/live-cost.ts'
import type { RequestJson } from '../observe/request-json.ts'

export interface LiveSnapshot {
  readonly atMs: number
  readonly isDraining: boolean
  readonly inFlight: number
  readonly configDigest: string
  /** Why the ledger cannot be written; null: it can. */
  readonly ledgerFault: string | null
  /** Of tenants the dearest only. */
  readonly cost: LiveCostSnapshot
  readonly candidates: readonly CandidateStatus[]
  /** So many ended since the snapshot before. */
  readonly requestsSince: number
  /** Of these the newest, newest first. */
  readonly requests: readonly RequestJson[]
}
