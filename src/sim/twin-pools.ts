/**
 * A planned deployment as pools of engine instances: layout, memory and step times from perf/, batching limits as the launch
 * files state them. The same facts and coefficients as the analytic answer, so that a difference between the two is due to
 * what happens in time (queues, batches, evictions) and to nothing else.
 */
import type { Accelerator } from '../catalog/types.ts'
import { TokenwrightError } from '../core/errors.ts'
import type { EngineSettings, SchedulerRules, TierSettings } from '../engine/settings.ts'
import { performanceTimer } from '../engine/timers/performance-timer.ts'
import type { PoolSettings } from '../fleet/types.ts'
import type { ModelArchitecture } from '../model/architecture.ts'
import {
  type CoefficientSet,
  cellOf,
  type LocalCoefficients,
  resolveCoefficients,
} from '../perf/coefficients.ts'
import { type Deployment, devicesPerReplica, type Pool, type RequestShape } from '../perf/deployment.ts'
import { tokenBudget } from '../perf/engine-policy.ts'
import { prepareHybridPool } from '../perf/hybrid-pool.ts'
import { memoryRules } from '../perf/memory-budget.ts'
import { type PreparedPool, preparePool } from '../perf/prepare-pool.ts'
import { atContext } from '../perf/rank-features.ts'
import { withEstimates } from './replica-estimate.ts'
import { type TwinCalibration, uncalibrated } from './twin-calibration.ts'

/** What may be set otherwise than the engine's defaults; undefined or absent: the default. */
export interface EngineOverrides {
  /** max_num_batched_tokens, chunked_prefill_size, max_num_tokens. */
  readonly tokenBudget?: number | undefined
  /** max_num_seqs per attention-data group. */
  readonly maximumSequences?: number | undefined
  readonly maximumContextTokens?: number | undefined
  /** num_gpu_blocks per attention-data group, as the engine printed it. */
  readonly blocksPerRank?: number | undefined
  readonly blockTokens?: number | undefined
  readonly prefixCaching?: boolean | undefined
  /** vLLM's --async-scheduling. Default: off, as the coefficients were fitted (most measured engines did not have it). */
  readonly asyncScheduling?: boolean | undefined
  readonly rules?: SchedulerRules | undefined
  readonly tiers?: readonly Omit<TierSettings, 'blockBytes'>[] | undefined
}

export interface TwinInput {
  readonly modelId: string
  readonly architecture: ModelArchitecture
  readonly deployment: Deployment
  /** Mean lengths: a sliding window makes the bytes per token depend on them. */
  readonly shape: RequestShape
  readonly accelerator: (id: string) => Accelerator
  readonly coefficients: CoefficientSet
  /** What the twin needs otherwise than the analytic answer the coefficients were fitted through; absent: nothing. */
  readonly calibration?: TwinCalibration
  /** Replaces the fitted coefficients of a cell: calibrated ones. */
  readonly adjust?: (coefficients: LocalCoefficients) => LocalCoefficients
  readonly usdPerDeviceHour: (acceleratorId: string) => number
  readonly overrides: EngineOverrides
  readonly skipEvents: boolean
  readonly cacheEvents: boolean
  /** From the order for a replica to its first request, seconds. */
  readonly startupSeconds: number
  /** Replicas predict latency and cost of requests, for routers and admission that ask. Default: no. */
  readonly estimates?: boolean
}

export function twinPools(input: TwinInput): PoolSettings[] {
  const { deployment } = input
  const pools =
    deployment.mode === 'aggregated'
      ? [twinPool(input, 'serve', deployment.pool)]
      : [twinPool(input, 'prefill', deployment.prefill), twinPool(input, 'decode', deployment.decode)]
  return input.estimates === true ? withEstimates(pools, input.shape) : pools
}

function twinPool(input: TwinInput, role: PoolSettings['role'], pool: Pool): PoolSettings {
  const { deployment } = input
  const accelerator = input.accelerator(pool.acceleratorId)
  const fitted = resolveCoefficients(
    input.coefficients,
    cellOf(input.modelId, input.architecture, accelerator, deployment),
  )
  const own = input.calibration?.engines[deployment.engine] ?? uncalibrated
  const lag = own.firstTokenLagOfModel[input.modelId] ?? own.firstTokenLag
  const resolved = {
    ...fitted,
    // Tokens leave at the ends of steps: a driver in real time cannot hand one over in the middle of one.
    firstTokenLagSteps: Math.round(fitted.firstTokenLagSteps * lag),
    requestMilliseconds: fitted.requestMilliseconds * own.frontEnd,
    promptTokenMicroseconds: fitted.promptTokenMicroseconds * own.frontEnd,
  }
  const coefficients = input.adjust?.(resolved) ?? resolved
  const prepared = preparedPool(input, role, pool, accelerator, coefficients)
  const { features } = prepared.replica.question.model
  const context = Math.max(1, input.shape.inputTokens)
  const cacheBytesPerToken =
    ((atContext(features.cacheResident, context) + features.stateBytesPerSequence) / context) *
    // Grouped heads are spread over tensor ranks; latent caches are the same on each.
    (features.mlaLayers > 0 ? 1 : features.parallelism.tensor)
  const devices = devicesPerReplica(pool.parallelism) + (prepared.beside?.devices ?? 0)
  return {
    name: role,
    role,
    engine: engineSettings(input, role, pool, accelerator, prepared),
    timer: () =>
      performanceTimer(prepared, role === 'prefill' ? null : deployment.speculation, {
        prefillWork: own.promptWork * (role === 'prefill' ? coefficients.prefillPoolWork : 1),
        overlapsHost: input.overrides.asyncScheduling ?? false,
        ingressSerialShare: own.frontEndSerialShare,
      }),
    replicas: pool.replicas,
    devicesPerReplica: devices,
    usdPerReplicaHour: replicaPrice(input, pool, prepared),
    startupSeconds: input.startupSeconds,
    cacheBytesPerToken,
    linkBytesPerSecond: coefficients.transferGigabytesPerSecond * 1e9,
    handoffSeconds: coefficients.handoffMilliseconds * 1e-3,
  }
}

function replicaPrice(input: TwinInput, pool: Pool, prepared: PreparedPool): number {
  const own = devicesPerReplica(pool.parallelism) * input.usdPerDeviceHour(pool.acceleratorId)
  const { deployment } = input
  if (deployment.mode !== 'aggregated' || !deployment.feedForwardOffload) return own
  return (
    own +
    (prepared.beside?.devices ?? 0) * input.usdPerDeviceHour(deployment.feedForwardOffload.acceleratorId)
  )
}

function preparedPool(
  input: TwinInput,
  role: PoolSettings['role'],
  pool: Pool,
  accelerator: Accelerator,
  coefficients: LocalCoefficients,
): PreparedPool {
  const { architecture, deployment, shape } = input
  const offload = deployment.mode === 'aggregated' ? deployment.feedForwardOffload : null
  const prepared = offload
    ? prepareHybridPool(
        {
          architecture,
          deployment,
          shape,
          accelerator,
          feedForwardAccelerator: input.accelerator(offload.acceleratorId),
        },
        offload,
        coefficients,
      )
    : preparePool(
        { architecture, deployment, shape },
        accelerator,
        pool.parallelism,
        role === 'decode' ? 'decode' : 'both',
        coefficients,
      )
  if ('feasible' in prepared) {
    throw new TokenwrightError('usage', `the deployment cannot run: ${prepared.detail}`, {
      where: `${pool.replicas} × ${accelerator.name}`,
      fix: 'plan it anew, or give it more or larger devices',
    })
  }
  return prepared
}

/** Sequences an engine runs at once unless told otherwise, per attention-data group. */
const defaultMaximumSequences = {
  /** vLLM 0.19.0 recorded max_num_seqs 256 as its resolved default on a 24 GB device (bench of LLMServingSim). */
  vllm: 256,
  /** SGLang derives max_running_requests from its cache and caps it at 4096: from memory of its model runner. */
  sglang: 4096,
  /** trtllm-serve max_batch_size 2048: from memory of its command line. */
  trtllm: 2048,
} as const

export function engineSettings(
  input: TwinInput,
  role: PoolSettings['role'],
  pool: Pool,
  accelerator: Accelerator,
  prepared: PreparedPool,
): EngineSettings {
  const { deployment, overrides } = input
  const rules = overrides.rules ?? defaultRules(deployment.engine)
  const blockTokens = overrides.blockTokens ?? memoryRules[deployment.engine].blockTokens
  const blocksPerRank =
    overrides.blocksPerRank ?? Math.max(1, Math.floor(prepared.memory.keyValueTokens / blockTokens))
  const { features } = prepared.replica.question.model
  const blockBytes =
    (atContext(features.cacheResident, input.shape.inputTokens) / Math.max(1, input.shape.inputTokens)) *
    blockTokens
  const speculation =
    deployment.speculation === null || role === 'prefill'
      ? null
      : {
          draftTokens: deployment.speculation.draftTokens,
          tokensPerStep: prepared.replica.tokensPerStep,
        }
  return {
    rules,
    ranks: pool.parallelism.attentionData,
    pipelineStages: pool.parallelism.pipeline,
    blocksPerRank,
    blockTokens,
    tokenBudget: overrides.tokenBudget ?? tokenBudget(deployment.engine, accelerator),
    maximumSequences: overrides.maximumSequences ?? defaultMaximumSequences[rules.engine],
    maximumContextTokens:
      overrides.maximumContextTokens ??
      Math.min(input.architecture.maximumPositionTokens, blocksPerRank * blockTokens),
    maximumWaiting: Number.POSITIVE_INFINITY,
    prefixCaching: overrides.prefixCaching ?? true,
    tiers: (overrides.tiers ?? []).map(tier => ({ ...tier, blockBytes })),
    speculation,
    skipEvents: input.skipEvents,
    cacheEvents: input.cacheEvents,
  }
}

/** Each engine as it starts by default; chunked context of TensorRT-LLM as the launch files set it. */
export function defaultRules(engine: Deployment['engine']): SchedulerRules {
  switch (engine) {
    case 'vllm':
    case 'atom':
      return { engine: 'vllm', policy: 'fcfs', longPrefillTokenThreshold: 0 }
    case 'sglang':
      return { engine: 'sglang', policy: 'fcfs', conservativeness: 1, mixedChunk: false }
    case 'trtllm':
      return { engine: 'trtllm', policy: 'guaranteed-no-evict', chunkedContext: true }
  }
}
