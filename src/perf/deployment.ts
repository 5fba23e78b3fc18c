/** What is being asked: a deployment, a load, and the answer's shape. Shared by plan, cost, report and accuracy. */
import type { NumberFormat } from '../model/architecture.ts'

export const engines = ['vllm', 'sglang', 'trtllm'] as const
/** atom (AMD) is predicted as its nearest relative; the measured rows name it. */
export type Engine = (typeof engines)[number] | 'atom'

/**
 * How one engine instance is laid over devices.
 * devices = tensor × attentionData × pipeline. Expert layers use all tensor × attentionData ranks:
 * expert of them split experts, the rest (moeTensor = tensor × attentionData / expert) split each expert.
 */
export interface Parallelism {
  /** Ranks that split attention heads and dense matrices. */
  readonly tensor: number
  /** Pipeline stages. */
  readonly pipeline: number
  /** Attention-data-parallel groups: each has its own sequences and KV cache, experts are shared. */
  readonly attentionData: number
  /** Expert-parallel ranks; 1 for dense models. */
  readonly expert: number
}

export function devicesPerReplica(parallelism: Parallelism): number {
  return parallelism.tensor * parallelism.attentionData * parallelism.pipeline
}

/** `TP8 EP8`, `DP4 EP4`, `TP4 PP2`: equal layouts read the same. */
export function layoutText(layout: Parallelism): string {
  const parts = [`TP${layout.tensor}`]
  if (layout.attentionData > 1) parts.push(`DP${layout.attentionData}`)
  if (layout.expert > 1) parts.push(`EP${layout.expert}`)
  if (layout.pipeline > 1) parts.push(`PP${layout.pipeline}`)
  return parts.join(' ')
}

/** Equal engine instances that serve one role. */
export interface Pool {
  readonly acceleratorId: string
  readonly parallelism: Parallelism
  readonly replicas: number
}

/** Precision by part; `preset` is the name users know (bf16, fp8, nvfp4, mxfp4, int4). */
export interface Precision {
  readonly preset: string
  readonly attention: NumberFormat
  readonly denseFeedForward: NumberFormat
  readonly routedExperts: NumberFormat
  readonly sharedExperts: NumberFormat
  readonly head: NumberFormat
  readonly keyValueCache: NumberFormat
}

/** Speculative decoding: a step drafts `draftTokens` and emits acceptedTokens + 1 on average. */
export interface Speculation {
  readonly method: 'mtp' | 'eagle3' | 'dspark' | 'draft-model' | 'ngram'
  readonly draftTokens: number
  /** Mean tokens emitted per step and sequence, in [1, draftTokens + 1]. */
  readonly acceptanceLength: number
  /** Where acceptanceLength comes from. */
  readonly acceptanceSource: string
}

export type Deployment = AggregatedDeployment | DisaggregatedDeployment

interface DeploymentBase {
  readonly engine: Engine
  readonly precision: Precision
  readonly speculation: Speculation | null
}

export interface AggregatedDeployment extends DeploymentBase {
  readonly mode: 'aggregated'
  readonly pool: Pool
  /** Feed-forward layers on low-latency processors beside the pool (hybrid.ts); absent or null: on the pool itself. */
  readonly feedForwardOffload?: FeedForwardOffload | null
}

/** Processors that hold the feed-forward weights of one replica in SRAM. */
export interface FeedForwardOffload {
  readonly acceleratorId: string
  /** Per replica of the pool. */
  readonly devices: number
}

export interface DisaggregatedDeployment extends DeploymentBase {
  readonly mode: 'disaggregated'
  readonly prefill: Pool
  readonly decode: Pool
}

/** Devices of a deployment, all pools together, with those that only hold feed-forward layers. */
export function deploymentDevices(deployment: Deployment): number {
  const count = (pool: Pool) => pool.replicas * devicesPerReplica(pool.parallelism)
  return deployment.mode === 'aggregated'
    ? count(deployment.pool) + offloadDevices(deployment)
    : count(deployment.prefill) + count(deployment.decode)
}

/** Processors beside the pools that hold feed-forward layers; 0 without offload. */
export function offloadDevices(deployment: Deployment): number {
  if (deployment.mode === 'disaggregated') return 0
  return (deployment.feedForwardOffload?.devices ?? 0) * deployment.pool.replicas
}

/** Token lengths of the traffic. Cached tokens are part of the input. */
export interface RequestShape {
  /** Mean prompt tokens, incl. cached ones. */
  readonly inputTokens: number
  readonly outputTokens: number
  /** Mean prompt tokens whose KV is found in a prefix cache. */
  readonly cachedTokens: number
  /** Coefficients of variation of input and output lengths; 0 = fixed lengths. */
  readonly inputVariation: number
  readonly outputVariation: number
}

/** Closed loop: so many users always in flight over the whole deployment. Open loop: Poisson-like arrivals. */
export type Load =
  | {
      readonly kind: 'closed'
      readonly concurrency: number
      /** Requests of a finite benchmark run that starts with a burst; null = steady state. */
      readonly requests: number | null
    }
  | {
      readonly kind: 'open'
      readonly requestsPerSecond: number
      /** Coefficient of variation of inter-arrival times; 1 = Poisson. */
      readonly arrivalVariation: number
    }

/** Mean and upper percentiles of one latency, milliseconds. */
export interface LatencySummary {
  readonly meanMs: number
  readonly p50Ms: number
  readonly p90Ms: number
  readonly p95Ms: number
  readonly p99Ms: number
}

/** Seconds of one decode step by part; the parts add up to stepSeconds. */
export interface StepBreakdown {
  readonly stepSeconds: number
  readonly parts: readonly { readonly name: StepPart; readonly seconds: number }[]
}

export type StepPart =
  | 'dense-weights'
  | 'expert-weights'
  | 'kv-read'
  | 'matrix-compute'
  | 'attention-compute'
  | 'communication'
  | 'layer-overhead'
  | 'step-overhead'
  | 'sequence-overhead'
  | 'speculation-draft'
  | 'prefill-interference'

/** What a deployment does under a load. All rates are steady state over the whole deployment. */
export interface Performance {
  readonly feasible: true
  /** Mean requests in flight and the share of them decoding. */
  readonly concurrency: number
  readonly decodingSequences: number
  readonly requestsPerSecond: number
  readonly outputTokensPerSecond: number
  /** Input (incl. cached) + output tokens per second. */
  readonly totalTokensPerSecond: number
  readonly totalTokensPerSecondPerDevice: number
  readonly outputTokensPerSecondPerDevice: number
  /** Interactivity: 1000 / mean TPOT. */
  readonly tokensPerSecondPerUser: number
  readonly ttft: LatencySummary
  readonly tpot: LatencySummary
  readonly endToEnd: LatencySummary
  /** Board power of all devices, time-averaged, watts. */
  readonly acceleratorWatts: number
  /** The same while nobody is served: TDP × idle share (coefficient powerIdle) of all devices. */
  readonly idleWatts?: number
  /** Accelerator joules per output token. */
  readonly joulesPerOutputToken: number
  /** Share of engine time on prefill and on decode (sums to ≤ 1; the rest is idle): for cost allocation. */
  readonly engineTime: {
    readonly prefillShare: number
    readonly decodeShare: number
    readonly idleShare: number
  }
  readonly step: StepBreakdown
  readonly memory: MemoryBudget
  /** KV-cache tokens resident on average as a share of the budget. */
  readonly keyValueUtilisation: number
  readonly binding: 'latency-floor' | 'compute' | 'memory-bandwidth' | 'kv-capacity' | 'prefill' | 'network'
}

/** Per device rank, bytes. */
export interface MemoryBudget {
  readonly weightBytes: number
  readonly keyValueBytes: number
  readonly reservedBytes: number
  readonly deviceBytes: number
  /** Tokens of KV cache per attention-data-parallel group (blocks × block size). */
  readonly keyValueTokens: number
  readonly keyValueBlocks: number
  /** Sequences of the workload's mean context that fit per group. */
  readonly maximumSequences: number
}

export interface Infeasible {
  readonly feasible: false
  readonly reason:
    | 'weights-exceed-memory'
    | 'context-exceeds-memory'
    | 'overload'
    | 'format-unsupported'
    | 'layout-unsupported'
  readonly detail: string
  /** By how much, in the constraint's own unit (bytes missing, requests/s over). */
  readonly shortfall: number | null
}

export type PerformanceResult = Performance | Infeasible
