import { describe, expect, test } from 'vitest'
import { observation, usage } from '../observation.fixture.ts'
import { type AiperfRunFacts, aiperfFiles, aiperfRecordLine, aiperfSummary } from './aiperf-writer.ts'
import { only } from './import-runs.fixture.ts'
import { importRuns } from './import-runs.ts'
import { measuredText } from './measured-file.ts'

const facts: AiperfRunFacts = {
  tokenwrightVersion: '0.1.0',
  startedAt: '2026-11-20T10:00:00.000Z',
  url: 'http://localhost:8000',
  endpoint: 'chat',
  streaming: true,
  model: 'm',
  load: { name: 'concurrency 2', kind: 'concurrency', concurrency: 2, requestsPerSecond: null },
  arrival: 'poisson',
  command: 'tokenwright bench http://localhost:8000',
  goodRequests: 1,
}

const second = observation({
  id: 2,
  session: 7,
  turn: 1,
  times: {
    scheduledUs: 200_000,
    sentUs: 201_000,
    firstContentUs: 321_000,
    lastContentUs: 401_000,
    endedUs: 410_000,
  },
  reported: { ...usage(200, 5), reasoningTokens: 2 },
  chunks: { us: [321_000, 401_000], tokens: [1, 4], coalesced: [0, 0], method: 'by-characters' },
})
const failed = observation({
  id: 3,
  outcome: 'failed',
  status: 503,
  failure: { kind: 'http-status', status: 503, message: 'busy', retryAfterSeconds: 1 },
  reported: null,
})
const cancelled = observation({
  id: 4,
  outcome: 'cancelled',
  failure: { kind: 'cancelled', status: 0, message: 'gone', retryAfterSeconds: null },
})
const warmUp = observation({ id: 0, phase: 'warm-up' })
const all = [warmUp, observation({ id: 1 }), second, failed, cancelled]

describe('profile_export_aiperf.json', () => {
  const summary = aiperfSummary(all, facts) as Record<string, Record<string, number | string>>

  test('by hand: TTFT 100 and 120 ms, latency 140 and 200, 8 tokens in 0.4 s', () => {
    expect(summary.time_to_first_token).toMatchObject({
      unit: 'ms',
      avg: 110,
      min: 100,
      max: 120,
      p50: 110,
      p90: 118,
      std: 10,
      count: 2,
      sum: 220,
    })
    expect(summary.request_latency).toMatchObject({ avg: 170, count: 2 })
    // (140 − 100) ÷ 2 and (200 − 120) ÷ 4.
    expect(summary.inter_token_latency).toMatchObject({ avg: 20, count: 2 })
    expect(summary.inter_chunk_latency).toMatchObject({ count: 3, max: 80 })
    expect(summary.output_sequence_length).toMatchObject({ unit: 'tokens', avg: 4, sum: 8 })
    expect(summary.output_token_count).toMatchObject({ sum: 6 })
    expect(summary.reasoning_token_count).toMatchObject({ avg: 2, count: 1 })
    expect(summary.benchmark_duration).toEqual({ unit: 'sec', avg: 0.4 })
    expect(summary.output_token_throughput).toEqual({ unit: 'tokens/sec', avg: 20 })
    expect(summary.request_throughput).toEqual({ unit: 'requests/sec', avg: 5 })
    expect(summary.goodput).toEqual({ unit: 'requests/sec', avg: 2.5 })
    expect(summary.request_count).toEqual({ unit: 'requests', avg: 2 })
    expect(summary.error_request_count).toEqual({ unit: 'requests', avg: 2 })
  })

  test('what was run, what failed, warm-up apart', () => {
    expect(summary).toMatchObject({
      schema_version: '1.4',
      aiperf_version: 'tokenwright 0.1.0',
      start_time: '2026-11-20T10:00:00.000Z',
      end_time: '2026-11-20T10:00:00.410Z',
      input_config: {
        models: { items: [{ name: 'm' }] },
        endpoint: { type: 'chat', urls: ['http://localhost:8000'] },
        phases: [{ type: 'concurrency', concurrency: 2 }],
      },
      error_summary: [
        { error_details: { code: 503, type: 'http-status', message: 'busy' }, count: 1 },
        { error_details: { code: 499, type: 'cancelled' }, count: 1 },
      ],
      warmup_metrics: { request_count: { avg: 1 } },
    })
  })

  test('a rate is a rate, of its arrivals', () => {
    const load = { name: '2 requests/s', kind: 'rate', concurrency: 8, requestsPerSecond: 2 } as const
    expect(aiperfSummary(all, { ...facts, load, arrival: 'constant' })).toMatchObject({
      input_config: { phases: [{ type: 'constant', rate: 2, concurrency: 8 }] },
    })
  })

  test('nothing served: counts, and no latency at all', () => {
    const empty = aiperfSummary([failed], { ...facts, goodRequests: null })
    expect(empty).toMatchObject({ request_count: { avg: 0 }, error_request_count: { avg: 1 } })
    for (const tag of ['time_to_first_token', 'request_throughput', 'benchmark_duration', 'goodput']) {
      expect(empty).not.toHaveProperty(tag)
    }
  })
})

describe('profile_export.jsonl', () => {
  test('nanoseconds since 1970 to the last digit', () => {
    const line = aiperfRecordLine(second, facts.startedAt)
    expect(line).toContain('"request_start_ns":1795168800201000000')
    expect(line).toContain('"credit_issued_ns":1795168800200000000')
    expect(line).toContain('"request_end_ns":1795168800410000000')
    expect(JSON.parse(line)).toMatchObject({
      metadata: {
        session_num: 7,
        conversation_id: 'session-7',
        turn_index: 1,
        benchmark_phase: 'profiling',
        was_cancelled: false,
      },
      metrics: {
        time_to_first_token: { value: 120, unit: 'ms' },
        inter_chunk_latency: { value: [80], unit: 'ms' },
        output_token_throughput_per_user: { value: 50, unit: 'tokens/sec/user' },
      },
    })
  })

  test('failures have an error and no metrics', () => {
    expect(JSON.parse(aiperfRecordLine(failed, facts.startedAt))).toMatchObject({
      metrics: {},
      error: { code: 503 },
    })
    expect(JSON.parse(aiperfRecordLine(cancelled, facts.startedAt)).metadata).toMatchObject({
      was_cancelled: true,
      cancellation_time_ns: expect.any(Number),
    })
  })

  test('both files are read back as the same run', () => {
    const run = only(importRuns(aiperfFiles(all, facts).map(({ name, text }) => measuredText(name, text))))
    expect(run).toMatchObject({
      tool: 'aiperf',
      model: 'm',
      endpoint: 'chat',
      load: { name: 'concurrency 2' },
      counts: { served: 2, failed: 2 },
      tokens: { input: 300, output: 8 },
      rates: { outputTokensPerSecond: 20, goodRequestsPerSecond: 2.5 },
      latency: { service: { ttft: { meanMs: 110, p90Ms: 118 }, tpot: { meanMs: 20 }, e2e: { meanMs: 170 } } },
    })
    expect(run.requests!.map(({ outcome }) => outcome)).toEqual(['served', 'served', 'failed', 'cancelled'])
    expect(run.requests![1]!.sentUs).toBe(200_000)
  })
})
