/**
 * One request as its client saw it: raw times, tokens and what went wrong. Everything a report says of a measurement is
 * computed from these records, by our definitions or by a peer's (as-reported.ts).
 */
import type { RequestOutcome } from '../workload/request.ts'

/** Warm-up requests are sent and recorded like all others and belong into no statistic. */
export type BenchPhase = 'warm-up' | 'measured'

export interface RequestObservation {
  /** Number in the run: WorkloadRequest.id. */
  readonly id: number
  readonly phase: BenchPhase
  readonly session: number
  readonly turn: number
  readonly tenant: string
  readonly model: string
  /** Prompt tokens asked for by the workload, and output tokens asked for (max_tokens). */
  readonly requestedInputTokens: number
  readonly requestedOutputTokens: number
  readonly times: RequestTimes
  readonly connection: ConnectionFacts
  /** HTTP status of the answer; 0 when the connection broke before one. */
  readonly status: number
  readonly outcome: RequestOutcome
  readonly failure: RequestFailure | null
  /** The answer's own id (`id` of the first chunk or of the body), or its x-request-id header; '' when it has none. */
  readonly answerId: string
  readonly finishReason: string | null
  /** Tokens by the server's usage; null when it sent none. */
  readonly reported: ReportedUsage | null
  /** Tokens by the client's own count. */
  readonly counted: ClientCount
  readonly chunks: ChunkLog
  readonly requestBytes: number
  readonly responseBytes: number
}

/**
 * Whole µs of the run's monotonic clock; NaN for what did not happen. In order: scheduled ≤ dispatched ≤ connected ≤ sent ≤
 * firstByte ≤ firstEvent ≤ first reasoning or content ≤ last content ≤ usage ≤ ended.
 */
export interface RequestTimes {
  /** Due by the workload. */
  readonly scheduledUs: number
  /** Left the client's own queue (caps on concurrency, late timers): handed to a connection pool. */
  readonly dispatchedUs: number
  /** It had an open connection; equal to dispatchedUs when one was reused. */
  readonly connectedUs: number
  /** Its bytes were handed to the socket: the zero of service latencies. */
  readonly sentUs: number
  readonly firstByteUs: number
  /** First event with choices, even if it holds a role only. */
  readonly firstEventUs: number
  readonly firstReasoningUs: number
  readonly firstContentUs: number
  /** Last event with content, reasoning or arguments of a tool call; what comes after it (usage, [DONE]) is no token. */
  readonly lastContentUs: number
  readonly usageUs: number
  /** Stream or body at its end, or the failure. */
  readonly endedUs: number
}

export interface ConnectionFacts {
  readonly reused: boolean
  /**
   * Times that the request was sent: more than 1 when the server had closed a kept connection before its first byte. Such
   * a retry is the client's business and no error of the server.
   */
  readonly attempts: number
}

/** Closed list; what each means to a user stands in docs/guides/bench.md. */
export const failureKinds = [
  'connect',
  'reset',
  'timeout',
  'http-status',
  'error-in-stream',
  'malformed',
  'incomplete',
  'cancelled',
  'unfinished',
] as const
export type FailureKind = (typeof failureKinds)[number]

export interface RequestFailure {
  readonly kind: FailureKind
  /** HTTP status, or 0. */
  readonly status: number
  /** The server's words or the system's, shortened; never a key, never the prompt. */
  readonly message: string
  /** From Retry-After, seconds; null when the answer had none. */
  readonly retryAfterSeconds: number | null
}

/** Usage as the server reports it; null for what it did not say. Parts are included in their wholes. */
export interface ReportedUsage {
  readonly inputTokens: number
  /** Read from a cache: part of inputTokens. */
  readonly cachedTokens: number | null
  /** Written to a cache, where the API prices that: part of inputTokens. */
  readonly cacheWriteTokens: number | null
  readonly inputAudioTokens: number | null
  readonly outputTokens: number
  /** Part of outputTokens. */
  readonly reasoningTokens: number | null
  readonly outputAudioTokens: number | null
  /** Of speculation, where said: part of the output, and thrown away. */
  readonly acceptedPredictionTokens: number | null
  readonly rejectedPredictionTokens: number | null
}

/** Counted by the client from what it received. */
export interface ClientCount {
  /** Events that carried reasoning, content or arguments of a tool call. */
  readonly contentChunks: number
  readonly reasoningChunks: number
  readonly toolChunks: number
  /** Characters (UTF-16 units) of content and of reasoning. */
  readonly contentCharacters: number
  readonly reasoningCharacters: number
  /** By a local tokenizer, when one was asked for; null otherwise. */
  readonly tokens: number | null
}

/** How tokens were given to chunks when ITL and token times are computed. */
export type ChunkTokenMethod =
  /** The server said so with every chunk (continuous usage). */
  | 'usage-per-chunk'
  /** As many chunks as tokens reported, give or take an end-of-sequence token: one each. */
  | 'one-per-chunk'
  /** Tokens reported, shared out over the chunks by their characters. */
  | 'by-characters'
  /** Nothing reported: chunks are counted as tokens. */
  | 'chunks-are-tokens'

/** Chunks with tokens in the order of their arrival; arrays of equal length. */
export interface ChunkLog {
  readonly us: ArrayLike<number>
  readonly tokens: ArrayLike<number>
  /** 1: came in one read with its predecessor, so its time is not its own. */
  readonly coalesced: ArrayLike<number>
  readonly method: ChunkTokenMethod
}

/** First token of any kind: reasoning or content, whichever came first; NaN without. */
export function firstTokenUs({ firstReasoningUs, firstContentUs }: RequestTimes): number {
  if (Number.isNaN(firstReasoningUs)) return firstContentUs
  if (Number.isNaN(firstContentUs)) return firstReasoningUs
  return Math.min(firstReasoningUs, firstContentUs)
}

/** Output tokens: the server's count, else the client's tokenizer, else chunks. */
export function outputTokensOf({ reported, counted }: RequestObservation): number {
  if (reported !== null) return reported.outputTokens
  return counted.tokens ?? counted.contentChunks
}

/** Prompt tokens: the server's count, else what the workload asked for. */
export function inputTokensOf({ reported, requestedInputTokens }: RequestObservation): number {
  return reported?.inputTokens ?? requestedInputTokens
}
