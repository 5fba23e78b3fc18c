/** What a replica's /metrics say of its load and its cache: one reading for a router. Pure. Names: src/measure/engine-metrics.ts. */
import { type EngineCounters, readCounters } from '../../measure/engine-counters.ts'
import { isEngineMetric } from '../../measure/engine-metrics.ts'
import { parseExposition, type Sample } from '../../measure/prometheus-text.ts'

export interface ReplicaReading {
  readonly waiting: number
  readonly running: number
  /** Share of cache blocks in use, 0 to 1; 0 where the engine does not tell. */
  readonly cacheUse: number
  /** Tokens all its caches hold together; null where the engine does not tell. */
  readonly cacheTokens: number | null
  /** Series that told of running requests: replicas or data-parallel ranks behind this address. */
  readonly ranks: number
  readonly counters: EngineCounters
}

/**
 * Size of the cache, by engine. vLLM: labels of cache_config_info (vllm/config/cache.py at 002f10e0). SGLang: max_total_num_tokens
 * (the emulator's sglang-metrics.ts names its source). TensorRT-LLM: kv_cache_max_blocks × kv_cache_tokens_per_block
 * (tensorrt_llm/metrics/collector.py, as the emulator's trtllm-metrics.ts has it). llama.cpp does not tell.
 */
const vllmConfig = 'vllm:cache_config_info'
const sglangTokens = 'sglang:max_total_num_tokens'
const trtllmBlocks = 'trtllm_kv_cache_max_blocks'
const trtllmBlockTokens = 'trtllm_kv_cache_tokens_per_block'
const sizes = new Set([vllmConfig, sglangTokens, trtllmBlocks, trtllmBlockTokens])

/** Null when no engine's metrics are in the text, or it does not say how much runs. `model` leaves other models out. */
export function readReplica(text: string, model: string | null = null): ReplicaReading | null {
  const { samples } = parseExposition(text, isWanted)
  const counters = readCounters(samples, model)
  if (counters === null) return null
  const { running, waiting, cacheUse, replicas } = counters.gauges
  if (running === null) return null
  return {
    waiting: waiting ?? 0,
    running,
    cacheUse: Math.min(1, Math.max(0, cacheUse ?? 0)),
    cacheTokens: cacheTokensOf(samples),
    ranks: Math.max(1, replicas),
    counters,
  }
}

function isWanted(name: string): boolean {
  return sizes.has(name) || isEngineMetric(name)
}

function cacheTokensOf(samples: readonly Sample[]): number | null {
  let tokens = 0
  for (const { name, labels, value } of samples) {
    if (name === vllmConfig) tokens += product(labels.num_gpu_blocks, labels.block_size)
    else if (name === sglangTokens && (labels.tp_rank ?? '0') === '0' && (labels.pp_rank ?? '0') === '0')
      tokens += Number.isFinite(value) ? value : 0
    else if (name === trtllmBlocks) {
      const size = samples.find(sample => sample.name === trtllmBlockTokens)
      tokens += product(String(value), String(size?.value))
    }
  }
  return tokens > 0 ? tokens : null
}

/** 0 where one of them is no number: Python writes None. */
function product(one: string | undefined, other: string | undefined): number {
  const value = Number(one) * Number(other)
  return Number.isFinite(value) ? value : 0
}
