import { describe, expect, test } from 'vitest'
import { byTenant } from './breakdown.ts'
import { record, rejected, streamed } from './record.fixture.ts'
import type { RequestRecord } from './record.ts'
import { RunMetrics } from './run-metrics.ts'
import { summariseRun } from './run-summary.ts'

const end = { endUs: 4_000_000, devices: 4, unfinished: 1, joules: 1_200 }

/** Two good requests, one with a late first token, one rejected, one failed after 3 tokens. */
function small() {
  const metrics = new RunMetrics({
    objectives: [
      { metric: 'ttft', statistic: 'p90', limitMs: 400 },
      { metric: 'tpot', statistic: 'p90', limitMs: 60 },
    ],
    breakdowns: [byTenant],
  })
  const all: RequestRecord[] = [
    record({ id: 0, tenant: 'a' }),
    record({ id: 1, tenant: 'b', outputTokens: 6, preemptions: 2 }),
    record({ id: 2, tenant: 'a', firstTokenUs: 1_600_000, endedUs: 3_100_000 }),
    rejected({ id: 3, tenant: 'b' }),
    record({ id: 4, tenant: 'b', outcome: 'failed', reason: 'crash', outputTokens: 3 }),
  ]
  for (const one of all) metrics.addRecord(one)
  return metrics
}

describe('by hand', () => {
  const summary = summariseRun(small(), end)

  test('counts, tokens, cache', () => {
    expect(summary.requests).toEqual({
      measured: 5,
      served: 3,
      rejected: 1,
      failed: 1,
      cancelled: 0,
      byReason: { crash: 1, 'queue-full': 1 },
      warmUp: 0,
      unfinished: 1,
    })
    expect(summary.tokens).toEqual({
      input: 300,
      cachedInput: 120,
      output: 28,
      brokenOff: 3,
      cachedInputShare: 0.4,
    })
    expect(summary.preemptions).toBe(2)
  })

  test('latencies of served requests', () => {
    const { latency } = summary
    expect(latency.ttftService).toEqual({
      count: 3,
      meanMs: 300,
      minimumMs: 200,
      p50Ms: 200,
      p90Ms: expect.closeTo(440, 9),
      p95Ms: expect.closeTo(470, 9),
      p99Ms: expect.closeTo(494, 9),
      maximumMs: 500,
      percentiles: 'exact',
    })
    expect(latency.ttftResponse.meanMs).toBe(400)
    // 500 ms ÷ 10, 500 ms ÷ 5, 200 ms ÷ 10.
    expect([latency.tpot.p50Ms, latency.tpot.maximumMs]).toEqual([50, 100])
    expect(summary.interactivity.p50).toBe(20)
    expect(latency.interToken.count).toBe(0)
  })

  test('goodput: only the first request kept both limits', () => {
    expect(summary.goodput).toEqual({
      clock: 'service',
      met: 1,
      missed: 4,
      share: 0.2,
      inputTokens: 100,
      outputTokens: 11,
    })
    expect(summary.objectives.map(({ valueMs, met }) => [Math.round(valueMs!), met])).toEqual([
      [440, false],
      [90, false],
    ])
  })

  test('rates over the 2 seconds from first sent to last over, and four devices', () => {
    expect(summary.fullRun).toEqual({
      startSeconds: 1.1,
      endSeconds: 3.1,
      requestsPerSecond: 1.5,
      inputTokensPerSecond: 150,
      outputTokensPerSecond: 14,
      totalTokensPerSecond: 164,
      outputTokensPerSecondPerDevice: 3.5,
      totalTokensPerSecondPerDevice: 41,
      goodRequestsPerSecond: 0.5,
      goodOutputTokensPerSecond: 5.5,
    })
    expect(summary.energy).toEqual({ joules: 1200, wattsMean: 300, joulesPerOutputToken: 1200 / 28 })
  })

  test('by tenant', () => {
    const groups = summary.groups.map(({ name, group, summary: own }) => [
      name,
      group,
      own.requests.measured,
      own.goodput.met,
    ])
    expect(groups).toEqual([
      ['tenant', 'a', 2, 1],
      ['tenant', 'b', 3, 0],
    ])
  })
})

test('the steady window leaves filling and emptying out', () => {
  // One request every 10 ms, each 700 ms long: 70 in flight between 0.7 s and the last one sent at 10 s.
  const metrics = new RunMetrics()
  for (let id = 0; id <= 1000; id++) metrics.addRecord(streamed(id, 10_000))
  const { fullRun, steady } = summariseRun(metrics, { ...end, endUs: 10_700_000 })
  expect(fullRun.requestsPerSecond).toBeCloseTo(1001 / 10.7, 9)
  expect(steady!.plateauInFlight).toBeCloseTo(70, 6)
  expect(steady!.startSeconds).toBeGreaterThan(0.6)
  expect(steady!.startSeconds).toBeLessThan(0.7)
  expect(steady!.endSeconds).toBeGreaterThan(10)
  expect(steady!.endSeconds).toBeLessThan(10.1)
  expect(steady!.requestsPerSecond! / 100).toBeCloseTo(1, 1)
  expect(steady!.outputTokensPerSecond! / 1100).toBeCloseTo(1, 1)
  // The full run is 6 % below what the deployment does; the window is within 1 %.
  expect(Math.abs(steady!.outputTokensPerSecond! / 1100 - 1)).toBeLessThan(0.01)
  expect(fullRun.outputTokensPerSecond! / 1100).toBeLessThan(0.95)
  expect(steady!.drift).toBeCloseTo(1, 2)
})

test('a summary is JSON: nothing is lost in text, and nothing is NaN', () => {
  for (const metrics of [small(), new RunMetrics()]) {
    const summary = summariseRun(metrics, { ...end, devices: null, joules: null })
    expect(JSON.parse(JSON.stringify(summary))).toEqual(summary)
  }
})

test('a run without requests is all zeros and nulls', () => {
  const summary = summariseRun(new RunMetrics(), { endUs: 0, devices: null, unfinished: 0, joules: null })
  expect(summary.requests).toMatchObject({ measured: 0, served: 0, byReason: {} })
  expect(summary.goodput.share).toBeNull()
  expect(summary.tokens.cachedInputShare).toBeNull()
  expect(summary.energy).toBeNull()
  expect(summary.steady).toBeNull()
  expect(summary.interactivity.mean).toBeNull()
})

test('beyond the limit of values percentiles say that they are approximate, and are near', () => {
  const [exact, approximate] = [new RunMetrics(), new RunMetrics({ exactLimit: 100 })]
  for (let id = 0; id < 500; id++) {
    const one = streamed(id, 1_000, { firstTokenUs: id * 1_000 + 10_000 + ((id * 7919) % 500) * 300 })
    exact.addRecord(one)
    approximate.addRecord(one)
  }
  const [a, b] = [exact, approximate].map(metrics => summariseRun(metrics, end).latency.ttftService)
  expect([a!.percentiles, b!.percentiles]).toEqual(['exact', 'approximate'])
  expect([b!.meanMs, b!.minimumMs, b!.maximumMs]).toEqual([a!.meanMs, a!.minimumMs, a!.maximumMs])
  for (const key of ['p50Ms', 'p90Ms', 'p99Ms'] as const)
    expect(Math.abs(b![key]! / a![key]! - 1)).toBeLessThan(0.004)
})
