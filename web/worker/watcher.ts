/** Keeps the first steps of one replica, the lives of the requests on it meanwhile, and its levels over the run. */
import type { FleetEvent, PoolSettings } from '../../src/fleet/types.ts'
import { RunMetrics } from '../../src/metrics/run-metrics.ts'
import { runTimeline } from '../../src/metrics/run-series.ts'
import type { WatchedReplica, WatchedRequest, WatchedStep } from './protocol.ts'

/** More nobody watches: at four steps a second, twenty minutes. */
const mostSteps = 5_000

export interface Watcher {
  readonly hear: (event: FleetEvent) => void
  /** When the run is over. */
  readonly seen: (endUs: number) => WatchedReplica
}

/** A life under way. */
interface Life {
  readonly sentUs: number
  startedUs: number
  partedUs: number
  endedUs: number
  cachedTokens: number
  readonly preemptedUs: number[]
}

type EngineEvent = Extract<FleetEvent, { kind: 'engine' }>['event']
type StepsEvent = Extract<EngineEvent, { kind: 'steps' }>

export function watcher(id: number, role: PoolSettings['role'], idleWatts: number): Watcher {
  const steps: WatchedStep[] = []
  const requests: WatchedRequest[] = []
  const lives = new Map<number, Life>()
  const metrics = new RunMetrics()
  /** Prompts begun and not moved away; counts on a prefill replica only. */
  let held = 0
  let latest: StepsEvent | null = null
  metrics.setIdleWatts(0, 0, idleWatts)

  const hearEngine = (event: EngineEvent) => {
    if (event.kind === 'steps') {
      // A prompt that is read runs no more, and still holds its blocks.
      latest = role === 'prefill' ? { ...event, running: held } : event
      metrics.addSteps(0, latest)
      if (steps.length < mostSteps) steps.push(stepOf(latest))
      return
    }
    if (!('requestId' in event)) return
    const life = lives.get(event.requestId)
    if (life === undefined) return
    switch (event.kind) {
      case 'scheduled':
        if (role === 'decode') setOnce(life, 'partedUs', event.atUs)
        else {
          if (Number.isNaN(life.startedUs)) held++
          setOnce(life, 'startedUs', event.atUs)
        }
        life.cachedTokens = Math.max(life.cachedTokens, event.cachedTokens)
        return
      case 'first-token':
        if (role === 'serve') setOnce(life, 'partedUs', event.atUs)
        return
      case 'prefilled':
        setOnce(life, 'partedUs', event.atUs)
        return
      case 'preempted':
        life.preemptedUs.push(event.atUs)
        return
      case 'finished':
        setOnce(life, 'endedUs', event.atUs)
        return
    }
  }
  const letGo = (requestId: number, atUs: number) => {
    setOnce(lives.get(requestId), 'endedUs', atUs)
    held--
    if (latest !== null) metrics.setReplicaState(0, atUs, { ...latest, running: held })
  }
  const end = ({ record }: Extract<FleetEvent, { kind: 'ended' }>) => {
    const life = lives.get(record.id)
    if (life === undefined) return
    lives.delete(record.id)
    const last = steps.at(-1)
    if (steps.length >= mostSteps && last && life.startedUs > last.endUs) return
    const { inputTokens, outputTokens, endedUs } = record
    setOnce(life, 'endedUs', endedUs)
    requests.push({ id: record.id, inputTokens, outputTokens, ...life })
  }
  const hear = (event: FleetEvent) => {
    switch (event.kind) {
      case 'engine':
        if (event.replica === id) hearEngine(event.event)
        return
      case 'routed':
        if (event.replica === id) lives.set(event.requestId, newLife(event.atUs, role))
        return
      case 'transferred':
        // The prefill replica lets go of it.
        if (event.from === id) letGo(event.requestId, event.atUs)
        return
      case 'ended':
        end(event)
    }
  }
  const seen = (endUs: number): WatchedReplica => {
    // Tells the idle time since the last step.
    metrics.setIdleWatts(0, endUs, 0)
    const timeline = runTimeline(metrics.series, { endUs, devices: null, unfinished: 0, joules: null })
    return { id, role, timeline, steps, requests }
  }
  return { hear, seen }
}

/** Room for the cache is kept on a decode replica from the moment that it is chosen. */
function newLife(sentUs: number, role: PoolSettings['role']): Life {
  const startedUs = role === 'decode' ? sentUs : Number.NaN
  return { sentUs, startedUs, partedUs: Number.NaN, endedUs: Number.NaN, cachedTokens: 0, preemptedUs: [] }
}

/** What came first counts: a request that was preempted is scheduled again. */
function setOnce(life: Life | undefined, key: 'startedUs' | 'partedUs' | 'endedUs', atUs: number): void {
  if (life !== undefined && Number.isNaN(life[key])) life[key] = atUs
}

function stepOf(event: StepsEvent): WatchedStep {
  const { startUs, atUs, decodeSequences, prefillTokens, outputTokens, joules, waiting, running, cacheUse } =
    event
  return {
    startUs,
    endUs: atUs,
    decodeSequences,
    prefillTokens,
    outputTokens,
    joules,
    waiting,
    running,
    cacheUse,
  }
}
