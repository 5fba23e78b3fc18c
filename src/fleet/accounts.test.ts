import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { fleetSettings, pool, request, Stage, testRouter } from './fleet.fixture.ts'
import { createFleet } from './fleet.ts'
import type { Fault, FleetSettings, PoolSettings } from './types.ts'

const second = 1e6

function stage(one: Partial<PoolSettings>, overrides: Partial<FleetSettings> = {}): Stage {
  return new Stage(createFleet(fleetSettings({ pools: [pool(one)], ...overrides })))
}

function fault(one: Fault): { readonly kind: 'fault'; readonly fault: Fault } {
  return { kind: 'fault', fault: one }
}

describe('accounts', () => {
  test('a replica at rest costs its idle watts', () => {
    const [used] = stage({ replicas: 2 }).fleet.usage(10 * second)
    expect(used).toEqual({ pool: 'pool', replicaSeconds: 20, joules: 2000, busySeconds: 0 })
  })

  test('steps cost what the timer says, the rest idle watts', () => {
    const run = stage({})
      .submit(0, request({ outputTokens: 7 }))
      .finish()
    const [used] = run.fleet.usage(second)
    expect(used!.busySeconds).toBe(0.07)
    expect(used!.joules).toBeCloseTo(7 * 5 + 100 * 0.93, 9)
  })

  test('add up under any faults', () => {
    const moment = fc.integer({ min: 0, max: 3_000_000 })
    const seconds = fc.constantFrom(0, 0.1, 1.5)
    const replica = fc.nat(3)
    const happening = fc.oneof(
      fc.record({ kind: fc.constant('crash' as const), replica, downSeconds: seconds }).map(fault),
      fc
        .record({ kind: fc.constant('slow' as const), replica, factor: fc.constantFrom(0.5, 4), seconds })
        .map(fault),
      fc.record({ kind: fc.constant('stall' as const), replica, seconds }).map(fault),
      fc.nat(4).map(replicas => ({ kind: 'scale', pool: 'pool', replicas }) as const),
      fc.boolean().map(surge => ({ kind: 'upgrade', pool: 'pool', atOnce: 1, surge }) as const),
      fc.integer({ min: 1, max: 60 }).map(tokens => ({ submit: tokens })),
    )
    const plan = fc.array(fc.tuple(moment, happening), { maxLength: 25 })
    fc.assert(
      fc.property(plan, fc.boolean(), (events, retryAfterCrash) => {
        const router = testRouter((_, candidates, nowUs) => {
          const ready = candidates.filter(candidate => candidate.ready)
          return ready.length === 0
            ? { kind: 'wait', retryUs: nowUs + second }
            : { kind: 'send', candidateId: ready[0]!.id, expectedCachedTokens: 0 }
        })
        const run = stage({ replicas: 2, startupSeconds: 0.5 }, { router, retryAfterCrash })
        let submitted = 0
        for (const [atUs, what] of [...events].sort(([a], [b]) => a - b)) {
          if ('submit' in what) {
            submitted++
            run.submit(atUs, request({ outputTokens: what.submit }))
          } else run.give(atUs, what)
        }
        // A pool of none serves nobody: in the end there is one.
        run.give(10 * second, { kind: 'scale', pool: 'pool', replicas: 2 }).finish()
        expect(run.records()).toHaveLength(submitted)

        const endUs = 100 * second
        const [used] = run.fleet.usage(endUs)
        const steps = run.ofKind('engine').flatMap(({ event }) => (event.kind === 'steps' ? [event] : []))
        const busyUs = steps.reduce((sum, { startUs, atUs }) => sum + atUs - startUs, 0)
        const joules = steps.reduce((sum, step) => sum + step.joules, 0)
        expect(used!.busySeconds).toBeCloseTo(busyUs / 1e6, 9)
        expect(used!.joules).toBeCloseTo(joules + 100 * (used!.replicaSeconds - busyUs / 1e6), 6)
        const goneUs = new Map(
          run.ofKind('replica').map(({ replica: id, atUs, state }) => [id, state === 'gone' ? atUs : endUs]),
        )
        const orderedUs = new Map<number, number>()
        for (const { replica: id, atUs, state } of run.ofKind('replica'))
          if (state === 'starting' && id >= 2 && !orderedUs.has(id)) orderedUs.set(id, atUs)
        const held = run.fleet.replicas.reduce(
          (sum, { id }) => sum + (goneUs.get(id) ?? endUs) - (orderedUs.get(id) ?? 0),
          0,
        )
        expect(used!.replicaSeconds).toBeCloseTo(held / 1e6, 9)
      }),
      { numRuns: 60 },
    )
  })
})
