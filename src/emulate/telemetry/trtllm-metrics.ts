/**
 * /prometheus/metrics as trtllm-serve has it with return_perf_metrics: tensorrt_llm/metrics/collector.py at 050f80de.
 * The label engine is ours: it tells replicas apart, of which trtllm-serve has one.
 */
import { cacheBlocks, families, labelled, type Metric, metric, type ReplicaView } from './dialect.ts'
import type { Family, Labels } from './exposition.ts'

function usedBlocks(view: ReplicaView): number {
  return Math.round(view.cacheUse * cacheBlocks(view))
}

const metrics: readonly Metric[] = [
  metric('gauge', 'trtllm_num_requests_running', 'Active requests.', view => view.running),
  metric('gauge', 'trtllm_num_requests_waiting', 'Requests in the queue.', view => view.waiting),
  metric(
    'gauge',
    'trtllm_kv_cache_utilization',
    'Share of KV cache blocks in use, 0 to 1.',
    view => view.cacheUse,
  ),
  metric(
    'gauge',
    'trtllm_kv_cache_hit_rate',
    'Share of looked-up tokens that were cached.',
    ({ metrics: own }) =>
      own.cacheQueryTokens === 0 ? 0 : (own.cacheHitTokens + own.externalHitTokens) / own.cacheQueryTokens,
  ),
  metric('gauge', 'trtllm_kv_cache_max_blocks', 'Blocks of the KV cache.', cacheBlocks),
  metric('gauge', 'trtllm_kv_cache_used_blocks', 'Blocks of the KV cache in use.', usedBlocks),
  metric(
    'gauge',
    'trtllm_kv_cache_free_blocks',
    'Blocks of the KV cache not in use.',
    view => cacheBlocks(view) - usedBlocks(view),
  ),
  metric(
    'gauge',
    'trtllm_kv_cache_tokens_per_block',
    'Tokens per block.',
    view => view.pool.engine.blockTokens,
  ),
  metric(
    'gauge',
    'trtllm_max_batch_size_static',
    'Largest batch, requests.',
    view => view.pool.engine.maximumSequences,
  ),
  metric(
    'counter',
    'trtllm_prompt_tokens_total',
    'Prompt tokens of ended requests.',
    view => view.metrics.endedPromptTokens,
  ),
  metric(
    'counter',
    'trtllm_generation_tokens_total',
    'Generated tokens of ended requests.',
    view => view.metrics.endedGenerationTokens,
  ),
  metric(
    'counter',
    'trtllm_prompt_cached_tokens_total',
    'Cached prompt tokens of ended requests.',
    view => view.metrics.endedLocalCacheTokens + view.metrics.endedExternalCacheTokens,
  ),
  metric(
    'counter',
    'trtllm_num_requests_completed_total',
    'Requests that ended.',
    ({ metrics: { finished } }) => Object.values(finished).reduce((sum, count) => sum + count, 0),
  ),
  labelled(
    'counter',
    'trtllm_request_success_total',
    'Requests that ended, by reason.',
    'finished_reason',
    ({ metrics: { finished } }) => ({ stop: finished.stop, length: finished.length }),
  ),
  histogram('e2e_request_latency_seconds', 'Time from arrival to end.', 'endToEndSeconds'),
  histogram('time_to_first_token_seconds', 'Time to first token.', 'timeToFirstTokenSeconds'),
  histogram(
    'time_per_output_token_seconds',
    'Mean time per output token of a request.',
    'timePerOutputTokenSeconds',
  ),
  histogram('request_queue_time_seconds', 'Time in the queue.', 'queueSeconds'),
  histogram('request_prefill_time_seconds', 'Time from first scheduling to first token.', 'prefillSeconds'),
  histogram('request_decode_time_seconds', 'Time from first to last token.', 'decodeSeconds'),
  histogram(
    'request_inference_time_seconds',
    'Time from first scheduling to last token.',
    'inferenceSeconds',
  ),
]

function histogram(name: string, help: string, from: keyof ReplicaView['metrics']['histograms']): Metric {
  return metric('histogram', `trtllm_${name}`, help, view => view.metrics.histograms[from])
}

/** TensorRT-LLM's metrics of these replicas. */
export function trtllmFamilies(views: readonly ReplicaView[]): Family[] {
  return families(
    metrics,
    views,
    (view): Labels => ({
      model_name: view.pool.modelName,
      engine_type: 'trtllm',
      engine: String(view.id),
    }),
  )
}
