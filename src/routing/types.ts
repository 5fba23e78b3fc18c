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
  /** Models it serves; left out: any. A request that names no model ('') goes anywhere. */
  readonly models?: readonly string[]
  /** Tokens its prefix cache can hold, where known: an estimated index then forgets as much as the cache does. */
  readonly cacheTokens?: number
  /** Its cache is somebody else's (an API's): what is driven out of it costs nothing here. Left out: it is one's own. */
  readonly isForeignCache?: boolean
}

/** Predictions for one request at a candidate in its present state. Pure; may be asked often. */
export interface CandidateEstimate {
  /** Milliseconds to the first token if so many of its prompt tokens are cached. */
  ttftMs(state: CandidateState, inputTokens: number, cachedTokens: number): number
  tpotMs(state: CandidateState): number
  /** Marginal dollars of the request: engine time × cost rate, or an API's price. */
  marginalUsd(state: CandidateState, inputTokens: number, cachedTokens: number, outputTokens: number): number
}

/** Why a request was not served, a closed list. docs/models/routing.md says when each is given. */
export const rejectReasons = [
  'no-candidate',
  'queue-full',
  'deadline',
  'fair-share',
  'rate-limit',
  'saturated',
  'objective-out-of-reach',
] as const

export type RejectReason = (typeof rejectReasons)[number]

export type RoutingDecision =
  | {
      readonly kind: 'send'
      readonly candidateId: number
      /** Prompt tokens the router believes cached there. */
      readonly expectedCachedTokens: number
    }
  /** Wait in front of the fleet; asked again when something ends, at its turn (nextWaiting), at the latest at retryUs. */
  | { readonly kind: 'wait'; readonly retryUs: number }
  | { readonly kind: 'reject'; readonly reason: RejectReason; readonly retryAfterSeconds: number }

/**
 * Synchronous and deterministic: time and randomness come in. Whoever drives it tells it what became of a request: sent(),
 * then firstToken() at most once, then ended() (or removed() of the candidate). Ids it does not know are ignored.
 */
export interface Router {
  route(nowUs: number, request: WorkloadRequest, candidates: readonly CandidateState[]): RoutingDecision
  /** The request was sent there (also when something else than route() decided). */
  sent(nowUs: number, request: WorkloadRequest, candidateId: number): void
  /** It has its first token, or ended. */
  firstToken(nowUs: number, requestId: number, candidateId: number): void
  ended(nowUs: number, requestId: number, candidateId: number): void
  /** Cache contents as the engine reports them. */
  cacheChanged(candidateId: number, event: CacheEvent): void
  /** The candidate is gone, and with it its cache. It may come back under the same id, empty. */
  removed(candidateId: number): void
  /**
   * Whose turn it is of those who wait: the request to ask about now, one that is turned away included; null when nobody could go.
   * Asked again after each answer until it is null. Left out: waiting requests are asked about in order of arrival. Once a
   * driver has asked this, others that wait are told to come back only when their patience is over.
   */
  nextWaiting?(nowUs: number): number | null
  /** The request was told to wait, and gave up. */
  withdrawn?(nowUs: number, requestId: number): void
  /** Why the last route() decided as it did; null before the first. Costs nothing unless asked. */
  explain?(): RoutingExplanation | null
  /** What the router itself believes under way at a candidate; zeros for unknown ones. */
  inFlight?(candidateId: number): CandidateInFlight
  /** Tokens the router believes in a candidate's cache; 0 where it does not look at caches. */
  heldTokens?(candidateId: number): number
  /**
   * Least time to first token predicted for the last route()'s request at any candidate that is ready and serves its model, full
   * ones included, milliseconds; null when nobody predicts.
   */
  leastTtftMs?(): number | null
}

/** What was sent to one candidate and has not ended. */
export interface CandidateInFlight {
  readonly requests: number
  /** Prompt tokens to compute (those believed cached left out) of requests without a first token. */
  readonly pendingPromptTokens: number
  /** Prompt tokens, cached ones included, of all of them. */
  readonly promptTokens: number
}

export interface RoutingExplanation {
  /** The policy's kind, as in its RouterSpec. */
  readonly policy: string
  readonly requestId: number
  readonly atUs: number
  readonly decision: RoutingDecision
  readonly candidates: readonly ExplainedCandidate[]
}

export interface ExplainedCandidate {
  readonly candidateId: number
  /** picked, considered, or the filter that took it out. */
  readonly outcome: 'picked' | 'considered' | FilterName
  /** What the picker compared, higher is better; null when it was filtered out. */
  readonly score: number | null
  readonly expectedCachedTokens: number
  /** What the score is made of, by name: a scorer's value in [0, 1], blocks, milliseconds, dollars. */
  readonly parts: Readonly<Record<string, number>>
}

export type FilterName = 'ready' | 'model' | 'capacity' | 'saturation'
