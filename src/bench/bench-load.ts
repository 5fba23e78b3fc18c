/** A load as it is sent to an endpoint: its requests in time, how long, with which caps, and what comes before. */
import type { RandomSource } from '../core/random.ts'
import type { LoadPoint } from '../measure/bench-result.ts'
import type { Workload } from '../workload/request.ts'

export interface BenchLoad {
  readonly point: LoadPoint
  /** The requests that are measured. The same source of randomness gives the same requests. */
  create(random: RandomSource): Promise<BenchWorkload>
  /** Sent and waited for before, in a phase of its own, with other prompts; null: none. */
  createWarmUp: ((random: RandomSource) => Promise<BenchWorkload>) | null
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
