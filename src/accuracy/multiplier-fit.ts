/**
 * The fit of a handful of multipliers to measurements: maximum a posteriori by Gauss–Newton on ln errors with a pseudo-Huber
 * loss (Charbonnier), or least squares, and a normal prior around 1 per ln multiplier (Tarantola 2005 §3.2); derivatives by
 * differences. With few measurements the prior holds what they do not determine.
 */
import { solveSymmetric, symmetricInverseDiagonal } from './linear-algebra.ts'

/** Errors in units of their own standard deviation at the given ln multipliers. */
export type ResidualsAt = (logs: readonly number[]) => readonly number[]

export interface MultiplierFitSettings {
  /** Standard deviation of the prior of each ln multiplier. */
  readonly priorSigmas: readonly number[]
  /** Residuals beyond this many standard deviations count linearly; Infinity: least squares. */
  readonly huber: number
  /** Steps taken at most, and steps tried at most: those included that gained nothing and were not taken. */
  readonly rounds: number
  readonly tries: number
  /** A step that gains less than this share of the objective is the last. */
  readonly smallestGain: number
  /** Change of a ln multiplier by which slopes are taken. */
  readonly difference: number
  /** Largest change of a ln multiplier in one step, so that a first step far from the answer does no harm. */
  readonly largestStep: number
}

export interface MultiplierFit {
  /** ln multipliers. */
  readonly logs: readonly number[]
  /** Posterior standard deviations of them; the prior's own where the measurements say nothing. */
  readonly sigmas: readonly number[]
  /** Negative ln posterior before (all multipliers 1) and after; never grows. */
  readonly objectiveBefore: number
  readonly objective: number
}

/** So many in a row that gain nothing, each a good deal shorter than the one before it, mean that there is nothing to gain. */
const vainTries = 6

/** Begins with all multipliers at 1. Where residuals are of another number than there, a step is not taken and has no slope. */
export function fitLogs(residualsAt: ResidualsAt, settings: MultiplierFitSettings): MultiplierFit {
  const { priorSigmas, rounds, tries, smallestGain, largestStep } = settings
  const n = priorSigmas.length
  let logs: readonly number[] = new Array<number>(n).fill(0)
  let current = residualsAt(logs)
  const objectiveBefore = objectiveOf(current, logs, settings)
  let objective = objectiveBefore
  let damping = 1e-3
  let system = normalEquations(residualsAt, logs, current, settings)
  let taken = 0
  let vain = 0
  for (let attempt = 0; attempt < tries && taken < rounds && vain < vainTries; attempt++) {
    const step = solveSymmetric(system.hessian, system.gradient, n, damping)
    const tried = logs.map((value, i) => value - Math.max(-largestStep, Math.min(largestStep, step[i]!)))
    const residuals = residualsAt(tried)
    const value =
      residuals.length === current.length ? objectiveOf(residuals, tried, settings) : Number.POSITIVE_INFINITY
    if (!(value < objective)) {
      damping *= 10
      vain++
      continue
    }
    const gain = objective - value
    logs = tried
    current = residuals
    objective = value
    damping = Math.max(1e-6, damping / 5)
    taken++
    vain = 0
    system = normalEquations(residualsAt, logs, current, settings)
    if (gain < smallestGain * objective) break
  }
  const variance = symmetricInverseDiagonal(system.hessian, n)
  return {
    logs,
    sigmas: logs.map((_, i) => Math.sqrt(Math.max(0, variance[i]!))),
    objectiveBefore,
    objective,
  }
}

function objectiveOf(
  residuals: readonly number[],
  logs: readonly number[],
  { priorSigmas, huber }: MultiplierFitSettings,
): number {
  const d2 = huber ** 2
  let sum = 0
  for (const r of residuals)
    sum += d2 === Number.POSITIVE_INFINITY ? 0.5 * r * r : d2 * (Math.sqrt(1 + (r * r) / d2) - 1)
  for (const [i, sigma] of priorSigmas.entries()) sum += 0.5 * (logs[i]! / sigma) ** 2
  return sum
}

function normalEquations(
  residualsAt: ResidualsAt,
  logs: readonly number[],
  current: readonly number[],
  { priorSigmas, huber, difference }: MultiplierFitSettings,
): { readonly hessian: Float64Array; readonly gradient: Float64Array } {
  const n = logs.length
  const d2 = huber ** 2
  const columns = logs.map((_, index) => {
    const moved = logs.map((value, other) => (other === index ? value + difference : value))
    const shifted = residualsAt(moved)
    // A point that is refused beside the step tells nothing of the slope.
    return shifted.length === current.length
      ? shifted.map((value, row) => (value - current[row]!) / difference)
      : current.map(() => 0)
  })
  // 1 for all where huber is Infinity.
  const weights = current.map(r => 1 / Math.sqrt(1 + (r * r) / d2))
  const hessian = new Float64Array(n * n)
  const gradient = new Float64Array(n)
  for (let i = 0; i < n; i++) {
    for (let j = 0; j < n; j++) {
      let sum = i === j ? 1 / priorSigmas[i]! ** 2 : 0
      for (let row = 0; row < current.length; row++)
        sum += weights[row]! * columns[i]![row]! * columns[j]![row]!
      hessian[i * n + j] = sum
    }
    let slope = logs[i]! / priorSigmas[i]! ** 2
    for (let row = 0; row < current.length; row++) slope += weights[row]! * columns[i]![row]! * current[row]!
    gradient[i] = slope
  }
  return { hessian, gradient }
}
