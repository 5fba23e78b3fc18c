/**
 * What every launch file needs to know, worked out once: per pool its role, limits and hosts. Limits follow from the
 * operating point, so that the engine admits what was predicted, and from the KV cache, so that it starts: vLLM refuses a
 * max_model_len that its cache cannot hold (dynamo#10104 is a manifest that crash-loops for this reason).
 */
import type { Accelerator } from '../../catalog/types.ts'
import { present } from '../../core/assert.ts'
import type { ModelArchitecture } from '../../model/architecture.ts'
import { type Deployment, devicesPerReplica, type Pool, type RequestShape } from '../../perf/deployment.ts'
import { enginePolicies } from '../../perf/engine-policy.ts'
import { memoryBudget } from '../../perf/memory-budget.ts'
import { rankFeatures } from '../../perf/rank-features.ts'
import { checkpointPreset } from '../search/precision-presets.ts'
import type { Candidate, PlanRequest } from '../types.ts'

export interface LaunchInput {
  readonly candidate: Candidate
  readonly request: PlanRequest
  readonly architecture: ModelArchitecture
  /** Accelerators of the deployment, by any order. */
  readonly accelerators: readonly Accelerator[]
}

export interface LaunchFile {
  readonly path: string
  readonly text: string
  readonly executable: boolean
}

export type PoolRole = 'aggregated' | 'prefill' | 'decode'

export interface PoolPlan {
  readonly role: PoolRole
  readonly pool: Pool
  readonly accelerator: Accelerator
  /** tensor × attention-data × pipeline. */
  readonly ranks: number
  /** Hosts of one replica and devices used on each. */
  readonly hosts: number
  readonly devicesPerHost: number
  /** Running sequences to admit per attention-data group. */
  readonly sequencesPerGroup: number
  /** Prompt tokens per step and attention-data group, as the prediction assumes. */
  readonly batchedTokens: number
}

export interface LaunchPlan {
  readonly modelId: string
  readonly deployment: Deployment
  readonly pools: readonly PoolPlan[]
  /** Longest request (prompt + answer), tokens: what the workload needs, as far as the KV cache holds it. */
  readonly maximumModelTokens: number
  /** Why it is shorter than the workload needs; null when it is not. */
  readonly contextWarning: string | null
  /** Weights of the preset are not those of the checkpoint named. */
  readonly needsQuantisedCheckpoint: boolean
}

/** Chat template and tokenizer differences beside the stated lengths. */
const templateTokens = 256
const roundTo = 256
/** Lengths vary: three deviations above the mean are to fit. */
const deviations = 3

export function launchPlan(input: LaunchInput): LaunchPlan {
  const { candidate, request, architecture } = input
  const { deployment } = candidate
  const pools = poolRoles(deployment).map(([role, pool]) => poolPlan(input, role, pool))
  const wanted = wantedTokens(request.shape)
  const held = Math.min(...pools.map(plan => heldTokens(input, plan)))
  const allowed = Math.min(architecture.maximumPositionTokens, Math.floor(held / roundTo) * roundTo)
  return {
    modelId: request.modelId,
    deployment,
    pools,
    maximumModelTokens: Math.max(1, Math.min(wanted, allowed)),
    contextWarning:
      wanted > allowed
        ? `requests of up to ${wanted} tokens were wanted; ${allowed < architecture.maximumPositionTokens ? `the KV cache holds ${held} tokens per attention group` : 'the model takes no more'}`
        : null,
    needsQuantisedCheckpoint: deployment.precision.preset !== checkpointPreset(architecture),
  }
}

export function poolRoles(deployment: Deployment): readonly (readonly [PoolRole, Pool])[] {
  return deployment.mode === 'aggregated'
    ? [['aggregated', deployment.pool]]
    : [
        ['prefill', deployment.prefill],
        ['decode', deployment.decode],
      ]
}

function wantedTokens(shape: RequestShape): number {
  const longest =
    shape.inputTokens * (1 + deviations * shape.inputVariation) +
    shape.outputTokens * (1 + deviations * shape.outputVariation) +
    templateTokens
  return Math.ceil(longest / roundTo) * roundTo
}

function heldTokens({ candidate, architecture, request }: LaunchInput, plan: PoolPlan): number {
  const { deployment } = candidate
  const features = rankFeatures(architecture, deployment.precision, plan.pool.parallelism, deployment.engine)
  const { shape } = request
  return memoryBudget(features, plan.accelerator, deployment.engine, shape.inputTokens + shape.outputTokens)
    .keyValueTokens
}

function poolPlan(input: LaunchInput, role: PoolRole, pool: Pool): PoolPlan {
  const { candidate, request } = input
  const accelerator = present(
    input.accelerators.find(({ id }) => id === pool.acceleratorId),
    `accelerator ${pool.acceleratorId} of the deployment is given`,
  )
  const ranks = devicesPerReplica(pool.parallelism)
  const devicesPerHost = Math.min(ranks, accelerator.devicesPerNode)
  return {
    role,
    pool,
    accelerator,
    ranks,
    hosts: Math.ceil(ranks / devicesPerHost),
    devicesPerHost,
    sequencesPerGroup: sequencesPerGroup(candidate, request.shape, role, pool),
    batchedTokens: enginePolicies[candidate.deployment.engine].tokenBudget,
  }
}

/** The operating point's share of one group: all of it in a closed loop, three deviations more when arrivals are random. */
function sequencesPerGroup(candidate: Candidate, shape: RequestShape, role: PoolRole, pool: Pool): number {
  const { performance, load, deployment } = candidate
  const groups = pool.replicas * pool.parallelism.attentionData
  if (role === 'prefill') {
    const newTokens = Math.max(1, shape.inputTokens - shape.cachedTokens)
    const prompts = Math.floor(enginePolicies[deployment.engine].tokenBudget / newTokens)
    return Math.min(256, Math.max(4, 2 * prompts))
  }
  const present = role === 'decode' ? performance.decodingSequences : performance.concurrency
  const mean = present / groups
  // Groups share the load unevenly, and so do arrivals that do not wait.
  const spread = load.kind === 'open' || groups > 1 ? deviations * Math.sqrt(mean) : 0
  return Math.max(1, Math.ceil(mean + spread))
}
