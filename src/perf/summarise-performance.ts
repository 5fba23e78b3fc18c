/** Turns a solved operating point into the numbers a user reads. */
import type { LatencySummary, Performance } from './deployment.ts'
import { devicesPerReplica } from './deployment.ts'
import type { DisaggregatedPoint } from './disaggregated.ts'
import { enginePolicies } from './engine-policy.ts'
import type { OperatingPoint } from './operating-point.ts'
import { lognormalSummary, sumSummary, ttftSummary } from './percentiles.ts'
import { addBusy, type BusyTime, boardWatts } from './power.ts'
import type { PreparedPool } from './prepare-pool.ts'
import type { Replica, ReplicaPoint } from './replica.ts'
import { newStepSeconds, type StepSeconds, stepBreakdown } from './step-time.ts'

export function summariseAggregated(
  pool: PreparedPool,
  replicas: number,
  solved: OperatingPoint,
): Performance {
  const { replica, memory } = pool
  const { point } = solved
  const { shape } = replica.question
  const own = replicas * devicesPerReplica(replica.question.model.features.parallelism)
  const beside = {
    devices: replicas * (pool.beside?.devices ?? 0),
    watts: replicas * (pool.beside?.watts ?? 0),
  }
  const requestsPerSecond = solved.requestsPerSecond * replicas
  const queueWait = solved.ttftSeconds - point.prefillSeconds - point.frontEndSeconds
  const fixed = point.prefillSeconds + point.frontEndSeconds
  const ttft = ttftSummary(
    fixed,
    // Only the prefill grows with the prompt; the front end's share of the fixed part does not vary.
    (shape.inputVariation * point.prefillSeconds) / fixed,
    Math.max(0, queueWait),
    solved.capacityBound ? 1 : point.prefillShare,
  )
  const tpot = tpotSummary(replica, point)
  return finish({
    replica,
    point,
    memory,
    devices: own + beside.devices,
    requestsPerSecond,
    concurrency: solved.concurrency * replicas,
    decodingSequences: point.sequences * replica.slots * replicas,
    ttft,
    tpot,
    watts: own * aggregatedWatts(replica, point) + beside.watts,
    idleWatts: own * idleWatts(replica) + beside.watts,
    prefillShare: point.prefillShare,
    capacityBound: solved.capacityBound,
    prefillBound: point.prefillShare > 0.5,
  })
}

export function summariseDisaggregated(
  prefill: PreparedPool,
  prefillReplicas: number,
  decode: PreparedPool,
  decodeReplicas: number,
  solved: DisaggregatedPoint,
): Performance {
  const { shape } = decode.replica.question
  const prefillDevices =
    prefillReplicas * devicesPerReplica(prefill.replica.question.model.features.parallelism)
  const decodeDevices = decodeReplicas * devicesPerReplica(decode.replica.question.model.features.parallelism)
  const fixed = solved.prefillSeconds + solved.transferSeconds + solved.decode.frontEndSeconds
  const ttft = ttftSummary(
    Math.min(fixed, solved.ttftSeconds),
    (shape.inputVariation * (solved.prefillSeconds + solved.transferSeconds)) / fixed,
    Math.max(0, solved.ttftSeconds - fixed),
    solved.prefillUtilisation,
  )
  const scratch = newStepSeconds()
  prefill.replica.prefillStep(0, prefill.replica.groups, 1, scratch)
  const busy: BusyTime = { memory: 0, compute: 0, other: 0 }
  addBusy(busy, scratch, solved.prefillUtilisation / scratch.total)
  const prefillModel = prefill.replica.question.model
  const prefillWatts = boardWatts(prefillModel.accelerator.tdpWatts, prefillModel.coefficients, busy)
  const watts = prefillDevices * prefillWatts + decodeDevices * aggregatedWatts(decode.replica, solved.decode)
  const devices = prefillDevices + decodeDevices
  const point = solved.decode
  return finish({
    replica: decode.replica,
    point,
    memory: decode.memory,
    devices,
    requestsPerSecond: solved.requestsPerSecond,
    concurrency: solved.concurrency,
    decodingSequences: point.sequences * decode.replica.slots * decodeReplicas,
    ttft,
    tpot: tpotSummary(decode.replica, point),
    watts,
    idleWatts: prefillDevices * idleWatts(prefill.replica) + decodeDevices * idleWatts(decode.replica),
    // Pools are whole devices: their shares of the bill are their shares of the devices.
    prefillShare: prefillDevices / devices,
    capacityBound: solved.capacityBound && solved.decodeCapacity <= solved.prefillCapacity,
    prefillBound: solved.prefillUtilisation > 0.9,
  })
}

interface Finish {
  readonly replica: Replica
  readonly point: ReplicaPoint
  readonly memory: PreparedPool['memory']
  readonly devices: number
  readonly requestsPerSecond: number
  readonly concurrency: number
  readonly decodingSequences: number
  readonly ttft: LatencySummary
  readonly tpot: LatencySummary
  readonly watts: number
  readonly idleWatts: number
  readonly prefillShare: number
  readonly capacityBound: boolean
  readonly prefillBound: boolean
}

function finish(f: Finish): Performance {
  const { shape } = f.replica.question
  const outputTokensPerSecond = f.requestsPerSecond * shape.outputTokens
  const totalTokensPerSecond = f.requestsPerSecond * (shape.inputTokens + shape.outputTokens)
  const decode = scale(f.tpot, Math.max(0, shape.outputTokens - 1))
  // Mixed steps of an idle engine: the engine sleeps when nobody is there.
  const busyShare = 1 - Math.exp(-f.point.sequences * f.replica.slots)
  const prefillShare = Math.min(1, f.prefillShare)
  const decodeShare = Math.max(0, busyShare * (1 - prefillShare))
  const scratch = newStepSeconds()
  f.replica.decodeStep(f.point.sequences, scratch)
  const draft = f.replica.draftSeconds(scratch)
  const interference = f.point.stepSeconds - f.point.decodeStepSeconds
  return {
    feasible: true,
    concurrency: f.concurrency,
    decodingSequences: f.decodingSequences,
    requestsPerSecond: f.requestsPerSecond,
    outputTokensPerSecond,
    totalTokensPerSecond,
    totalTokensPerSecondPerDevice: totalTokensPerSecond / f.devices,
    outputTokensPerSecondPerDevice: outputTokensPerSecond / f.devices,
    tokensPerSecondPerUser: 1e3 / f.tpot.meanMs,
    ttft: f.ttft,
    tpot: f.tpot,
    endToEnd: sumSummary(f.ttft, decode),
    acceleratorWatts: f.watts,
    idleWatts: f.idleWatts,
    joulesPerOutputToken: f.watts / outputTokensPerSecond,
    engineTime: { prefillShare, decodeShare, idleShare: Math.max(0, 1 - prefillShare - decodeShare) },
    step: stepBreakdown(scratch, [
      { name: 'speculation-draft', seconds: draft },
      { name: 'prefill-interference', seconds: interference },
    ]),
    memory: f.memory,
    keyValueUtilisation: Math.min(
      1,
      (f.point.sequences * f.replica.question.model.features.parallelism.pipeline) /
        f.memory.maximumSequences,
    ),
    binding: bindingResource(f, scratch, interference),
  }
}

/** The resource that most of a decode step goes to; ties go to the first. */
function bindingResource(f: Finish, step: StepSeconds, interference: number): Performance['binding'] {
  if (f.capacityBound) return 'kv-capacity'
  if (f.prefillBound) return 'prefill'
  const memory = step.denseWeights + step.expertWeights + step.cacheRead
  const compute = step.matrixCompute + step.attentionCompute
  const floor = step.layerOverhead + step.stepOverhead + step.sequenceOverhead
  const most = Math.max(memory, compute, step.communication, floor, interference)
  if (memory === most) return 'memory-bandwidth'
  if (compute === most) return 'compute'
  if (step.communication === most) return 'network'
  return floor === most ? 'latency-floor' : 'prefill'
}

function scale(summary: LatencySummary, factor: number): LatencySummary {
  return {
    meanMs: summary.meanMs * factor,
    p50Ms: summary.p50Ms * factor,
    p90Ms: summary.p90Ms * factor,
    p95Ms: summary.p95Ms * factor,
    p99Ms: summary.p99Ms * factor,
  }
}

/** Spread of a request's mean TPOT: Poisson count of interrupting prompts, and batch fluctuation √b around b. */
function tpotSummary(replica: Replica, point: ReplicaPoint): LatencySummary {
  const interference = 1 - point.decodeStepSeconds / point.stepSeconds
  const outputTokens = Math.max(1, replica.question.shape.outputTokens - 1)
  const interruptions = Math.max(1, point.requestsPerSecond * point.tpotSeconds * outputTokens)
  const b = Math.max(point.sequences, 1e-6)
  const elasticity =
    b > 1 ? Math.log(replica.decodeStep(b) / replica.decodeStep(b * 0.8)) / Math.log(1.25) : 0
  const variation = Math.hypot(interference / Math.sqrt(interruptions), elasticity / Math.sqrt(b + 1))
  return lognormalSummary(point.tpotSeconds, variation)
}

/** Board watts of one device while nobody is served: TDP × idle share. */
function idleWatts(replica: Replica): number {
  const { accelerator, coefficients } = replica.question.model
  return accelerator.tdpWatts * Math.min(1, coefficients.powerIdle)
}

/** Board watts of one device, averaged over decode steps and prompt work. */
export function aggregatedWatts(replica: Replica, point: ReplicaPoint): number {
  const { model } = replica.question
  return boardWatts(model.accelerator.tdpWatts, model.coefficients, busyOf(replica, point))
}

/** Shares of wall time by resource, decode steps and prompt work together. */
export function busyOf(replica: Replica, point: ReplicaPoint): BusyTime {
  const { engine } = replica.question
  const busy: BusyTime = { memory: 0, compute: 0, other: 0 }
  const decode = newStepSeconds()
  replica.decodeStep(point.sequences, decode)
  const interference = Math.max(0, 1 - point.decodeStepSeconds / point.stepSeconds)
  const busyShare = 1 - Math.exp(-point.sequences * replica.slots)
  addBusy(busy, decode, ((1 - interference) * busyShare) / decode.total)
  if (interference > 0) {
    const prefill = newStepSeconds()
    const beside = enginePolicies[engine].batching === 'mixed' ? point.sequences : 0
    replica.prefillStep(beside, replica.alignedGroups(point.sequences), 1, prefill)
    addBusy(busy, prefill, interference / prefill.total)
  }
  return busy
}
