/** What a workload asks for, before anyone has served it: the one request type of twin, emulator, load generator. */
import type { Process } from '../core/state-machine.ts'

export interface WorkloadRequest {
  /** Number in the run, from 0, without gaps, in order of arrival. */
  readonly id: number
  /** When it is due, µs from the start of the run. */
  readonly arrivalUs: number
  /** Prompt tokens, incl. those a cache may hold; ≥ 1. */
  readonly inputTokens: number
  /** Tokens it will emit; ≥ 1. */
  readonly outputTokens: number
  /** Content of the prompt (and, as far as known, of the answer); null: shares nothing with any other. */
  readonly content: TokenContent | null
  /** Session it belongs to, −1 for none, and its turn in it from 0. */
  readonly session: number
  readonly turn: number
  /** '' where nothing is said. */
  readonly tenant: string
  readonly model: string
  /** Lower goes first where a policy asks; 0 is normal. */
  readonly priority: number
}

/** What a request says of itself that belongs to nobody and shares nothing: the rest is when it comes, and how long it is. */
export const plainRequest = {
  content: null,
  session: -1,
  turn: 0,
  tenant: '',
  model: '',
  priority: 0,
} as const satisfies Partial<WorkloadRequest>

/**
 * Identity of tokens by blocks of fixed size, chained: equal ids mean equal tokens from the start of the prompt to the end
 * of that block. The last block may be partly filled. Ids are whole numbers ≥ 0, unique over the whole run (traces with
 * ids local to a session are renumbered). May reach beyond the prompt into the answer when a later turn repeats it.
 */
export interface TokenContent {
  readonly tokensPerBlock: number
  readonly blockIds: ArrayLike<number>
}

/** How a request ended, told to the workload: closed loops and sessions go on from there. */
export interface RequestEnd {
  readonly request: WorkloadRequest
  readonly outcome: RequestOutcome
}

/** served: all its tokens. rejected: never started. failed: the server broke it off. cancelled: the client did. */
export type RequestOutcome = 'served' | 'rejected' | 'failed' | 'cancelled'

/**
 * A source of requests in time. wake() pushes what is due, accept() hears of ends. nextUs() is Infinity while it waits for
 * ends, and for good when it is over.
 */
export interface Workload extends Process<RequestEnd, WorkloadRequest> {
  /** Requests it will emit in all; null when that is not known beforehand. */
  readonly totalRequests: number | null
}
