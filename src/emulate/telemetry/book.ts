/**
 * The book of what happened, replica by replica: fleet's events in, counters and energy accounts out. No I/O. What is
 * counted when: replica-metrics.ts.
 */
import { assert, present } from '../../core/assert.ts'
import type { CacheEvent, EngineEvent } from '../../engine/types.ts'
import type { FleetEvent } from '../../fleet/types.ts'
import type { WorkloadRequest } from '../../workload/request.ts'
import { bucketBounds } from './buckets.ts'
import { addSteps, closeAccount, createEnergyAccount, type EnergyAccount } from './device-energy.ts'
import { observe } from './histogram.ts'
import {
  closeStep,
  countArrival,
  countEnd,
  countFirstToken,
  countInterruption,
  countLookup,
  countPrompt,
  countResumption,
  countSteps,
  createReplicaMetrics,
  type FinishReason,
  forgetInterruption,
  type ReplicaMetrics,
} from './replica-metrics.ts'
import type { Dialect, PoolTelemetry, RequestParameters, TelemetrySettings } from './settings.ts'

export interface ReplicaEntry {
  readonly id: number
  readonly pool: PoolTelemetry
  readonly dialect: Dialect
  readonly metrics: ReplicaMetrics
  readonly energy: EnergyAccount
}

/** Who else wants to know: KV events. */
export interface BookListener {
  appeared(entry: ReplicaEntry): void
  crashed(entry: ReplicaEntry): void
  cacheChanged(entry: ReplicaEntry, event: CacheEvent): void
}

export interface Book {
  /** The replica's entry, made when there is none; it draws idle watts from nowUs on. */
  entry(replica: number, nowUs: number): ReplicaEntry
  submit(request: WorkloadRequest, parameters: RequestParameters): void
  record(event: FleetEvent): void
  /** Everything up to now has been told. */
  closeSteps(): void
}

/** A request on its way. */
interface Flight {
  readonly inputTokens: number
  readonly outputTokens: number
  readonly parameters: RequestParameters
  /** When it was sent to the replica that computes its prompt, and where it is now; −1: nowhere yet. */
  arrivedUs: number
  replica: number
  /** Where it was last scheduled for the first time, and what of its prompt was cached there. */
  scheduledAt: number
  cachedTokens: number
  externalTokens: number
  hasToken: boolean
  /** When the client got its first token; NaN before. */
  firstTokenUs: number
}

export function createBook(
  settings: Pick<TelemetrySettings, 'fleet' | 'pools' | 'dialect'>,
  listener: BookListener,
): Book {
  const entries: (ReplicaEntry | undefined)[] = []
  const flights = new Map<number, Flight>()

  const entry = (id: number, nowUs: number): ReplicaEntry => {
    const there = entries[id]
    if (there !== undefined) return there
    const { pool: name } = present(settings.fleet.replicas[id], `the fleet has replica ${id}`)
    const pool = present(
      settings.pools.find(candidate => candidate.name === name),
      `telemetry knows pool ${name}`,
    )
    const dialect = settings.dialect ?? pool.engine.rules.engine
    const made: ReplicaEntry = {
      id,
      pool,
      dialect,
      metrics: createReplicaMetrics(bucketBounds(dialect, pool.engine.maximumContextTokens)),
      energy: createEnergyAccount(pool.idleWatts, nowUs),
    }
    entries[id] = made
    listener.appeared(made)
    return made
  }

  const flightOf = (requestId: number): Flight =>
    present(flights.get(requestId), `onSubmit came before the events of request ${requestId}`)
  /** Engines may still speak of requests that are over, such as prefilled ones whose cache was fetched. */
  const known = (requestId: number): Flight | undefined => flights.get(requestId)

  const recordEngine = (at: ReplicaEntry, event: EngineEvent): void => {
    const { pool, metrics } = at
    switch (event.kind) {
      case 'steps':
        countSteps(metrics, event)
        addSteps(at.energy, event.startUs, event.atUs, event.joules)
        return
      case 'scheduled': {
        countResumption(metrics, event.requestId)
        const flight = known(event.requestId)
        if (flight !== undefined) recordScheduled(at, flight, event.cachedTokens, event.hostTokens)
        return
      }
      case 'first-token':
      case 'prefilled': {
        const flight = known(event.requestId)
        if (flight === undefined) return
        flight.hasToken = true
        countPrompt(metrics, flight.inputTokens, flight.cachedTokens, flight.externalTokens)
        // What is prefilled here is decoded elsewhere.
        const more = event.kind === 'first-token' && flight.outputTokens > 1
        countFirstToken(metrics, event.atUs, flight.inputTokens, more)
        return
      }
      case 'preempted':
        metrics.preemptions++
        if (known(event.requestId)?.hasToken && pool.engine.speculation === null)
          countInterruption(metrics, event.requestId, event.atUs)
        return
      case 'finished':
        forgetInterruption(metrics, event.requestId)
        return
      default:
        listener.cacheChanged(at, event)
    }
  }

  return {
    entry,
    submit: (request, parameters) => {
      assert(!flights.has(request.id), `request ${request.id} is submitted once`)
      flights.set(request.id, {
        inputTokens: request.inputTokens,
        outputTokens: request.outputTokens,
        parameters,
        arrivedUs: Number.NaN,
        replica: -1,
        scheduledAt: -1,
        cachedTokens: 0,
        externalTokens: 0,
        hasToken: false,
        firstTokenUs: Number.NaN,
      })
    },
    record: event => {
      switch (event.kind) {
        case 'engine':
          recordEngine(entry(event.replica, event.event.atUs), event.event)
          return
        case 'routed':
          recordRouted(flightOf(event.requestId), entry(event.replica, event.atUs), event.atUs)
          return
        case 'transferred': {
          const flight = flightOf(event.requestId)
          flight.replica = event.to
          const { inputTokens } = flight
          countPrompt(entry(event.to, event.atUs).metrics, inputTokens, inputTokens, inputTokens)
          return
        }
        case 'first-token': {
          const flight = flightOf(event.requestId)
          flight.firstTokenUs = event.atUs
          const { timeToFirstTokenSeconds } = entry(flight.replica, event.atUs).metrics.histograms
          observe(timeToFirstTokenSeconds, (event.atUs - flight.arrivedUs) / 1e6)
          return
        }
        case 'replica': {
          const at = entry(event.replica, event.atUs)
          if (event.state === 'gone') closeAccount(at.energy, event.atUs)
          if (event.state === 'down') listener.crashed(at)
          return
        }
        case 'ended': {
          const { record } = event
          const flight = flightOf(record.id)
          flights.delete(record.id)
          // Engines do not count what they refuse.
          if (record.replica < 0 || record.outcome === 'rejected') return
          const reasons: Record<typeof record.outcome, FinishReason> = {
            served: flight.parameters.finish,
            cancelled: 'abort',
            failed: 'error',
          }
          const { metrics } = entry(record.replica, record.endedUs)
          countEnd(metrics, record, flight, reasons[record.outcome])
          return
        }
        case 'rejected':
          return
      }
    },
    closeSteps: () => {
      for (const at of entries) if (at !== undefined) closeStep(at.metrics)
    },
  }
}

function recordRouted(flight: Flight, to: ReplicaEntry, atUs: number): void {
  flight.replica = to.id
  if (to.pool.role === 'decode') return
  flight.arrivedUs = atUs
  // After a crash it begins anew.
  flight.scheduledAt = -1
  flight.hasToken = false
}

function recordScheduled(at: ReplicaEntry, flight: Flight, cachedTokens: number, hostTokens: number): void {
  const { pool, metrics } = at
  // After a preemption it is no new query.
  if (flight.scheduledAt === at.id) return
  flight.scheduledAt = at.id
  if (pool.role === 'decode') {
    countArrival(metrics, flight.firstTokenUs)
    return
  }
  flight.cachedTokens = cachedTokens
  flight.externalTokens = hostTokens
  if (pool.engine.prefixCaching)
    countLookup(metrics, flight.inputTokens, cachedTokens, hostTokens, pool.engine.tiers.length > 0)
}
