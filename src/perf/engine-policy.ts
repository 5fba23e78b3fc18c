/**
 * Rules of the engines that shape batching. Budgets are defaults as remembered, not looked up for each release; launch scripts
 * of published benchmarks often set their own.
 */
import type { Accelerator } from '../catalog/types.ts'
import type { Engine } from './deployment.ts'

export interface EnginePolicy {
  /** Prompt tokens an engine takes into one step per attention-data-parallel group, on large and small devices. */
  readonly tokenBudget: number
  readonly smallDeviceTokenBudget: number
  /** mixed: prompts ride along with decodes. prefill-first: a step is either prefill or decode. */
  readonly batching: 'mixed' | 'prefill-first'
  readonly source: string
}

export const enginePolicies: Readonly<Record<Engine, EnginePolicy>> = {
  vllm: {
    tokenBudget: 8192,
    smallDeviceTokenBudget: 2048,
    batching: 'mixed',
    source: 'vLLM V1: max_num_batched_tokens 8192 for the API server on ≥ 70 GB devices, chunked prefill on',
  },
  sglang: {
    tokenBudget: 16384,
    smallDeviceTokenBudget: 4096,
    batching: 'prefill-first',
    source:
      'SGLang: chunked_prefill_size 8192–16384 by device memory, prefill batches go before decode batches',
  },
  trtllm: {
    tokenBudget: 8192,
    smallDeviceTokenBudget: 8192,
    batching: 'mixed',
    source: 'TensorRT-LLM: max_num_tokens 8192, in-flight batching',
  },
  atom: {
    tokenBudget: 16384,
    smallDeviceTokenBudget: 16384,
    batching: 'mixed',
    source: 'assumed as vLLM with its larger budget',
  },
}

/** Below this memory vLLM and SGLang choose a smaller default: from memory of their argument parsers, not looked up. */
const largeDeviceBytes = 70 * 2 ** 30

/** Prompt tokens of one step by the engine's default for the device. */
export function tokenBudget(engine: Engine, accelerator: Accelerator): number {
  const policy = enginePolicies[engine]
  return accelerator.memoryBytes < largeDeviceBytes ? policy.smallDeviceTokenBudget : policy.tokenBudget
}
