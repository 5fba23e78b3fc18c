/** A load as it is sent to an endpoint: its requests in time, how long, with which caps, and what comes before. */
import type { RandomSource } from '../core/random.ts'
import type { LoadPoint } from '../measure/bench-result.ts'
import type { Workload } from '../workload/request.ts'
import type { WorkloadSpec } from '../workload/synthetic.ts'

/** Plain data: any thread makes the same requests of it. */
export interface BenchLoad {
  readonly point: LoadPoint
  /** What is measured. */
  readonly requests: BenchRequests
  /** Sent and waited for before, in a phase of its own, with other prompts; null: none. */
  readonly warmUp: BenchRequests | null
  /** No request is sent after so long; null: the requests have an end of their own. */
  readonly durationSeconds: number | null
  /** Then answers under way have so long. */
  readonly graceSeconds: number
  /** Coefficient of variation of the gaps between arrivals: 0 even, 1 Poisson; null where it is not known, and in closed loops. */
  readonly arrivalCv: number | null
  /** Requests sent and not over at most; null: the workload limits itself, or nothing does. */
  readonly maximumInFlight: number | null
  readonly maximumPrefills: number | null
  readonly cancellation: { readonly share: number; readonly afterSeconds: number } | null
}

/** Where requests come from. The same seed gives the same ones. */
export type BenchRequests =
  | { readonly kind: 'spec'; readonly spec: WorkloadSpec }
  /** Made by a module that is a RequestsModule, with options that are plain data: readers that this room does not know. */
  | { readonly kind: 'module'; readonly url: string; readonly options: unknown }

export interface RequestsModule {
  createRequests(options: unknown, random: RandomSource): Promise<BenchWorkload>
}

export interface BenchWorkload {
  readonly workload: Workload
  /** It does not listen to ends: requests may be made before they are due. */
  readonly open: boolean
  /** Requests that belong to the filling of a loop and into no statistic. */
  isWarmUp(requestId: number): boolean
  /** Turns of a session send the real answers back. */
  readonly conversations: boolean
  readonly notes: readonly string[]
}
