/** A user's points, cell by cell: multipliers fitted, errors before and after, and what each point is predicted to be without itself. */
import { mean, median } from '../core/statistics.ts'
import {
  type CoefficientSet,
  calibratedCell,
  type LocalCoefficients,
  resolveCoefficients,
} from '../perf/coefficients.ts'
import type { PointPrediction, PreparedPoint } from './evaluate-point.ts'
import { type Shifts, withShifts } from './multiplier.ts'
import { type CalibrationWidths, type FittedMultipliers, fitMultipliers } from './user-calibration.ts'

export const calibrationMetrics = ['tpot', 'ttft', 'throughput', 'energy'] as const
export type CalibrationMetric = (typeof calibrationMetrics)[number]

/** |predicted ÷ measured − 1| over a cell's points. */
export interface CalibrationError {
  readonly points: number
  readonly mean: number
  readonly median: number
}

/** Errors of one metric; leaveOneOut: each point predicted by a fit to the others, null with a single point. */
export interface MetricErrors {
  readonly before: CalibrationError
  readonly after: CalibrationError
  readonly leaveOneOut: CalibrationError | null
}

export interface CalibratedPoint {
  readonly prepared: PreparedPoint
  readonly before: PointPrediction
  readonly after: PointPrediction
  readonly leaveOneOut: PointPrediction | null
}

export interface CalibratedCell {
  /** As calibratedCell says it. */
  readonly cell: string
  readonly points: readonly CalibratedPoint[]
  readonly fitted: FittedMultipliers
  /** Factor on board power; null where no point states watts or joules. */
  readonly power: { readonly multiplier: number; readonly sigma: number } | null
  /** All shifts, those of power included. */
  readonly shifts: Shifts
  readonly errors: Readonly<Partial<Record<CalibrationMetric, MetricErrors>>>
}

/** Points the model refuses under the shipped coefficients, with its reason. */
export interface RefusedPoint {
  readonly id: string
  readonly reason: string
}

export interface UserCalibration {
  readonly cells: readonly CalibratedCell[]
  readonly refused: readonly RefusedPoint[]
}

/** ln-space width of the prior on board power, and of one measurement of it: assumed, not fitted. */
const powerPriorSigma = 0.15
const powerNoise = 0.05

/** Calibrates every cell that the points are of, each on its own points only. */
export function calibrateCells(
  points: readonly PreparedPoint[],
  set: CoefficientSet,
  widths: CalibrationWidths,
): UserCalibration {
  const refused: RefusedPoint[] = []
  const usable = points.filter(prepared => {
    const prediction = prepared.evaluate(resolveCoefficients(set, prepared.cell))
    if (!('skipped' in prediction)) return true
    refused.push({ id: prepared.point.id, reason: prediction.skipped })
    return false
  })
  const cells = [...Map.groupBy(usable, prepared => calibratedCell(prepared.cell))]
  return { cells: cells.map(([cell, members]) => calibrateCell(cell, members, set, widths)), refused }
}

function calibrateCell(
  cell: string,
  members: readonly PreparedPoint[],
  set: CoefficientSet,
  widths: CalibrationWidths,
): CalibratedCell {
  const base = baseOf(members, set)
  const whole = fitWithPower(members, base, widths)
  const points = members.map((prepared, index): CalibratedPoint => {
    const others = members.filter((_, other) => other !== index)
    const without = others.length === 0 ? null : fitWithPower(others, base, widths)
    return {
      prepared,
      before: predicted(prepared, base),
      after: predicted(prepared, withShifts(base, whole.shifts)),
      leaveOneOut: without === null ? null : predicted(prepared, withShifts(base, without.shifts)),
    }
  })
  return { cell, points, ...whole, errors: errorsOf(points) }
}

/** One set of coefficients per cell: rows of one cell may differ in block or tensor scaling only, the first decides. */
function baseOf(members: readonly PreparedPoint[], set: CoefficientSet): LocalCoefficients {
  return resolveCoefficients(set, members[0]!.cell)
}

function fitWithPower(
  members: readonly PreparedPoint[],
  base: LocalCoefficients,
  widths: CalibrationWidths,
): Pick<CalibratedCell, 'fitted' | 'power' | 'shifts'> {
  const fitted = fitMultipliers(members, base, widths)
  const power = fitPowerMultiplier(members, withShifts(base, fitted.shifts))
  if (power === null) return { fitted, power, shifts: fitted.shifts }
  const shift = Math.log(power.multiplier)
  return {
    fitted,
    power,
    shifts: {
      ...fitted.shifts,
      powerIdle: shift,
      powerMemory: shift,
      powerCompute: shift,
      powerOther: shift,
    },
  }
}

/** Normal prior and normal errors of ln watts: the posterior mean is a weighted mean of the residuals and 0. */
function fitPowerMultiplier(
  members: readonly PreparedPoint[],
  local: LocalCoefficients,
): CalibratedCell['power'] {
  const residuals = members.flatMap(prepared => {
    const { joulesPerOutputToken } = prepared.point
    if (joulesPerOutputToken === null) return []
    const residual = Math.log(joulesPerOutputToken / predicted(prepared, local).joulesPerOutputToken)
    return Number.isFinite(residual) ? [residual] : []
  })
  if (residuals.length === 0) return null
  const precision = residuals.length / powerNoise ** 2 + 1 / powerPriorSigma ** 2
  const sum = residuals.reduce((total, value) => total + value, 0)
  return {
    multiplier: Math.exp(sum / powerNoise ** 2 / precision),
    sigma: 1 / Math.sqrt(precision),
  }
}

/** A point that was predicted before stays predictable: multipliers change times, not layouts. Overload keeps its old answer. */
function predicted(prepared: PreparedPoint, local: LocalCoefficients): PointPrediction {
  const prediction = prepared.evaluate(local)
  if (!('skipped' in prediction)) return prediction
  const never = Number.NaN
  return {
    tpotMs: never,
    ttftMs: never,
    totalTokensPerSecondPerDevice: never,
    outputTokensPerSecondPerDevice: never,
    joulesPerOutputToken: never,
    busy: { memory: 0, compute: 0, other: 0 },
  }
}

/** Measured and predicted value of a metric. */
export function valuesOf(
  metric: CalibrationMetric,
  { point }: PreparedPoint,
  prediction: PointPrediction,
): { readonly measured: number | null; readonly predicted: number } {
  switch (metric) {
    case 'tpot':
      return { measured: point.tpotMs, predicted: prediction.tpotMs }
    case 'ttft':
      return { measured: point.ttftMs, predicted: prediction.ttftMs }
    case 'throughput':
      return {
        measured: point.totalTokensPerSecondPerDevice,
        predicted: prediction.totalTokensPerSecondPerDevice,
      }
    case 'energy':
      return { measured: point.joulesPerOutputToken, predicted: prediction.joulesPerOutputToken }
  }
}

function errorsOf(points: readonly CalibratedPoint[]): CalibratedCell['errors'] {
  const errors: Partial<Record<CalibrationMetric, MetricErrors>> = {}
  for (const metric of calibrationMetrics) {
    const over = (pick: (point: CalibratedPoint) => PointPrediction | null): CalibrationError | null => {
      const list = points.flatMap(point => {
        const prediction = pick(point)
        if (prediction === null) return []
        const { measured, predicted } = valuesOf(metric, point.prepared, prediction)
        return measured === null || Number.isNaN(predicted) ? [] : [Math.abs(predicted / measured - 1)]
      })
      return list.length === 0 ? null : { points: list.length, mean: mean(list), median: median(list) }
    }
    const before = over(point => point.before)
    const after = over(point => point.after)
    if (before !== null && after !== null)
      errors[metric] = { before, after, leaveOneOut: over(point => point.leaveOneOut) }
  }
  return errors
}
