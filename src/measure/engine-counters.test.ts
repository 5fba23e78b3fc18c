import { describe, expect, it } from 'vitest'
import { readCounters, resetBetween, sameCounts } from './engine-counters.ts'
import { isEngineMetric } from './engine-metrics.ts'
import { parseExposition } from './prometheus-text.ts'

const read = (text: string, model: string | null = null) =>
  readCounters(parseExposition(text, isEngineMetric).samples, model)

const values = (text: string, model: string | null = null) => {
  const counters = read(text, model)
  return Object.fromEntries(
    Object.entries(counters?.counters ?? {}).map(([name, counter]) => [name, counter?.value ?? null]),
  )
}

const vllm = `
vllm:request_success_total{engine="0",finished_reason="stop",model_name="m"} 3.0
vllm:request_success_total{engine="0",finished_reason="length",model_name="m"} 4.0
vllm:request_success_total{engine="0",finished_reason="abort",model_name="m"} 9.0
vllm:request_success_total{engine="1",finished_reason="length",model_name="m"} 2.0
vllm:prompt_tokens_total{engine="0",model_name="m"} 700.0
vllm:prompt_tokens_total{engine="1",model_name="m"} 200.0
vllm:prompt_tokens_total{engine="0",model_name="other"} 5000.0
vllm:generation_tokens_total{engine="0",model_name="m"} 70.0
vllm:generation_tokens_total{engine="1",model_name="m"} 20.0
vllm:prefix_cache_hits_total{engine="0",model_name="m"} 64.0
vllm:external_prefix_cache_hits_total{engine="0",model_name="m"} 16.0
vllm:num_requests_running{engine="0",model_name="m"} 5.0
vllm:num_requests_running{engine="1",model_name="m"} 6.0
vllm:num_requests_waiting{engine="0",model_name="m"} 1.0
vllm:kv_cache_usage_perc{engine="0",model_name="m"} 0.2
vllm:kv_cache_usage_perc{engine="1",model_name="m"} 0.4
process_start_time_seconds 1700000000.5
`

describe('readCounters', () => {
  it('sums vLLM over replicas, of one model, without broken-off requests', () => {
    expect(values(vllm, 'm')).toEqual({ requests: 9, inputTokens: 900, cachedTokens: 80, outputTokens: 90 })
    expect(read(vllm, 'm')).toMatchObject({
      engine: 'vllm',
      startedAtSeconds: 1_700_000_000.5,
      gauges: { running: 11, waiting: 1, replicas: 2 },
    })
    expect(read(vllm, 'm')!.gauges.cacheUse).toBeCloseTo(0.3, 12)
  })

  it('takes all models when none has the name: an alias of the gateway’s', () => {
    expect(values(vllm, 'alias').inputTokens).toBe(5900)
  })

  it('knows old names and prefers new ones', () => {
    expect(values('vllm:gpu_prefix_cache_hits_total 5\nvllm:gpu_cache_usage_perc 0.5').cachedTokens).toBe(5)
    expect(values('vllm:prompt_tokens_cached_total 7\nvllm:prefix_cache_hits_total 9').cachedTokens).toBe(7)
    expect(read('vllm:gpu_cache_usage_perc 0.5')!.gauges.cacheUse).toBe(0.5)
  })

  it('reads SGLang once per group of ranks', () => {
    const text = `
sglang:prompt_tokens_total{model_name="m"} 10
sglang:generation_tokens_total{model_name="m"} 20
sglang:num_requests_total{model_name="m"} 2
sglang:cached_tokens_total{model_name="m",cache_source="device"} 3
sglang:cached_tokens_total{model_name="m",cache_source="host"} 4
sglang:num_running_reqs{tp_rank="0",pp_rank="0",dp_rank="0"} 1
sglang:num_running_reqs{tp_rank="1",pp_rank="0",dp_rank="0"} 1
sglang:num_running_reqs{tp_rank="0",pp_rank="0",dp_rank="1"} 5
`
    expect(values(text)).toEqual({ requests: 2, inputTokens: 10, cachedTokens: 7, outputTokens: 20 })
    expect(read(text)!.gauges).toEqual({ running: 6, waiting: null, cacheUse: null, replicas: 2 })
  })

  it('reads TensorRT-LLM, and its early metrics without a prefix', () => {
    expect(
      values(
        'trtllm_prompt_tokens_total 5\ntrtllm_prompt_cached_tokens_total 1\ntrtllm_generation_tokens_total 6',
      ),
    ).toEqual({ requests: null, inputTokens: 5, cachedTokens: 1, outputTokens: 6 })
    const early = 'request_success_total{engine_type="trtllm",finished_reason="length",model_name="m"} 8'
    expect(read(early)?.engine).toBe('trtllm')
    expect(values(early).requests).toBe(8)
  })

  it('adds what llama.cpp counts apart, and knows how many digits it prints', () => {
    const now = read(
      'llamacpp:prompt_tokens_total 3.21457e+06\nllamacpp:prompt_tokens_cached_total 1000\nllamacpp:tokens_predicted_total 999999',
    )!
    expect(now.counters.inputTokens).toMatchObject({ value: 3_215_570, rounding: 5, uncachedOnly: false })
    expect(now.counters.outputTokens).toMatchObject({ value: 999_999, rounding: 0 })
    expect(now.counters.requests).toBeNull()
    expect(read('llamacpp:prompt_tokens_total 12')!.counters.inputTokens!.uncachedOnly).toBe(true)
  })

  it('answers null where no engine speaks', () => {
    expect(read('process_start_time_seconds 1\nnode_cpu 2')).toBeNull()
    expect(read('')).toBeNull()
    expect(read('request_success_total 3')).toBeNull()
  })
})

describe('resetBetween', () => {
  const at = (zero: number, one: number, start = 1) =>
    read(
      `vllm:prompt_tokens_total{engine="0"} ${zero}\nvllm:prompt_tokens_total{engine="1"} ${one}\nprocess_start_time_seconds ${start}`,
    )!
  it('notices one replica that begins anew while the sum grows', () => {
    expect(resetBetween(at(100, 100), at(50, 500))).toBe(true)
    expect(resetBetween(at(100, 100), at(100, 500))).toBe(false)
    expect(sameCounts(at(1, 2), at(1, 2))).toBe(true)
    expect(sameCounts(at(1, 2), at(1, 3))).toBe(false)
  })
  it('notices a new process and series that went away, not new ones', () => {
    expect(resetBetween(at(1, 1), at(2, 2, 2))).toBe(true)
    const one = read('vllm:prompt_tokens_total{engine="0"} 100\nprocess_start_time_seconds 1')!
    expect(resetBetween(at(100, 100), one)).toBe(true)
    expect(resetBetween(one, at(100, 100))).toBe(false)
    expect(resetBetween(one, read('sglang:prompt_tokens_total 200')!)).toBe(true)
  })
})
