import { afterEach, describe, expect, test } from 'vitest'
import { startMonotonicClock } from './clock.ts'
import { startEventLoopMonitor } from './event-loop-delay.ts'
import { createPacer, type Pacer } from './pacer.ts'

const { nowUs } = startMonotonicClock()
const pacers: Pacer[] = []
afterEach(() => {
  for (const pacer of pacers.splice(0)) pacer.close()
})

function pacerOf(): Pacer {
  const pacer = createPacer(nowUs)
  pacers.push(pacer)
  return pacer
}

const later = (milliseconds: number) => new Promise(resolve => setTimeout(resolve, milliseconds))

/** Wakes one after the other at these distances; how late each was, µs. */
function wakeAtAll(pacer: Pacer, gapsUs: readonly number[]): Promise<number[]> {
  return new Promise(resolve => {
    const lateUs: number[] = []
    let dueUs = nowUs()
    const next = () => {
      dueUs += gapsUs[lateUs.length]!
      pacer.wakeAt(dueUs)
    }
    pacer.onWake(() => {
      lateUs.push(nowUs() - dueUs)
      if (lateUs.length === gapsUs.length) resolve(lateUs)
      else next()
    })
    next()
  })
}

describe('the pacer', () => {
  test('never wakes early, and always wakes', async () => {
    // From before the thread runs until it does; gaps shorter and longer than its lead.
    const gapsUs = Array.from({ length: 200 }, (_, index) => [0, 50, 90, 110, 700, 2500][index % 6]!)
    const lateUs = await wakeAtAll(pacerOf(), gapsUs)
    expect(Math.min(...lateUs)).toBeGreaterThanOrEqual(0)
    // Far from the bar, which the benchmark holds it to: machines that run tests are busy.
    expect(lateUs.toSorted((a, b) => a - b)[100]).toBeLessThan(50_000)
  })
  test('takes the earliest of several', async () => {
    const pacer = pacerOf()
    const wakesUs: number[] = []
    const startUs = nowUs()
    pacer.onWake(() => wakesUs.push(nowUs() - startUs))
    pacer.wakeAt(startUs + 60_000_000)
    pacer.wakeAt(startUs + 20_000)
    pacer.wakeAt(startUs + 30_000_000)
    while (wakesUs.length === 0) await later(5)
    expect(wakesUs[0]).toBeGreaterThanOrEqual(20_000)
    expect(wakesUs[0]).toBeLessThan(20_000_000)
  })
  test('Infinity takes it back; what was asked after it counts', async () => {
    const pacer = pacerOf()
    let wakes = 0
    pacer.onWake(() => wakes++)
    pacer.wakeAt(nowUs() + 10_000)
    pacer.wakeAt(Number.POSITIVE_INFINITY)
    await later(100)
    expect(wakes).toBe(0)
    pacer.wakeAt(nowUs() + 60_000_000)
    pacer.wakeAt(Number.POSITIVE_INFINITY)
    pacer.wakeAt(nowUs() + 10_000)
    while (wakes === 0) await later(5)
    expect(wakes).toBe(1)
  })
  test('a moment in the past wakes soon, but not at once', async () => {
    const pacer = pacerOf()
    let woken = false
    pacer.onWake(() => {
      woken = true
    })
    pacer.wakeAt(nowUs() - 1000)
    expect(woken).toBe(false)
    while (!woken) await later(1)
  })
  test('wakes nobody after close', async () => {
    const pacer = pacerOf()
    let woken = false
    pacer.onWake(() => {
      woken = true
    })
    pacer.wakeAt(nowUs() + 5_000)
    pacer.close()
    pacer.close()
    await later(50)
    expect(woken).toBe(false)
  })
})

describe('the clock', () => {
  test('counts whole µs forwards', () => {
    const clock = startMonotonicClock()
    let before = clock.nowUs()
    expect(before).toBeLessThan(1_000_000)
    for (let index = 0; index < 1000; index++) {
      const us = clock.nowUs()
      expect(Number.isInteger(us) && us >= before).toBe(true)
      before = us
    }
    expect(Math.abs(Date.parse(clock.startedAt) - Date.now())).toBeLessThan(60_000)
  })
})

describe('the monitor of the loop', () => {
  test('sees a stall, and forgets it when restarted', async () => {
    const monitor = startEventLoopMonitor()
    await later(50)
    const startMs = performance.now()
    while (performance.now() - startMs < 300);
    await later(50)
    const { delay, cpuSeconds, cpuShare, threadCpuShare, loopShare, wallSeconds } = monitor.report()
    expect(delay.maximumMs).toBeGreaterThan(200)
    expect(delay.p50Ms).toBeLessThan(delay.maximumMs)
    expect(cpuSeconds).toBeGreaterThan(0)
    expect(cpuShare).toBeCloseTo(cpuSeconds / wallSeconds, 1)
    if (threadCpuShare !== null) expect(threadCpuShare).toBeGreaterThan(0)
    expect(loopShare).toBeGreaterThan(0)
    expect(wallSeconds).toBeGreaterThan(0.3)
    monitor.restart()
    expect(monitor.report().delay).toEqual({ p50Ms: 0, p99Ms: 0, maximumMs: 0 })
    monitor.close()
  })
})
