/** What the data plane tells of a request when it is over: for metrics, logs, traces, live cost. Never a prompt, an answer or a key. */
import type { NanoUsd } from '../../core/money.ts'
import type { Explanation } from '../dispatch/types.ts'
import type { Bearer, Target } from '../ledger/index.ts'
import type { UsageClasses, UsageState } from '../usage.ts'
import type { AnswerApi } from '../wire/index.ts'

/**
 * served: answered to the end. refused: by the gateway, before anything was sent (reason says why). failed: all attempts did, or an
 * answer broke off. cancelled: the client went away.
 */
export type RequestOutcome = 'served' | 'refused' | 'failed' | 'cancelled'

export interface RequestSummary {
  readonly requestId: string
  /** ms since 1970 when its head had come. */
  readonly startedMs: number
  /** '' before the key was known. */
  readonly tenant: string
  readonly keyId: string
  /** '' before the body was read; otherwise an alias of the configuration, or `unknown`: clients choose no label. */
  readonly modelAlias: string
  readonly api: AnswerApi | 'other'
  readonly stream: boolean
  readonly outcome: RequestOutcome
  /** Of the answer; 499 when the client had gone before it began. */
  readonly status: number
  /** A code of GatewayError, a refusal of tenants or of dispatch; null when served. */
  readonly reason: string | null
  readonly attempts: readonly AttemptSummary[]
  /** Waited in front of the fleet. */
  readonly queuedMs: number
  /** From its head to the first token handed to the client; null when none was. */
  readonly ttftMs: number | null
  /** Of the answer that was given; null for fewer than two tokens and for whole answers. */
  readonly tpotMs: number | null
  readonly durationMs: number
  /** Own time between the request's last byte and the first sent upstream, waiting left out. */
  readonly overheadMs: number | null
  readonly traceparent: string | null
  readonly explanation: Explanation | null
}

export interface AttemptSummary {
  /** Name of the candidate. */
  readonly candidate: string
  readonly target: Target
  readonly bearer: Bearer
  readonly outcome: 'served' | 'failed' | 'limited' | 'cancelled' | 'refused'
  /** 0: no answer. */
  readonly status: number
  readonly ttftMs: number | null
  readonly durationMs: number
  readonly usage: UsageClasses
  readonly state: UsageState
  /** When it was sent, from the request's head on; left out: right after the one before. For traces. */
  readonly startedAfterMs?: number
  /** Exact for offers, expected for engines of one's own. */
  readonly nanoUsd: NanoUsd
  readonly isExact: boolean
  readonly expectedCachedTokens: number
  readonly predictedTtftMs: number | null
  readonly predictedNanoUsd: NanoUsd | null
}

/** Must not throw and must be quick: it is called between two requests. */
export interface GatewayObserver {
  requestStarted(): void
  requestEnded(summary: RequestSummary): void
}
