/** Small results of InferenceX and MLPerf, written by hand after the fields that the tools' sources name. */

/** 4 prefill and 8 decode GPUs. */
export const inferencexDisaggregated = {
  hw: 'gb200',
  conc: 128,
  image: 'x',
  model: 'deepseek-ai/DeepSeek-R1',
  infmax_model_prefix: 'dsr1',
  framework: 'dynamo-trt',
  precision: 'fp4',
  spec_decoding: 'none',
  disagg: true,
  isl: 8192,
  osl: 1024,
  is_multinode: true,
  num_prefill_gpu: 4,
  num_decode_gpu: 8,
  tput_per_gpu: 750,
  output_tput_per_gpu: 125,
  input_tput_per_gpu: 2000,
  mean_ttft: 0.5,
  median_ttft: 0.4,
  p99_ttft: 2.0,
  mean_tpot: 0.02,
  median_tpot: 0.019,
  p99_tpot: 0.03,
  mean_intvty: 50,
} as const

export const inferencexAggregated = {
  hw: 'h200',
  conc: 64,
  model: 'openai/gpt-oss-120b',
  framework: 'vllm',
  precision: 'fp4',
  disagg: false,
  tp: 8,
  ep: 1,
  tput_per_gpu: 1000,
  output_tput_per_gpu: 110,
  input_tput_per_gpu: 890,
  mean_ttft: 0.5,
  mean_tpot: 0.02,
} as const

export const mlperfSummaryText = `================================================
MLPerf Results Summary
================================================
SUT name : PySUT
Scenario : Server
Mode     : PerformanceOnly
Completed samples per second    : 5.25
Result is : VALID
  Performance constraints satisfied : Yes
  Min duration satisfied : Yes

================================================
Additional Stats
================================================
Scheduled samples per second : 5.30
Min latency (ns)                : 1000000000
Max latency (ns)                : 9000000000
Mean latency (ns)               : 4000000000
50.00 percentile latency (ns)   : 3900000000
90.00 percentile latency (ns)   : 6000000000
95.00 percentile latency (ns)   : 7000000000
99.00 percentile latency (ns)   : 8000000000

Completed tokens per second                 : 1500.5
Min First Token latency (ns)                : 50000000
Max First Token latency (ns)                : 500000000
Mean First Token latency (ns)               : 100000000
50.00 percentile first token latency (ns)   : 90000000
99.00 percentile first token latency (ns)   : 400000000

Mean Time to Output Token (ns)               : 20000000
50.00 percentile time to output token (ns)   : 19000000
99.00 percentile time to output token (ns)   : 40000000

================================================
Test Parameters Used
================================================
target_qps : 5.5
`

export const mlperfDetailText = [
  ['effective_scenario', 'Offline'],
  ['result_validity', 'INVALID'],
  ['result_query_count', 100],
  ['result_samples_per_second', 12.5],
  ['result_mean_latency_ns', 4_000_000_000],
  ['result_99.00_percentile_latency_ns', 8_000_000_000],
  ['result_tokens_per_second', 2500],
]
  .map(
    ([key, value]) => `:::MLLOG ${JSON.stringify({ key, value, time_ms: 1, namespace: 'mlperf::logging' })}`,
  )
  .join('\n')

const nanoseconds = (ms: number) => ({
  total: ms * 2e6,
  min: ms * 1e6,
  max: ms * 1e6,
  median: ms * 1e6,
  avg: ms * 1e6,
  std_dev: 0,
  percentiles: { '50': ms * 1e6, '90': ms * 1e6, '99.0': ms * 1e6, '95': ms * 1e6 },
})

export const endpointsSummary = {
  version: '0.5.0',
  git_sha: null,
  test_started_at: 0,
  n_samples_issued: 3,
  n_samples_completed: 2,
  n_samples_failed: 1,
  duration_ns: 2_000_000_000,
  state: 'complete',
  complete: true,
  ttft: nanoseconds(100),
  tpot: nanoseconds(20),
  latency: nanoseconds(140),
  output_sequence_lengths: { total: 6 },
  qps: 1,
  tps: 3,
  run_config: { load_pattern: { type: 'concurrency', target_concurrency: 8 } },
} as const
