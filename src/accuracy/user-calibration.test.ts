import { describe, expect, it } from 'vitest'
import { loadCatalog } from '../catalog/index.ts'
import {
  type CoefficientSet,
  calibratedCell,
  carriedToOtherLayouts,
  resolveCoefficients,
} from '../perf/coefficients.ts'
import { loadCoefficients } from '../perf/load-coefficients-file.ts'
import { catalogLookups } from './catalog-lookups-file.ts'
import { type PreparedPoint, preparePoint } from './evaluate-point.ts'
import { measuredPoint } from './measured-point.fixture.ts'
import type { MeasuredPoint } from './measured-point.ts'
import { shiftsOf, withShifts } from './multiplier.ts'
import {
  type CalibrationWidths,
  fitMultipliers,
  type MultiplierName,
  multiplierNames,
  multipliers,
} from './user-calibration.ts'
import { calibrateCells } from './user-calibration-cells.ts'
import { adviceChoice, randomChoice } from './user-calibration-choice.ts'
import { loadCalibrationSettings } from './user-calibration-settings-file.ts'

const lookups = catalogLookups(loadCatalog())
const set = loadCoefficients()
const widths: CalibrationWidths = {
  prior: { memory: 0.3, compute: 0.5, host: 0.3, frontEnd: 0.6, firstTokenLag: 0.6 },
  noise: { tpot: 0.05, ttft: 0.1 },
  huber: 2,
}

const question = (concurrency: number, inputTokens: number, tensor = 2) =>
  measuredPoint({ concurrency, inputTokens, tensor })

function prepared(point: MeasuredPoint): PreparedPoint {
  const result = preparePoint(point, lookups)
  if ('skipped' in result) throw new Error(result.skipped)
  return result
}

/** What an engine would measure whose coefficients are the shipped ones under these multipliers. */
function measured(
  truth: Partial<Record<MultiplierName, number>>,
  point: MeasuredPoint,
  powerFactor?: number,
): PreparedPoint {
  const plain = prepared(point)
  const shifts = shiftsOf(
    multipliers,
    multipliers.map(({ name }) => Math.log(truth[name] ?? 1)),
  )
  const answer = plain.evaluate(withShifts(resolveCoefficients(set, plain.cell), shifts))
  if ('skipped' in answer) throw new Error(answer.skipped)
  return prepared({
    ...point,
    tpotMs: answer.tpotMs,
    ttftMs: answer.ttftMs,
    joulesPerOutputToken: powerFactor === undefined ? null : answer.joulesPerOutputToken * powerFactor,
  })
}

const sweep = [500, 8000].flatMap(tokens => [1, 8, 64].map(load => question(load, tokens)))
const baseOf = (points: readonly PreparedPoint[], of: CoefficientSet = set) =>
  resolveCoefficients(of, points[0]!.cell)

describe('fitMultipliers', () => {
  it('recovers multipliers that made the points', () => {
    const truth = { memory: 1.2, compute: 1.3, host: 0.8, frontEnd: 2, firstTokenLag: 0.6 }
    const points = sweep.map(point => measured(truth, point))
    const fitted = fitMultipliers(points, baseOf(points), {
      ...widths,
      noise: { tpot: 0.002, ttft: 0.002 },
    })
    for (const { name, multiplier } of fitted.multipliers)
      expect(Math.abs(Math.log(multiplier / truth[name])), name).toBeLessThan(0.1)
  })

  it('leaves all multipliers at 1 where the predictions are right', () => {
    const points = sweep.map(point => measured({}, point))
    const fitted = fitMultipliers(points, baseOf(points), widths)
    for (const { multiplier } of fitted.multipliers) expect(multiplier).toBeCloseTo(1, 6)
    expect(fitted.objective).toBeCloseTo(0, 9)
  })

  it('moves less and is less sure with one point than with six', () => {
    const truth = { memory: 1.4 }
    const points = sweep.map(point => measured(truth, point))
    const one = fitMultipliers(points.slice(0, 1), baseOf(points), widths).multipliers[0]!
    const six = fitMultipliers(points, baseOf(points), widths).multipliers[0]!
    expect(one.multiplier).toBeGreaterThan(1)
    expect(one.multiplier).toBeLessThan(six.multiplier)
    expect(six.multiplier).toBeLessThan(1.4)
    expect(one.sigma).toBeGreaterThan(six.sigma)
    expect(one.sigma).toBeLessThanOrEqual(widths.prior.memory)
  })

  it('leaves what a point does not tell of as sure as before', () => {
    const { ttftMs: _, ...rest } = measured({ memory: 1.3 }, sweep[0]!).point
    const point = prepared({ ...rest, ttftMs: null })
    const fitted = fitMultipliers([point], baseOf([point]), widths)
    const lag = fitted.multipliers.find(({ name }) => name === 'firstTokenLag')!
    expect(lag.multiplier).toBeCloseTo(1, 2)
    expect(lag.sigma).toBeCloseTo(widths.prior.firstTokenLag, 2)
  })

  it('never makes the objective worse', () => {
    for (const factor of [0.2, 0.7, 1.5, 6]) {
      const points = sweep.map((point, index) => {
        const exact = measured({ memory: factor }, point).point
        return prepared({ ...exact, ttftMs: exact.ttftMs! * (1 + 0.3 * (index % 3)) })
      })
      const { objective, objectiveBefore } = fitMultipliers(points, baseOf(points), widths)
      expect(objective).toBeLessThanOrEqual(objectiveBefore)
    }
  })

  it('learns from tokens per second alone', () => {
    const points = sweep.map(point => {
      const slow = measured({ memory: 1.5 }, point)
      const truth = slow.evaluate(withShifts(baseOf([slow]), { mbuWeights: -0.4, mbuCache: -0.4 }))
      if ('skipped' in truth) throw new Error(truth.skipped)
      return prepared({ ...point, totalTokensPerSecondPerDevice: truth.totalTokensPerSecondPerDevice })
    })
    expect(fitMultipliers(points, baseOf(points), widths).multipliers[0]!.multiplier).toBeGreaterThan(1.1)
  })
})

describe('withShifts', () => {
  it('does to coefficients what resolveCoefficients does with a calibration', () => {
    const [point] = [measured({}, sweep[0]!)]
    const shifts = { mbuWeights: -0.3, mfuDense: 0.2, stepMicroseconds: 0.5 }
    const overlaid = {
      ...set,
      calibrations: {
        [calibratedCell(point.cell)]: { shifts, points: 1, layouts: ['TP2'], source: 'test' },
      },
    }
    const direct = withShifts(baseOf([point]), shifts)
    const resolved = resolveCoefficients(overlaid, point.cell)
    for (const name of Object.keys(direct) as (keyof typeof direct)[])
      expect(direct[name] / resolved[name], name).toBeCloseTo(1, 9)
  })
})

describe('other layouts of a calibrated cell', () => {
  it('take a part of the shifts, other cells none', () => {
    const shifts = { stepMicroseconds: 0.5 }
    const [measuredLayout, otherLayout] = [2, 4].map(tensor => prepared(question(8, 500, tensor)))
    const calibration = { shifts, points: 4, layouts: ['TP2'], source: 'test' }
    const overlaid = { ...set, calibrations: { [calibratedCell(measuredLayout!.cell)]: calibration } }
    const ratio = ({ cell }: PreparedPoint) =>
      resolveCoefficients(overlaid, cell).stepMicroseconds / resolveCoefficients(set, cell).stepMicroseconds
    expect(Math.log(ratio(measuredLayout!))).toBeCloseTo(0.5, 9)
    expect(Math.log(ratio(otherLayout!))).toBeCloseTo(0.5 * carriedToOtherLayouts, 9)
    const elsewhere = { ...measuredLayout!, cell: { ...measuredLayout!.cell, acceleratorId: 'h100-sxm' } }
    expect(ratio(elsewhere)).toBe(1)
  })
})

describe('calibrateCells', () => {
  const truth = { memory: 1.25, host: 1.2 }

  it('keeps cells apart and says how far off they were', () => {
    const points = sweep.map(point => measured(truth, point))
    const other = measured(
      {},
      {
        ...sweep[0]!,
        deployment: { ...sweep[0]!.deployment, engine: 'sglang' },
      },
    )
    const { cells, refused } = calibrateCells([...points, other], set, widths)
    expect(refused).toEqual([])
    expect(cells.map(({ points: members }) => members.length)).toEqual([6, 1])
    const [first, second] = cells
    expect(first!.errors.tpot!.after.mean).toBeLessThan(first!.errors.tpot!.before.mean / 3)
    expect(first!.errors.tpot!.leaveOneOut!.mean).toBeLessThan(first!.errors.tpot!.before.mean / 2)
    expect(second!.errors.tpot!.leaveOneOut).toBeNull()
    expect(second!.errors.tpot!.after.mean).toBeLessThan(1e-3)
  })

  it('scales board power where joules were measured, towards 1', () => {
    const points = sweep.slice(0, 2).map(point => measured({}, point, 1.2))
    const { power } = calibrateCells(points, set, widths).cells[0]!
    expect(power!.multiplier).toBeGreaterThan(1.1)
    expect(power!.multiplier).toBeLessThan(1.2)
    expect(
      calibrateCells(
        points.map(p => prepared({ ...p.point, joulesPerOutputToken: null })),
        set,
        widths,
      ).cells[0]!.power,
    ).toBeNull()
  })

  it('lists points that the model refuses', () => {
    const overloaded = prepared({
      ...sweep[0]!,
      id: 'too much',
      load: { kind: 'open', requestsPerSecond: 1e6 },
      tpotMs: 10,
    })
    const { cells, refused } = calibrateCells([overloaded], set, widths)
    expect(cells).toEqual([])
    expect(refused).toEqual([{ id: 'too much', reason: 'offered rate above the predicted capacity' }])
  })
})

describe('which points to take', () => {
  const rows = [500, 2000, 8000].flatMap(tokens =>
    [64, 1, 8].map(load => prepared({ ...question(load, tokens), tpotMs: 1, ttftMs: 1 })),
  )

  it('lowest and highest load at the shortest and longest prompts', () => {
    expect(adviceChoice(rows).map(({ point }) => point.id)).toEqual([
      '500 at 1',
      '500 at 64',
      '8000 at 1',
      '8000 at 64',
    ])
  })

  it('four loads where there is one pair of lengths', () => {
    const one = [1, 2, 4, 8, 16, 32, 64].map(load => prepared(question(load, 500)))
    expect(adviceChoice(one).map(({ point }) => point.id)).toEqual([
      '500 at 1',
      '500 at 4',
      '500 at 16',
      '500 at 64',
    ])
  })

  it('by chance, the same for the same seed whatever the order', () => {
    const ids = (list: readonly PreparedPoint[]) => list.map(({ point }) => point.id)
    const chosen = ids(randomChoice(rows, 4, 'a'))
    expect(new Set(chosen).size).toBe(4)
    expect(ids(randomChoice([...rows].reverse(), 4, 'a'))).toEqual(chosen)
    expect(ids(randomChoice(rows, 4, 'b'))).not.toEqual(chosen)
  })
})

describe('shipped settings', () => {
  it('have widths for every multiplier, and bands that narrow with points', () => {
    const settings = loadCalibrationSettings()
    for (const name of multiplierNames) {
      expect(settings.widths.prior[name]).toBeGreaterThan(0.02)
      expect(settings.widths.prior[name]).toBeLessThan(5)
    }
    const spread = ({ low, high }: { low: number; high: number }) => Math.log(high / low)
    const [first, last] = [settings.bands[0]!.bands, settings.bands.at(-1)!.bands]
    expect(spread(last.tpot)).toBeLessThan(spread(first.tpot))
  })
})
