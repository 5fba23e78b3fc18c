/**
 * KV events of one replica with all its ranks: each rank's stream in order (event-source.ts), translated into our keys
 * (event-translator.ts), handed to whoever keeps the index. Without sockets: cache-event-subscriber.ts brings what they say.
 */
import { assert } from '../../core/assert.ts'
import type { CacheEvent } from '../../engine/types.ts'
import { createEventSource } from './event-source.ts'
import type {
  DegradedReason,
  EventSource,
  EventSourceInput,
  EventSourceOutput,
  EventSourceSettings,
  EventSourceState,
} from './event-source-types.ts'
import {
  createEventTranslator,
  type EventTranslator,
  noTranslations,
  type TranslationCounts,
} from './event-translator.ts'

export interface ReplicaEventsListener {
  /** For the router: Router.cacheChanged(candidateId, event). */
  cacheChanged(event: CacheEvent): void
  askReplay(rank: number, attempt: number, from: number): void
  /** Worst state of all ranks, when it changes: estimates must help out unless it is `live`. */
  stateChanged(state: EventSourceState, reason: DegradedReason | null): void
  alarm(name: EventAlarmName, rank: number, reason: string): void
}

export type EventAlarmName = (EventSourceOutput & { kind: 'alarm' })['name']

export interface ReplicaEventsSettings {
  readonly ranks: number
  /** Engine blocks one rank can hold on all tiers together; more than that is not believed. */
  readonly maximumBlocks: number
  readonly source: Partial<EventSourceSettings>
}

/**
 * 1,048,576: assumed, for engines that do not say how large their cache is; 16 million tokens in blocks of 16, more than a
 * node of eight GPUs holds of most models, in 48 MB of table.
 */
export const defaultMaximumBlocks = 2 ** 20

export interface ReplicaEvents {
  accept(nowUs: number, rank: number, input: EventSourceInput): void
  nextUs(): number
  wake(nowUs: number): void
  /** The size of the device's cache became known, tokens of one rank. Half as much again is still believed (assumed: partial blocks, copies). */
  resize(cacheTokensPerRank: number): void
  /** Tells the index that the replica is gone. */
  close(nowUs: number): void
  readonly state: EventSourceState
  readonly ranks: readonly RankEvents[]
}

export interface RankEvents {
  readonly source: EventSource
  readonly translator: EventTranslator
}

const byBadness: readonly EventSourceState[] = ['live', 'catching-up', 'connecting', 'degraded']
const tolerance = 1.5

export function createReplicaEvents(
  settings: ReplicaEventsSettings,
  listener: ReplicaEventsListener,
): ReplicaEvents {
  const { ranks: count, maximumBlocks } = settings
  assert(Number.isSafeInteger(count) && count >= 1, 'a replica has at least one rank')
  const ranks: readonly RankEvents[] = Array.from({ length: count }, () => ({
    source: createEventSource(settings.source),
    translator: createEventTranslator(maximumBlocks, count === 1),
  }))
  let state: EventSourceState = 'connecting'
  let tokensPerRank: number | null = null

  function tellAll(events: readonly CacheEvent[]): void {
    for (const event of events) listener.cacheChanged(event)
  }

  function take(nowUs: number, rank: number, outputs: readonly EventSourceOutput[]): void {
    const { translator, source } = ranks[rank]!
    let isComplete = true
    let changed: (EventSourceOutput & { kind: 'state' }) | null = null
    for (const output of outputs) {
      if (output.kind === 'apply') {
        const events: CacheEvent[] = []
        for (const event of output.events) {
          if (tokensPerRank !== null && event.kind === 'stored')
            translator.resize(Math.ceil((tolerance * tokensPerRank) / event.blockTokens))
          isComplete = translator.apply(nowUs, event, events) && isComplete
        }
        tellAll(events)
      } else if (output.kind === 'forget') {
        const events: CacheEvent[] = []
        translator.clear(nowUs, events)
        tellAll(events)
      } else if (output.kind === 'ask-replay') listener.askReplay(rank, output.attempt, output.from)
      else if (output.kind === 'alarm') listener.alarm(output.name, rank, output.reason)
      else changed = output
    }
    if (changed !== null) announce(changed.reason)
    if (!isComplete && source.state === 'live') accept(nowUs, rank, { kind: 'parent-unknown' })
  }

  function announce(reason: DegradedReason | null): void {
    const worst = ranks
      .map(({ source }) => source.state)
      .reduce((one, other) => (byBadness.indexOf(other) > byBadness.indexOf(one) ? other : one))
    if (worst === state && worst !== 'degraded') return
    state = worst
    listener.stateChanged(state, state === 'degraded' ? reason : null)
  }

  function accept(nowUs: number, rank: number, input: EventSourceInput): void {
    assert(rank >= 0 && rank < count, `rank ${rank} is one of the replica's ${count}`)
    const out: EventSourceOutput[] = []
    ranks[rank]!.source.accept(nowUs, input, out)
    take(nowUs, rank, out)
  }

  return {
    accept,
    nextUs: () => Math.min(...ranks.map(({ source }) => source.nextUs())),
    wake(nowUs) {
      ranks.forEach(({ source }, rank) => {
        if (source.nextUs() > nowUs) return
        const out: EventSourceOutput[] = []
        source.wake(nowUs, out)
        take(nowUs, rank, out)
      })
    },
    resize(cacheTokensPerRank) {
      tokensPerRank = cacheTokensPerRank
    },
    close(nowUs) {
      for (const { translator } of ranks) {
        const events: CacheEvent[] = []
        translator.clear(nowUs, events)
        tellAll(events)
      }
    },
    get state() {
      return state
    },
    ranks,
  }
}

/** Sums over ranks. */
export function translationCounts(events: ReplicaEvents): TranslationCounts {
  const sum = noTranslations()
  for (const { translator } of events.ranks)
    for (const name of Object.keys(sum) as (keyof TranslationCounts)[]) sum[name] += translator.counts[name]
  return sum
}
