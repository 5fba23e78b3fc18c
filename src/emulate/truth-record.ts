/** A line of the truth log: what really happened to one request. Format: docs/guides/emulate.md. */
import type { RequestOutcome } from '../workload/request.ts'

/** Times are µs of the run; null for what did not happen. */
export interface TruthRecord {
  readonly kind: 'request'
  /** Id in the answer and in its x-request-id header; equal for the inputs of one embeddings request. */
  readonly request: string
  /** Number in its fleet; null when no engine ever saw it. */
  readonly id: number | null
  readonly path: string
  readonly model: string
  readonly stream: boolean
  /** Head and body were read. */
  readonly arrivalUs: number
  /** Sent to a replica by the router. */
  readonly queuedUs: number | null
  /** Left the engine's queue. */
  readonly startedUs: number | null
  /** First token: handed over by the engine, and handed to the socket. */
  readonly firstTokenUs: number | null
  readonly firstWrittenUs: number | null
  readonly lastTokenUs: number | null
  /** Over for the engine, and for the connection. */
  readonly endedUs: number | null
  readonly closedUs: number
  /** HTTP status sent; 0 when the connection broke before one was. */
  readonly status: number
  readonly inputTokens: number
  readonly cachedTokens: number
  /** As long as the answer would have been, and as long as it got. */
  readonly plannedOutputTokens: number
  readonly outputTokens: number
  readonly reasoningTokens: number
  readonly joules: number | null
  readonly outcome: RequestOutcome
  readonly reason: string
  readonly replica: number | null
  readonly preemptions: number
  /** Injected, as it can be asked for; null: none. */
  readonly fault: string | null
  /** Streamed chunks: [handed over by the engine, handed to the socket, tokens]. */
  readonly chunks: readonly (readonly [number, number, number])[]
}

/** A record whose chunks are still in their log: making rows of them can wait. */
export type TruthSummary = Omit<TruthRecord, 'chunks'>

/** First line of the log. */
export interface TruthHeader {
  readonly kind: 'start'
  readonly version: 1
  /** Wall clock at run time 0. */
  readonly startedAt: string
  /** Seconds of the run per second on the wall. */
  readonly timeScale: number
  readonly seed: string
  readonly models: readonly string[]
}

/** Last line of a log that was closed in order. */
export interface TruthEnd {
  readonly kind: 'end'
  readonly atUs: number
  readonly requests: number
}

/** NaN becomes null: JSON knows no other way to say that something did not happen. */
export function timeOrNull(atUs: number): number | null {
  return Number.isFinite(atUs) ? atUs : null
}

/** Times of chunks as they are written, growing without an object per chunk. */
export interface ChunkLog {
  add(plannedUs: number, writtenUs: number, tokens: number): void
  readonly firstWrittenUs: number | null
  /** JSON of TruthRecord.chunks. */
  json(): string
}

export function createChunkLog(): ChunkLog {
  const flat: number[] = []
  return {
    add(plannedUs, writtenUs, tokens) {
      flat.push(plannedUs, writtenUs, tokens)
    },
    get firstWrittenUs() {
      return flat.length === 0 ? null : flat[1]!
    },
    json() {
      let json = '['
      for (let index = 0; index < flat.length; index += 3) {
        json += `${index === 0 ? '' : ','}[${flat[index]},${flat[index + 1]},${flat[index + 2]}]`
      }
      return `${json}]`
    },
  }
}
