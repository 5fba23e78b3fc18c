import { describe, expect, test } from 'vitest'
import { guidellmReport, inferencePerfPerRequest, inferencePerfStage } from './import-report.fixture.ts'
import { json, only } from './import-runs.fixture.ts'
import { importRuns } from './import-runs.ts'
import { latencySamplesMs } from './request-statistics.ts'

test('GuideLLM: a run for each benchmark, TPOT without the first token', () => {
  const runs = importRuns([json(guidellmReport)])
  expect(runs.map(({ load }) => load.name)).toEqual(['concurrency 16', '2.5 requests/s'])
  expect(runs[0]).toMatchObject({
    tool: 'guidellm',
    toolVersion: '0.7.3',
    model: 'meta-llama/Llama-3.1-8B',
    startedAt: '2026-11-20T10:00:00.000Z',
    durationSeconds: 1.5,
    counts: { served: 2, failed: 1 },
    tokens: { input: 200, output: 6 },
  })
  expect(runs[0]!.latency.service.tpot!.meanMs).toBeCloseTo(20, 3)
  expect(runs[0]!.latency.response!.ttft!.meanMs).toBeCloseTo(110, 3)
  // Last token, not the end of the stream.
  expect(runs[0]!.latency.service.e2e!.meanMs).toBeCloseTo(140, 3)
})

test('GuideLLM: sampled requests are no sample of ours', () => {
  const [benchmark] = guidellmReport.benchmarks
  const sampled = {
    ...benchmark!,
    requests: { ...benchmark!.requests, successful: benchmark!.requests.successful.slice(1) },
  }
  const run = only(importRuns([json({ ...guidellmReport, benchmarks: [sampled] })]))
  expect(run.requests).toBeNull()
  expect(run.latency.service.e2e!.meanMs).toBe(150)
})

describe('inference-perf', () => {
  test('a stage, in milliseconds', () => {
    const run = only(importRuns([json(inferencePerfStage, 'a/stage_0_lifecycle_metrics.json')]))
    expect(run).toMatchObject({
      load: { name: '2 requests/s' },
      durationSeconds: 2,
      counts: { served: 2, failed: 0 },
      tokens: { input: 200, cachedInput: 50, output: 6 },
      latency: { service: { ttft: { meanMs: 100 }, tpot: { p95Ms: 20 }, e2e: { p50Ms: 150 } } },
    })
  })

  test('its requests join the only stage; tokens of one time are one chunk', () => {
    const run = only(
      importRuns([
        json(inferencePerfStage, 'a/stage_0_lifecycle_metrics.json'),
        json(inferencePerfPerRequest, 'a/per_request_lifecycle_metrics.json'),
      ]),
    )
    expect(run.counts).toEqual({ served: 1, failed: 1 })
    expect(run.requests![0]!.chunkTokens).toEqual([1, 2])
    expect(latencySamplesMs(run.requests!, 'itl', 'service').map(ms => Math.round(ms * 100) / 100)).toEqual([
      10,
    ])
    expect(run.requests![1]!.reason).toBe('HTTP Error 500')
  })

  test('requests alone; and the summary over stages is not counted beside them', () => {
    expect(only(importRuns([json(inferencePerfPerRequest)])).load.name).toBe('all stages')
    const { requested_rate: _, ...all } = inferencePerfStage.load_summary
    const runs = importRuns([
      json(inferencePerfStage, 'a/stage_0_lifecycle_metrics.json'),
      json({ ...inferencePerfStage, load_summary: all }, 'a/summary_lifecycle_metrics.json'),
    ])
    expect(runs.map(({ load }) => load.name)).toEqual(['2 requests/s'])
  })

  test('an older file without totals', () => {
    const { benchmark_time_seconds: _, successes, ...rest } = inferencePerfStage
    const { prompt_tokens: __, output_tokens: ___, ...older } = successes
    const run = only(
      importRuns([
        json({ ...rest, successes: { ...older, prompt_len: { mean: 100 }, output_len: { mean: 3 } } }),
      ]),
    )
    expect(run).toMatchObject({ durationSeconds: 2, tokens: { input: 200, output: 6 } })
  })
})
