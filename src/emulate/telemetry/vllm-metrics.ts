/**
 * /metrics as vLLM's API server has it: vllm/v1/metrics/loggers.py, PrometheusStatLogger, read at 3168f587; old names
 * at 005a810b (0.10). Labels of cache_config_info: vllm/config/cache.py at
 * 002f10e0, which writes its fields as Python does. One engine index per replica, as vLLM has one per data-parallel rank.
 */
import {
  cacheBlocks,
  cacheTokens,
  families,
  labelled,
  type Metric,
  metric,
  type ReplicaView,
} from './dialect.ts'
import type { Family, Labels } from './exposition.ts'

const metrics: readonly Metric[] = [
  metric('gauge', 'vllm:num_requests_running', 'Requests in the running batch.', view => view.running),
  metric('gauge', 'vllm:num_requests_waiting', 'Requests in the queue.', view => view.waiting),
  metric(
    'gauge',
    'vllm:kv_cache_usage_perc',
    'Share of KV cache blocks in use, 0 to 1.',
    view => view.cacheUse,
  ),
  counter(
    'prefix_cache_queries',
    'Tokens looked up in the prefix cache.',
    view => view.metrics.cacheQueryTokens,
  ),
  counter('prefix_cache_hits', 'Tokens found in the prefix cache.', view => view.metrics.cacheHitTokens),
  counter(
    'external_prefix_cache_queries',
    'Tokens looked up in slower tiers or other instances.',
    view => view.metrics.externalQueryTokens,
  ),
  counter(
    'external_prefix_cache_hits',
    'Tokens found in slower tiers or other instances.',
    view => view.metrics.externalHitTokens,
  ),
  counter('num_preemptions', 'Preemptions.', view => view.metrics.preemptions),
  counter('prompt_tokens', 'Prompt tokens, cached ones included.', view => view.metrics.promptTokens),
  labelled(
    'counter',
    'vllm:prompt_tokens_by_source_total',
    'Prompt tokens by where they came from.',
    'source',
    ({ metrics: { computedTokens, localCacheTokens, externalCacheTokens } }) => ({
      local_compute: computedTokens,
      local_cache_hit: localCacheTokens,
      external_kv_transfer: externalCacheTokens,
    }),
  ),
  counter(
    'prompt_tokens_cached',
    'Prompt tokens that were cached, here or elsewhere.',
    view => view.metrics.localCacheTokens + view.metrics.externalCacheTokens,
  ),
  counter('generation_tokens', 'Tokens generated.', view => view.metrics.generationTokens),
  labelled(
    'counter',
    'vllm:request_success_total',
    'Requests that ended, by reason.',
    'finished_reason',
    view => view.metrics.finished,
  ),
  histogram('request_prompt_tokens', 'Prompt tokens per request.', 'promptTokens'),
  histogram('request_generation_tokens', 'Generated tokens per request.', 'generationTokens'),
  histogram('iteration_tokens_total', 'Tokens per engine step.', 'iterationTokens'),
  histogram(
    'request_max_num_generation_tokens',
    'Most tokens of any choice of a request.',
    'generationTokens',
  ),
  histogram('request_params_n', 'Parameter n of requests.', 'choices'),
  histogram('request_params_max_tokens', 'Parameter max_tokens of requests.', 'maximumTokens'),
  histogram('time_to_first_token_seconds', 'Time to first token.', 'timeToFirstTokenSeconds'),
  histogram('inter_token_latency_seconds', 'Time between tokens.', 'interTokenSeconds'),
  histogram(
    'request_time_per_output_token_seconds',
    'Mean time per output token of a request.',
    'timePerOutputTokenSeconds',
  ),
  histogram('e2e_request_latency_seconds', 'Time from arrival to end.', 'endToEndSeconds'),
  histogram('request_queue_time_seconds', 'Time in the queue.', 'queueSeconds'),
  histogram(
    'request_inference_time_seconds',
    'Time from first scheduling to last token.',
    'inferenceSeconds',
  ),
  histogram('request_prefill_time_seconds', 'Time from first scheduling to first token.', 'prefillSeconds'),
  histogram('request_decode_time_seconds', 'Time from first to last token.', 'decodeSeconds'),
  histogram(
    'request_prefill_kv_computed_tokens',
    'Prompt tokens of a request that were not cached.',
    'computedPromptTokens',
  ),
]

/** Names until 0.10 (deprecated since 0.9), with the values of their successors. */
const legacyMetrics: readonly Metric[] = [
  metric(
    'gauge',
    'vllm:gpu_cache_usage_perc',
    'Old name of vllm:kv_cache_usage_perc.',
    view => view.cacheUse,
  ),
  counter(
    'gpu_prefix_cache_queries',
    'Old name of vllm:prefix_cache_queries.',
    view => view.metrics.cacheQueryTokens,
  ),
  counter(
    'gpu_prefix_cache_hits',
    'Old name of vllm:prefix_cache_hits.',
    view => view.metrics.cacheHitTokens,
  ),
  histogram(
    'time_per_output_token_seconds',
    'Old name of vllm:inter_token_latency_seconds.',
    'interTokenSeconds',
  ),
]

const cacheConfig: readonly Metric[] = [
  metric('gauge', 'vllm:cache_config_info', 'Configuration of the KV cache, in labels.', () => 1),
]

function counter(name: string, help: string, value: (view: ReplicaView) => number): Metric {
  return metric('counter', `vllm:${name}_total`, help, value)
}

function histogram(name: string, help: string, from: keyof ReplicaView['metrics']['histograms']): Metric {
  return metric('histogram', `vllm:${name}`, help, view => view.metrics.histograms[from])
}

/** vLLM's metrics of these replicas; legacyNames adds the old ones. */
export function vllmFamilies(views: readonly ReplicaView[], legacyNames: boolean): Family[] {
  const labels = (view: ReplicaView): Labels => ({
    engine: String(view.id),
    model_name: view.pool.modelName,
  })
  return [
    ...families(legacyNames ? [...metrics, ...legacyMetrics] : metrics, views, labels),
    ...families(cacheConfig, views, cacheConfigLabels),
  ]
}

/** Numbers of one data-parallel rank would be vLLM's; a replica is one engine here, so they are of all its ranks. */
function cacheConfigLabels(view: ReplicaView): Labels {
  const { engine, cacheLabels } = view.pool
  const hostBlocks = engine.tiers.find(({ tier }) => tier === 'host')?.blocksPerRank
  return {
    ...cacheLabels,
    block_size: String(engine.blockTokens),
    enable_prefix_caching: engine.prefixCaching ? 'True' : 'False',
    num_gpu_blocks: String(cacheBlocks(view)),
    num_cpu_blocks: hostBlocks === undefined ? 'None' : String(hostBlocks * engine.ranks),
    kv_cache_size_tokens: String(cacheTokens(view)),
    kv_cache_max_concurrency: String(cacheTokens(view) / engine.maximumContextTokens),
    engine: String(view.id),
  }
}
