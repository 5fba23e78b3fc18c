import { describe, expect, test } from 'vitest'
import { fleetSettings, leastLoaded, pool, request, stepUs, testRouter } from '../fleet/fleet.fixture.ts'
import { createFleet } from '../fleet/fleet.ts'
import type { Fleet, FleetEvent, FleetSettings } from '../fleet/types.ts'
import { createAutoscaler } from './autoscale.ts'
import { type SimulationEnd, type SimulationOptions, simulate } from './driver.ts'
import { clients, listed } from './workload.fixture.ts'

const second = 1e6

function fleetOf(overrides: Partial<FleetSettings> = {}): Fleet {
  return createFleet(fleetSettings(overrides))
}

function run(
  workload: Parameters<typeof simulate>[0],
  fleet: Fleet,
  options: SimulationOptions = {},
): { end: SimulationEnd; events: FleetEvent[]; endedUs: number[] } {
  const events: FleetEvent[] = []
  const end = simulate(workload, fleet, event => events.push(event), options)
  const endedUs = events.flatMap(event => (event.kind === 'ended' ? [event.record.endedUs] : []))
  return { end, events, endedUs }
}

describe('simulate', () => {
  test('runs a list of requests to the end', () => {
    const wanted = [0, 1, 2].map(index => request({ arrivalUs: index * second, outputTokens: 2 }))
    const { end, endedUs } = run(listed(wanted), fleetOf())
    expect(endedUs).toEqual([0, 1, 2].map(index => index * second + 2 * stepUs))
    expect(end).toMatchObject({
      nowUs: 2 * second + 2 * stepUs,
      submitted: 3,
      ended: 3,
      unfinished: 0,
      totalRequests: 3,
    })
  })

  test('tells the workload of ends: clients go on', () => {
    const workload = clients(2, 3, (id, arrivalUs, session) =>
      request({ id, arrivalUs, session, outputTokens: 4 }),
    )
    const { end, endedUs } = run(workload, fleetOf())
    expect(end.submitted).toBe(6)
    expect(endedUs).toEqual([4, 4, 8, 8, 12, 12].map(steps => steps * stepUs))
  })

  test('those rejected at once do not stop the clock', () => {
    const router = testRouter(() => ({ kind: 'reject', reason: 'saturated', retryAfterSeconds: 1 }))
    const workload = clients(1, 50, (id, arrivalUs, session) => request({ id, arrivalUs, session }))
    expect(run(workload, fleetOf({ router })).end).toMatchObject({ submitted: 50, ended: 50, nowUs: 0 })
  })

  test('stops at untilUs and says what was not over', () => {
    const wanted = [0, 1, 2].map(index => request({ arrivalUs: index * second, outputTokens: 150 }))
    const { end } = run(listed(wanted), fleetOf(), { untilUs: 2.2 * second })
    expect(end).toMatchObject({ nowUs: 2.2 * second, submitted: 3, ended: 1, unfinished: 2 })
  })

  test('ends when nothing can happen any more', () => {
    const router = testRouter(() => ({ kind: 'wait', retryUs: Number.POSITIVE_INFINITY }))
    expect(run(listed([request()]), fleetOf({ router })).end).toMatchObject({ unfinished: 1, nowUs: 0 })
  })

  test('faults and inputs come at their times, before arrivals of the same moment', () => {
    const wanted = [request({ arrivalUs: 0, outputTokens: 500 }), request({ arrivalUs: second })]
    const { events } = run(listed(wanted), fleetOf(), {
      faults: [{ atUs: second, fault: { kind: 'crash', replica: 0, downSeconds: 1 } }],
      inputs: [{ atUs: 0.5 * second, input: { kind: 'scale', pool: 'pool', replicas: 2 } }],
    })
    const reasons = events.flatMap(event => (event.kind === 'ended' ? [event.record.reason] : []))
    expect(reasons).toEqual(['crash', 'no-candidate'])
    expect(events.flatMap(event => (event.kind === 'replica' ? [event.state] : []))).toEqual([
      'starting',
      'down',
    ])
  })

  test('reports progress every so many events', () => {
    const reports: number[] = []
    const wanted = [0, 1, 2, 3].map(index => request({ arrivalUs: index }))
    const { end } = run(listed(wanted), fleetOf({ engineEvents: false }), {
      progress: { everyEvents: 4, report: ({ events }) => reports.push(events) },
    })
    expect(end.events).toBe(12)
    expect(reports).toEqual([4, 8, 12])
  })

  test('time that runs backwards is a mistake', () => {
    const workload = listed([request({ arrivalUs: 10 }), request({ arrivalUs: 5 })])
    const fleet = fleetOf()
    const wrong = {
      ...workload,
      wake: (_: number, out: Parameters<typeof workload.wake>[1]) => workload.wake(10, out.splice(0)),
    }
    let asked = 0
    const backwards = { ...wrong, nextUs: () => (asked++ === 0 ? 10 : 5) }
    expect(() => simulate(backwards, fleet, () => {})).toThrow(/backwards/)
  })

  test('a request that is sent before it is due is a mistake', () => {
    const early = {
      ...listed([]),
      nextUs: () => 0,
      wake: (_: number, out: unknown[]) => out.push(request({ arrivalUs: 9 })),
    }
    expect(() => simulate(early as never, fleetOf(), () => {})).toThrow(/before it was due/)
  })

  test('an autoscaler that ticks on in vain does not keep the run alive', () => {
    const router = testRouter((wanted, candidates) =>
      candidates.some(({ ready }) => ready)
        ? leastLoaded(wanted, candidates)
        : { kind: 'wait', retryUs: Number.POSITIVE_INFINITY },
    )
    const settings = {
      kind: 'load',
      pool: 'pool',
      measure: 'requests',
      target: 4,
      minimum: 0,
      maximum: 0,
      intervalSeconds: 15,
      tolerance: 0.1,
      cooldownSeconds: 0,
    } as const
    const stuck = fleetOf({ router, pools: [pool({ replicas: 0 })] })
    expect(
      run(listed([request()]), stuck, { autoscaler: createAutoscaler(settings, stuck) }).end.unfinished,
    ).toBe(1)
    const saved = fleetOf({ router, pools: [pool({ replicas: 0 })] })
    const autoscaler = createAutoscaler({ ...settings, maximum: 1 }, saved)
    expect(run(listed([request()]), saved, { autoscaler }).endedUs).toEqual([75 * second + 5 * stepUs])
  })
})
