/**
 * All replicas watched together: metrics polled, KV events heard, one timer for both kinds' waits. Tells a router what changes
 * (cache events, who can be believed) and answers what it asks before a decision (load, readiness).
 */

import type { RandomSource } from '../../core/random.ts'
import type { CacheEvent } from '../../engine/types.ts'
import type { MonotonicClock } from '../../live/clock.ts'
import type { EngineCounters } from '../../measure/engine-counters.ts'
import {
  type CacheEventEndpoints,
  type CacheEventSubscriber,
  createCacheEventSubscriber,
  loadEventPackages,
} from './cache-event-subscriber.ts'
import type { DegradedReason, EventSourceSettings, EventSourceState } from './event-source-types.ts'
import type { MetricsGet } from './metrics-get.ts'
import { createMetricsPoller, type PolledState } from './metrics-poller.ts'
import {
  createReplicaEvents,
  defaultMaximumBlocks,
  type EventAlarmName,
  type ReplicaEvents,
} from './replica-events.ts'
import type { PollSettings } from './replica-poll.ts'

export interface WatchedReplica {
  readonly id: number
  /** Of its metrics. */
  readonly metricsUrl: string
  /** Served model's name, where an address serves several; null: all. */
  readonly model: string | null
  /** Null: its engine tells nothing of its cache, which is estimated then. */
  readonly events: CacheEventEndpoints | null
}

export interface EngineStateListener {
  /** For Router.cacheChanged. */
  cacheChanged(id: number, event: CacheEvent): void
  /** Whether the replica's events tell all it holds; otherwise estimates must help (MixedPrefixIndex.setTold). */
  toldChanged(id: number, isTold: boolean, state: EventSourceState, reason: DegradedReason | null): void
  readyChanged(id: number, ready: boolean): void
  /** What its engine has counted since its start, as often as its metrics are read. */
  counted(id: number, counters: EngineCounters): void
  /** What a person must hear of: events that do not decode, sockets that failed. */
  alarm(id: number, name: EventAlarmName | 'event-socket-failed', detail: string): void
}

export interface EngineStateSettings {
  readonly clock: MonotonicClock
  readonly random: RandomSource
  readonly poll?: Partial<PollSettings>
  readonly source?: Partial<EventSourceSettings>
  readonly get?: MetricsGet
}

export interface EngineState {
  /**
   * @throws TokenwrightError when the replica has events and their packages are not installed, or an address makes no sense; the replica is not
   * watched then.
   */
  add(replica: WatchedReplica): Promise<void>
  remove(id: number): void
  /** Load and readiness as of now; null for unknown ones. */
  state(id: number): PolledState | null
  /** KV events of a replica, for metrics; null without. */
  events(id: number): ReplicaEvents | null
  close(): void
}

interface Heard {
  readonly events: ReplicaEvents
  readonly subscriber: CacheEventSubscriber
  readonly ranks: number
}

export function createEngineState(settings: EngineStateSettings, listener: EngineStateListener): EngineState {
  const { clock, random } = settings
  const heard = new Map<number, Heard>()
  const known = new Set<number>()
  let timer: ReturnType<typeof setTimeout> | null = null
  let timerUs = Number.POSITIVE_INFINITY
  let closed = false

  const poller = createMetricsPoller(
    { ...settings.poll, clock, random, ...(settings.get === undefined ? {} : { get: settings.get }) },
    {
      read(id, reading) {
        const one = heard.get(id)
        if (one !== undefined && reading !== null && reading.cacheTokens !== null)
          one.events.resize(reading.cacheTokens / one.ranks)
        if (reading !== null) listener.counted(id, reading.counters)
      },
      readyChanged: (id, ready) => listener.readyChanged(id, ready),
    },
  )

  /** After anything that may have changed when a source wants to be woken. */
  function schedule(): void {
    let nextUs = Number.POSITIVE_INFINITY
    for (const { events } of heard.values()) nextUs = Math.min(nextUs, events.nextUs())
    if (nextUs === timerUs) return
    if (timer !== null) clearTimeout(timer)
    timer = null
    timerUs = nextUs
    if (closed || nextUs === Number.POSITIVE_INFINITY) return
    timer = setTimeout(wake, Math.max(0, (nextUs - clock.nowUs()) / 1000))
    timer.unref()
  }

  function wake(): void {
    timer = null
    timerUs = Number.POSITIVE_INFINITY
    for (const { events } of heard.values()) if (events.nextUs() <= clock.nowUs()) events.wake(clock.nowUs())
    schedule()
  }

  async function hear(id: number, endpoints: CacheEventEndpoints): Promise<void> {
    const packages = await loadEventPackages()
    const source = { ...settings.source, canReplay: endpoints.replay !== null }
    const events = createReplicaEvents(
      { ranks: endpoints.ranks, maximumBlocks: defaultMaximumBlocks, source },
      {
        cacheChanged: event => listener.cacheChanged(id, event),
        askReplay: (rank, attempt, from) => subscriber.askReplay(rank, attempt, from),
        stateChanged: (state, reason) => listener.toldChanged(id, state === 'live', state, reason),
        alarm: (name, rank, reason) => listener.alarm(id, name, `rank ${rank}: ${reason}`),
      },
    )
    const subscriber = createCacheEventSubscriber(packages, endpoints, {
      event(rank, input) {
        if (heard.get(id) !== one) return
        events.accept(clock.nowUs(), rank, input)
        schedule()
      },
      fault: (rank, error) => {
        const cause = error instanceof Error ? error.message : String(error)
        listener.alarm(id, 'event-socket-failed', `rank ${rank}: ${cause}`)
        if (heard.get(id) !== one) return
        heard.delete(id)
        subscriber.close()
        events.close(clock.nowUs())
        listener.toldChanged(id, false, 'degraded', 'socket-failed')
        schedule()
      },
    })
    const one: Heard = { events, subscriber, ranks: endpoints.ranks }
    heard.set(id, one)
    try {
      await subscriber.ready
    } catch (error) {
      if (heard.get(id) === one) heard.delete(id)
      throw error
    }
    // Removed while it opened.
    if (closed || !known.has(id)) subscriber.close()
  }

  function remove(id: number): void {
    known.delete(id)
    poller.remove(id)
    const one = heard.get(id)
    if (one === undefined) return
    heard.delete(id)
    one.subscriber.close()
    one.events.close(clock.nowUs())
    schedule()
  }

  return {
    async add(replica) {
      const { id, metricsUrl, model, events } = replica
      known.add(id)
      try {
        if (events !== null) await hear(id, events)
      } catch (error) {
        known.delete(id)
        throw error
      }
      if (!closed && known.has(id)) poller.add({ id, url: metricsUrl, model })
    },
    remove,
    state: id => poller.state(id),
    events: id => heard.get(id)?.events ?? null,
    close() {
      closed = true
      if (timer !== null) clearTimeout(timer)
      poller.close()
      for (const { subscriber } of heard.values()) subscriber.close()
      heard.clear()
    },
  }
}
