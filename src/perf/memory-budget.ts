/**
 * How much KV cache an engine allocates, by the engine's own rule, per attention-data-parallel group.
 * Sources: vLLM docs/serving/optimization (gpu_memory_utilization is a share of total memory, peak activation measured
 * by a profile run), SGLang docs/backend/hyperparameter_tuning (mem_fraction_static), TensorRT-LLM
 * docs/kv-cache (free_gpu_memory_fraction of what is left after weights and activations).
 */
import type { Accelerator } from '../catalog/types.ts'
import type { Engine, MemoryBudget } from './deployment.ts'
import { tokenBudget } from './engine-policy.ts'
import { atContext, type RankFeatures } from './rank-features.ts'

export interface MemoryRule {
  /** Share of device memory (vLLM, SGLang) or of what is free after weights (TensorRT-LLM) the engine takes. */
  readonly fraction: number
  readonly appliesTo: 'device' | 'free'
  /** Graphs, communication buffers, context: bytes whatever the model. */
  readonly reservedBytes: number
  /** Peak activations per batched token and unit of hidden size. */
  readonly activationBytesPerElement: number
  readonly blockTokens: number
  readonly source: string
}

const gigabyte = 1e9

/** As the measured releases (2025-10 to 2026-04) behaved; each source says what is documented and what is inferred. */
export const memoryRules: Readonly<Record<Engine, MemoryRule>> = {
  vllm: {
    fraction: 0.92,
    appliesTo: 'device',
    reservedBytes: 0.6 * gigabyte,
    activationBytesPerElement: 74,
    blockTokens: 16,
    source:
      'vLLM gpu_memory_utilization; activations 4.8–5.6 GiB for 70B models at 8192 batched tokens (llm-d-planner empirical-vllm-memory-results) and the 2,588 blocks of Llama-3.1-8B on an RTX 4090 at 2048 (LLMServingSim bench)',
  },
  sglang: {
    fraction: 0.86,
    appliesTo: 'device',
    reservedBytes: 1 * gigabyte,
    activationBytesPerElement: 0,
    blockTokens: 1,
    source:
      'assumed from published runs on 80–192 GB devices (earlier study); SGLang chooses mem_fraction_static itself',
  },
  trtllm: {
    fraction: 0.9,
    appliesTo: 'free',
    reservedBytes: 3 * gigabyte,
    activationBytesPerElement: 0,
    blockTokens: 32,
    source: 'TensorRT-LLM kv_cache_config.free_gpu_memory_fraction default 0.9',
  },
  atom: {
    fraction: 0.9,
    appliesTo: 'device',
    reservedBytes: 0.6 * gigabyte,
    activationBytesPerElement: 74,
    blockTokens: 16,
    source: 'assumed as vLLM: ATOM documents no rule of its own',
  },
}

/** Budget of one rank; keyValueTokens is 0 when the weights do not fit. */
export function memoryBudget(
  features: RankFeatures,
  accelerator: Accelerator,
  engine: Engine,
  contextTokens: number,
): MemoryBudget {
  const rule = memoryRules[engine]
  const deviceBytes = accelerator.memoryBytes
  const weightBytes = features.residentWeightBytes
  const reserved =
    rule.reservedBytes +
    rule.activationBytesPerElement * tokenBudget(engine, accelerator) * features.hiddenSize
  const free =
    rule.appliesTo === 'device'
      ? rule.fraction * deviceBytes - weightBytes - reserved
      : rule.fraction * (deviceBytes - weightBytes - reserved)
  const keyValueBytes = Math.max(0, free)
  const stages = features.parallelism.pipeline
  const context = Math.max(1, contextTokens)
  const bytesPerSequence =
    (atContext(features.cacheResident, context) + features.stateBytesPerSequence) / stages
  const bytesPerToken = bytesPerSequence / context
  const tokens = bytesPerToken > 0 ? Math.floor(keyValueBytes / bytesPerToken) : Number.MAX_SAFE_INTEGER
  const blocks = Math.floor(tokens / rule.blockTokens)
  return {
    weightBytes,
    keyValueBytes,
    reservedBytes: Math.max(0, deviceBytes - weightBytes - keyValueBytes),
    deviceBytes,
    keyValueTokens: blocks * rule.blockTokens,
    keyValueBlocks: blocks,
    maximumSequences: bytesPerSequence > 0 ? keyValueBytes / bytesPerSequence : Number.MAX_SAFE_INTEGER,
  }
}
