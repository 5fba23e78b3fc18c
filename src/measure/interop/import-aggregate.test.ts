import { describe, expect, test } from 'vitest'
import {
  endpointsSummary,
  inferencexAggregated,
  inferencexDisaggregated,
  mlperfDetailText,
  mlperfSummaryText,
} from './import-aggregate.fixture.ts'
import { json, only, pretty } from './import-runs.fixture.ts'
import { importRuns } from './import-runs.ts'
import { measuredText } from './measured-file.ts'

describe('InferenceX', () => {
  test('per-GPU rates of prefill and decode are brought back to the deployment', () => {
    const run = only(importRuns([json(inferencexDisaggregated)]))
    expect(run.rates).toMatchObject({
      inputTokensPerSecond: 8000, // × 4, not × 12
      outputTokensPerSecond: 1000, // × 8
      totalTokensPerSecond: 9000, // × 12
      devices: 12,
    })
    expect(run.rates.inputTokensPerSecond! + run.rates.outputTokensPerSecond!).toBe(
      run.rates.totalTokensPerSecond,
    )
    expect(run.latency.service.ttft).toMatchObject({ meanMs: 500, p50Ms: 400, p99Ms: 2000 })
  })

  test('one node, and a list of results', () => {
    const runs = importRuns([json([inferencexAggregated, { ...inferencexAggregated, conc: 128 }])])
    expect(runs.map(({ load }) => load.name)).toEqual(['concurrency 64', 'concurrency 128'])
    expect(runs[0]!.rates).toMatchObject({
      totalTokensPerSecond: 8000,
      outputTokensPerSecond: 880,
      devices: 8,
    })
  })

  test('without the number of GPUs it is refused', () => {
    const { tp: _, ...unknown } = inferencexAggregated
    expect(() => importRuns([json(unknown)])).toThrow(/how many GPUs/)
  })
})

describe('MLPerf', () => {
  test('summary of LoadGen', () => {
    const run = only(importRuns([measuredText('mlperf_log_summary.txt', mlperfSummaryText)]))
    expect(run).toMatchObject({
      tool: 'mlperf-loadgen',
      load: { name: '5.5 requests/s' },
      verdict: { level: 'valid' },
      rates: { requestsPerSecond: 5.25, outputTokensPerSecond: 1500.5 },
      latency: { service: { ttft: { meanMs: 100, p99Ms: 400 }, tpot: { meanMs: 20 }, e2e: { p90Ms: 6000 } } },
    })
  })

  test('detail log, which the summary beside it replaces', () => {
    const detail = measuredText('mlperf_log_detail.txt', mlperfDetailText)
    expect(only(importRuns([detail]))).toMatchObject({
      load: { name: 'offline' },
      verdict: { level: 'invalid' },
      counts: { served: 100 },
      latency: { service: { e2e: { meanMs: 4000, p99Ms: 8000 } } },
      rates: { requestsPerSecond: 12.5, outputTokensPerSecond: 2500 },
    })
    expect(only(importRuns([detail, measuredText('s.txt', mlperfSummaryText)])).verdict?.level).toBe('valid')
  })

  test('Endpoints', () => {
    expect(only(importRuns([pretty(endpointsSummary)]))).toMatchObject({
      tool: 'mlperf-endpoints',
      load: { name: 'concurrency 8' },
      counts: { served: 2, failed: 1 },
      latency: { service: { ttft: { meanMs: 100, p99Ms: 100 }, tpot: { p95Ms: 20 }, e2e: { p50Ms: 140 } } },
    })
    expect(only(importRuns([json({ ...endpointsSummary, complete: false })])).verdict?.level).toBe('invalid')
  })

  test('a log that stops before its result', () => {
    const half = mlperfSummaryText.slice(0, mlperfSummaryText.indexOf('Result is'))
    expect(() => importRuns([measuredText('s.txt', half)])).toThrow(/"Result is"/)
    const withoutEnd = mlperfDetailText.split('\n').slice(0, 1).join('\n')
    expect(() => importRuns([measuredText('d.txt', withoutEnd)])).toThrow(/result_validity/)
  })
})
