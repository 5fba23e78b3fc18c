/** What a stream of KV events (event-source.ts) is told, what it answers, and how it can stand. */
import type { DecodedBatch, DecodedCacheEvent } from './cache-event-decoder.ts'

export interface EventSourceSettings {
  /** Whether there is somebody to ask for replays. */
  readonly canReplay: boolean
  /** A replay that says nothing for so long has failed. 2: assumed; an engine looks for requests ten times a second (vLLM's publisher thread). */
  readonly replayTimeoutSeconds: number
  /** Between full replays of a degraded source; doubles up to 32 times that. 30: assumed; a full replay is up to 10,000 batches. */
  readonly cooldownSeconds: number
  /** Replays that may fail or leave a gap before it is given up: assumed. */
  readonly maximumAttempts: number
  /** Live batches that may wait for a replay. 10,000: what vLLM and SGLang keep for replays (buffer_steps). */
  readonly maximumBuffered: number
  /** Undecodable batches in a row that raise the alarm: assumed; one can be chance, a new format fails every time. */
  readonly alarmAfter: number
}

export const eventSourceDefaults: EventSourceSettings = {
  canReplay: true,
  replayTimeoutSeconds: 2,
  cooldownSeconds: 30,
  maximumAttempts: 3,
  maximumBuffered: 10_000,
  alarmAfter: 3,
}

/** connecting: nothing heard yet. degraded: a subset of the truth; see the reason. */
export type EventSourceState = 'connecting' | 'catching-up' | 'live' | 'degraded'

export type DegradedReason =
  | 'no-replay-endpoint'
  | 'replay-too-short'
  | 'replay-failed'
  | 'undecodable'
  | 'too-much-waiting'
  | 'parent-unknown'
  /** Said by whoever holds the sockets: nothing more will be heard. */
  | 'socket-failed'

export type EventSourceInput =
  /** The socket connected, for the first time or again. */
  | { readonly kind: 'connected' }
  | { readonly kind: 'live'; readonly sequence: number; readonly batch: DecodedBatch }
  | {
      readonly kind: 'replayed'
      readonly attempt: number
      readonly sequence: number
      readonly batch: DecodedBatch
    }
  | { readonly kind: 'replay-ended'; readonly attempt: number }
  | { readonly kind: 'replay-failed'; readonly attempt: number }
  /** A block came whose parent was never told of, though nothing seems to be missing. */
  | { readonly kind: 'parent-unknown' }

export type EventSourceOutput =
  | { readonly kind: 'apply'; readonly events: readonly DecodedCacheEvent[] }
  /** What this source told of is worthless. */
  | { readonly kind: 'forget' }
  | { readonly kind: 'ask-replay'; readonly attempt: number; readonly from: number }
  | { readonly kind: 'state'; readonly state: EventSourceState; readonly reason: DegradedReason | null }
  | { readonly kind: 'alarm'; readonly name: 'events-undecodable'; readonly reason: string }

export interface EventSourceCounts {
  batches: number
  duplicates: number
  gaps: number
  restarts: number
  replays: number
  failedReplays: number
  undecodable: number
  unknownEvents: number
  unknownMedia: number
}

export function noEventCounts(): EventSourceCounts {
  return {
    batches: 0,
    duplicates: 0,
    gaps: 0,
    restarts: 0,
    replays: 0,
    failedReplays: 0,
    undecodable: 0,
    unknownEvents: 0,
    unknownMedia: 0,
  }
}

export interface EventSource {
  accept(nowUs: number, input: EventSourceInput, out: EventSourceOutput[]): void
  /** When wake() is next due; Infinity: never by itself. */
  nextUs(): number
  wake(nowUs: number, out: EventSourceOutput[]): void
  readonly state: EventSourceState
  readonly counts: Readonly<EventSourceCounts>
}

/** fill: from where we stand. rebuild: from 0, having forgotten. repair: from 0, keeping the subset unless the replay reaches back to 0. */
export interface EventReplay {
  readonly purpose: 'fill' | 'rebuild' | 'repair'
  /** Batches it brought so far. */
  heard: number
}
