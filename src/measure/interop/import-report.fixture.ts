/** Small results of GuideLLM and inference-perf, written by hand after the fields that the tools' sources name. */

const guidellmDistribution = (value: number) => ({
  successful: {
    mean: value,
    median: value,
    mode: value,
    variance: 0,
    std_dev: 0,
    min: value,
    max: value,
    count: 2,
    total_sum: value * 2,
    percentiles: {
      p001: value,
      p01: value,
      p05: value,
      p10: value,
      p25: value,
      p50: value,
      p75: value,
      p90: value,
      p95: value,
      p99: value,
      p999: value,
    },
  },
  incomplete: null,
  errored: null,
  total: null,
})

const guidellmRequest = (start: number) => ({
  type_: 'generative_request_stats',
  request_id: 'r',
  info: {
    timings: {
      targeted_start: start - 0.01,
      request_start: start,
      first_token_iteration: start + 0.1,
      last_token_iteration: start + 0.14,
      request_end: start + 0.15,
      token_iterations: 3,
    },
  },
  prompt_tokens: 100,
  output_tokens: 3,
})

/** Report version 2 with two loads. */
export const guidellmReport = {
  metadata: { version: 2, guidellm_version: '0.7.3', python_version: '3.11', platform: 'Linux' },
  config: { backend: { model: 'meta-llama/Llama-3.1-8B' } },
  benchmarks: [
    guidellmBenchmark({ type_: 'concurrent', streams: 16 }),
    guidellmBenchmark({ type_: 'poisson', rate: 2.5, max_concurrency: null }),
  ],
}

function guidellmBenchmark(strategy: Readonly<Record<string, unknown>>) {
  return {
    type_: 'generative_benchmark',
    config: { strategy, backend: {} },
    scheduler_metrics: { measure_start_time: 1_795_168_800.0 },
    start_time: 1_795_168_800.0,
    end_time: 1_795_168_801.5,
    duration: 1.5,
    metrics: {
      request_totals: { successful: 2, incomplete: 1, errored: 1, total: 4 },
      requests_per_second: guidellmDistribution(1.333),
      request_latency: guidellmDistribution(0.15),
      prompt_token_count: guidellmDistribution(100),
      output_token_count: guidellmDistribution(3),
      time_to_first_token_ms: guidellmDistribution(100),
      time_per_output_token_ms: guidellmDistribution(46.67),
      inter_token_latency_ms: guidellmDistribution(20),
      prompt_tokens_per_second: guidellmDistribution(133),
      output_tokens_per_second: guidellmDistribution(4),
      tokens_per_second: guidellmDistribution(137),
    },
    requests: {
      successful: [guidellmRequest(1_795_168_800.0), guidellmRequest(1_795_168_801.0)],
      incomplete: [],
      errored: [],
      total: null,
    },
  }
}

const seconds = (value: number) => ({
  mean: value,
  min: value,
  max: value,
  median: value,
  p90: value,
  p95: value,
  p99: value,
})

export const inferencePerfStage = {
  benchmark_time_seconds: 2,
  load_summary: {
    count: 2,
    schedule_delay: seconds(0.001),
    send_duration: 1,
    requested_rate: 2,
    achieved_rate: 2,
  },
  successes: {
    count: 2,
    latency: {
      request_latency: seconds(0.15),
      normalized_time_per_output_token: seconds(0.05),
      time_per_output_token: seconds(0.02),
      time_to_first_token: seconds(0.1),
      inter_token_latency: seconds(0.02),
    },
    throughput: {
      input_tokens_per_sec: 100,
      output_tokens_per_sec: 3,
      total_tokens_per_sec: 103,
      requests_per_sec: 1,
    },
    prompt_tokens: { total: 200, cached: 50, uncached: 150 },
    output_tokens: { total: 6 },
  },
  failures: { count: 0, request_latency: null, prompt_tokens: null },
} as const

const inferencePerfRequest = (start: number, error: unknown = null) => ({
  start_time: start,
  end_time: start + 0.15,
  info: {
    request_metrics: { text: { input_tokens: 100 } },
    response_metrics: { output_tokens: 3, output_token_times: [start + 0.1, start + 0.12, start + 0.12] },
  },
  error,
})

export const inferencePerfPerRequest = [
  inferencePerfRequest(500.0),
  inferencePerfRequest(501.0, { error_type: 'HTTP Error 500', error_msg: 'boom' }),
]
