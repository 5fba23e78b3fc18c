/** What billing is told, what it answers, and what it complains of. */
import type { NanoUsd } from '../../core/money.ts'
import type { UsageClasses } from '../../cost/usage.ts'
import type { EngineCounters } from '../../measure/engine-counters.ts'
import type { GatewayConfig } from '../config/gateway-config.ts'
import type { EngineFact, LedgerStore } from '../ledger/index.ts'
import type { CounterComparison } from './counter-comparison.ts'
import type { DeploymentReconciliation } from './deployment-book.ts'
import type { ReadEnergy } from './energy-meter.ts'
import type { RecentCost } from './recent-cost.ts'
import type { SetTimer } from './timer.ts'

/** What billing needs of the configuration. A ledger in PostgreSQL is shared with other gateways: one of them bills each deployment. */
export type BilledConfig = Pick<GatewayConfig, 'billing' | 'deployments'> &
  Partial<Pick<GatewayConfig, 'ledger'>>

/**
 * ledger-away, ledger-back: appends fail, and go again. billed-elsewhere: the ledger has other intervals of the deployment: another
 * gateway bills it. follows: so it does, as it should on a shared ledger. starts-anew: no interval of late is known, so what was paid before now is not billed. gap-billed: time without a
 * gateway was billed. not-configured: the ledger bills a deployment that is configured no more; its time since is not billed.
 * energy-unknown: energy is not in the price, not measured and not assumed. requests-dropped: more requests than are held; their
 * engine time stays with idle time. counters-differ: a replica's own counters and the books do. not-written: closed before the ledger took everything.
 */
export type BillingProblemKind =
  | 'ledger-away'
  | 'ledger-back'
  | 'billed-elsewhere'
  | 'follows'
  | 'starts-anew'
  | 'gap-billed'
  | 'not-configured'
  | 'energy-unknown'
  | 'requests-dropped'
  | 'counters-differ'
  | 'not-written'
  | 'internal'

/** What is not here is a warning. */
const levels: Readonly<Partial<Record<BillingProblemKind, 'info' | 'error'>>> = {
  'ledger-away': 'error',
  'ledger-back': 'info',
  follows: 'info',
  'starts-anew': 'info',
  'gap-billed': 'info',
  'not-written': 'error',
  internal: 'error',
}

export function levelOf(kind: BillingProblemKind): BillingProblem['level'] {
  return levels[kind] ?? 'warn'
}

export interface BillingProblem {
  readonly level: 'info' | 'warn' | 'error'
  readonly kind: BillingProblemKind
  /** null: of all of them. */
  readonly deployment: string | null
  /** In words, for the log. */
  readonly message: string
}

export interface BillingLimits {
  /** Intervals that may still be corrected by what is learnt later. */
  readonly correctableIntervals: number
  /** An interval ends early when so many requests ended in it, so that closing it holds nobody up for long. */
  readonly mostFreshFacts: number
  /** Requests held of a deployment. */
  readonly mostFacts: number
  /** With more charges than this waiting for the ledger, intervals stay open instead. */
  readonly mostWaitingCharges: number
  /** Time in which no gateway ran that is billed when one starts again. */
  readonly longestGapMs: number
  /** Events read back for that. */
  readonly mostTailEvents: number
  /** Recent cost is over so long. */
  readonly recentMs: number
  /** How long close() waits for a ledger that is away. */
  readonly closeTimeoutMs: number
}

/**
 * Chosen: 4 intervals of a minute outlast most requests. 1,000 requests close in some 3 ms (docs/models/gateway-speed.md).
 * 100,000 held requests or waiting charges are some 50 MB each. A day: replicas stay rented over a night's maintenance, and a gap that is
 * longer is more likely another installation. 500,000 events are read in seconds. 5 minutes of recent cost.
 */
export const defaultBillingLimits: BillingLimits = {
  correctableIntervals: 4,
  mostFreshFacts: 1000,
  mostFacts: 100_000,
  mostWaitingCharges: 100_000,
  longestGapMs: 86_400_000,
  mostTailEvents: 500_000,
  recentMs: 300_000,
  closeTimeoutMs: 5000,
}

export interface BillingOptions {
  readonly config: BilledConfig
  readonly ledger: LedgerStore
  /** ms since 1970. When it goes back, billing waits until it has caught up. */
  readonly nowMs: () => number
  /** Default: DCGM exporters over HTTP. */
  readonly readEnergy?: ReadEnergy
  /** Must not throw. */
  readonly onProblem: (problem: BillingProblem) => void
  readonly setTimer?: SetTimer
  readonly limits?: Partial<BillingLimits>
}

/** Of a replica, when. */
export interface ReplicaComparison extends CounterComparison {
  readonly deployment: string
  readonly replica: string
  readonly atMs: number
}

export interface Billing {
  /**
   * Of an attempt on a deployment, when it was sent, at its first token and at its end, each time all that is known of it by then. Some
   * hundreds of nanoseconds. Unknown deployments are passed over.
   */
  record(deployment: string, fact: EngineFact): void
  /** Deployments, replicas and prices as of now. */
  reconfigure(config: BilledConfig): void
  /** Closes what is due and offers it to the ledger once; the timer does it by itself. */
  closeDue(): Promise<void>
  /** null for a deployment that is not configured. */
  recentCost(deployment: string): RecentCost | null
  /** What a usage would be charged at the recent cost; null before anything of the kind was seen. */
  expectedCharge(deployment: string, usage: UsageClasses): NanoUsd | null
  /**
   * A reading of a replica's own counters, against the tokens on the books since the comparison began (5 to 10 minutes ago); null when
   * nothing can be said. An alarm is also told as a problem, once until it is over.
   */
  compareCounters(deployment: string, replica: string, counters: EngineCounters): CounterComparison | null
  /** The newest comparison of each replica of which something could be said. */
  comparisons(): readonly ReplicaComparison[]
  /** Since this gateway started. */
  reconciliation(): readonly DeploymentReconciliation[]
  /** Closings that the ledger has not taken yet. */
  readonly waiting: number
  /** Closes the open intervals and waits for the ledger, for a while. Requests should have ended before. */
  close(): Promise<void>
}
