/** One pool made ready to be asked: layout and memory checked, features and step model of a replica built. */
import type { Accelerator } from '../catalog/types.ts'
import type { ModelArchitecture } from '../model/architecture.ts'
import type { LocalCoefficients } from './coefficients.ts'
import type { Deployment, Infeasible, MemoryBudget, Parallelism, RequestShape } from './deployment.ts'
import { checkLayout } from './layout-rules.ts'
import { memoryBudget } from './memory-budget.ts'
import { type RankFeatures, rankFeatures } from './rank-features.ts'
import { Replica } from './replica.ts'
import { StepModel } from './step-time.ts'

/** A pool ready to be asked: step model and memory of one replica. */
export interface PreparedPool {
  readonly replica: Replica
  readonly memory: MemoryBudget
  /** Devices beside each replica that its steps use too, and their board watts. */
  readonly beside?: { readonly devices: number; readonly watts: number }
}

export interface PoolInput {
  readonly architecture: ModelArchitecture
  readonly deployment: Deployment
  readonly shape: RequestShape
}

export type StepModelFactory = (features: RankFeatures) => StepModel

export function preparePool(
  { architecture, deployment, shape }: PoolInput,
  accelerator: Accelerator,
  parallelism: Parallelism,
  role: 'both' | 'decode',
  coefficients: LocalCoefficients,
  stepModel: StepModelFactory = features => new StepModel(features, accelerator, coefficients),
): PreparedPool | Infeasible {
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
  const replica = new Replica({
    model: stepModel(features),
    engine: deployment.engine,
    shape,
    speculation: deployment.speculation,
    role,
  })
  return { replica, memory }
}
