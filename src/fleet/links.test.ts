import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { LinkNetwork } from './links.ts'

const gigabyte = 1e9

function network(ports: readonly number[]): LinkNetwork<string> {
  const links = new LinkNetwork<string>()
  for (const [id, bytesPerSecond] of ports.entries()) links.addPort(id, bytesPerSecond)
  return links
}

function rates(links: LinkNetwork<string>): Record<string, number> {
  return Object.fromEntries(links.transfers().map(({ key, bytesPerSecond }) => [key, bytesPerSecond]))
}

describe('a transfer', () => {
  test('alone goes at the slower end and ends at bytes ÷ rate', () => {
    const links = network([50 * gigabyte, 20 * gigabyte])
    links.start(1000, 'a', 0, 1, 2 * gigabyte)
    expect(links.nextUs()).toBe(101_000)
    expect(links.finished(100_999)).toBeNull()
    expect(links.finished(101_000)).toBe('a')
    expect(links.nextUs()).toBe(Number.POSITIVE_INFINITY)
  })

  test('leaves to others what its other end cannot take', () => {
    // Port 0 sends to a slow end and to a fast one: equal halves would leave a third of port 0 idle.
    const links = network([30, 5, 100])
    links.start(0, 'slow', 0, 1, 1000)
    links.start(0, 'fast', 0, 2, 1000)
    expect(rates(links)).toEqual({ slow: 5, fast: 25 })
  })

  test('shares a port in equal parts, and speeds up when another one ends', () => {
    const links = network([10, 100, 100])
    links.start(0, 'long', 0, 1, 20)
    links.start(0, 'short', 0, 2, 5)
    expect(links.nextUs()).toBe(1_000_000)
    expect(links.finished(1_000_000)).toBe('short')
    // 5 bytes are done, 15 are left at 10 bytes/s.
    expect(links.nextUs()).toBe(2_500_000)
  })

  test('pauses while a port of it is down, others take its place', () => {
    const links = network([10, 100, 100])
    links.start(0, 'a', 0, 1, 10)
    links.start(0, 'b', 0, 2, 10)
    links.setDown(1_000_000, 1, true)
    expect(rates(links)).toEqual({ a: 0, b: 10 })
    expect(links.nextUs()).toBe(1_500_000)
    expect(links.finished(1_500_000)).toBe('b')
    expect(links.nextUs()).toBe(Number.POSITIVE_INFINITY)
    links.setDown(9_000_000, 1, false)
    expect(links.nextUs()).toBe(9_500_000)
  })

  test('of nothing is over at once', () => {
    const links = network([10, 10])
    links.start(7, 'a', 0, 1, 0)
    expect(links.nextUs()).toBe(7)
    expect(links.finished(7)).toBe('a')
  })

  test('can be broken off once', () => {
    const links = network([10, 10])
    links.start(0, 'a', 0, 1, 10)
    expect(links.abort(5, 'a')).toBe(true)
    expect(links.abort(5, 'a')).toBe(false)
    expect(links.size).toBe(0)
  })
})

test('a port does not go under a transfer, and one without bandwidth is none', () => {
  const links = network([10, 10])
  links.start(0, 'a', 0, 1, 10)
  expect(() => links.removePort(1)).toThrow(/under a transfer/)
  expect(() => links.addPort(2, 0)).toThrow(/no bandwidth/)
  expect(() => links.start(0, 'b', 0, 9, 1)).toThrow(/not there/)
})

const ports = fc.array(fc.integer({ min: 1, max: 1000 }), { minLength: 2, maxLength: 6 })
const job = fc.record({
  atUs: fc.integer({ min: 0, max: 5_000_000 }),
  from: fc.nat(5),
  to: fc.nat(5),
  bytes: fc.integer({ min: 1, max: 2000 }),
})

describe('any mix of transfers', () => {
  test('keeps every port within its bandwidth, and no transfer could go faster for free', () => {
    fc.assert(
      fc.property(ports, fc.array(job, { minLength: 1, maxLength: 12 }), fc.nat(5), (sizes, jobs, broken) => {
        const links = network(sizes)
        links.setDown(0, broken % sizes.length, true)
        for (const [index, { from, to, bytes }] of jobs.entries())
          links.start(0, String(index), from % sizes.length, to % sizes.length, bytes)
        const flows = links.transfers()
        const used = sizes.map(
          (_, id) =>
            flows.reduce((sum, flow) => sum + (flow.from === id ? flow.bytesPerSecond : 0), 0) +
            flows.reduce((sum, flow) => sum + (flow.to === id ? flow.bytesPerSecond : 0), 0),
        )
        const capacity = sizes.map((size, id) => (id === broken % sizes.length ? 0 : size))
        for (const [id, load] of used.entries()) expect(load).toBeLessThanOrEqual(capacity[id]! * (1 + 1e-9))
        // Max-min: each transfer has a full port on which none is faster than it.
        for (const flow of flows) {
          const bottleneck = [flow.from, flow.to].some(
            id =>
              used[id]! >= capacity[id]! * (1 - 1e-9) &&
              flows.every(
                other =>
                  (other.from !== id && other.to !== id) ||
                  other.bytesPerSecond <= flow.bytesPerSecond * (1 + 1e-9),
              ),
          )
          expect(bottleneck).toBe(true)
        }
      }),
    )
  })

  test('moves every byte, not faster than the ports allow', () => {
    fc.assert(
      fc.property(ports, fc.array(job, { minLength: 1, maxLength: 12 }), (sizes, jobs) => {
        const links = network(sizes)
        const starts = jobs
          .map((entry, index) => ({ ...entry, key: String(index) }))
          .sort((a, b) => a.atUs - b.atUs)
        const done = new Map<string, number>()
        let next = 0
        let nowUs = 0
        for (;;) {
          const startUs = next < starts.length ? starts[next]!.atUs : Number.POSITIVE_INFINITY
          nowUs = Math.min(startUs, links.nextUs())
          if (nowUs === Number.POSITIVE_INFINITY) break
          if (startUs === nowUs) {
            const { key, from, to, bytes } = starts[next++]!
            links.start(nowUs, key, from % sizes.length, to % sizes.length, bytes)
            continue
          }
          const key = links.finished(nowUs)
          if (key !== null) done.set(key, nowUs)
        }
        expect(links.size).toBe(0)
        for (const { key, atUs, from, to, bytes } of starts) {
          const seconds = (done.get(key)! - atUs) / 1e6
          const rate = Math.min(sizes[from % sizes.length]!, sizes[to % sizes.length]!)
          // Half a byte is rounded away, times are whole microseconds.
          expect(seconds).toBeGreaterThanOrEqual((bytes - 1) / rate - 2e-6)
        }
        // All bytes through all ports took at least as long as the busiest port needs.
        for (const [id, size] of sizes.entries()) {
          const through = starts.filter(
            entry => entry.from % sizes.length === id || entry.to % sizes.length === id,
          )
          const bytes = through.reduce((sum, entry) => sum + entry.bytes, 0)
          if (bytes === 0) continue
          const first = Math.min(...through.map(entry => entry.atUs))
          const last = Math.max(...through.map(entry => done.get(entry.key)!))
          expect(((last - first) / 1e6) * size).toBeGreaterThanOrEqual(bytes - through.length - size * 4e-6)
        }
      }),
    )
  })
})
