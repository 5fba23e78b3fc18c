/**
 * Prediction of one measured point, split into what does not depend on coefficients (prepared once) and what does
 * (evaluated thousands of times by the fit). `validate` and the fit go through here, so they cannot disagree.
 */
import type { Accelerator } from '../catalog/types.ts'
import type { ModelArchitecture } from '../model/architecture.ts'
import { type Cell, cellOf, type LocalCoefficients } from '../perf/coefficients.ts'
import {
  type Deployment,
  devicesPerReplica,
  type Load,
  type MemoryBudget,
  type Parallelism,
  type RequestShape,
} from '../perf/deployment.ts'
import { solveDisaggregated } from '../perf/disaggregated.ts'
import { checkLayout } from '../perf/layout-rules.ts'
import { memoryBudget } from '../perf/memory-budget.ts'
import { solveReplica } from '../perf/operating-point.ts'
import { addBusy, type BusyTime, boardWatts } from '../perf/power.ts'
import { type RankFeatures, rankFeatures } from '../perf/rank-features.ts'
import { Replica } from '../perf/replica.ts'
import { newStepSeconds, StepModel } from '../perf/step-time.ts'
import { busyOf } from '../perf/summarise-performance.ts'
import type { MeasuredPoint } from './measured-point.ts'

export interface PointPrediction {
  readonly tpotMs: number
  readonly ttftMs: number
  readonly totalTokensPerSecondPerDevice: number
  readonly outputTokensPerSecondPerDevice: number
  readonly joulesPerOutputToken: number
  /** Shares of device time by resource, averaged over devices: what the power fit needs. */
  readonly busy: BusyTime
}

interface PooledFeatures {
  readonly features: RankFeatures
  readonly memory: MemoryBudget
  readonly replicas: number
}

export interface PreparedPoint {
  readonly point: MeasuredPoint
  readonly cell: Cell
  readonly accelerator: Accelerator
  evaluate(coefficients: LocalCoefficients): PointPrediction | { skipped: string }
}

export interface PointLookups {
  architecture(modelId: string): ModelArchitecture | null
  accelerator(acceleratorId: string): Accelerator | null
}

/** A measured point ready to be evaluated, or the reason it cannot be. */
export function preparePoint(
  point: MeasuredPoint,
  lookups: PointLookups,
): PreparedPoint | { skipped: string } {
  const architecture = lookups.architecture(point.modelId)
  if (architecture === null) return { skipped: `model not in the catalog: ${point.modelId}` }
  const { deployment, shape } = point
  const acceleratorId =
    deployment.mode === 'aggregated' ? deployment.pool.acceleratorId : deployment.decode.acceleratorId
  const accelerator = lookups.accelerator(acceleratorId)
  if (accelerator === null) return { skipped: `accelerator not in the catalog: ${acceleratorId}` }
  const load = loadOf(point)
  if (load === null) return { skipped: 'load not supported by the analytic answer' }
  const build = (parallelism: Parallelism, replicas: number): PooledFeatures | { skipped: string } => {
    const fault = checkLayout(architecture, accelerator, parallelism)
    if (fault !== null) return { skipped: `layout unsupported: ${fault.detail}` }
    const features = rankFeatures(architecture, deployment.precision, parallelism, deployment.engine)
    const budget = memoryBudget(
      features,
      accelerator,
      deployment.engine,
      shape.inputTokens + shape.outputTokens / 2,
    )
    // It ran, so it fitted: a budget below one batch of the smallest kind is our error, not an infeasible row. Then we know
    // nothing of how many fitted, and the most likely is that all did.
    const users = point.load.kind === 'closed' ? point.load.concurrency : 1
    const perGroup = users / (replicas * parallelism.attentionData)
    const memory =
      budget.maximumSequences >= 1 ? budget : { ...budget, maximumSequences: Math.max(1, perGroup) }
    return { features, memory, replicas }
  }
  const cell = cellOf(point.modelId, architecture, accelerator, deployment)
  if (deployment.mode === 'aggregated') {
    const pool = build(deployment.pool.parallelism, deployment.pool.replicas)
    if ('skipped' in pool) return pool
    return {
      point,
      cell,
      accelerator,
      evaluate: c => evaluateAggregated(point, deployment, shape, accelerator, pool, load, c),
    }
  }
  const prefill = build(deployment.prefill.parallelism, deployment.prefill.replicas)
  if ('skipped' in prefill) return prefill
  const decode = build(deployment.decode.parallelism, deployment.decode.replicas)
  if ('skipped' in decode) return decode
  return {
    point,
    cell,
    accelerator,
    evaluate: c => evaluateDisaggregated(point, deployment, shape, accelerator, prefill, decode, load, c),
  }
}

/**
 * Offline runs queue everything at once: a closed loop as large as the engine takes. TensorRT-LLM's max_batch_size is 2,048
 * by default for each attention-data group (trtllm-serve, from memory); vLLM's and SGLang's limits are below.
 */
const offlineSequencesPerGroup = 2048

/** Attention-data groups of all replicas that decode. */
function groupsOf({ deployment }: MeasuredPoint): number {
  const { replicas, parallelism } = deployment.mode === 'aggregated' ? deployment.pool : deployment.decode
  return replicas * parallelism.attentionData
}

function loadOf(point: MeasuredPoint): Load | null {
  switch (point.load.kind) {
    case 'closed':
      // Requests that are all alike come back together: every wave is a burst.
      return {
        kind: 'closed',
        concurrency: point.load.concurrency,
        requests: point.fixedLengths === true ? point.load.concurrency : point.load.requests,
      }
    case 'open':
      return { kind: 'open', requestsPerSecond: point.load.requestsPerSecond, arrivalVariation: 1 }
    case 'offline':
      return { kind: 'closed', concurrency: offlineSequencesPerGroup * groupsOf(point), requests: null }
    case 'limited':
      // A search over rates, which differ by coefficients: latency-limit.ts.
      return null
  }
}

function evaluateAggregated(
  point: MeasuredPoint,
  deployment: Deployment,
  shape: RequestShape,
  accelerator: Accelerator,
  pool: PooledFeatures,
  load: Load,
  coefficients: LocalCoefficients,
): PointPrediction | { skipped: string } {
  const model = new StepModel(pool.features, accelerator, coefficients)
  const replica = new Replica({
    model,
    engine: deployment.engine,
    shape,
    speculation: deployment.speculation,
    role: 'both',
  })
  const solved = solveReplica(replica, load, pool.replicas, pool.memory.maximumSequences)
  if ('overload' in solved) return { skipped: 'offered rate above the predicted capacity' }
  // A finite closed run: everyone is served once the burst is over, so throughput counts the benchmark's own mean.
  const requestsPerSecond =
    load.kind === 'closed' && load.requests !== null
      ? (pool.replicas * solved.concurrency) /
        (solved.benchmarkTtftSeconds + solved.benchmarkTpotSeconds * (shape.outputTokens - 1))
      : pool.replicas * solved.requestsPerSecond
  const busy = busyOf(replica, solved.point)
  return finish(
    point,
    shape,
    requestsPerSecond,
    point.statistic === 'median' ? solved.tpotSeconds : solved.benchmarkTpotSeconds,
    ttftOf(point, solved),
    busy,
    accelerator,
    coefficients,
  )
}

function evaluateDisaggregated(
  point: MeasuredPoint,
  deployment: Deployment,
  shape: RequestShape,
  accelerator: Accelerator,
  prefillPool: PooledFeatures,
  decodePool: PooledFeatures,
  load: Load,
  coefficients: LocalCoefficients,
): PointPrediction | { skipped: string } {
  const { engine, speculation } = deployment
  const make = (pool: PooledFeatures, role: 'both' | 'decode') =>
    new Replica({
      model: new StepModel(pool.features, accelerator, coefficients),
      engine,
      shape,
      speculation,
      role,
    })
  const prefill = make(prefillPool, 'both')
  const decode = make(decodePool, 'decode')
  const solved = solveDisaggregated({
    prefill,
    prefillReplicas: prefillPool.replicas,
    decode,
    decodeReplicas: decodePool.replicas,
    maximumDecodeSequences: decodePool.memory.maximumSequences,
    shape,
    load,
  })
  if ('overload' in solved) return { skipped: 'offered rate above the predicted capacity' }
  const requestsPerSecond =
    load.kind === 'closed' && load.requests !== null
      ? solved.concurrency / (solved.benchmarkTtftSeconds + solved.tpotSeconds * (shape.outputTokens - 1))
      : solved.requestsPerSecond
  const prefillDevices = prefillPool.replicas * devicesPerReplica(prefillPool.features.parallelism)
  const decodeDevices = decodePool.replicas * devicesPerReplica(decodePool.features.parallelism)
  const decodeBusy = busyOf(decode, solved.decode)
  const scratch = newStepSeconds()
  prefill.prefillStep(0, prefill.groups, 1, scratch)
  const prefillBusy: BusyTime = { memory: 0, compute: 0, other: 0 }
  addBusy(prefillBusy, scratch, solved.prefillUtilisation / scratch.total)
  const share = prefillDevices / (prefillDevices + decodeDevices)
  const busy = {
    memory: share * prefillBusy.memory + (1 - share) * decodeBusy.memory,
    compute: share * prefillBusy.compute + (1 - share) * decodeBusy.compute,
    other: share * prefillBusy.other + (1 - share) * decodeBusy.other,
  }
  return finish(
    point,
    shape,
    requestsPerSecond,
    solved.tpotSeconds,
    ttftOf(point, solved),
    busy,
    accelerator,
    coefficients,
  )
}

/**
 * The mean of a finite run holds the burst it starts with; its median does not (at most C of 10 C requests are in the
 * burst), so medians are compared with the steady state.
 */
function ttftOf(
  { statistic }: MeasuredPoint,
  solved: { readonly ttftSeconds: number; readonly benchmarkTtftSeconds: number },
): number {
  return statistic === 'median' ? solved.ttftSeconds : solved.benchmarkTtftSeconds
}

function finish(
  point: MeasuredPoint,
  shape: RequestShape,
  requestsPerSecond: number,
  tpotSeconds: number,
  ttftSeconds: number,
  busy: BusyTime,
  accelerator: Accelerator,
  coefficients: LocalCoefficients,
): PointPrediction {
  const outputRate = (requestsPerSecond * shape.outputTokens) / point.devices
  return {
    tpotMs: 1e3 * tpotSeconds,
    ttftMs: 1e3 * ttftSeconds,
    totalTokensPerSecondPerDevice:
      (requestsPerSecond * (shape.inputTokens + shape.outputTokens)) / point.devices,
    outputTokensPerSecondPerDevice: outputRate,
    joulesPerOutputToken: boardWatts(accelerator.tdpWatts, coefficients, busy) / outputRate,
    busy,
  }
}
