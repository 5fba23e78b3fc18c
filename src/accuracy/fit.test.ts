import { describe, expect, test } from 'vitest'
import { resolveCoefficients } from '../perf/coefficients.ts'
import { denseModel, device, priorsOnly } from '../perf/perf.fixture.ts'
import { type PreparedPoint, preparePoint } from './evaluate-point.ts'
import { fitEffects } from './fit.ts'
import { defaultFitOptions } from './fit-options.ts'
import { measuredPoint } from './measured-point.fixture.ts'

/** A measured point whose numbers come from a hidden truth. */
function point(id: string, concurrency: number, tensor: number, inputTokens: number): PreparedPoint {
  const measured = measuredPoint(
    { concurrency, tensor, inputTokens },
    { id, load: { kind: 'closed', concurrency, requests: 10 * concurrency }, ttftMs: 1, tpotMs: 1 },
  )
  const prepared = preparePoint(measured, { architecture: () => denseModel, accelerator: () => device })
  if ('skipped' in prepared) throw new Error(prepared.skipped)
  return prepared
}

/** Points of a world in which each step takes 30 % longer than the priors say. */
function worldOf(factor: number): PreparedPoint[] {
  const local = resolveCoefficients(priorsOnly, point('x', 1, 1, 1000).cell)
  const truth = { ...local, stepFactor: factor }
  const grid = [1, 4, 16, 64].flatMap(c =>
    [2, 4, 8].flatMap(t => [500, 2000].map(i => point(`${c}-${t}-${i}`, c, t, i))),
  )
  return grid.map(prepared => {
    const answer = prepared.evaluate(truth)
    if ('skipped' in answer) throw new Error(answer.skipped)
    return { ...prepared, point: { ...prepared.point, tpotMs: answer.tpotMs, ttftMs: answer.ttftMs } }
  })
}

function meanError(points: readonly PreparedPoint[], set: typeof priorsOnly): number {
  const errors = points.map(prepared => {
    const answer = prepared.evaluate(resolveCoefficients(set, prepared.cell))
    if ('skipped' in answer) throw new Error(answer.skipped)
    return Math.abs(answer.tpotMs / prepared.point.tpotMs! - 1)
  })
  return errors.reduce((sum, e) => sum + e, 0) / errors.length
}

describe('fitEffects', () => {
  test('moves predictions most of the way to a world that is 30 % slower', () => {
    const points = worldOf(1.3)
    const before = meanError(points, priorsOnly)
    const { effects } = fitEffects(points, priorsOnly, defaultFitOptions)
    expect(before).toBeGreaterThan(0.2)
    expect(meanError(points, { ...priorsOnly, effects })).toBeLessThan(before / 3)
  })

  test('leaves priors alone when they already explain the measurements', () => {
    const { effects, objective } = fitEffects(worldOf(1), priorsOnly, defaultFitOptions)
    expect(objective).toBeLessThan(1e-6)
    for (const effect of Object.values(effects)) expect(Math.abs(effect.shift)).toBeLessThan(1e-3)
  })

  test('does not depend on the order of the points', () => {
    const points = worldOf(1.2)
    const a = fitEffects(points, priorsOnly, defaultFitOptions)
    const b = fitEffects([...points].reverse(), priorsOnly, defaultFitOptions)
    for (const [key, effect] of Object.entries(a.effects)) {
      expect(b.effects[key]!.shift).toBeCloseTo(effect.shift, 4)
    }
  })

  test('learns nothing about first tokens where none were timed', () => {
    const points = worldOf(1).map(prepared => ({
      ...prepared,
      point: { ...prepared.point, ttftMs: null, totalTokensPerSecondPerDevice: 1000 },
    }))
    const { effects } = fitEffects(points, priorsOnly, defaultFitOptions)
    const shiftsOf = (name: string) =>
      Object.entries(effects).flatMap(([key, effect]) => (key.startsWith(`${name}|`) ? [effect.shift] : []))
    for (const name of ['requestMilliseconds', 'firstTokenLagSteps', 'promptTokenMicroseconds'])
      expect(shiftsOf(name).every(shift => shift === 0)).toBe(true)
    expect(shiftsOf('mbuWeights').some(shift => shift !== 0)).toBe(true)
  })
})
