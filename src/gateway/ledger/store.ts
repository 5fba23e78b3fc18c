/**
 * What every store of the ledger does, whatever lies under it. One contract test runs against all of them. Nothing is ever
 * changed or removed: there is no call for it.
 */
import type { NanoUsd } from '../../core/money.ts'
import type { IntervalClosed, LedgerEvent, RequestAdjusted, RequestOpened, RequestSettled } from './events.ts'
import type { FactDimension, FactMeasure } from './facts.ts'

export interface AppendOutcome {
  readonly appended: number
  /** Already there, with the same content. */
  readonly duplicates: number
}

/** Numbers rise in the order of commits, with gaps; they are the cursor of a scan. */
export interface StoredEvent {
  readonly sequence: number
  readonly event: LedgerEvent
}

/** All that is known of a request. */
export interface RequestAccount {
  readonly requestId: string
  readonly opened: RequestOpened | null
  readonly settled: readonly RequestSettled[]
  readonly adjusted: readonly RequestAdjusted[]
  /** Closed intervals in which it was charged. */
  readonly intervals: readonly IntervalClosed[]
  /** All it cost so far, whoever bears it. */
  readonly totalNanoUsd: NanoUsd
}

export interface AggregateQuery {
  /** fromMs ≤ time < toMs. */
  readonly fromMs: number
  readonly toMs: number
  readonly by: readonly FactDimension[]
  /** Width of time buckets that start at whole multiples since 1970 (a day: 86,400,000); null: the whole window. */
  readonly bucketMs: number | null
  /** Only rows in which these dimensions have these values. */
  readonly where?: Readonly<Partial<Record<FactDimension, string>>>
}

export interface AggregateRow {
  /** Start of the bucket; null without buckets. */
  readonly bucketMs: number | null
  readonly dimensions: Readonly<Partial<Record<FactDimension, string>>>
  readonly measures: Readonly<Record<FactMeasure, bigint>>
}

export interface LedgerStore {
  /** How it is called in messages: `memory`, `sqlite ledger.db`, `postgres`. */
  readonly name: string
  /**
   * Keeps the events, all or none, and resolves when they are as safe as the store makes them. An event that is already there
   * changes nothing. One that says otherwise than the one already there refuses the whole call with a TokenwrightError, and
   * so do a store that cannot write and one that cannot keep up.
   */
  append(events: readonly LedgerEvent[]): Promise<AppendOutcome>
  /** Null for a request that was never heard of. */
  request(requestId: string): Promise<RequestAccount | null>
  /** Requests opened at sinceMs or later without a final settlement, oldest first: what a crash left behind. */
  openRequests(sinceMs: number, limit: number): Promise<readonly RequestOpened[]>
  /** Events after a cursor (0: from the start), oldest first. */
  scan(afterSequence: number, limit: number): Promise<readonly StoredEvent[]>
  /** Sums by dimensions over a window, ordered by bucket, then dimensions; groups without rows are left out. */
  aggregate(query: AggregateQuery): Promise<readonly AggregateRow[]>
  /** Balance of every account that was ever used: Σ = 0. */
  balances(): Promise<ReadonlyMap<string, NanoUsd>>
  /** Writes what waits, then lets go of files and connections. Later calls fail. */
  close(): Promise<void>
}
