/** The whole of it on real fleets in virtual time: text that a scraper reads, counters that add up. */
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import type { SchedulerRules } from '../../engine/settings.ts'
import { engineSettings, fleetSettings, pairOfPools, pool, request } from '../../fleet/fleet.fixture.ts'
import {
  checkHistograms,
  type ParsedFamily,
  parsePrometheus,
  sampleValue,
} from './prometheus-text.fixture.ts'
import { openStage, plainParameters } from './telemetry.fixture.ts'

const engineRules: SchedulerRules[] = [
  { engine: 'vllm', policy: 'fcfs', longPrefillTokenThreshold: 0 },
  { engine: 'sglang', policy: 'fcfs', conservativeness: 1, mixedChunk: false },
  { engine: 'trtllm', policy: 'guaranteed-no-evict', chunkedContext: true },
]

/** Sum over all series of a family. */
function total(families: Map<string, ParsedFamily>, name: string, suffix = ''): number {
  return (families.get(name)?.samples ?? [])
    .filter(sample => sample.name === name + suffix)
    .reduce((sum, { value }) => sum + value, 0)
}

/** Series of counters and histograms that fell. */
function fallen(before: Map<string, ParsedFamily>, after: Map<string, ParsedFamily>): string[] {
  return [...after]
    .filter(([, { type }]) => type !== 'gauge')
    .flatMap(([name, { samples }]) =>
      samples
        .filter(({ value }, index) => !(value >= before.get(name)!.samples[index]!.value))
        .map(sample => `${sample.name} ${JSON.stringify(sample.labels)}`),
    )
}

describe('metrics', () => {
  test('of vLLM after two requests', async () => {
    const { telemetry, give, until } = await openStage(fleetSettings())
    const one = request({ inputTokens: 100, outputTokens: 5 })
    const two = request({ inputTokens: 40, outputTokens: 3 })
    give(0, { kind: 'submit', request: one })
    give(5000, { kind: 'submit', request: two }, { ...plainParameters, finish: 'stop', maximumTokens: null })
    until(12_000)
    const running = parsePrometheus(telemetry.metricsText(12_000))
    expect(sampleValue(running, 'vllm:num_requests_running', { engine: '0', model_name: 'org/model' })).toBe(
      2,
    )
    until(1e9)
    const text = telemetry.metricsText(1e9)
    const families = parsePrometheus(text)
    expect(checkHistograms(families)).toBe(15)
    const value = (name: string, suffix = '', labels = {}) =>
      sampleValue(families, `vllm:${name}`, labels, suffix)
    expect(value('num_requests_running')).toBe(0)
    expect(value('kv_cache_usage_perc')).toBe(0)
    expect(value('prompt_tokens_total')).toBe(140)
    expect(value('generation_tokens_total')).toBe(8)
    expect(value('prefix_cache_queries_total')).toBe(140)
    expect(value('num_preemptions_total')).toBe(0)
    expect(value('prompt_tokens_by_source_total', '', { source: 'local_compute' })).toBe(140)
    expect(value('request_success_total', '', { finished_reason: 'length' })).toBe(1)
    expect(value('request_success_total', '', { finished_reason: 'stop' })).toBe(1)
    expect(value('request_success_total', '', { finished_reason: 'abort' })).toBe(0)
    // Steps of 10 ms: the first begins at once, the second request waits for its end.
    expect(value('time_to_first_token_seconds', '_sum')).toBeCloseTo(0.01 + 0.015)
    expect(value('inter_token_latency_seconds', '_count')).toBe(6)
    expect(value('inter_token_latency_seconds', '_sum')).toBeCloseTo(0.06)
    expect(value('e2e_request_latency_seconds', '_sum')).toBeCloseTo(0.05 + 0.035)
    expect(value('request_queue_time_seconds', '_sum')).toBeCloseTo(0.005)
    expect(value('request_decode_time_seconds', '_sum')).toBeCloseTo(0.06)
    expect(value('request_time_per_output_token_seconds', '_sum')).toBeCloseTo(0.02)
    expect(value('request_params_max_tokens', '_count')).toBe(1)
    expect(value('iteration_tokens_total', '_sum')).toBe(148)
    expect(value('request_prompt_tokens', '_bucket', { le: '50.0' })).toBe(1)
    expect(value('request_prompt_tokens', '_bucket', { le: '5000.0' })).toBe(2)
    expect(families.get('process_cpu_seconds_total')?.type).toBe('counter')
    expect(
      value('cache_config_info', '', {
        block_size: '16',
        cache_dtype: 'auto',
        enable_prefix_caching: 'True',
        engine: '0',
        num_gpu_blocks: '1000',
      }),
    ).toBe(1)
    expect(text).not.toContain('gpu_cache_usage_perc')
  })

  test('bear the old names when they are asked for', async () => {
    const { telemetry } = await openStage(fleetSettings(), { legacyNames: true })
    const families = parsePrometheus(telemetry.metricsText(0))
    expect(sampleValue(families, 'vllm:gpu_cache_usage_perc')).toBe(0)
    expect(families.get('vllm:time_per_output_token_seconds')?.type).toBe('histogram')
    expect(families.get('vllm:gpu_prefix_cache_queries_total')?.type).toBe('counter')
  })

  test('of requests that were broken off or refused', async () => {
    const settings = fleetSettings({
      pools: [pool({ engine: engineSettings({ maximumContextTokens: 200 }) })],
    })
    const { telemetry, give, until } = await openStage(settings)
    const cancelled = request({ outputTokens: 50 })
    give(0, { kind: 'submit', request: cancelled })
    give(0, { kind: 'submit', request: request({ inputTokens: 5000 }) })
    give(25_000, { kind: 'cancel', requestId: cancelled.id })
    give(30_000, { kind: 'submit', request: request({ outputTokens: 50 }) })
    give(45_000, { kind: 'fault', fault: { kind: 'crash', replica: 0, downSeconds: 1 } })
    until(1e8)
    const families = parsePrometheus(telemetry.metricsText(1e8))
    const ended = (reason: string) =>
      sampleValue(families, 'vllm:request_success_total', { finished_reason: reason })
    expect(['abort', 'error', 'length'].map(ended)).toEqual([1, 1, 0])
    expect(total(families, 'vllm:e2e_request_latency_seconds', '_count')).toBe(2)
  })

  test.each(engineRules)('of $engine add up over any run', async rules => {
    await fc.assert(
      fc.asyncProperty(
        fc.array(
          fc.record({
            afterUs: fc.integer({ min: 0, max: 60_000 }),
            inputTokens: fc.integer({ min: 1, max: 300 }),
            outputTokens: fc.integer({ min: 1, max: 30 }),
          }),
          { minLength: 1, maxLength: 15 },
        ),
        fc.boolean(),
        async (arrivals, skipEvents) => {
          const engine = engineSettings({ rules, skipEvents, tokenBudget: 128 })
          const settings = fleetSettings({ pools: [pool({ engine, replicas: 2 })] })
          const { telemetry, give, until } = await openStage(settings, { dialect: 'vllm' })
          let nowUs = 0
          let before = parsePrometheus(telemetry.metricsText(0))
          for (const { afterUs, ...wanted } of arrivals) {
            nowUs += afterUs
            give(nowUs, { kind: 'submit', request: request(wanted) })
            const after = parsePrometheus(telemetry.metricsText(nowUs))
            checkHistograms(after)
            expect(fallen(before, after)).toEqual([])
            before = after
          }
          until(1e9)
          const families = parsePrometheus(telemetry.metricsText(1e9))
          const sum = (pick: (arrival: (typeof arrivals)[number]) => number) =>
            arrivals.reduce((value, arrival) => value + pick(arrival), 0)
          const outputTokens = sum(arrival => arrival.outputTokens)
          const inputTokens = sum(arrival => arrival.inputTokens)
          expect(total(families, 'vllm:prompt_tokens_total')).toBe(inputTokens)
          expect(total(families, 'vllm:prompt_tokens_by_source_total')).toBe(inputTokens)
          expect(total(families, 'vllm:generation_tokens_total')).toBe(outputTokens)
          expect(total(families, 'vllm:request_success_total')).toBe(arrivals.length)
          expect(total(families, 'vllm:time_to_first_token_seconds', '_count')).toBe(arrivals.length)
          expect(total(families, 'vllm:inter_token_latency_seconds', '_count')).toBe(
            outputTokens - arrivals.length,
          )
          // Every gap is counted once: they are what lies between first and last tokens.
          expect(total(families, 'vllm:inter_token_latency_seconds', '_sum')).toBeCloseTo(
            total(families, 'vllm:request_decode_time_seconds', '_sum'),
            6,
          )
          expect(total(families, 'vllm:iteration_tokens_total', '_sum')).toBeCloseTo(
            inputTokens + outputTokens,
            6,
          )
        },
      ),
      { numRuns: 12 },
    )
  })

  test('count gaps of preempted requests too', async () => {
    // Room for about two of the three answers.
    const engine = engineSettings({ blocksPerRank: 30, skipEvents: false })
    const { telemetry, give, until } = await openStage(fleetSettings({ pools: [pool({ engine })] }))
    for (let index = 0; index < 3; index++)
      give(index, { kind: 'submit', request: request({ inputTokens: 100, outputTokens: 120 }) })
    until(1e9)
    const families = parsePrometheus(telemetry.metricsText(1e9))
    expect(total(families, 'vllm:num_preemptions_total')).toBeGreaterThan(0)
    expect(total(families, 'vllm:inter_token_latency_seconds', '_count')).toBe(3 * 119)
    expect(total(families, 'vllm:inter_token_latency_seconds', '_sum')).toBeCloseTo(
      total(families, 'vllm:request_decode_time_seconds', '_sum'),
      6,
    )
  })

  test.each(['decode', 'transfer', 'prefill'] as const)(
    'of a prefill and a decode replica, first token after %s',
    async firstTokenAfter => {
      const { telemetry, events, give, until } = await openStage(
        fleetSettings({ pools: pairOfPools(), firstTokenAfter }),
      )
      give(0, { kind: 'submit', request: request({ inputTokens: 100, outputTokens: 5 }) })
      give(3000, { kind: 'submit', request: request({ inputTokens: 100, outputTokens: 3 }) })
      until(1e9)
      const families = parsePrometheus(telemetry.metricsText(1e9))
      const of = (name: string, engine: string, suffix = '', labels = {}) =>
        sampleValue(families, `vllm:${name}`, { engine, ...labels }, suffix)
      expect(of('prompt_tokens_total', '0')).toBe(200)
      expect(of('prompt_tokens_by_source_total', '0', '', { source: 'local_compute' })).toBe(200)
      expect(of('prompt_tokens_by_source_total', '1', '', { source: 'external_kv_transfer' })).toBe(200)
      expect(of('request_success_total', '1', '', { finished_reason: 'length' })).toBe(2)
      expect(total(families, 'vllm:time_to_first_token_seconds', '_count')).toBe(2)
      const records = events.flatMap(event => (event.kind === 'ended' ? [event.record] : []))
      const seconds = (pick: (record: (typeof records)[number]) => number) =>
        records.reduce((sum, record) => sum + pick(record) / 1e6, 0)
      expect(total(families, 'vllm:time_to_first_token_seconds', '_sum')).toBeCloseTo(
        seconds(record => record.firstTokenUs - record.sentUs),
        9,
      )
      expect(of('inter_token_latency_seconds', '0', '_count')).toBe(0)
      expect(of('inter_token_latency_seconds', '1', '_count')).toBe(6)
      expect(of('inter_token_latency_seconds', '1', '_sum')).toBeCloseTo(
        seconds(record => record.lastTokenUs - record.firstTokenUs),
        9,
      )
    },
  )

  test('of SGLang and TensorRT-LLM bear their names', async () => {
    const names = ['a', 'b', 'c']
    const pools = engineRules.map((rules, index) =>
      pool({ name: names[index]!, engine: engineSettings({ rules }) }),
    )
    const { telemetry, give, until } = await openStage(fleetSettings({ pools }))
    for (let index = 0; index < 3; index++) give(index, { kind: 'submit', request: request() })
    until(1e9)
    const families = parsePrometheus(telemetry.metricsText(1e9))
    checkHistograms(families)
    expect(total(families, 'vllm:generation_tokens_total')).toBe(5)
    expect(
      sampleValue(families, 'sglang:num_running_reqs', {
        dp_rank: '1',
        engine_type: 'unified',
        tp_rank: '0',
      }),
    ).toBe(0)
    expect(sampleValue(families, 'sglang:generation_tokens_total')).toBe(5)
    expect(sampleValue(families, 'sglang:num_requests_total')).toBe(1)
    expect(sampleValue(families, 'sglang:max_total_num_tokens')).toBe(16_000)
    expect(sampleValue(families, 'sglang:time_to_first_token_seconds', { le: '0.1' }, '_bucket')).toBe(1)
    expect(sampleValue(families, 'trtllm_request_success_total', { finished_reason: 'length' })).toBe(1)
    expect(sampleValue(families, 'trtllm_request_prefill_time_seconds', { le: '0.01' }, '_bucket')).toBe(1)
    // One replica's text holds nothing of the others.
    expect(telemetry.metricsText(1e9, [0])).not.toMatch(/sglang|trtllm/)
  })

  test('follow replicas that come and go', async () => {
    const { telemetry, give, until } = await openStage(fleetSettings())
    give(0, { kind: 'scale', pool: 'pool', replicas: 2 })
    until(70e6)
    give(80e6, { kind: 'scale', pool: 'pool', replicas: 1 })
    until(90e6)
    expect(telemetry.metricsText(90e6).match(/vllm:num_requests_running\{/g)).toHaveLength(1)
    expect(telemetry.dcgmText(90e6).match(/DCGM_FI_DEV_POWER_USAGE\{/g)).toHaveLength(1)
  })
})
