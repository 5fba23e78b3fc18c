/**
 * Which metric of which engine means what. What each engine counts, and when, decides what a client may compare it with:
 *
 * - vLLM (vllm/v1/metrics/loggers.py at 005a810b, stats.py at 28ed1fb8): prompts are counted whole, cached tokens
 *   included, once, with their first token; a preempted request that is computed anew does not count again. Tokens are
 *   counted step by step, so those of requests the client broke off are in both counters, while request_success does not
 *   count such requests (vllm-project/vllm issues 55634 and 31503). A request with n > 1 is n requests inside. An end
 *   token counts, as it does in usage. prefix_cache_hits counts when a request is first scheduled.
 * - SGLang (sglang/srt/observability/metrics_collector.py at 44cedc2b, observe_one_finished_request): everything is
 *   counted when a request ends, aborted ones too if they had left the queue. Prompts include cached tokens. Needs
 *   --enable-metrics.
 * - TensorRT-LLM (tensorrt_llm/metrics/collector.py, log_request_metrics_dict): everything is counted when a request ends
 *   with a finish reason. Served under /prometheus/metrics and only with return_perf_metrics; copies of 2025 (89fd9b74)
 *   count requests alone, without the prefix `trtllm_`.
 * - llama.cpp (tools/server at fb402660; pull request 26920 of 2026-08): prompt_tokens_total leaves cached tokens out; since
 *   that change prompt_tokens_cached_total counts them. Predicted tokens are counted when a request ends, which may be just
 *   after its answer did. Numbers are printed with six significant digits (C++ streams), so above a million the last
 *   digits are lost. There is no count of requests. Needs --metrics.
 */

export const metricEngines = ['vllm', 'sglang', 'trtllm', 'llamacpp'] as const
export type MetricEngine = (typeof metricEngines)[number]

export const counterNames = ['requests', 'inputTokens', 'cachedTokens', 'outputTokens'] as const
export type CounterName = (typeof counterNames)[number]

/** Metrics whose sum is the counter. A later choice is taken where the earlier ones are absent (older versions). */
export interface CounterSource {
  readonly metrics: readonly string[]
  /** Series with one of these values of a label do not count. */
  readonly without?: { readonly label: string; readonly values: readonly string[] }
  /** Added where they exist; their absence means nothing. */
  readonly optional?: readonly string[]
  /** Prompts without the tokens that were found in the cache. */
  readonly uncachedOnly?: boolean
}

export interface EngineMetrics {
  readonly counters: Readonly<Record<CounterName, readonly CounterSource[]>>
  readonly running: readonly string[]
  readonly waiting: readonly string[]
  /** Share of the KV cache in use, 0 to 1. */
  readonly cacheUse: readonly string[]
  /** Label that holds the served model's name. */
  readonly modelLabel: string
  /** Digits that survive printing; null: all. */
  readonly significantDigits: number | null
}

const unfinished = { label: 'finished_reason', values: ['abort', 'error', 'cancelled'] }

export const engineMetrics: Readonly<Record<MetricEngine, EngineMetrics>> = {
  vllm: {
    counters: {
      requests: [{ metrics: ['vllm:request_success_total'], without: unfinished }],
      inputTokens: [{ metrics: ['vllm:prompt_tokens_total'] }],
      cachedTokens: [
        { metrics: ['vllm:prompt_tokens_cached_total'] },
        {
          metrics: ['vllm:prefix_cache_hits_total'],
          optional: ['vllm:external_prefix_cache_hits_total'],
        },
        { metrics: ['vllm:gpu_prefix_cache_hits_total'] },
      ],
      outputTokens: [{ metrics: ['vllm:generation_tokens_total'] }],
    },
    running: ['vllm:num_requests_running'],
    waiting: ['vllm:num_requests_waiting'],
    cacheUse: ['vllm:kv_cache_usage_perc', 'vllm:gpu_cache_usage_perc'],
    modelLabel: 'model_name',
    significantDigits: null,
  },
  sglang: {
    counters: {
      requests: [{ metrics: ['sglang:num_requests_total'] }],
      inputTokens: [{ metrics: ['sglang:prompt_tokens_total'] }],
      cachedTokens: [{ metrics: ['sglang:cached_tokens_total'] }],
      outputTokens: [{ metrics: ['sglang:generation_tokens_total'] }],
    },
    running: ['sglang:num_running_reqs'],
    waiting: ['sglang:num_queue_reqs'],
    cacheUse: ['sglang:token_usage'],
    modelLabel: 'model_name',
    significantDigits: null,
  },
  trtllm: {
    counters: {
      requests: [
        { metrics: ['trtllm_request_success_total'], without: unfinished },
        { metrics: ['request_success_total'], without: unfinished },
      ],
      inputTokens: [{ metrics: ['trtllm_prompt_tokens_total'] }],
      cachedTokens: [{ metrics: ['trtllm_prompt_cached_tokens_total'] }],
      outputTokens: [{ metrics: ['trtllm_generation_tokens_total'] }],
    },
    running: ['trtllm_num_requests_running'],
    waiting: ['trtllm_num_requests_waiting'],
    cacheUse: ['trtllm_kv_cache_utilization'],
    modelLabel: 'model_name',
    significantDigits: null,
  },
  llamacpp: {
    counters: {
      requests: [],
      inputTokens: [
        { metrics: ['llamacpp:prompt_tokens_total', 'llamacpp:prompt_tokens_cached_total'] },
        { metrics: ['llamacpp:prompt_tokens_total'], uncachedOnly: true },
      ],
      cachedTokens: [{ metrics: ['llamacpp:prompt_tokens_cached_total'] }],
      outputTokens: [{ metrics: ['llamacpp:tokens_predicted_total'] }],
    },
    running: ['llamacpp:requests_processing'],
    waiting: ['llamacpp:requests_deferred'],
    cacheUse: ['llamacpp:kv_cache_usage_ratio'],
    modelLabel: 'model',
    significantDigits: 6,
  },
}

/** Start of the process as Prometheus clients tell it, seconds since 1970. */
export const processStartMetric = 'process_start_time_seconds'

const named = new Set<string>([
  processStartMetric,
  ...Object.values(engineMetrics).flatMap(({ counters, running, waiting, cacheUse }) => [
    ...running,
    ...waiting,
    ...cacheUse,
    ...Object.values(counters).flatMap(sources =>
      sources.flatMap(({ metrics, optional = [] }) => [...metrics, ...optional]),
    ),
  ]),
])

/** For parseExposition: everything else of an engine's hundreds of lines need not be read. */
export function isEngineMetric(name: string): boolean {
  return named.has(name)
}
