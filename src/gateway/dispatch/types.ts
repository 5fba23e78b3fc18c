/**
 * Where a request goes: what the data plane asks and what it is told. Behind it stand the routers of src/routing, what is known of
 * engines (engine-state), prices (market) and what was learnt of each candidate's speed and health.
 */
import type { NanoUsd } from '../../core/money.ts'
import type { RejectReason } from '../../routing/index.ts'
import type {
  CandidateTraits,
  GatewayConfig,
  ModelConfig,
  Requirements,
  UpstreamSettings,
} from '../config/gateway-config.ts'
import type { PromptIdentity } from '../engine-state/index.ts'
import type { CostNanoUsd, Target } from '../ledger/index.ts'
import type { UsageClasses } from '../usage.ts'
import type { RequestFacts } from '../wire/index.ts'

/** One place a request can go: a replica of one's own, or an offer. The same object as long as its configuration stays. */
export interface Candidate {
  /** For routers; never given to another one while the process lives. */
  readonly id: number
  /** `deployment/replica`, or the offer's name. */
  readonly name: string
  readonly target: Target
  readonly url: string
  readonly upstream: UpstreamSettings
  /** null: it calls the model as the client does. */
  readonly upstreamModel: string | null
  readonly traits: CandidateTraits
  readonly pricing: CandidatePricing
}

export interface CandidatePricing {
  /** What this usage costs here at a moment (ms since 1970): exact for an offer, expected for an engine of one's own. */
  price(usage: UsageClasses, atMs: number, extras?: PriceExtras): PricedUsage
}

export interface PriceExtras {
  readonly cacheWriteOneHour?: number
  readonly audioSeconds?: number
}

export interface PricedUsage {
  readonly nanoUsd: NanoUsd
  /** By class, as the ledger wants it; empty for a deployment, whose charge comes when its interval is closed. */
  readonly costNanoUsd: CostNanoUsd
  /** '' for a deployment. */
  readonly priceRuleId: string
  readonly isExact: boolean
}

export interface DispatchRequest {
  readonly requestId: string
  /** Its number in this process, from 0 without gaps: routers call requests by it. Each attempt has one of its own. */
  readonly number: number
  readonly tenant: string
  readonly prompt: PromptIdentity
  /** By the client's limit and by what this alias wrote so far (ModelPool.expectedOutputTokens). */
  readonly outputTokens: number
  readonly priority: number
  /** Same number, same conversation; −1: none. */
  readonly session: number
  /** Of the request, on top of the alias'. */
  readonly require: Requirements | null
  /** Candidates that cannot take it: tried already, or unable to speak its API. */
  readonly excluded: ReadonlySet<number>
  /** An answer of this many tokens must fit behind the prompt; null: whatever fits. */
  readonly outputLimit: number | null
  /** The decision is to be explained. */
  readonly explained: boolean
}

/** reasons of src/routing, and of the filters before it. */
export type DispatchRefusal = RejectReason | 'requirements' | 'context-too-long' | 'cooling-down'

export type Choice =
  | {
      readonly kind: 'send'
      readonly candidate: Candidate
      readonly expectedCachedTokens: number
      /** null where nobody knows. */
      readonly predictedTtftMs: number | null
      readonly predictedNanoUsd: NanoUsd | null
      readonly explanation: Explanation | null
      /** To be told what becomes of it: ended() exactly once. */
      readonly flight: Flight
    }
  | {
      readonly kind: 'refused'
      readonly reason: DispatchRefusal
      readonly retryAfterSeconds: number
      readonly explanation: Explanation | null
    }

/** It waits in front of the fleet. */
export interface Waiting {
  readonly kind: 'waiting'
  readonly choice: Promise<Choice>
  /**
   * The client has gone. The promise then never resolves, unless it was decided already: then nothing happens here, and whoever gets
   * the choice ends its flight.
   */
  withdraw(): void
}

/** What became of an attempt. */
export interface Flight {
  /** Once at most, when the first token of the answer came; ms from sent. */
  firstToken(ttftMs: number): void
  /** A second call does nothing. */
  ended(outcome: FlightOutcome): void
}

/**
 * served: a whole answer, or as much as its client wanted. failed: no connection, a status of 5xx, a broken or malformed answer, a
 * time-out: counts towards its cooldown. limited: 429 or 529; retryAfterSeconds as it said. cancelled: by the client or a hedge, says
 * nothing of the candidate. refused: a status of 4xx that is the request's own fault.
 */
export interface FlightOutcome {
  readonly kind: 'served' | 'failed' | 'limited' | 'cancelled' | 'refused'
  readonly retryAfterSeconds: number | null
  readonly durationMs: number
  readonly ttftMs: number | null
  /** As reported or counted; null where unknown. */
  readonly outputTokens: number | null
  readonly cachedTokens: number | null
  readonly inputTokens: number | null
}

/** JSON-able: answered in `x-tokenwright-explain`, kept with sampled decisions. */
export interface Explanation {
  readonly alias: string
  readonly policy: string
  readonly decision: string
  readonly candidates: readonly {
    readonly name: string
    /** picked, considered, or the filter that took it out. */
    readonly outcome: string
    readonly score: number | null
    readonly expectedCachedTokens: number
    /** ttftMs, tpotMs, usd … as the policy has them. */
    readonly parts: Readonly<Record<string, number>>
  }[]
}

/** Where the prompt stands in a body, and what kind it is. */
export type PromptFacts = Pick<RequestFacts, 'api' | 'scanned'>

/** The candidates of one alias behind its router. */
export interface ModelPool {
  readonly config: ModelConfig
  /** Synchronous unless the request has to wait. */
  choose(nowUs: number, request: DispatchRequest): Choice | Waiting
  /** Output tokens of a request of this alias by what was seen; null before anything was. */
  readonly expectedOutputTokens: number | null
  /** Largest price of a usage among its candidates, for reservations before the choice. */
  dearest(usage: UsageClasses, atMs: number): NanoUsd
  /** Longest answer that any candidate writes; null: nobody says. */
  readonly outputCeiling: number | null
  /**
   * Names the prompt for the routers: by bytes, at once, or by tokens. facts: for tokenizers; without them it is named by bytes. Never
   * rejects: where a tokenizer fails, bytes name the prompt and an alarm is raised.
   */
  identify(
    bytes: Buffer,
    tenant: string,
    facts?: PromptFacts | null,
  ): PromptIdentity | Promise<PromptIdentity>
}

export interface CandidateStatus {
  readonly name: string
  readonly target: Target
  readonly aliases: readonly string[]
  readonly ready: boolean
  /** ms since 1970 until which it is left out; null: it is not. */
  readonly coolingUntilMs: number | null
  readonly inFlight: number
  readonly waiting: number
  readonly running: number
  readonly cacheUse: number | null
  /** Learnt: medians of late; null before anything was seen. */
  readonly ttftMs: number | null
  readonly tpotMs: number | null
  /** What its cache is known by: events, estimate. */
  readonly cacheKnownBy: 'events' | 'estimate'
  /** Of the prompts sent there of late: tokens expected cached and tokens that were, ÷ prompt tokens. */
  readonly expectedHitShare: number | null
  readonly realisedHitShare: number | null
  readonly alarms: readonly string[]
}

export interface Dispatcher {
  /** By alias or one of its further names; null: there is no such model. */
  pool(name: string): ModelPool | null
  readonly pools: readonly ModelPool[]
  readonly candidates: readonly Candidate[]
  status(): readonly CandidateStatus[]
  /** A new configuration: candidates that stay keep what was learnt of them, requests under way go on. */
  reconfigure(config: GatewayConfig): Promise<void>
  close(): void
}
