import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { byInputTokens, byTenant } from './breakdown.ts'
import type { Objective } from './objective.ts'
import { anyRecord, record, rejected, streamed } from './record.fixture.ts'
import type { RequestRecord } from './record.ts'
import type { RunEnd } from './run-end.ts'
import { otherGroups, RunMetrics, type RunMetricsSettings } from './run-metrics.ts'
import { type RunColumn, type RunTimeline, runTimeline } from './run-series.ts'
import { summariseRun } from './run-summary.ts'

const objectives: Objective[] = [
  { metric: 'ttft', statistic: 'p90', limitMs: 3_000 },
  { metric: 'tpot', statistic: 'mean', limitMs: 40 },
]
const runEnd = (endUs: number, overrides: Partial<RunEnd> = {}): RunEnd => ({
  endUs,
  devices: 2,
  unfinished: 0,
  joules: null,
  ...overrides,
})

function metricsOf(
  records: readonly RequestRecord[],
  settings: Partial<RunMetricsSettings> = {},
): RunMetrics {
  const metrics = new RunMetrics({ objectives, breakdowns: [byTenant], ...settings })
  for (const one of records) metrics.addRecord(one)
  return metrics
}

const total = (metrics: RunMetrics, name: RunColumn) => metrics.series.total(metrics.series.column(name))
const records = fc.array(anyRecord, { maxLength: 60 })
const close = (value: number, other: number) =>
  expect(Math.abs(value - other)).toBeLessThanOrEqual(1e-9 * Math.max(1, other))

/** Mean × covered time, over all bins. */
function totalOf(
  timeline: RunTimeline,
  key: 'watts' | 'inFlight' | 'outputTokensPerSecond' | 'requestsPerSecond',
) {
  const { binSeconds, endSeconds } = timeline
  return timeline[key].reduce<number>(
    (running, value, bin) => running + value! * Math.min(binSeconds, endSeconds - bin * binSeconds),
    0,
  )
}

describe('conservation', () => {
  test('requests and tokens in are requests and tokens out, in totals, groups and over time', () => {
    fc.assert(
      fc.property(records, all => {
        const metrics = metricsOf(all)
        const { measured, wholeRun } = metrics
        const sum = (of: readonly RequestRecord[], key: 'inputTokens' | 'outputTokens') =>
          of.reduce((running, one) => running + one[key], 0)
        const served = all.filter(({ outcome }) => outcome === 'served')
        expect(measured.requests).toBe(all.length)
        expect([measured.inputTokens, wholeRun.inputTokens]).toEqual(
          Array(2).fill(sum(served, 'inputTokens')),
        )
        expect(measured.outputTokens + measured.brokenOffTokens).toBe(sum(all, 'outputTokens'))
        expect([...measured.reasons.values()].reduce((a, b) => a + b, 0)).toBe(all.length - served.length)
        expect(measured.met + measured.missed).toBeLessThanOrEqual(all.length)
        const groups = [...metrics.groups[0]!.values()]
        expect(groups.reduce((running, group) => running + group.requests, 0)).toBe(all.length)
        expect(groups.reduce((running, group) => running + group.met, 0)).toBe(measured.met)
        close(total(metrics, 'outputTokens'), measured.outputTokens)
        close(total(metrics, 'inputTokens'), measured.inputTokens)
        close(total(metrics, 'metOutputTokens'), measured.metOutputTokens)
        close(total(metrics, 'served'), served.length)
        close(
          total(metrics, 'inFlight'),
          all.reduce((running, one) => running + one.endedUs - one.sentUs, 0),
        )
      }),
    )
  })

  test('merged parts are the whole, figure by figure', () => {
    fc.assert(
      fc.property(records, records, fc.integer({ min: 0, max: 50 }), (some, more, exactLimit) => {
        const settings = {
          exactLimit,
          warmUp: { requests: 500, seconds: 3 },
          breakdowns: [byTenant, byInputTokens([900])],
        }
        const whole = metricsOf([...some, ...more], settings)
        const merged = metricsOf(some, settings)
        merged.merge(metricsOf(more, settings))
        const end = runEnd(whole.lastEndedUs)
        const rounded = (metrics: RunMetrics) =>
          JSON.stringify(summariseRun(metrics, end), (_, value: unknown) =>
            typeof value === 'number' ? Number(value.toPrecision(9)) : value,
          )
        const sorted = (metrics: RunMetrics) => {
          const summary = JSON.parse(rounded(metrics)) as { groups: { name: string; group: string }[] }
          const key = ({ name, group }: { name: string; group: string }) => `${name}/${group}`
          summary.groups.sort((a, b) => key(a).localeCompare(key(b)))
          return summary
        }
        expect(sorted(merged)).toEqual(sorted(whole))
      }),
    )
  })
})

describe('warm-up', () => {
  const all = Array.from({ length: 10 }, (_, id) => streamed(id, 1_000_000))

  test('by number and by time: counted apart, and in the whole run', () => {
    for (const warmUp of [
      { requests: 3, seconds: 0 },
      { requests: 0, seconds: 2.5 },
      { requests: 1, seconds: 2.5 },
    ]) {
      const summary = summariseRun(metricsOf(all, { warmUp }), runEnd(10_000_000))
      expect(summary.requests).toMatchObject({ measured: 7, warmUp: 3 })
      expect(summary.wholeRun).toMatchObject({
        requests: 10,
        outputTokens: 110,
        metRequests: 0,
        metOutputTokens: 0,
      })
      expect(summary.tokens.output).toBe(77)
      expect([summary.fullRun.startSeconds, summary.fullRun.endSeconds]).toEqual([3, 9.7])
      expect(summary.steady!.startSeconds).toBeGreaterThanOrEqual(3)
    }
  })

  test('of everything leaves nothing, and says so with nulls', () => {
    const summary = summariseRun(metricsOf(all, { warmUp: { requests: 99, seconds: 0 } }), runEnd(10_000_000))
    expect(summary.requests).toMatchObject({ measured: 0, warmUp: 10 })
    expect(summary.fullRun.outputTokensPerSecond).toBeNull()
    expect(summary.steady).toBeNull()
    expect(summary.latency.ttftService).toMatchObject({ count: 0, meanMs: null, p99Ms: null })
  })
})

describe('over time', () => {
  const steps = {
    steps: 10,
    decodeSequences: 4,
    prefillTokens: 0,
    outputTokens: 40,
    prefillUs: 0,
    waiting: 2,
    running: 4,
    cacheUse: 0.5,
  }

  test('levels, power and rates by hand', () => {
    const metrics = new RunMetrics()
    metrics.setIdleWatts(0, 0, 100)
    // Idle for a second, then half a second of steps at 800 W.
    metrics.addSteps(0, { ...steps, startUs: 1_000_000, atUs: 1_500_000, joules: 400 })
    metrics.setReplicaState(0, 2_000_000, { waiting: 0, running: 0, cacheUse: 0 })
    metrics.addSteps(0, {
      ...steps,
      startUs: 3_000_000,
      atUs: 3_500_000,
      joules: 400,
      running: 0,
      waiting: 0,
      cacheUse: 0,
    })
    metrics.setIdleWatts(0, 4_000_000, 0)
    const end = runEnd(4_000_000)
    const { series } = metrics
    const level = (name: RunColumn, fromUs: number, toUs: number) =>
      series.between(series.column(name), fromUs, toUs) / (toUs - fromUs)
    expect(level('running', 1_200_000, 1_400_000)).toBeCloseTo(4, 9)
    // It holds what it held after its last step until it is said to be empty.
    expect(level('waiting', 1_600_000, 1_900_000)).toBeCloseTo(2, 9)
    expect(level('cacheUse', 2_100_000, 2_900_000)).toBe(0)
    // 1 s idle + 400 J + 1.5 s idle + 400 J + 0.5 s idle.
    expect(total(metrics, 'joules')).toBeCloseTo(1100, 9)
    const timeline = runTimeline(series, end)
    const at = (seconds: number) => Math.floor(seconds / timeline.binSeconds)
    expect(timeline.watts[at(0.5)]).toBeCloseTo(100, 6)
    expect(timeline.watts[at(1.25)]).toBeCloseTo(800, 6)
    expect(timeline.cacheUse[at(0.5)]).toBeNull()
    expect(timeline.cacheUse[at(1.25)]).toBeCloseTo(0.5, 9)
  })

  test('idle power said again in the middle of a step counts nothing twice', () => {
    const metrics = new RunMetrics()
    metrics.setIdleWatts(0, 0, 100)
    metrics.setIdleWatts(0, 700_000, 100)
    metrics.addSteps(0, { ...steps, startUs: 500_000, atUs: 1_000_000, joules: 400 })
    metrics.setIdleWatts(0, 1_000_000, 0)
    expect(total(metrics, 'joules')).toBeCloseTo(450, 9)
  })

  test('energy that only the fleet knows is spread evenly', () => {
    const metrics = metricsOf(Array.from({ length: 100 }, (_, id) => streamed(id, 100_000)))
    metrics.addEnergy(0, 5_000_000, 1_000)
    const summary = summariseRun(metrics, runEnd(12_000_000, { joules: 3_400 }))
    expect(summary.energy).toMatchObject({ joules: 3_400, wattsMean: 3_400 / 12 })
    const timeline = runTimeline(metrics.series, runEnd(12_000_000, { joules: 3_400 }))
    expect(timeline.watts[10]).toBeCloseTo(400, 6)
    expect(timeline.watts.at(-5)).toBeCloseTo(200, 6)
    expect(timeline.watts).toHaveLength(Math.ceil(12 / timeline.binSeconds))
    close(totalOf(timeline, 'watts'), 3_400)
    expect(runTimeline(metricsOf([record()]).series, runEnd(2_000_000)).watts[0]).toBeNull()
  })
})

test('a timeline adds up to the totals of the run, whenever it ends', () => {
  fc.assert(
    fc.property(records, fc.nat(10 ** 10), (all, idleUs) => {
      const metrics = metricsOf(all)
      const timeline = runTimeline(metrics.series, runEnd(metrics.lastEndedUs + idleUs + 1))
      close(totalOf(timeline, 'outputTokensPerSecond'), metrics.measured.outputTokens)
      close(totalOf(timeline, 'requestsPerSecond'), metrics.measured.served)
      close(totalOf(timeline, 'inFlight') * 1e6, total(metrics, 'inFlight'))
    }),
  )
})

test('answers whose token times nobody saw count when they end', () => {
  const metrics = metricsOf([
    record({ firstTokenUs: Number.NaN, lastTokenUs: Number.NaN, startedUs: Number.NaN }),
  ])
  const { series } = metrics
  expect(series.between(series.column('outputTokens'), 1_810_000, 1_812_000)).toBe(11)
  expect(summariseRun(metrics, runEnd(2_000_000)).latency.ttftService.count).toBe(0)
})

test('a gateway that was never told the time of sending goes by the schedule', () => {
  const metrics = metricsOf([rejected({ sentUs: Number.NaN })])
  expect(metrics.firstSentUs).toBe(1_000_000)
})

test('groups and reasons are bounded', () => {
  const many = Array.from({ length: 1_100 }, (_, id) =>
    rejected({ id, tenant: `tenant ${id}`, reason: `reason ${id}` }),
  )
  const metrics = metricsOf(many)
  const groups = metrics.groups[0]!
  expect(groups.size).toBe(1_001)
  expect(groups.get(otherGroups)!.requests).toBe(100)
  expect(metrics.measured.reasons.size).toBe(101)
  expect(metrics.measured.reasons.get('other reasons')).toBe(1_000)
})

test('a request that ends before it is sent, and a replica without a number, are refused', () => {
  expect(() => metricsOf([record({ id: 9, endedUs: 1 })])).toThrow('request 9 ends at 1 µs')
  expect(() => new RunMetrics().setIdleWatts(-1, 0, 5)).toThrow('numbered from 0')
})
