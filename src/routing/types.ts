/** Where a request should go: what a router sees, what it answers. The same code in the twin and in front of real servers. */
import type { CacheEvent } from '../engine/types.ts'
import type { WorkloadRequest } from '../workload/request.ts'

/** One place a request could go to, as the router sees it now: counts it keeps itself or reads from the server. */
export interface CandidateState {
  readonly id: number
  /** false while starting, draining, or after faults. */
  readonly ready: boolean
  readonly waiting: number
  readonly running: number
  /** Prompt tokens sent there and not yet computed. */
  readonly pendingPromptTokens: number
  /** Share of cache blocks in use. */
  readonly cacheUse: number
  /** Requests it may hold before it is full; Infinity when unknown. */
  readonly capacity: number
  /** What a request costs and how long it takes there; null where nobody knows: policies by load still work. */
  readonly estimate: CandidateEstimate | null
}

/** Predictions for one request at a candidate in its present state. Pure; may be asked often. */
export interface CandidateEstimate {
  /** Milliseconds to the first token if so many of its prompt tokens are cached. */
  ttftMs(state: CandidateState, inputTokens: number, cachedTokens: number): number
  tpotMs(state: CandidateState): number
  /** Marginal dollars of the request: engine time × cost rate, or an API's price. */
  marginalUsd(state: CandidateState, inputTokens: number, cachedTokens: number, outputTokens: number): number
}

export type RejectReason =
  | 'no-candidate'
  | 'queue-full'
  | 'deadline'
  | 'fair-share'
  | 'saturated'
  | 'objective-out-of-reach'

export type RoutingDecision =
  | {
      readonly kind: 'send'
      readonly candidateId: number
      /** Prompt tokens the router believes cached there. */
      readonly expectedCachedTokens: number
    }
  /** Wait in front of the fleet; asked again when something ends or at retryUs. */
  | { readonly kind: 'wait'; readonly retryUs: number }
  | { readonly kind: 'reject'; readonly reason: RejectReason; readonly retryAfterSeconds: number }

/** Synchronous and deterministic: time and randomness come in. */
export interface Router {
  route(nowUs: number, request: WorkloadRequest, candidates: readonly CandidateState[]): RoutingDecision
  /** The request was sent there (also when something else than route() decided). */
  sent(nowUs: number, request: WorkloadRequest, candidateId: number): void
  /** It has its first token, or ended. */
  firstToken(nowUs: number, requestId: number, candidateId: number): void
  ended(nowUs: number, requestId: number, candidateId: number): void
  /** Cache contents as the engine reports them. */
  cacheChanged(candidateId: number, event: CacheEvent): void
  /** The candidate is gone, and with it its cache. */
  removed(candidateId: number): void
}
