import { afterEach, describe, expect, test } from 'vitest'
import type { FleetEvent } from '../fleet/types.ts'
import { simulate } from '../sim/driver.ts'
import { plainRequest, type Workload, type WorkloadRequest } from '../workload/request.ts'
import { testFleet } from './emulator.fixture.ts'
import { createLatenessMeter } from './lateness.ts'
import { startClock } from './live-clock.ts'
import { createLiveDriver, type LiveDriver } from './live-driver.ts'

let driver: LiveDriver | null = null
afterEach(() => driver?.close())

const request = (id: number, arrivalUs: number, outputTokens = 5): WorkloadRequest => ({
  ...plainRequest,
  id,
  arrivalUs,
  inputTokens: 20 + ((id * 37) % 300),
  outputTokens,
  // Every third one repeats a prompt, so that caches matter.
  content: { tokensPerBlock: 16, blockIds: Array.from({ length: 30 }, (_, block) => (id % 3) * 100 + block) },
})

/** Requests at given times, for virtual time. */
function scheduled(requests: readonly WorkloadRequest[]): Workload {
  let next = 0
  return {
    totalRequests: requests.length,
    accept() {},
    nextUs: () => requests[next]?.arrivalUs ?? Number.POSITIVE_INFINITY,
    wake: (nowUs, out) => {
      while (next < requests.length && requests[next]!.arrivalUs <= nowUs) out.push(requests[next++]!)
    },
  }
}

describe('live driver', () => {
  test('takes the decisions of virtual time, to the microsecond, whatever the timers do', async () => {
    const requests = Array.from({ length: 200 }, (_, id) =>
      request(id, 1_000_000 + id * 3137, 1 + ((id * 7) % 40)),
    )
    const options = { replicas: 3, engine: { maximumSequences: 4, blocksPerRank: 120 } }
    const virtual: FleetEvent[] = []
    simulate(scheduled(requests), testFleet(options), event => virtual.push(structuredClone(event)))

    driver = createLiveDriver(startClock(20))
    const live: FleetEvent[] = []
    let ended = 0
    const lane = driver.add(testFleet(options), events => {
      for (const event of events) {
        live.push(structuredClone(event))
        if (event.kind === 'ended') ended++
      }
    })
    for (const one of requests) lane.accept({ kind: 'submit', request: one }, one.arrivalUs)
    // The event loop is held up now and then: answers are late, decisions are not.
    await expect
      .poll(
        () => {
          const until = performance.now() + 15
          while (performance.now() < until);
          return ended
        },
        { interval: 5, timeout: 10_000 },
      )
      .toBe(200)
    expect(live).toEqual(virtual)
  })

  test('an input of the past is acted on at its time, after what was due before', () => {
    driver = createLiveDriver(startClock(1000))
    const events: FleetEvent[] = []
    const lane = driver.add(testFleet(), list => events.push(...structuredClone(list)))
    const until = performance.now() + 5
    while (performance.now() < until);
    lane.accept({ kind: 'submit', request: request(0, 1000) }, 1000)
    expect(events[0]).toMatchObject({ kind: 'routed', atUs: 1000 })
    expect(lane.stamp(0)).toBeGreaterThanOrEqual(1000)
    const stamp = lane.stamp(driver.clock.nowUs())
    lane.accept({ kind: 'submit', request: request(1, stamp) }, stamp)
    expect(() => lane.accept({ kind: 'cancel', requestId: 1 }, 500)).toThrow(/cannot lie before/)
  })

  test('an input inside a listener waits for its turn', async () => {
    driver = createLiveDriver(startClock(10))
    const ends: string[] = []
    const lane = driver.add(testFleet(), events => {
      for (const event of events) {
        if (event.kind === 'first-token') {
          lane.accept({ kind: 'cancel', requestId: event.requestId }, lane.stamp(driver!.clock.nowUs()))
        }
        if (event.kind === 'ended') ends.push(event.record.outcome)
      }
    })
    const atUs = lane.stamp(driver.clock.nowUs())
    lane.accept({ kind: 'submit', request: request(0, atUs, 1000) }, atUs)
    await expect.poll(() => ends).toEqual(['cancelled'])
  })

  test('an autoscaler is woken at its times', async () => {
    driver = createLiveDriver(startClock(100))
    const fleet = testFleet({ replicas: 1 })
    const wokenUs: number[] = []
    let nextUs = 1000
    const autoscaler = {
      accept() {},
      nextUs: () => nextUs,
      wake(nowUs: number, out: unknown[]) {
        wokenUs.push(nowUs)
        nextUs = wokenUs.length < 3 ? nowUs + 5000 : Number.POSITIVE_INFINITY
        out.push({ kind: 'scale', pool: 'serve', replicas: 1 + wokenUs.length })
      },
    }
    driver.add(fleet, () => {}, { autoscaler })
    await expect.poll(() => wokenUs).toEqual([1000, 6000, 11_000])
    expect(fleet.replicas).toHaveLength(4)
  })

  test('the clock runs at its scale and never back', async () => {
    const clock = startClock(100)
    const first = clock.nowUs()
    await new Promise(resolve => setTimeout(resolve, 20))
    const second = clock.nowUs()
    expect(second - first).toBeGreaterThan(1_500_000)
    expect(Number.isInteger(second)).toBe(true)
    expect(clock.wallMs(1_000_000)).toBe(10)
    expect(clock.wallMsUntil(second + 1e9)).toBeGreaterThan(9_000)
    expect(clock.wallMsUntil(0)).toBeLessThan(0)
    expect(() => startClock(0)).toThrow()
  })
})

describe('lateness', () => {
  test('quantiles within a bin, maximum exact', () => {
    const meter = createLatenessMeter()
    expect(meter.report()).toEqual({ chunks: 0, tokens: 0, meanMs: 0, p50Ms: 0, p99Ms: 0, maximumMs: 0 })
    for (let index = 1; index <= 100; index++) meter.add(index / 10, 2)
    meter.add(-1, 1)
    const report = meter.report()
    expect(report).toMatchObject({ chunks: 101, tokens: 201, maximumMs: 10 })
    expect(report.p50Ms).toBeCloseTo(5, 1)
    expect(report.p99Ms).toBeCloseTo(9.9, 1)
    meter.add(5000, 1)
    for (let index = 0; index < 10; index++) meter.add(400, 1)
    expect(meter.report().p99Ms).toBe(5000)
  })
})
