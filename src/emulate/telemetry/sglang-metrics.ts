/**
 * /metrics as SGLang's server has it with --enable-metrics: python/sglang/srt/observability/metrics_collector.py at
 * 016d8605. Tokens are counted when a request ends, as there. dp_rank tells replicas apart, as it does ranks there.
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

const schedulerMetrics: readonly Metric[] = [
  metric('gauge', 'sglang:num_running_reqs', 'Requests in the running batch.', view => view.running),
  metric('gauge', 'sglang:num_queue_reqs', 'Requests in the queue.', view => view.waiting),
  metric('gauge', 'sglang:token_usage', 'Share of the KV cache in use, 0 to 1.', view => view.cacheUse),
  metric('gauge', 'sglang:num_used_tokens', 'Tokens of the KV cache in use.', view =>
    Math.round(view.cacheUse * cacheTokens(view)),
  ),
  metric('gauge', 'sglang:max_total_num_tokens', 'Room of the KV cache, tokens.', cacheTokens),
  metric(
    'gauge',
    'sglang:page_size',
    'Tokens per page of the KV cache.',
    view => view.pool.engine.blockTokens,
  ),
  metric('gauge', 'sglang:num_pages', 'Pages of the KV cache.', cacheBlocks),
  metric(
    'gauge',
    'sglang:context_len',
    'Longest context, tokens.',
    view => view.pool.engine.maximumContextTokens,
  ),
  metric(
    'counter',
    'sglang:num_retracted_requests_total',
    'Requests that were retracted.',
    view => view.metrics.preemptions,
  ),
  labelled(
    'counter',
    'sglang:realtime_tokens_total',
    'Tokens as they are processed, by mode.',
    'mode',
    ({ metrics: { computedTokens, localCacheTokens, externalCacheTokens, generationTokens } }) => ({
      prefill_compute: computedTokens,
      prefill_cache: localCacheTokens + externalCacheTokens,
      decode: generationTokens,
    }),
  ),
  histogram('queue_time_seconds', 'Time in the queue.', 'queueSeconds'),
]

const requestMetrics: readonly Metric[] = [
  metric(
    'counter',
    'sglang:prompt_tokens_total',
    'Prompt tokens of ended requests.',
    view => view.metrics.endedPromptTokens,
  ),
  metric(
    'counter',
    'sglang:generation_tokens_total',
    'Generated tokens of ended requests.',
    view => view.metrics.endedGenerationTokens,
  ),
  labelled(
    'counter',
    'sglang:cached_tokens_total',
    'Cached prompt tokens of ended requests, by source.',
    'cache_source',
    ({ metrics: { endedLocalCacheTokens, endedExternalCacheTokens } }) => ({
      device: endedLocalCacheTokens,
      host: endedExternalCacheTokens,
    }),
  ),
  metric('counter', 'sglang:num_requests_total', 'Requests that ended.', ({ metrics: { finished } }) =>
    Object.values(finished).reduce((sum, count) => sum + count, 0),
  ),
  metric(
    'counter',
    'sglang:num_aborted_requests_total',
    'Requests that were aborted.',
    view => view.metrics.finished.abort,
  ),
  histogram('prompt_tokens_histogram', 'Prompt tokens per request.', 'promptTokens'),
  histogram(
    'uncached_prompt_tokens_histogram',
    'Prompt tokens of a request that were not cached.',
    'computedPromptTokens',
  ),
  histogram('generation_tokens_histogram', 'Generated tokens per request.', 'generationTokens'),
  histogram('time_to_first_token_seconds', 'Time to first token.', 'timeToFirstTokenSeconds'),
  histogram('inter_token_latency_seconds', 'Time between tokens.', 'interTokenSeconds'),
  histogram('e2e_request_latency_seconds', 'Time from arrival to end.', 'endToEndSeconds'),
]

function histogram(name: string, help: string, from: keyof ReplicaView['metrics']['histograms']): Metric {
  return metric('histogram', `sglang:${name}`, help, view => view.metrics.histograms[from])
}

const engineTypes = { serve: 'unified', prefill: 'prefill', decode: 'decode' } as const

/** SGLang's metrics of these replicas. */
export function sglangFamilies(views: readonly ReplicaView[]): Family[] {
  const requestLabels = (view: ReplicaView): Labels => ({
    model_name: view.pool.modelName,
    dp_rank: String(view.id),
  })
  const schedulerLabels = (view: ReplicaView): Labels => ({
    ...requestLabels(view),
    engine_type: engineTypes[view.pool.role],
    tp_rank: '0',
    pp_rank: '0',
    moe_ep_rank: '0',
  })
  return [
    ...families(schedulerMetrics, views, schedulerLabels),
    ...families(requestMetrics, views, requestLabels),
  ]
}
