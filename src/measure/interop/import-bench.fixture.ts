/** Small results of vllm bench, SGLang and AIPerf, written by hand after the fields that the tools' sources name. */

/** vllm bench serve --save-result --save-detailed: 100 and 120 ms to the first of 3 and 2 tokens, one failure. */
export const vllmDetailed = {
  date: '20261120-100000',
  endpoint_type: 'openai-chat',
  backend: 'openai-chat',
  label: 'openai-chat',
  model_id: 'meta-llama/Llama-3.1-8B',
  tokenizer_id: 'meta-llama/Llama-3.1-8B',
  num_prompts: 3,
  request_rate: 'inf',
  burstiness: 1.0,
  max_concurrency: 2,
  duration: 2.0,
  completed: 2,
  failed: 1,
  total_input_tokens: 300,
  total_output_tokens: 5,
  request_throughput: 1.0,
  request_goodput: null,
  output_throughput: 2.5,
  total_token_throughput: 152.5,
  input_lens: [100, 200, 100],
  output_lens: [3, 2, 0],
  ttfts: [0.1, 0.12, 0.0],
  itls: [[0.02, 0.02], [0.04], []],
  latencies: [0.14, 0.16, 0.0],
  start_times: [1000.0, 1000.5, 1001.0],
  queue_times: [0, 0, 0],
  generated_texts: ['a b c', 'a b', ''],
  errors: ['', '', 'Traceback\nValueError: boom'],
  max_output_tokens_per_s: 3.0,
  max_concurrent_requests: 2,
  rtfx: 0.0,
  mean_ttft_ms: 110.0,
  median_ttft_ms: 110.0,
  std_ttft_ms: 10.0,
  p99_ttft_ms: 119.8,
  mean_tpot_ms: 30.0,
  median_tpot_ms: 30.0,
  std_tpot_ms: 10.0,
  p99_tpot_ms: 39.8,
  mean_itl_ms: 26.7,
  median_itl_ms: 20.0,
  std_itl_ms: 9.4,
  p99_itl_ms: 39.6,
} as const

/** The same without --save-detailed. */
export const vllmSummary = Object.fromEntries(
  Object.entries(vllmDetailed).filter(
    ([key]) =>
      !['input_lens', 'output_lens', 'start_times', 'ttfts', 'itls', 'generated_texts', 'errors'].includes(
        key,
      ),
  ),
)

export const sglangDetailed = {
  backend: 'sglang-oai-chat',
  dataset_name: 'random',
  request_rate: 4.0,
  max_concurrency: null,
  random_input_len: 100,
  random_output_len: 3,
  random_range_ratio: 1.0,
  duration: 1.5,
  completed: 2,
  total_input: 200,
  total_output: 6,
  total_output_retokenized: 6,
  request_throughput: 1.3333,
  input_throughput: 133.33,
  output_throughput: 4.0,
  output_throughput_retokenized: 4.0,
  total_throughput: 137.33,
  total_throughput_retokenized: 137.33,
  mean_ttft_ms: 100.0,
  median_ttft_ms: 100.0,
  std_ttft_ms: 0.0,
  p99_ttft_ms: 100.0,
  mean_tpot_ms: 22.0,
  median_tpot_ms: 22.0,
  std_tpot_ms: 0.0,
  p99_tpot_ms: 22.0,
  mean_itl_ms: 20.0,
  median_itl_ms: 20.0,
  std_itl_ms: 0.0,
  p95_itl_ms: 20.0,
  p99_itl_ms: 20.0,
  max_itl_ms: 20.0,
  mean_e2e_latency_ms: 144.0,
  median_e2e_latency_ms: 144.0,
  std_e2e_latency_ms: 0.0,
  p99_e2e_latency_ms: 144.0,
  concurrency: 0.19,
  accept_length: null,
  input_lens: [100, 100],
  output_lens: [3, 3],
  ttfts: [0.1, 0.1],
  itls: [
    [0.02, 0.02],
    [0.02, 0.02],
  ],
  generated_texts: ['a b c', 'a b c'],
  errors: ['', ''],
} as const

/** One served request (100 ms, then 20 and 20 ms), warm-up, and a failure. */
export const aiperfRecords = [
  record({ phase: 'warmup', startNs: 1_795_000_000_000_000_000n, metrics: { request_latency: [900, 'ms'] } }),
  record({
    phase: 'profiling',
    startNs: 1_795_000_001_000_000_000n,
    metrics: {
      time_to_first_token: [100, 'ms'],
      request_latency: [140, 'ms'],
      inter_token_latency: [20, 'ms'],
      inter_chunk_latency: [[20, 20], 'ms'],
      output_sequence_length: [3, 'tokens'],
      input_sequence_length: [100, 'tokens'],
    },
  }),
  record({ phase: 'profiling', startNs: 1_795_000_002_000_000_000n, metrics: {}, error: 'HTTP 500' }),
].join('\n')

function record(parts: {
  readonly phase: string
  readonly startNs: bigint
  readonly metrics: Readonly<Record<string, readonly [number | readonly number[], string]>>
  readonly error?: string
}): string {
  const { phase, startNs, metrics, error } = parts
  const values = Object.fromEntries(
    Object.entries(metrics).map(([tag, [value, unit]]) => [tag, { value, unit }]),
  )
  return (
    `{"metadata":{"session_num":0,"turn_index":0,"credit_issued_ns":${startNs - 2_000_000n},"request_start_ns":${startNs},` +
    `"request_end_ns":${startNs + 150_000_000n},"worker_id":"w","record_processor_id":"p","benchmark_phase":"${phase}",` +
    `"was_cancelled":false},"metrics":${JSON.stringify(values)}` +
    `${error === undefined ? '' : `,"error":{"code":500,"type":"HTTPError","message":"${error}"}`}}`
  )
}

export const aiperfSummaryExport = {
  schema_version: '1.4',
  aiperf_version: '0.13.0',
  benchmark_id: 'x',
  request_latency: {
    unit: 'ms',
    avg: 140,
    min: 140,
    max: 140,
    p50: 140,
    p90: 140,
    p95: 140,
    p99: 140,
    std: 0,
    count: 1,
    sum: 140,
  },
  time_to_first_token: {
    unit: 'ms',
    avg: 100,
    min: 100,
    max: 100,
    p50: 100,
    p90: 100,
    p95: 100,
    p99: 100,
    std: 0,
    count: 1,
    sum: 100,
  },
  inter_token_latency: {
    unit: 'ms',
    avg: 20,
    min: 20,
    max: 20,
    p50: 20,
    p90: 20,
    p95: 20,
    p99: 20,
    std: 0,
    count: 1,
    sum: 20,
  },
  request_count: { unit: 'requests', avg: 1 },
  error_request_count: { unit: 'requests', avg: 1 },
  request_throughput: { unit: 'requests/sec', avg: 7.14 },
  output_token_throughput: { unit: 'tokens/sec', avg: 21.4 },
  benchmark_duration: { unit: 'sec', avg: 0.14 },
  total_osl: { unit: 'tokens', avg: 3 },
  total_isl: { unit: 'tokens', avg: 100 },
  input_config: {
    models: { items: [{ name: 'meta-llama/Llama-3.1-8B' }] },
    endpoint: { urls: ['http://localhost:8000'], type: 'chat', streaming: true },
    phases: [
      { name: 'warmup', kind: 'warmup', type: 'concurrency', concurrency: 1 },
      { name: 'profiling', kind: 'profiling', type: 'concurrency', concurrency: 16, requests: 2 },
    ],
  },
  was_cancelled: false,
  start_time: '2026-11-20T10:00:00',
} as const
