/**
 * What a deployment does under a load: the one entry point of perf/. Synchronous, no I/O, tens of microseconds.
 * From: architecture (model/), facts about devices (catalog/), coefficients (data/calibration). Assumes steady state.
 */
import type { Accelerator } from '../catalog/types.ts'
import type { ModelArchitecture } from '../model/architecture.ts'
import { type CoefficientSet, cellOf, type LocalCoefficients, resolveCoefficients } from './coefficients.ts'
import type {
  Deployment,
  Infeasible,
  Load,
  MemoryBudget,
  Parallelism,
  PerformanceResult,
  RequestShape,
} from './deployment.ts'
import { solveDisaggregated } from './disaggregated.ts'
import { checkLayout } from './layout-rules.ts'
import { memoryBudget } from './memory-budget.ts'
import { solveReplica } from './operating-point.ts'
import { rankFeatures } from './rank-features.ts'
import { Replica } from './replica.ts'
import { StepModel } from './step-time.ts'
import { summariseAggregated, summariseDisaggregated } from './summarise-performance.ts'

export interface PredictInput {
  readonly modelId: string
  readonly architecture: ModelArchitecture
  /** Device of the aggregated or decode pool, and of the prefill pool when it differs. */
  readonly accelerator: Accelerator
  readonly prefillAccelerator?: Accelerator
  readonly deployment: Deployment
  readonly shape: RequestShape
  readonly load: Load
  readonly coefficients: CoefficientSet
}

/** A pool ready to be asked: features, budget and step model of one replica. */
export interface PreparedPool {
  readonly replica: Replica
  readonly memory: MemoryBudget
}

export function predict(input: PredictInput): PerformanceResult {
  const cell = cellOf(input.modelId, input.architecture, input.accelerator, input.deployment)
  return predictWith(input, resolveCoefficients(input.coefficients, cell))
}

/** As predict, with coefficients already resolved for the cell (search and fit reuse them). */
export function predictWith(input: PredictInput, coefficients: LocalCoefficients): PerformanceResult {
  const { deployment, shape, load } = input
  if (deployment.mode === 'aggregated') {
    const pool = preparePool(input, input.accelerator, deployment.pool.parallelism, 'both', coefficients)
    if ('feasible' in pool) return pool
    const solved = solveReplica(pool.replica, load, deployment.pool.replicas, pool.memory.maximumSequences)
    if ('overload' in solved)
      return overload(solved.maximumRequestsPerSecond * deployment.pool.replicas, load)
    return summariseAggregated(pool, deployment.pool.replicas, solved)
  }
  const decode = preparePool(input, input.accelerator, deployment.decode.parallelism, 'decode', coefficients)
  if ('feasible' in decode) return decode
  const prefillAccelerator = input.prefillAccelerator ?? input.accelerator
  const prefill = preparePool(input, prefillAccelerator, deployment.prefill.parallelism, 'both', coefficients)
  if ('feasible' in prefill) return prefill
  const solved = solveDisaggregated({
    prefill: prefill.replica,
    prefillReplicas: deployment.prefill.replicas,
    decode: decode.replica,
    decodeReplicas: deployment.decode.replicas,
    maximumDecodeSequences: decode.memory.maximumSequences,
    shape,
    load,
  })
  if ('overload' in solved) return overload(solved.maximumRequestsPerSecond, load)
  return summariseDisaggregated(
    prefill,
    deployment.prefill.replicas,
    decode,
    deployment.decode.replicas,
    solved,
  )
}

/** Checks layout and memory and builds the step model of a pool's replica. */
export function preparePool(
  input: Pick<PredictInput, 'architecture' | 'deployment' | 'shape'>,
  accelerator: Accelerator,
  parallelism: Parallelism,
  role: 'both' | 'decode',
  coefficients: LocalCoefficients,
): PreparedPool | Infeasible {
  const { architecture, deployment, shape } = input
  const layoutFault = checkLayout(architecture, accelerator, parallelism)
  if (layoutFault !== null) return layoutFault
  const features = rankFeatures(architecture, deployment.precision, parallelism, deployment.engine)
  const context = shape.inputTokens + shape.outputTokens / 2
  const memory = memoryBudget(features, accelerator, deployment.engine, context)
  if (memory.keyValueBytes <= 0) {
    const missing = features.residentWeightBytes - accelerator.memoryBytes
    return {
      feasible: false,
      reason: 'weights-exceed-memory',
      detail: `weights ${(features.residentWeightBytes / 1e9).toFixed(1)} GB per device leave no room for KV cache in ${(accelerator.memoryBytes / 1e9).toFixed(0)} GB of ${accelerator.name}`,
      shortfall: missing,
    }
  }
  const peak = shape.inputTokens + shape.outputTokens
  if (memory.keyValueTokens < peak && memory.maximumSequences < 1) {
    return {
      feasible: false,
      reason: 'context-exceeds-memory',
      detail: `one sequence of ${Math.round(peak)} tokens needs more KV cache than the ${memory.keyValueTokens} tokens that fit`,
      shortfall: peak - memory.keyValueTokens,
    }
  }
  const model = new StepModel(features, accelerator, coefficients)
  const replica = new Replica({
    model,
    engine: deployment.engine,
    shape,
    speculation: deployment.speculation,
    role,
  })
  return { replica, memory }
}

function overload(maximum: number, load: Load): Infeasible {
  const asked = load.kind === 'open' ? load.requestsPerSecond : 0
  return {
    feasible: false,
    reason: 'overload',
    detail: `${asked.toPrecision(3)} requests/s asked, ${maximum.toPrecision(3)} sustained`,
    shortfall: asked - maximum,
  }
}
