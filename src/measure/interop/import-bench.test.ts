import { describe, expect, test } from 'vitest'
import {
  aiperfRecords,
  aiperfSummaryExport,
  sglangDetailed,
  vllmDetailed,
  vllmSummary,
} from './import-bench.fixture.ts'
import { json, only, pretty } from './import-runs.fixture.ts'
import { importRuns } from './import-runs.ts'
import { measuredText } from './measured-file.ts'
import { latencySamplesMs } from './request-statistics.ts'

describe('vllm bench serve', () => {
  const run = only(importRuns([json(vllmDetailed)]))

  test('load, totals and rates', () => {
    expect(run).toMatchObject({
      tool: 'vllm-bench',
      model: 'meta-llama/Llama-3.1-8B',
      endpoint: 'chat',
      load: { name: 'concurrency 2', concurrency: 2, requestsPerSecond: null },
      durationSeconds: 2,
      counts: { served: 2, failed: 1 },
      tokens: { input: 300, output: 5 },
      rates: { requestsPerSecond: 1, outputTokensPerSecond: 2.5, inputTokensPerSecond: 150 },
    })
  })

  test('requests in time, latencies by our definitions', () => {
    expect(run.requests!.map(({ sentUs }) => sentUs)).toEqual([0, 500_000, 1_000_000])
    expect(run.requests![2]).toMatchObject({ outcome: 'failed', reason: 'ValueError: boom' })
    expect(latencySamplesMs(run.requests!, 'ttft', 'service')).toEqual([100, 120])
    expect(latencySamplesMs(run.requests!, 'e2e', 'service').map(Math.round)).toEqual([140, 160])
    expect(latencySamplesMs(run.requests!, 'tpot', 'service').map(Math.round)).toEqual([20, 40])
    expect(latencySamplesMs(run.requests!, 'itl', 'service').map(Math.round)).toEqual([20, 20, 40])
    expect(latencySamplesMs(run.requests!, 'ttft', 'response')).toEqual([])
  })

  test('without details its own statistics stand', () => {
    const summary = only(importRuns([json(vllmSummary)]))
    expect(summary.requests).toBeNull()
    expect(summary.latency.service.ttft).toMatchObject({ meanMs: 110, p50Ms: 110, p99Ms: 119.8, p95Ms: null })
    expect(summary.counts).toEqual({ served: 2, failed: 1 })
  })

  test('appended results are as many runs', () => {
    const text = `${JSON.stringify(vllmSummary)}\n${JSON.stringify({ ...vllmSummary, max_concurrency: 4 })}`
    expect(importRuns([measuredText('r.json', text)]).map(({ load }) => load.name)).toEqual([
      'concurrency 2',
      'concurrency 4',
    ])
  })

  test('a request rate is the load; a goodput under its stray colon is found', () => {
    const run = only(
      importRuns([
        json({ ...vllmSummary, request_rate: 3.5, max_concurrency: null, 'request_goodput:': 0.5 }),
      ]),
    )
    expect(run.load.name).toBe('3.5 requests/s')
    expect(run.rates.goodRequestsPerSecond).toBe(0.5)
  })

  test('lists of unequal length are refused', () => {
    expect(() => importRuns([json({ ...vllmDetailed, output_lens: [1] })])).toThrow(
      /output_lens has 1 entries/,
    )
  })
})

test('SGLang: requests, own latency, Infinity as Python writes it', () => {
  const text = JSON.stringify(sglangDetailed).replace('"request_rate":4', '"request_rate":Infinity')
  const run = only(importRuns([measuredText('s.jsonl', `${text}\n`)]))
  expect(run).toMatchObject({
    tool: 'sglang-bench',
    load: { name: 'as fast as possible' },
    tokens: { input: 200, output: 6 },
    latency: { service: { e2e: { meanMs: 144, p50Ms: 144 } } },
  })
  expect(latencySamplesMs(run.requests!, 'tpot', 'service').map(Math.round)).toEqual([20, 20])
  expect(only(importRuns([json(sglangDetailed)])).load).toMatchObject({ requestsPerSecond: 4 })
})

describe('AIPerf', () => {
  test('summary and records are one run', () => {
    const run = only(
      importRuns([
        measuredText('a/profile_export.jsonl', `${aiperfRecords}\n`),
        pretty(aiperfSummaryExport, 'a/profile_export_aiperf.json'),
      ]),
    )
    expect(run).toMatchObject({
      tool: 'aiperf',
      toolVersion: '0.13.0',
      model: 'meta-llama/Llama-3.1-8B',
      endpoint: 'chat',
      load: { name: 'concurrency 16' },
      counts: { served: 1, failed: 1 },
      tokens: { input: 100, output: 3 },
      durationSeconds: 0.14,
    })
    expect(run.requests!.map(({ sentUs, lateUs }) => [sentUs, lateUs])).toEqual([
      [0, 2000],
      [1_000_000, 2000],
    ])
    expect(latencySamplesMs(run.requests!, 'ttft', 'response')).toEqual([102])
    expect(latencySamplesMs(run.requests!, 'itl', 'service')).toEqual([20, 20])
    expect(run.requests![1]!.reason).toBe('HTTPError')
  })

  test('either alone', () => {
    const summary = only(importRuns([pretty(aiperfSummaryExport)]))
    expect(summary.latency.service).toMatchObject({
      ttft: { meanMs: 100 },
      tpot: { p99Ms: 20 },
      e2e: { count: 1 },
    })
    const records = only(importRuns([measuredText('r.jsonl', aiperfRecords)]))
    expect(records.latency.service.tpot).toMatchObject({ meanMs: 20, count: 1 })
    expect(records.load.name).toBe('load not said')
  })

  test('an older configuration says model and load elsewhere', () => {
    const old = {
      ...aiperfSummaryExport,
      schema_version: '1.0',
      input_config: { endpoint: { model_names: ['m'] }, loadgen: { request_rate: 2, concurrency: null } },
    }
    expect(only(importRuns([json(old)]))).toMatchObject({ model: 'm', load: { name: '2 requests/s' } })
  })

  test('GenAI-Perf’s summary is told apart; a cancelled run is invalid', () => {
    const { schema_version: _, aiperf_version: __, ...genai } = aiperfSummaryExport
    expect(only(importRuns([json(genai)])).tool).toBe('genai-perf')
    expect(only(importRuns([json({ ...aiperfSummaryExport, was_cancelled: true })])).verdict?.level).toBe(
      'invalid',
    )
  })

  test('another unit is refused', () => {
    const seconds = { ...aiperfSummaryExport, request_latency: { unit: 'sec', avg: 0.14 } }
    expect(() => importRuns([json(seconds)])).toThrow(/in sec, not in ms/)
  })
})
