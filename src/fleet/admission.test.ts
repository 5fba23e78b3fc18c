/** Twice as much as a fleet can do, with a line in front of it and without. */
import { describe, expect, test } from 'vitest'
import { RandomSource } from '../core/random.ts'
import { judgeRequest } from '../metrics/goodput.ts'
import type { RequestRecord } from '../metrics/record.ts'
import { AdmissionRouter } from '../routing/admission/admission-router.ts'
import type { AdmissionSpec } from '../routing/admission/admission-spec.ts'
import { createRouter } from '../routing/create-router.ts'
import { type SimulationOptions, simulate } from '../sim/driver.ts'
import { listed } from '../sim/workload.fixture.ts'
import type { WorkloadRequest } from '../workload/request.ts'
import { decisionsOf } from './decisions.ts'
import { engineSettings, fleetSettings, pool, request } from './fleet.fixture.ts'
import { createFleet } from './fleet.ts'
import type { FleetEvent } from './types.ts'

const seconds = 8
/**
 * Two replicas of four sequences, 200 ms a request: 40 requests/s. They are asked for 60 by one tenant and 18 by another, who
 * leaves 2 of the half that is its share.
 */
function twice(): WorkloadRequest[] {
  const of = (tenant: string, perSecond: number): WorkloadRequest[] =>
    Array.from({ length: seconds * perSecond }, (_, index) =>
      request({ tenant, arrivalUs: Math.round((index * 1e6) / perSecond), outputTokens: 20 }),
    )
  return [...of('loud', 60), ...of('quiet', 18)]
    .sort((a, b) => a.arrivalUs - b.arrivalUs)
    .map((each, id) => ({ ...each, id }))
}

interface Run {
  readonly records: readonly RequestRecord[]
  readonly events: readonly FleetEvent[]
  /** Most that waited by the router's books, and most in front of the fleet. */
  readonly mostWaiting: number
  readonly mostInFront: number
}

function run(admission: AdmissionSpec | null, options: SimulationOptions = {}): Run {
  const engine = engineSettings({ maximumSequences: 4 })
  const router = createRouter({ kind: 'least-loaded', admission }, new RandomSource(1))
  const fleet = createFleet(fleetSettings({ pools: [pool({ engine, replicas: 2 })], router }))
  const events: FleetEvent[] = []
  let mostWaiting = 0
  let mostInFront = 0
  const end = simulate(listed(twice()), fleet, event => events.push(event), {
    ...options,
    inspect() {
      fleet.checkInvariants()
      mostInFront = Math.max(mostInFront, fleet.waitingInFront)
      if (router instanceof AdmissionRouter) mostWaiting = Math.max(mostWaiting, router.waiting)
    },
  })
  expect(end.unfinished).toBe(0)
  expect(fleet.waitingInFront).toBe(0)
  const records = events.flatMap(event => (event.kind === 'ended' ? [event.record] : []))
  expect(new Set(records.map(({ id }) => id)).size).toBe(end.submitted)
  return { records, events, mostWaiting, mostInFront }
}

const share = (records: readonly RequestRecord[], holds: (record: RequestRecord) => boolean) =>
  records.filter(holds).length / records.length
const isServed = ({ outcome }: RequestRecord) => outcome === 'served'
const objective = { ttftMs: 2000, tpotMs: Number.POSITIVE_INFINITY, e2eMs: Number.POSITIVE_INFINITY }
const isGood = (record: RequestRecord) => judgeRequest(record, objective, 'service') === 'met'

describe('a fleet that is asked for twice what it can do', () => {
  const line = { maximumWaiting: 20, maximumWaitSeconds: 3 } as const
  const open = run(null)
  const held = run(line)

  test('without a line nobody is turned away, and hardly anyone is served in time', () => {
    expect(share(open.records, isServed)).toBe(1)
    expect(share(open.records, isGood)).toBeLessThan(0.5)
  })

  test('with one, who is served is served in time, and those turned away count against goodput', () => {
    const served = share(held.records, isServed)
    const good = share(held.records, isGood)
    expect(served).toBeGreaterThan(0.5)
    expect(served).toBeLessThan(0.6)
    expect(good).toBeGreaterThan(0.95 * served)
    expect(good).toBeLessThanOrEqual(served)
    const rejected = held.records.filter(({ outcome }) => outcome === 'rejected')
    expect(rejected.length).toBe(held.records.length - held.records.filter(isServed).length)
    expect(held.events.filter(({ kind }) => kind === 'rejected').length).toBe(rejected.length)
    for (const { startedUs, outputTokens, replica } of rejected)
      expect([startedUs, outputTokens, replica]).toEqual([Number.NaN, 0, -1])
  })

  test('the line is as long as it may be, and no longer', () => {
    expect(held.mostWaiting).toBe(20)
    // Who was pushed out may be told a retry later: 78 requests/s come in 50 ms.
    expect(held.mostInFront).toBeLessThanOrEqual(20 + 5)
  })

  test('who asks for less than its share gets all of it, and the flood what is left', () => {
    const of = (name: string) => held.records.filter(({ tenant }) => tenant === name)
    expect(share(of('quiet'), isServed)).toBeGreaterThan(0.98)
    expect(share(of('loud'), isServed)).toBeLessThan(0.45)
    const reasons = of('loud').filter(record => !isServed(record))
    expect(share(reasons, ({ reason }) => reason === 'fair-share')).toBeGreaterThan(0.9)
  })

  test('nobody waits longer than may be: short patience turns away by deadline', () => {
    const { records } = run({ maximumWaiting: null, maximumWaitSeconds: 0.5 })
    const late = records.filter(({ reason }) => reason === 'deadline')
    expect(late.length).toBeGreaterThan(0.3 * records.length)
    for (const { sentUs, endedUs } of late) expect(endedUs - sentUs).toBe(500_000)
    expect(new Set(records.map(({ reason }) => reason))).toEqual(new Set(['', 'deadline']))
  })

  test('limits of a tenant take load off before it reaches the line', () => {
    const { records, mostWaiting } = run({
      ...line,
      tenants: { loud: { requestsPerSecond: 15, requestBurst: 1 } },
    })
    expect(mostWaiting).toBe(0)
    expect(share(records, isServed)).toBeCloseTo((15 + 18) / 78, 1)
    expect(new Set(records.map(({ reason }) => reason))).toEqual(new Set(['', 'rate-limit']))
  })

  test('with every replica down requests wait for them, as long as they may', () => {
    const faults = [0, 1].map(replica => ({
      atUs: 5e6,
      fault: { kind: 'crash' as const, replica, downSeconds: 0.5 },
    }))
    const { records } = run({ ...line, maximumWaitSeconds: 1 }, { faults, untilUs: Number.POSITIVE_INFINITY })
    // Start-up takes a minute: whoever came in the rest of the run waited in vain, or found no place.
    const after = records.filter(({ sentUs }) => sentUs > 5.1e6)
    expect(share(after, isServed)).toBe(0)
    expect(new Set(after.map(({ reason }) => reason))).toEqual(
      new Set(['deadline', 'queue-full', 'fair-share']),
    )
  })

  test('the same again', () => {
    expect(decisionsOf(run(line).events)).toEqual(decisionsOf(held.events))
  })
})
