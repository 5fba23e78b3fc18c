/** Solves for the load: which batch does a closed loop settle at, or an open loop need. */
import type { Load } from './deployment.ts'
import { enginePolicies } from './engine-policy.ts'
import { type Crowd, newReplicaPoint, type Replica, type ReplicaPoint } from './replica.ts'
import { increasingRoot } from './root.ts'

export interface OperatingPoint {
  /** Per replica. */
  readonly point: ReplicaPoint
  /** Requests per second and requests in flight per replica. */
  readonly requestsPerSecond: number
  readonly concurrency: number
  readonly tpotSeconds: number
  /** Mean over a finite run that starts with a burst; equals tpotSeconds where prompts ride along with decodes. */
  readonly benchmarkTpotSeconds: number
  /** Steady state; waiting for KV-cache space included. */
  readonly ttftSeconds: number
  /** Mean over a finite run that starts with a burst; equals ttftSeconds without one. */
  readonly benchmarkTtftSeconds: number
  /** KV capacity, not the load, sets the batch. */
  readonly capacityBound: boolean
}

export interface Overload {
  readonly overload: true
  /** Largest rate the replica sustains. */
  readonly maximumRequestsPerSecond: number
}

/** Open-loop arrivals beyond this share of the largest rate have no steady state worth reporting. */
const openLoopCeiling = 0.995

/** Operating point of one aggregated replica under its share of the load. */
export function solveReplica(
  replica: Replica,
  load: Load,
  replicas: number,
  maximumSequences: number,
): OperatingPoint | Overload {
  const slotCap = maximumSequences / replica.question.model.features.parallelism.pipeline
  return load.kind === 'closed'
    ? solveClosed(
        replica,
        load.concurrency / replicas,
        load.requests === null ? null : load.requests / replicas,
        slotCap,
      )
    : solveOpen(replica, load.requestsPerSecond / replicas, load.arrivalVariation, slotCap)
}

function solveClosed(
  replica: Replica,
  concurrency: number,
  requests: number | null,
  slotCap: number,
): OperatingPoint {
  // A closed loop's arrivals follow its completions: less variable than Poisson, but lengths vary; 1 is kept.
  const othersShare = Math.max(0, (concurrency - 1) / concurrency)
  const burstShare = requests === null ? 0 : Math.min(1, concurrency / requests)
  const crowd: Crowd = { othersShare, arrivalVariation: 1 }
  const high = Math.min(concurrency / replica.slots, slotCap)
  const tried = newReplicaPoint()
  const sequences = increasingRoot(
    b => replica.at(b, crowd, tried).concurrency / concurrency - 1,
    Math.min(1e-6, high / 2),
    high,
  )
  const point = replica.at(sequences, crowd)
  const decodeSeconds = point.tpotSeconds * (replica.question.shape.outputTokens - 1)
  const capacityBound = sequences >= slotCap * 0.9999 && point.concurrency < concurrency * 0.999
  // Little's law: whoever finds no cache space waits outside; time in system is C / X.
  const ttftSeconds = capacityBound
    ? Math.max(point.ttftSeconds, concurrency / point.requestsPerSecond - decodeSeconds)
    : point.ttftSeconds
  let benchmarkTtftSeconds = ttftSeconds
  let benchmarkTpotSeconds = point.tpotSeconds
  if (requests !== null) {
    if (enginePolicies[replica.question.engine].batching === 'prefill-first') {
      const together = replica.at(high, { ...crowd, interruptedShare: othersShare / 2 })
      benchmarkTpotSeconds = (1 - burstShare) * point.tpotSeconds + burstShare * together.tpotSeconds
    }
    const admitted = Math.min(concurrency, slotCap * replica.slots)
    // The front end works on one request at a time: of a burst, half of the others pass before one on average. Prompts are
    // computed meanwhile, so the slower of the two is what is waited for.
    const queued = ((admitted - 1) / 2) * point.requestSeconds
    const burst =
      Math.max(replica.burstSeconds(admitted), queued + point.prefillSeconds) + point.frontEndSeconds
    benchmarkTtftSeconds = (1 - burstShare) * ttftSeconds + burstShare * Math.max(burst, point.prefillSeconds)
  }
  return {
    point,
    requestsPerSecond: point.requestsPerSecond,
    concurrency,
    tpotSeconds: point.tpotSeconds,
    benchmarkTpotSeconds,
    ttftSeconds,
    benchmarkTtftSeconds,
    capacityBound,
  }
}

function solveOpen(
  replica: Replica,
  requestsPerSecond: number,
  arrivalVariation: number,
  slotCap: number,
): OperatingPoint | Overload {
  const crowd: Crowd = { othersShare: 1, arrivalVariation }
  // Rate grows with the batch and saturates: the cap is the batch that memory allows.
  const high = Math.min(slotCap, 65_536)
  const top = replica.at(high, crowd)
  if (requestsPerSecond > top.requestsPerSecond * openLoopCeiling) {
    return { overload: true, maximumRequestsPerSecond: top.requestsPerSecond }
  }
  const tried = newReplicaPoint()
  const sequences = increasingRoot(
    b => replica.at(b, crowd, tried).requestsPerSecond / requestsPerSecond - 1,
    Math.min(1e-9, high / 2),
    high,
  )
  const point = replica.at(sequences, crowd)
  return {
    point,
    requestsPerSecond,
    concurrency: point.concurrency,
    tpotSeconds: point.tpotSeconds,
    benchmarkTpotSeconds: point.tpotSeconds,
    ttftSeconds: point.ttftSeconds,
    benchmarkTtftSeconds: point.ttftSeconds,
    capacityBound: false,
  }
}
