import { describe, expect, it } from 'vitest'
import { resolveCoefficients } from '../perf/coefficients.ts'
import { aggregated, denseModel, device, priorsOnly, shape } from '../perf/perf.fixture.ts'
import { type PreparedPoint, preparePoint } from './evaluate-point.ts'
import { fitPower } from './fit-power.ts'
import { examplePoint } from './rows/rows.fixture.ts'

function prepared(concurrency: number, tensor: number): PreparedPoint {
  const point = preparePoint(
    examplePoint({
      deployment: aggregated({ tensor }),
      shape,
      devices: tensor,
      load: { kind: 'closed', concurrency, requests: null },
    }),
    { architecture: () => denseModel, accelerator: () => device },
  )
  if ('skipped' in point) throw new Error(point.skipped)
  return point
}

/** A world in which boards draw `factor` times what the priors say; some meters are broken. */
function world(factor: number, broken = 0): PreparedPoint[] {
  const grid = [1, 2, 4, 8, 16, 32, 64, 128].flatMap(c => [2, 4, 8].map(t => prepared(c, t)))
  return grid.map((one, i) => {
    const answer = one.evaluate(resolveCoefficients(priorsOnly, one.cell))
    if ('skipped' in answer) throw new Error(answer.skipped)
    const joules = answer.joulesPerOutputToken * (i < broken ? 0.2 : factor)
    return {
      ...one,
      point: {
        ...one.point,
        totalTokensPerSecondPerDevice: answer.totalTokensPerSecondPerDevice,
        joulesPerOutputToken: joules,
      },
    }
  })
}

function ratios(points: readonly PreparedPoint[]): number[] {
  const set = { ...priorsOnly, effects: fitPower(points, priorsOnly) }
  return points.map(one => {
    const answer = one.evaluate(resolveCoefficients(set, one.cell))
    if ('skipped' in answer) throw new Error(answer.skipped)
    return answer.joulesPerOutputToken / one.point.joulesPerOutputToken!
  })
}

const median = (values: readonly number[]) => [...values].sort((a, b) => a - b)[values.length >> 1]!

describe('fitPower', () => {
  it('moves boards to what was measured', () => {
    const fitted = ratios(world(1.25))
    expect(Math.abs(median(fitted) - 1)).toBeLessThan(0.03)
  })

  it('leaves priors alone that already explain the measurements', () => {
    for (const { shift } of Object.values(fitPower(world(1), priorsOnly)))
      expect(Math.abs(shift)).toBeLessThan(1e-6)
  })

  it('is not led away by a few broken meters', () => {
    expect(Math.abs(median(ratios(world(1.2, 4))) - 1)).toBeLessThan(0.1)
  })

  it('learns nothing from points without joules', () => {
    const points = world(1.3).map(one => ({ ...one, point: { ...one.point, joulesPerOutputToken: null } }))
    expect(fitPower(points, priorsOnly)).toEqual({})
  })
})
