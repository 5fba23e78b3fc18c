/** What the data plane stands on. */

import type { RandomStream } from '../../core/random.ts'
import type { MonotonicClock } from '../../live/index.ts'
import type { Billing } from '../billing/index.ts'
import type { GatewayConfig } from '../config/gateway-config.ts'
import type { Dispatcher } from '../dispatch/types.ts'
import type { LedgerEvent } from '../ledger/index.ts'
import type { GatewayObserver } from '../observe/request-summary.ts'
import type { KeyRecord, TenantGate } from '../tenants/index.ts'
import type { UpstreamClients } from './upstream-clients.ts'

export interface DataPlaneParts {
  /** The one in force: it may be another one for the next request. */
  readonly config: () => GatewayConfig
  readonly dispatcher: Dispatcher
  readonly gate: () => TenantGate
  /** Who asks when nobody needs a key; null: keys are needed. */
  readonly anonymous: () => KeyRecord | null
  readonly ledger: LedgerRecorder
  readonly billing: Pick<Billing, 'record' | 'expectedCharge'>
  readonly observer: GatewayObserver
  readonly clients: UpstreamClients
  readonly clock: MonotonicClock
  /** ms since 1970. */
  readonly nowMs: () => number
  /** What should not happen: for the log of the operator. */
  readonly onProblem: (error: unknown) => void
  /** For which decisions are sampled. */
  readonly random: RandomStream
}

/** Keeps events against the end of the process, and brings them to the ledger afterwards. */
export interface LedgerRecorder {
  record(event: LedgerEvent): void
  /** When it returns, what was recorded survives the end of the process; at the end of the turn it does anyway. */
  flush(): void
  /** false: usage could be lost, so no request is let in. */
  readonly accepts: boolean
}
