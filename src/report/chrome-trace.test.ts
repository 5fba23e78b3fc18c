import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import type { StepsEvent } from '../engine/types.ts'
import {
  engineSettings,
  fleetSettings,
  pairOfPools,
  pool,
  request,
  Stage,
  stepUs,
} from '../fleet/fleet.fixture.ts'
import { createFleet } from '../fleet/fleet.ts'
import type { FleetEvent, PoolSettings } from '../fleet/types.ts'
import type { TimedFault } from '../sim/faults.ts'
import { chromeTrace } from './chrome-trace.ts'
import { type AsyncEvent, replicaProcess, type TraceEvent } from './chrome-trace-event.ts'

/** All of it, as a reader of the file sees it. */
function traceOf(
  pools: readonly PoolSettings[],
  events: readonly FleetEvent[],
  faults: readonly TimedFault[] = [],
): TraceEvent[] {
  const trace = chromeTrace({ pools, faults })
  const out: TraceEvent[] = []
  trace.begin(out)
  for (const event of events) trace.observe(event, out)
  trace.finish(out)
  return JSON.parse(JSON.stringify(out)) as TraceEvent[]
}

function phase<Phase extends TraceEvent['ph']>(events: readonly TraceEvent[], ph: Phase) {
  return events.filter(event => event.ph === ph) as Extract<TraceEvent, { ph: Phase }>[]
}

/** Slices of async events, by walking through them as viewers do: sorted by time, one stack per category and id. */
function slices(events: readonly TraceEvent[]) {
  const async = events.filter((event): event is AsyncEvent => event.ph === 'b' || event.ph === 'e')
  const stacks = new Map<string, AsyncEvent[]>()
  const closed: { name: string; id: string; pid: number; from: number; to: number; args: object }[] = []
  for (const event of async.toSorted((a, b) => a.ts - b.ts)) {
    const key = `${event.cat} ${event.id}`
    const stack = stacks.get(key) ?? []
    stacks.set(key, stack)
    if (event.ph === 'b') {
      stack.push(event)
      continue
    }
    const begun = stack.pop()
    expect(begun?.name).toBe(event.name)
    expect(begun?.pid).toBe(event.pid)
    const { name, id, pid, ts } = begun!
    closed.push({ name, id, pid, from: ts, to: event.ts, args: { ...begun!.args, ...event.args } })
  }
  expect([...stacks.values()].flat()).toEqual([])
  return closed
}

/** What every viewer asks of a trace. */
function checkTrace(events: readonly TraceEvent[]): void {
  for (const event of events) {
    expect(Number.isInteger(event.ts) && event.ts >= 0).toBe(true)
    expect(Number.isInteger(event.pid) && event.pid > 0 && Number.isInteger(event.tid)).toBe(true)
    expect(event.name).not.toBe('')
    for (const value of Object.values(event.args)) expect(value).not.toBeNull()
  }
  const named = new Set(phase(events, 'M').map(({ name, pid }) => `${name} ${pid}`))
  for (const { pid } of events) expect(named.has(`process_name ${pid}`)).toBe(true)
  const ends = new Map<string, number>()
  for (const { pid, tid, ts, dur } of phase(events, 'X').toSorted((a, b) => a.ts - b.ts)) {
    expect(dur).toBeGreaterThanOrEqual(0)
    expect(ts).toBeGreaterThanOrEqual(ends.get(`${pid} ${tid}`) ?? 0)
    ends.set(`${pid} ${tid}`, ts + dur)
  }
  slices(events)
}

function stage(pools: readonly PoolSettings[], overrides: Parameters<typeof fleetSettings>[0] = {}): Stage {
  return new Stage(createFleet(fleetSettings({ pools, ...overrides })))
}

describe('a trace', () => {
  test('shows the phases of a request and its step', () => {
    const pools = [pool({ name: 'serve' })]
    const one = request({ inputTokens: 100, outputTokens: 5, tenant: '<"\\\n' })
    const run = stage(pools).submit(1000, one).finish()
    const events = traceOf(pools, run.events)
    checkTrace(events)
    const { firstTokenUs, endedUs } = run.record(one.id)
    const found = slices(events).map(({ name, from, to }) => `${name} ${from} ${to}`)
    expect(found).toEqual([
      'queued 1000 1000',
      `prefill 1000 ${firstTokenUs}`,
      `decode ${firstTokenUs} ${endedUs}`,
      `request 1000 ${endedUs}`,
    ])
    expect(slices(events).at(-1)!.args).toMatchObject({
      request: one.id,
      outcome: 'served',
      inputTokens: 100,
      outputTokens: 5,
      ttftMs: 10,
      tpotMs: 10,
      tenant: '<"\\\n',
    })
    const [first, second] = phase(events, 'X')
    expect(first).toMatchObject({
      name: 'prefill',
      ts: 1000,
      dur: stepUs,
      args: { steps: 1, prefillTokens: 100, joules: 5, watts: 500, runningAfter: 1 },
    })
    expect(second).toMatchObject({ name: 'decode', args: { steps: 4, decodeSequences: 1, watts: 500 } })
  })

  test('between pools: handoff and transfer, then the decode replica’s own slice', () => {
    const pools = pairOfPools()
    const one = request({ inputTokens: 1000, outputTokens: 3 })
    const events = traceOf(pools, stage(pools).submit(0, one).finish().events)
    checkTrace(events)
    const where = slices(events).map(({ name, pid }) => `${pid} ${name}`)
    const [prefill, decode] = [replicaProcess(0), replicaProcess(1)]
    expect(where).toEqual([
      `${prefill} queued`,
      `${prefill} prefill`,
      `${prefill} handoff`,
      `${prefill} transfer`,
      `${prefill} request`,
      `${decode} queued`,
      `${decode} decode`,
      `${decode} request`,
    ])
  })

  test('a crash ends what it hits; a retried request goes on elsewhere', () => {
    const pools = [pool({ name: 'serve', replicas: 2 })]
    const requests = Array.from({ length: 4 }, () => request({ outputTokens: 30 }))
    const run = stage(pools, { retryAfterCrash: true })
    for (const [index, wanted] of requests.entries()) run.submit(index, wanted)
    const fault = { kind: 'crash', replica: 0, downSeconds: 1 } as const
    run.give(5000, { kind: 'fault', fault }).finish()
    const events = traceOf(pools, run.events, [
      { atUs: 5000, fault },
      { atUs: 6000, fault: { kind: 'stall', replica: 9, seconds: 1 } },
      { atUs: 9e12, fault: { kind: 'slow', replica: 1, factor: 2, seconds: 1 } },
    ])
    checkTrace(events)
    expect(phase(events, 'i').map(({ name, ts }) => `${name} ${ts / 1e6}`)).toEqual([
      'fault: crash 0.005',
      'down (crashed) 0.005',
      'starting 1.005',
      'ready 61.005',
    ])
    const visits = slices(events).filter(({ name }) => name === 'request')
    expect(visits.filter(({ args }) => 'reason' in args && args.reason === 'crash')).toHaveLength(2)
    expect(visits.filter(({ args }) => 'outcome' in args && args.outcome === 'served')).toHaveLength(4)
    const after = phase(events, 'C').filter(({ pid, ts }) => pid === replicaProcess(0) && ts >= 5000)
    expect(after.every(({ args }) => Object.values(args).every(value => value === 0))).toBe(true)
  })

  test('new replicas get a process named after their pool', () => {
    const pools = [pool({ name: 'a' }), pool({ name: 'b' })]
    const run = stage(pools).give(10, { kind: 'scale', pool: 'b', replicas: 2 }).finish()
    const names = phase(traceOf(pools, run.events), 'M').flatMap(({ name, args }) =>
      name === 'process_name' ? [args.name] : [],
    )
    expect(names).toEqual(['fleet', 'a / replica 0', 'b / replica 1', 'b / replica 2'])
  })

  test('who waits in front and who is turned away shows in the fleet', () => {
    const pools = [pool({ name: 'serve' })]
    let asked = 0
    const router = {
      ...fleetSettings().router,
      route: () => {
        asked++
        if (asked === 1) return { kind: 'wait', retryUs: 40_000 } as const
        if (asked === 2) return { kind: 'reject', reason: 'saturated', retryAfterSeconds: 2 } as const
        return { kind: 'send', candidateId: 0, expectedCachedTokens: 0 } as const
      },
    }
    const [held, refused] = [request(), request()]
    const run = stage(pools, { router }).submit(0, held).submit(10, refused).finish()
    const events = traceOf(pools, run.events)
    checkTrace(events)
    expect(slices(events).find(({ name }) => name === 'waiting in front')).toMatchObject({
      from: 0,
      // Asked again when the other one was over.
      to: 10,
      args: { request: held.id },
    })
    expect(phase(events, 'i')).toMatchObject([
      { name: 'rejected', ts: 10, args: { request: refused.id, reason: 'saturated', retryAfterSeconds: 2 } },
    ])
  })

  test('a run that stops early leaves nothing open', () => {
    const pools = [pool({ name: 'serve' })]
    const run = stage(pools)
      .submit(0, request({ outputTokens: 500 }))
      .until(5 * stepUs)
    const events = traceOf(pools, run.events)
    checkTrace(events)
    expect(slices(events).at(-1)?.args).toMatchObject({ unfinished: true })
  })

  test('overlapping steps of pipeline stages lie on different tracks', () => {
    const pools = [pool({ name: 'serve' })]
    const steps = (startUs: number, atUs: number): FleetEvent => {
      const event: StepsEvent = {
        kind: 'steps',
        startUs,
        atUs,
        steps: 1,
        decodeSequences: 1,
        prefillTokens: 0,
        outputTokens: 1,
        joules: 1,
        prefillUs: 0,
        waiting: 0,
        running: 1,
        cacheUse: 0,
      }
      return { kind: 'engine', replica: 0, event }
    }
    const events = traceOf(pools, [steps(0, 10), steps(5, 15), steps(10, 20), steps(15, 15)])
    checkTrace(events)
    expect(phase(events, 'X').map(({ tid }) => tid)).toEqual([1, 2, 1, 2])
    // A step of no length has no power.
    expect(phase(events, 'X').at(-1)?.args).not.toHaveProperty('watts')
  })

  test('whatever happens to a fleet, its trace is sound', () => {
    const input = fc.oneof(
      fc.record({
        kind: fc.constant('submit'),
        inputTokens: fc.integer({ min: 1, max: 6000 }),
        outputTokens: fc.integer({ min: 1, max: 80 }),
      }),
      fc.record({ kind: fc.constant('crash'), replica: fc.nat(3) }),
      fc.record({ kind: fc.constant('scale'), replicas: fc.nat(3) }),
      fc.record({ kind: fc.constant('cancel'), nth: fc.nat(20) }),
    )
    const timed = fc.array(fc.tuple(fc.integer({ min: 0, max: 200_000 }), input), { maxLength: 25 })
    const small = { maximumSequences: 3, blocksPerRank: 300, maximumContextTokens: 4000 }
    const settings = fc.record({ paired: fc.boolean(), retry: fc.boolean(), stop: fc.boolean() })
    fc.assert(
      fc.property(timed, settings, (inputs, { paired, retry, stop }) => {
        const engine = engineSettings(small)
        const startupSeconds = 0.05
        const pools = paired
          ? pairOfPools({ engine, startupSeconds, replicas: 2 })
          : [pool({ name: 'prefill', engine, startupSeconds, replicas: 2 })]
        const run = stage(pools, { retryAfterCrash: retry })
        let atUs = 0
        const ids: number[] = []
        for (const [gapUs, wanted] of inputs) {
          atUs += gapUs
          if (wanted.kind === 'submit') {
            const one = request(wanted)
            ids.push(one.id)
            run.submit(atUs, one)
          } else if (wanted.kind === 'crash')
            run.give(atUs, {
              kind: 'fault',
              fault: { kind: 'crash', replica: wanted.replica, downSeconds: 0.02 },
            })
          else if (wanted.kind === 'scale')
            run.give(atUs, { kind: 'scale', pool: 'prefill', replicas: wanted.replicas })
          else if (ids.length > 0)
            run.give(atUs, { kind: 'cancel', requestId: ids[wanted.nth % ids.length]! })
        }
        if (stop) run.until(atUs + 30_000)
        else run.finish()
        const events = traceOf(pools, run.events)
        checkTrace(events)
        // Every served request decoded until it ended.
        const found = slices(events)
        for (const record of run.records().filter(({ outcome }) => outcome === 'served')) {
          const visits = found.filter(({ name, id }) => name === 'request' && id.startsWith(`${record.id}@`))
          expect(Math.max(...visits.map(({ to }) => to))).toBe(record.endedUs)
        }
      }),
      { numRuns: 60 },
    )
  })
})
