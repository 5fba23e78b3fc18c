import { describe, expect, test } from 'vitest'
import type { Engine, EngineEvent } from '../engine/types.ts'
import {
  constantTimer,
  engineSettings,
  fleetSettings,
  pool,
  request,
  Stage,
  stepUs,
} from './fleet.fixture.ts'
import { createFleet } from './fleet.ts'
import type { FleetSettings } from './types.ts'

function stage(overrides: Partial<FleetSettings> = {}): Stage {
  return new Stage(createFleet(fleetSettings(overrides)))
}

describe('the first token', () => {
  const lagging = (firstTokenLagSteps: number) => [
    pool({ timer: () => constantTimer({ firstTokenLagSteps }) }),
  ]

  test.each([true, false])('is handed over some following steps later (skipping %s)', skipEvents => {
    const one = request({ outputTokens: 9 })
    const pools = lagging(2.5).map(entry => ({ ...entry, engine: engineSettings({ skipEvents }) }))
    const run = stage({ pools }).submit(0, one).finish()
    expect(run.record(one.id).firstTokenUs).toBe(3.5 * stepUs)
    expect(run.ofKind('first-token')).toEqual([
      { kind: 'first-token', requestId: one.id, atUs: 3.5 * stepUs },
    ])
  })

  test('is not handed over after the finish', () => {
    const one = request({ outputTokens: 2 })
    const { firstTokenUs, endedUs } = stage({ pools: lagging(5) })
      .submit(0, one)
      .finish()
      .record(one.id)
    expect([firstTokenUs, endedUs]).toEqual([2 * stepUs, 2 * stepUs])
  })

  test('a lag longer than one batch goes on counting in the next', () => {
    const [one, two] = [request({ outputTokens: 20 }), request({ outputTokens: 2 })]
    // The second request cuts the run of steps after the second one.
    const run = stage({ pools: lagging(4) })
      .submit(0, one)
      .submit(15_000, two)
      .finish()
    expect(run.record(one.id).firstTokenUs).toBe(5 * stepUs)
  })

  test('within steps taken together lies on the line of their growth', () => {
    // Steps of 10, 12, 14 and 16 ms after the first token at 1 ms.
    const steps = { kind: 'steps', startUs: 1000, atUs: 53_000, steps: 4, firstStepUs: 10_000 } as const
    const [lag0, lag1, lag25] = [1, 3, 2.5].map(lag => firstTokenWith(steps, lag))
    expect([lag0, lag1, lag25]).toEqual([11_000, 37_000, 30_000])
    const alike = { ...steps, firstStepUs: undefined } as unknown as typeof steps
    expect(firstTokenWith(alike, 1)).toBe(14_000)
  })

  test('tokens are told only after it', () => {
    const one = request({ outputTokens: 9 })
    const pools = lagging(2).map(entry => ({ ...entry, engine: engineSettings({ skipEvents: false }) }))
    const run = stage({ pools }).submit(0, one)
    const told = [1, 2, 3, 4].map(step => run.until(step * stepUs).fleet.emittedTokens(one.id))
    expect(told).toEqual([0, 0, 3, 4])
    expect(run.finish().fleet.emittedTokens(one.id)).toBe(0)
  })
})

/** When the first token is handed over by an engine that samples it at 1 ms and then takes these steps. */
function firstTokenWith(
  steps: { readonly kind: 'steps'; readonly startUs: number; readonly atUs: number; readonly steps: number },
  firstTokenLagSteps: number,
): number {
  const one = request()
  const requestId = one.id
  const none = {
    decodeSequences: 1,
    prefillTokens: 0,
    outputTokens: 5,
    joules: 0,
    prefillUs: 0,
    waiting: 0,
    running: 0,
    cacheUse: 0,
  }
  const told: EngineEvent[][] = [
    [{ kind: 'first-token', requestId, atUs: 1000 }],
    [
      { ...steps, ...none },
      { kind: 'finished', requestId, atUs: steps.atUs, outcome: 'served', reason: '', outputTokens: 5 },
    ],
  ]
  const engine: Engine = {
    state: { waiting: 0, running: 0, pendingPromptTokens: 0, runningTokens: 0, cacheUse: 0, preemptions: 0 },
    accept: () => {},
    nextUs: () => (told.length === 2 ? 1000 : told.length === 1 ? steps.atUs : Number.POSITIVE_INFINITY),
    wake: (_, out) => out.push(...told.shift()!),
    emittedTokens: () => 0,
    checkInvariants: () => {},
  }
  const timer = () => constantTimer({ firstTokenLagSteps })
  const fleet = createFleet(fleetSettings({ pools: [pool({ timer })] }), () => engine)
  return new Stage(fleet).submit(0, one).until(60_000).record(requestId).firstTokenUs
}
