/**
 * Board-power coefficients from measured joules per output token. Given the busy shares that the performance model predicts, the
 * share of TDP is a sum of four terms under a smooth ceiling (perf/power.ts). Effects by vendor, generation, accelerator and engine
 * are fitted together: Gauss–Newton on ln errors with a pseudo-Huber loss and Gaussian priors around zero, as in fit.ts. Errors
 * are logarithms so that watts come out right in the middle; squares of relative errors would pull them down.
 */
import type { CoefficientName, CoefficientSet, FittedEffect } from '../perf/coefficients.ts'
import { effectLevels, priorOf, resolveCoefficients } from '../perf/coefficients.ts'
import { type BusyTime, type PowerCoefficients, powerShare } from '../perf/power.ts'
import type { PreparedPoint } from './evaluate-point.ts'
import { solveSymmetric, symmetricInverseDiagonal } from './linear-algebra.ts'

const names = ['powerIdle', 'powerMemory', 'powerCompute', 'powerOther'] as const

/** Width of the prior per level in ln space, and of a single measurement; chosen by held-out error. */
const levelSigma: Readonly<Record<string, number>> = {
  vendor: 0.5,
  generation: 0.3,
  accelerator: 0.3,
  engine: 0.15,
}
const measurementSigma = 0.2
/**
 * Compute-bound kernels draw 97 to 98 % of the limit in every table with watts (kernels.json, "cap"); runs in which computing
 * dominates are rare in the measured files, so that what is known of kernels weighs more here.
 */
const looseness: Readonly<Partial<Record<CoefficientName, number>>> = { powerCompute: 0.3 }
/** Residuals beyond this many sigmas count linearly. */
const huber = 2
/** A cell's rows share what the model does not know of it: together they weigh as much as this many. */
const rowsPerCell = 40
const iterations = 12
const largestStep = 0.3
const derivativeStep = 0.01

interface Row {
  readonly busy: BusyTime
  readonly measuredShare: number
  readonly priors: readonly number[]
  /** Indices of the effects, per coefficient. */
  readonly effects: readonly (readonly number[])[]
  readonly cell: string
}

/** Effects (ln shifts) of the four power coefficients. */
export function fitPower(
  points: readonly PreparedPoint[],
  set: CoefficientSet,
): Record<string, FittedEffect> {
  const index = new Map<string, number>()
  const sigmas: number[] = []
  const counts: number[] = []
  const rows = points.flatMap(prepared => rowOf(prepared, set, index, sigmas, counts) ?? [])
  const cells = Map.groupBy(rows, row => row.cell)
  const n = sigmas.length
  let theta: Float64Array = new Float64Array(n)
  let hessian: Float64Array = new Float64Array(0)
  for (let iteration = 0; iteration < iterations; iteration++) {
    const gradient = theta.map((value, i) => value / sigmas[i]! ** 2)
    hessian = new Float64Array(n * n)
    for (let i = 0; i < n; i++) hessian[i * n + i] = 1 / sigmas[i]! ** 2
    for (const row of rows) {
      const weight = Math.min(1, rowsPerCell / cells.get(row.cell)!.length)
      accumulate(row, theta, weight, gradient, hessian)
    }
    const step = solveSymmetric(hessian, gradient, n, 0)
    theta = theta.map((value, i) => value - Math.max(-largestStep, Math.min(largestStep, step[i]!)))
  }
  const variance = n === 0 ? new Float64Array(0) : symmetricInverseDiagonal(hessian, n)
  return Object.fromEntries(
    [...index].map(([key, i]) => [
      key,
      { shift: theta[i]!, sigma: Math.sqrt(Math.max(0, variance[i]!)), rows: counts[i]! },
    ]),
  )
}

function rowOf(
  prepared: PreparedPoint,
  set: CoefficientSet,
  index: Map<string, number>,
  sigmas: number[],
  counts: number[],
): Row | null {
  const { point, accelerator, cell } = prepared
  if (point.joulesPerOutputToken === null) return null
  const prediction = prepared.evaluate(resolveCoefficients(set, cell))
  if ('skipped' in prediction) return null
  const outputRate =
    point.outputTokensPerSecondPerDevice ??
    (point.totalTokensPerSecondPerDevice! * point.shape.outputTokens) /
      (point.shape.inputTokens + point.shape.outputTokens)
  const measuredShare = (point.joulesPerOutputToken * outputRate) / accelerator.tdpWatts
  if (!(measuredShare > 0.02 && measuredShare < 1.6)) return null
  const effects = names.map(name =>
    effectLevels(name, cell).map(level => {
      const key = `${name}|${level}`
      let position = index.get(key)
      if (position === undefined) {
        position = sigmas.length
        index.set(key, position)
        sigmas.push(levelSigma[level.slice(0, level.indexOf(':'))]! * (looseness[name] ?? 1))
        counts.push(0)
      }
      counts[position]!++
      return position
    }),
  )
  return {
    busy: prediction.busy,
    measuredShare,
    priors: names.map(name => priorOf(set, name, cell)),
    effects,
    cell: `${cell.modelKey} ${cell.acceleratorId} ${cell.engine} ${cell.expertFormat}`,
  }
}

function accumulate(
  row: Row,
  theta: Float64Array,
  weight: number,
  gradient: Float64Array,
  hessian: Float64Array,
): void {
  const n = theta.length
  const logs = row.effects.map(list => list.reduce((sum, i) => sum + theta[i]!, 0))
  const residualAt = (values: readonly number[]) =>
    Math.log(powerShare(coefficientsOf(row, values), row.busy) / row.measuredShare) / measurementSigma
  const residual = residualAt(logs)
  const w = weight / Math.sqrt(1 + (residual / huber) ** 2)
  const slopes = logs.map(
    (_, k) =>
      (residualAt(logs.map((log, i) => (i === k ? log + derivativeStep : log))) - residual) / derivativeStep,
  )
  row.effects.forEach((list, k) => {
    for (const a of list) {
      gradient[a] = gradient[a]! + w * residual * slopes[k]!
      row.effects.forEach((others, m) => {
        for (const b of others) hessian[a * n + b] = hessian[a * n + b]! + w * slopes[k]! * slopes[m]!
      })
    }
  })
}

function coefficientsOf(row: Row, logs: readonly number[]): PowerCoefficients {
  const [powerIdle, powerMemory, powerCompute, powerOther] = row.priors.map(
    (prior, i) => prior * Math.exp(logs[i]!),
  )
  return {
    powerIdle: powerIdle!,
    powerMemory: powerMemory!,
    powerCompute: powerCompute!,
    powerOther: powerOther!,
  }
}
