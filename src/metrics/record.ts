/** What happened to one request, on both clocks; the one record of twin, emulator, load generator and gateway. */
import type { RequestOutcome } from '../workload/request.ts'

/** Times in µs of the run; NaN for what did not happen. */
export interface RequestRecord {
  readonly id: number
  readonly tenant: string
  readonly model: string
  readonly session: number
  readonly turn: number
  readonly inputTokens: number
  /** Prompt tokens found in a cache. */
  readonly cachedTokens: number
  /** Asked for, and emitted. */
  readonly requestedOutputTokens: number
  readonly outputTokens: number
  /** Due by the schedule; sent by the client; left the queue; first and last token; all over. */
  readonly scheduledUs: number
  readonly sentUs: number
  readonly startedUs: number
  readonly firstTokenUs: number
  readonly lastTokenUs: number
  readonly endedUs: number
  readonly outcome: RequestOutcome
  /** Why it was not served; '' when it was. */
  readonly reason: string
  /** Where it ran: index of the replica in the fleet, −1 nowhere. For pools: the decoding one. */
  readonly replica: number
  readonly preemptions: number
}
