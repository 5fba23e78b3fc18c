/** The answer of a simulation: figures, timeline, use of every pool and replica, and the bill. */

import type { Fleet, FleetEvent, PoolSettings } from '../fleet/types.ts'
import type { ReplicaUsage, StepFacts } from '../metrics/replica-steps.ts'
import type { RunEnd } from '../metrics/run-end.ts'
import type { RunMetrics } from '../metrics/run-metrics.ts'
import { type RunTimeline, runTimeline } from '../metrics/run-series.ts'
import { type RunSummary, summariseRun } from '../metrics/run-summary.ts'
import { microsecondsPerSecond } from '../metrics/time-units.ts'
import { type EnergyPrice, type RunBill, runBill } from './bill.ts'

export interface PoolResult {
  readonly name: string
  readonly role: PoolSettings['role']
  readonly devicesPerReplica: number
  /** Time-averaged over the run. */
  readonly meanReplicas: number
  /** From the order for a replica until it was given back. */
  readonly replicaSeconds: number
  readonly busySeconds: number
  /** busySeconds ÷ replicaSeconds; the rest is idle. */
  readonly busyShare: number
  /** Share of step time that is due to prompts. */
  readonly prefillShare: number
  readonly joules: number
  /** In steps; the rest of the joules is idle power. */
  readonly stepJoules: number
  readonly meanWatts: number
  readonly prefillTokens: number
  /** Emitted by its engines, whatever became of the requests. */
  readonly outputTokens: number
}

export interface ReplicaResult extends ReplicaUsage {
  readonly pool: string
  readonly lifecycle: Fleet['replicas'][number]['lifecycle']
  /** From the order until it was given back, or the end of the run. */
  readonly replicaSeconds: number
}

export interface SimulationResult {
  readonly summary: RunSummary
  readonly timeline: RunTimeline
  readonly pools: readonly PoolResult[]
  /** In the order of their ids, those that have gone included. */
  readonly replicas: readonly ReplicaResult[]
  readonly bill: RunBill
}

export interface ResultInput {
  readonly endUs: number
  readonly fleet: Pick<Fleet, 'replicas' | 'usage' | 'inFlight'>
  readonly pools: readonly PoolSettings[]
  readonly metrics: RunMetrics
  /** What energy costs where a pool's price leaves it out; null where the price includes it. */
  readonly energyPrice: (pool: string) => EnergyPrice | null
}

/** What the metrics have to know of a replica beyond the fleet's events. */
export interface ReplicaFacts extends StepFacts {
  /** Power while no step runs, all devices of the replica. */
  readonly idleWatts: number
}

/**
 * Feeds metrics with a fleet's events: an observer for simulate(), made before the run starts. For fleets with engineEvents
 * on; without them requests are measured, and pools only in total.
 */
export function fleetObserver(
  metrics: RunMetrics,
  fleet: Pick<Fleet, 'replicas'>,
  factsOf: (replica: number) => ReplicaFacts,
): (event: FleetEvent) => void {
  const meet = (replica: number, atUs: number) => {
    const facts = factsOf(replica)
    metrics.setStepFacts(replica, facts)
    metrics.setIdleWatts(replica, atUs, facts.idleWatts)
  }
  for (const { id } of fleet.replicas) meet(id, 0)
  let known = fleet.replicas.length
  return event => {
    switch (event.kind) {
      case 'engine':
        if (event.event.kind === 'steps') metrics.addSteps(event.replica, event.event)
        return
      case 'ended':
        metrics.addRecord(event.record)
        return
      case 'replica':
        for (; known <= event.replica; known++) meet(known, event.atUs)
        recordLife(metrics, event)
        return
    }
  }
}

function recordLife(
  metrics: RunMetrics,
  { replica, atUs, state }: Extract<FleetEvent, { kind: 'replica' }>,
): void {
  if (state === 'gone') metrics.setIdleWatts(replica, atUs, 0)
  if (state === 'down' || state === 'gone')
    metrics.setReplicaState(replica, atUs, { waiting: 0, running: 0, cacheUse: 0 })
}

/** Puts the answer together when a run is over. */
export function simulationResult(end: ResultInput): SimulationResult {
  const { endUs, fleet, metrics } = end
  const replicas = replicaResults(end)
  const pools = poolResults(end, replicas)
  const seconds = endUs / microsecondsPerSecond
  const deviceSeconds = pools.reduce((sum, pool) => sum + pool.devicesPerReplica * pool.replicaSeconds, 0)
  const joules = pools.reduce((sum, pool) => sum + pool.joules, 0)
  const runEnd: RunEnd = {
    endUs,
    devices: seconds > 0 ? deviceSeconds / seconds : null,
    unfinished: fleet.inFlight,
    joules: joules > 0 ? joules : null,
  }
  const summary = summariseRun(metrics, runEnd)
  return {
    summary,
    timeline: runTimeline(metrics.series, runEnd),
    pools,
    replicas,
    bill: billOf(end, pools, summary),
  }
}

function replicaResults({ endUs, fleet, metrics }: ResultInput): ReplicaResult[] {
  const usage = metrics.replicaUsage()
  return fleet.replicas.map(replica => ({
    ...(usage[replica.id] ?? { ...unused, replica: replica.id }),
    pool: replica.pool,
    lifecycle: replica.lifecycle,
    replicaSeconds: replica.heldUs(endUs) / microsecondsPerSecond,
  }))
}

const unused: Omit<ReplicaUsage, 'replica'> = {
  steps: 0,
  busySeconds: 0,
  stepSeconds: 0,
  prefillSeconds: 0,
  prefillTokens: 0,
  outputTokens: 0,
  stepJoules: 0,
}

function poolResults(end: ResultInput, replicas: readonly ReplicaResult[]): PoolResult[] {
  const seconds = end.endUs / microsecondsPerSecond
  const usages = new Map(end.fleet.usage(end.endUs).map(usage => [usage.pool, usage]))
  return end.pools.map(({ name, role, devicesPerReplica }) => {
    const { replicaSeconds, busySeconds, joules } = usages.get(name) ?? nothingUsed
    const own = replicas.filter(replica => replica.pool === name)
    const sum = (key: keyof ReplicaUsage) => own.reduce((total, replica) => total + replica[key], 0)
    return {
      name,
      role,
      devicesPerReplica,
      meanReplicas: shareOf(replicaSeconds, seconds),
      replicaSeconds,
      busySeconds,
      busyShare: shareOf(busySeconds, replicaSeconds),
      prefillShare: Math.min(1, shareOf(sum('prefillSeconds'), sum('stepSeconds'))),
      joules,
      stepJoules: sum('stepJoules'),
      meanWatts: shareOf(joules, seconds),
      prefillTokens: sum('prefillTokens'),
      outputTokens: sum('outputTokens'),
    }
  })
}

const nothingUsed = { replicaSeconds: 0, busySeconds: 0, joules: 0 }

/** part ÷ whole; nothing of nothing is 0. */
function shareOf(part: number, whole: number): number {
  return whole > 0 ? part / whole : 0
}

function billOf(end: ResultInput, pools: readonly PoolResult[], { wholeRun }: RunSummary): RunBill {
  return runBill({
    pools: pools.map((pool, index) => ({
      pool: pool.name,
      usdPerReplicaHour: end.pools[index]!.usdPerReplicaHour,
      replicaSeconds: pool.replicaSeconds,
      busySeconds: pool.busySeconds,
      prefillShare: pool.prefillShare,
      // Loading cached blocks from slower tiers is part of the steps that wait for it: no event tells it apart.
      cachedInputSeconds: 0,
      joules: pool.joules,
      stepJoules: pool.stepJoules,
      energy: end.energyPrice(pool.name),
    })),
    requests: wholeRun.requests,
    inputTokens: wholeRun.inputTokens,
    cachedInputTokens: wholeRun.cachedInputTokens,
    outputTokens: wholeRun.outputTokens,
    goodRequests: wholeRun.metRequests,
    goodTokens: wholeRun.metInputTokens + wholeRun.metOutputTokens,
  })
}
