import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { constantTimer, fleetSettings, pairOfPools, pool, request } from '../fleet/fleet.fixture.ts'
import { createFleet } from '../fleet/fleet.ts'
import type { PoolSettings } from '../fleet/types.ts'
import { RunMetrics } from '../metrics/run-metrics.ts'
import { simulate } from './driver.ts'
import { fleetObserver, simulationResult } from './result.ts'
import { listed } from './workload.fixture.ts'

/** Steps of 10 ms and 5 J, idle power 100 W, $3.60 an hour. */
function run(
  pools: readonly PoolSettings[],
  options: { requests: number; gapUs: number; skipEvents: boolean },
) {
  const metrics = new RunMetrics({ objectives: [{ metric: 'ttft', statistic: 'p90', limitMs: 1000 }] })
  const own = pools.map(one => ({ ...one, engine: { ...one.engine, skipEvents: options.skipEvents } }))
  const fleet = createFleet(fleetSettings({ pools: own }))
  const requests = Array.from({ length: options.requests }, (_, id) =>
    request({ id, arrivalUs: id * options.gapUs, inputTokens: 100, outputTokens: 21 }),
  )
  const observe = fleetObserver(metrics, fleet, replica => ({
    idleWatts: fleet.replicas[replica]!.pool === 'small' ? 10 : 100,
    tokensPerSequence: 1,
    handedOver: fleet.replicas[replica]!.pool === 'decode',
  }))
  const end = simulate(listed(requests), fleet, observe)
  const result = simulationResult({ endUs: end.nowUs, fleet, pools: own, metrics, energyPrice: () => null })
  return { result, metrics, fleet, endUs: end.nowUs }
}

const options = { requests: 50, gapUs: 100_000, skipEvents: true }

describe('a fleet of two replicas', () => {
  const { result, metrics, fleet, endUs } = run([pool({ replicas: 2, devicesPerReplica: 4 })], options)
  const [only] = result.pools

  test('serves every request, and emits the tokens they asked for', () => {
    expect(result.summary.requests).toMatchObject({ measured: 50, served: 50, unfinished: 0 })
    expect(result.summary.tokens.output).toBe(50 * 21)
    expect(only!.outputTokens).toBe(50 * 21)
    expect(result.replicas.map(({ replica, pool: name }) => [replica, name])).toEqual([
      [0, 'pool'],
      [1, 'pool'],
    ])
  })

  test('gaps between tokens add up to the time between first and last tokens', () => {
    const { tpotMs } = metrics.measured.latencies
    expect(metrics.interTokenLatencyMs.count).toBe(50 * 20)
    expect(metrics.interTokenLatencyMs.mean).toBeCloseTo(tpotMs.mean, 6)
  })

  test('use of pools is what the fleet says, and what its replicas add up to', () => {
    const usage = fleet.usage(endUs)[0]!
    expect(only).toMatchObject({ replicaSeconds: usage.replicaSeconds, busySeconds: usage.busySeconds })
    const busy = result.replicas.reduce((sum, replica) => sum + replica.busySeconds, 0)
    expect(busy).toBeCloseTo(usage.busySeconds, 9)
    expect(only!.meanReplicas).toBeCloseTo(2, 12)
    expect(result.summary.fullRun.outputTokensPerSecondPerDevice! * 8).toBeCloseTo(
      result.summary.fullRun.outputTokensPerSecond!,
      9,
    )
  })

  test('energy over time adds up to the energy of the fleet', () => {
    const { timeline, summary } = result
    const joules = timeline.watts.reduce<number>(
      (sum, watts, bin) =>
        sum + watts! * Math.min(timeline.binSeconds, timeline.endSeconds - bin * timeline.binSeconds),
      0,
    )
    expect(joules).toBeCloseTo(fleet.usage(endUs)[0]!.joules, 6)
    expect(summary.energy!.joules).toBe(fleet.usage(endUs)[0]!.joules)
    // All of it but the idle time after the last step of each replica was placed where it was drawn.
    const told = metrics.series.total(metrics.series.column('joules'))
    expect(summary.energy!.joules - told).toBeLessThan(100 * 0.2)
  })

  test('the bill is replica time × price', () => {
    const { bill } = result
    expect(Number(bill.allocation.billNanoUsd) / 1e9).toBeCloseTo((only!.replicaSeconds / 3600) * 3.6, 8)
    const idle = Number(bill.allocation.idleNanoUsd) / Number(bill.allocation.billNanoUsd)
    expect(idle).toBeCloseTo(1 - only!.busyShare, 6)
    expect(bill.usdPerGoodRequest).toBe(bill.usdPerRequest)
  })
})

test('skipping events changes no figure', () => {
  const figures = (skipEvents: boolean) => {
    const { summary, pools, bill } = run([pool({ replicas: 2 })], { ...options, skipEvents }).result
    const { interToken, ...latency } = summary.latency
    return { latency, gaps: [interToken.count, interToken.maximumMs], goodput: summary.goodput, pools, bill }
  }
  expect(figures(true)).toEqual(figures(false))
})

test('two pools of different power and price are told apart', () => {
  const small = pool({ name: 'small', usdPerReplicaHour: 1, timer: () => constantTimer({ idleWatts: 10 }) })
  const { result } = run([pool({ name: 'large', usdPerReplicaHour: 10 }), small], options)
  expect(result.bill.lines.map(line => [line.pool, line.component])).toEqual([
    ['large', 'replicas'],
    ['small', 'replicas'],
  ])
  const [large, other] = result.bill.lines.map(line => Number(line.nanoUsd))
  expect(large! / other!).toBeCloseTo(10, 4)
  const idle = result.pools.map(one => (one.joules - one.stepJoules) / (one.replicaSeconds - one.busySeconds))
  expect(idle[0]).toBeCloseTo(100, 6)
  expect(idle[1]).toBeCloseTo(10, 6)
})

test('under any load the gaps that steps show add up to the time that requests spent generating', () => {
  const load = fc.record({
    requests: fc.integer({ min: 1, max: 40 }),
    gapUs: fc.integer({ min: 1_000, max: 60_000 }),
    skipEvents: fc.boolean(),
  })
  fc.assert(
    fc.property(load, options => {
      const { metrics } = run([pool({ replicas: 2 })], options)
      const { interTokenLatencyMs: gaps, measured } = metrics
      fc.pre(measured.preemptions === 0)
      expect(gaps.count).toBe(measured.outputTokens - measured.served)
      expect(Math.abs(gaps.mean / measured.latencies.tpotMs.mean - 1)).toBeLessThan(1e-9)
    }),
    { numRuns: 20 },
  )
})

test.each([5_000, 300_000])(
  'gaps of a decode pool leave out what lies before its first step (%i µs apart)',
  gapUs => {
    const pools = pairOfPools({ linkBytesPerSecond: 1e9 })
    const { metrics, result } = run(pools, { requests: 20, gapUs, skipEvents: true })
    const { measured } = metrics
    expect(measured.served).toBe(20)
    // The first token is sampled again by the decode replica, so that all gaps are its own.
    expect(metrics.interTokenLatencyMs.count).toBe(measured.outputTokens - measured.served)
    expect(metrics.interTokenLatencyMs.mean).toBeCloseTo(measured.latencies.tpotMs.mean, 6)
    const [prefill, decode] = result.pools
    expect([prefill!.prefillShare, decode!.prefillShare]).toEqual([1, 0])
  },
)
