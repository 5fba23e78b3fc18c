import { describe, expect, test } from 'vitest'
import { engineSettings, fleetSettings, pool, request, Stage } from '../fleet/fleet.fixture.ts'
import { createFleet } from '../fleet/fleet.ts'
import type { FleetInput } from '../fleet/types.ts'
import {
  type AutoscalerSettings,
  createAutoscaler,
  createAutoscalers,
  type LoadScaling,
} from './autoscale.ts'

const second = 1e6

function stage(replicas: number, maximumSequences = 8): Stage {
  const engine = engineSettings({ maximumSequences })
  return new Stage(createFleet(fleetSettings({ pools: [pool({ replicas, engine, startupSeconds: 0 })] })))
}

function wake(process: ReturnType<typeof createAutoscaler>): FleetInput[] {
  const orders: FleetInput[] = []
  process.wake(process.nextUs(), orders)
  return orders
}

const byRequests: LoadScaling = {
  kind: 'load',
  pool: 'pool',
  measure: 'requests',
  target: 4,
  minimum: 1,
  maximum: 6,
  intervalSeconds: 15,
  tolerance: 0.1,
  cooldownSeconds: 60,
}

describe('by schedule', () => {
  test('gives its orders at their times, day after day', () => {
    const changes = [
      { atSeconds: 64_800, replicas: 2 },
      { atSeconds: 28_800, replicas: 8 },
    ]
    const settings: AutoscalerSettings = { kind: 'schedule', pool: 'pool', changes, periodSeconds: 86_400 }
    const process = createAutoscaler(settings, stage(1).fleet)
    const seen: string[] = []
    for (let count = 0; count < 3; count++) {
      const hours = process.nextUs() / 3600 / second
      for (const order of wake(process))
        seen.push(`${hours} h ${order.kind === 'scale' ? order.replicas : ''}`)
    }
    expect(seen).toEqual(['8 h 8', '18 h 2', '32 h 8'])
  })

  test('once, without a period', () => {
    const changes = [{ atSeconds: 5, replicas: 3 }]
    const process = createAutoscaler(
      { kind: 'schedule', pool: 'pool', changes, periodSeconds: null },
      stage(1).fleet,
    )
    expect(wake(process)).toEqual([{ kind: 'scale', pool: 'pool', replicas: 3 }])
    expect(process.nextUs()).toBe(Number.POSITIVE_INFINITY)
  })
})

describe('by load', () => {
  test('orders as many as bring it to the target, within the bounds', () => {
    const run = stage(2)
    const process = createAutoscaler(byRequests, run.fleet)
    for (let index = 0; index < 13; index++) run.submit(0, request({ outputTokens: 5000, inputTokens: 10 }))
    expect(process.nextUs()).toBe(15 * second)
    expect(wake(process)).toEqual([{ kind: 'scale', pool: 'pool', replicas: 4 }])
    for (let index = 0; index < 30; index++)
      run.submit(16 * second, request({ outputTokens: 5000, inputTokens: 10 }))
    expect(wake(process)).toEqual([{ kind: 'scale', pool: 'pool', replicas: 6 }])
  })

  test('leaves alone what is within the tolerance', () => {
    const run = stage(3)
    for (let index = 0; index < 13; index++) run.submit(0, request({ outputTokens: 500 }))
    // 13 ÷ (3 × 4) = 1.083.
    expect(wake(createAutoscaler(byRequests, run.fleet))).toEqual([])
    expect(wake(createAutoscaler({ ...byRequests, tolerance: 0.05 }, run.fleet))).toEqual([
      { kind: 'scale', pool: 'pool', replicas: 4 },
    ])
  })

  test('goes down only to what was wanted within the cool-down', () => {
    const run = stage(5)
    const process = createAutoscaler(byRequests, run.fleet)
    const wanted = Array.from({ length: 15 }, () => request({ outputTokens: 8000, inputTokens: 10 }))
    for (const one of wanted) run.submit(0, one)
    expect(wake(process)).toEqual([{ kind: 'scale', pool: 'pool', replicas: 4 }])
    for (const one of wanted) run.give(20 * second, { kind: 'cancel', requestId: one.id })
    // 4 were wanted at 15 s: that holds until 75 s.
    const orders = [30, 45, 60, 75].map(() => wake(process))
    expect(orders.slice(0, 3)).toEqual([4, 4, 4].map(replicas => [{ kind: 'scale', pool: 'pool', replicas }]))
    expect(orders[3]).toEqual([{ kind: 'scale', pool: 'pool', replicas: 1 }])
  })

  test('by slots: sequences or cache, whichever is fuller', () => {
    const run = stage(1, 10)
    for (let index = 0; index < 9; index++) run.submit(0, request({ outputTokens: 500 }))
    const process = createAutoscaler({ ...byRequests, measure: 'slots', target: 0.5 }, run.fleet)
    expect(wake(process)).toEqual([{ kind: 'scale', pool: 'pool', replicas: 2 }])
    const full = stage(1, 100)
    full
      .submit(0, request({ inputTokens: 8000, outputTokens: 100 }))
      .submit(1, request({ inputTokens: 4000, outputTokens: 100 }))
    // 12,000 of 16,000 tokens of cache, 2 of 100 sequences.
    full.until(second / 10)
    expect(wake(createAutoscaler({ ...byRequests, measure: 'slots', target: 0.3 }, full.fleet))).toEqual([
      { kind: 'scale', pool: 'pool', replicas: 3 },
    ])
  })

  test('several at once, each in its time', () => {
    const run = stage(1)
    const both = createAutoscalers(
      [
        { kind: 'schedule', pool: 'pool', changes: [{ atSeconds: 3, replicas: 2 }], periodSeconds: null },
        { ...byRequests, minimum: 3 },
      ],
      run.fleet,
    )
    expect(both.nextUs()).toBe(3 * second)
    expect(wake(both)).toEqual([{ kind: 'scale', pool: 'pool', replicas: 2 }])
    expect(both.nextUs()).toBe(15 * second)
    expect(wake(both)).toEqual([{ kind: 'scale', pool: 'pool', replicas: 3 }])
  })
})

test.each([
  [{ ...byRequests, target: 0 }, /target is 0/],
  [{ ...byRequests, intervalSeconds: 0 }, /intervalSeconds is 0/],
  [{ ...byRequests, minimum: 7 }, /from 7 to 6 replicas/],
  [{ ...byRequests, cooldownSeconds: -1 }, /below zero/],
  [{ kind: 'schedule', pool: 'p', changes: [{ atSeconds: 90, replicas: 1 }], periodSeconds: 60 }, /at 90 s/],
  [
    { kind: 'schedule', pool: 'p', changes: [{ atSeconds: 9, replicas: -1 }], periodSeconds: 60 },
    /-1 replicas/,
  ],
] satisfies [AutoscalerSettings, RegExp][])('refuses %j', (settings, message) => {
  expect(() => createAutoscaler(settings, stage(1).fleet)).toThrow(message)
})
