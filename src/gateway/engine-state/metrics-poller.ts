/** Asks replicas for their metrics in real time: replica-poll.ts says when, replica-reading.ts what they mean. One timer for all of them. */
import type { RandomSource } from '../../core/random.ts'
import type { MonotonicClock } from '../../live/clock.ts'
import { createMetricsGet, type MetricsGet } from './metrics-get.ts'
import { createReplicaPoll, type PollSettings, pollDefaults, type ReplicaPoll } from './replica-poll.ts'
import { type ReplicaReading, readReplica } from './replica-reading.ts'

export interface PolledReplica {
  readonly id: number
  /** Of its metrics, e.g. http://10.0.0.5:8000/metrics. */
  readonly url: string
  /** Served model's name, where an address serves several; null: all. */
  readonly model: string | null
}

export interface PollerListener {
  /** After each answer: null when there was none, or none that could be read. */
  read(id: number, reading: ReplicaReading | null): void
  readyChanged(id: number, ready: boolean): void
}

/** What a CandidateState takes from metrics. */
export interface PolledState {
  readonly ready: boolean
  readonly waiting: number
  readonly running: number
  readonly cacheUse: number
  /** Left out where the engine does not tell. */
  readonly cacheTokens?: number
}

export interface MetricsPoller {
  add(replica: PolledReplica): void
  remove(id: number): void
  /** As of now; counts are 0 where the last reading is stale, since the router adds what it sent itself. Null for unknown ones. */
  state(id: number): PolledState | null
  readonly scrapes: number
  readonly failures: number
  close(): void
}

export interface PollerSettings extends Partial<PollSettings> {
  readonly clock: MonotonicClock
  readonly random: RandomSource
  /** Left out: over HTTP(S) with connections that are kept. */
  readonly get?: MetricsGet
}

interface Target extends PolledReplica {
  readonly poll: ReplicaPoll
}

/** Moments this near each other are served by one wake-up, so that a hundred replicas do not make a hundred timers. */
const wakeUpMs = 5

export function createMetricsPoller(settings: PollerSettings, listener: PollerListener): MetricsPoller {
  const { clock, random, ...poll } = settings
  const get =
    settings.get ?? createMetricsGet((settings.timeoutSeconds ?? pollDefaults.timeoutSeconds) * 1000)
  const targets = new Map<number, Target>()
  let timer: ReturnType<typeof setTimeout> | null = null
  let timerUs = Number.POSITIVE_INFINITY
  let closed = false
  let scrapes = 0
  let failures = 0

  async function ask(target: Target): Promise<void> {
    target.poll.asked()
    scrapes++
    let reading: ReplicaReading | null = null
    try {
      reading = readReplica(await get.get(target.url), target.model)
    } catch {
      // No answer and an answer without metrics mean the same: its load is not known.
    }
    if (closed || targets.get(target.id) !== target) return
    if (reading === null) failures++
    const hasChanged = target.poll.answered(clock.nowUs(), reading)
    listener.read(target.id, reading)
    if (hasChanged) listener.readyChanged(target.id, target.poll.ready)
    schedule(target.poll.nextUs())
  }

  function schedule(atUs: number): void {
    if (closed || atUs >= timerUs) return
    if (timer !== null) clearTimeout(timer)
    timerUs = atUs
    timer = setTimeout(wake, Math.max(0, (atUs - clock.nowUs()) / 1000))
    // Polling alone keeps no process alive.
    timer.unref()
  }

  function wake(): void {
    timer = null
    timerUs = Number.POSITIVE_INFINITY
    const untilUs = clock.nowUs() + wakeUpMs * 1000
    let nextUs = Number.POSITIVE_INFINITY
    for (const target of targets.values()) {
      if (target.poll.nextUs() <= untilUs) void ask(target)
      else nextUs = Math.min(nextUs, target.poll.nextUs())
    }
    if (nextUs !== Number.POSITIVE_INFINITY) schedule(nextUs)
  }

  return {
    add(replica) {
      const target = {
        ...replica,
        poll: createReplicaPoll(clock.nowUs(), random.stream('poll', replica.id), poll),
      }
      targets.set(replica.id, target)
      schedule(target.poll.nextUs())
    },
    remove(id) {
      targets.delete(id)
    },
    state(id) {
      const target = targets.get(id)
      if (target === undefined) return null
      const { ready } = target.poll
      const reading = target.poll.reading(clock.nowUs())
      if (reading === null) return { ready, waiting: 0, running: 0, cacheUse: 0 }
      const { waiting, running, cacheUse, cacheTokens } = reading
      return { ready, waiting, running, cacheUse, ...(cacheTokens === null ? {} : { cacheTokens }) }
    },
    get scrapes() {
      return scrapes
    },
    get failures() {
      return failures
    },
    close() {
      closed = true
      if (timer !== null) clearTimeout(timer)
      targets.clear()
      get.close()
    },
  }
}
