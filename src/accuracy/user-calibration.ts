/**
 * Fits a handful of multipliers to a handful of a user's own measurements, on top of the shipped coefficients: maximum a
 * posteriori by Gauss–Newton on ln errors with a pseudo-Huber loss (Charbonnier) and a normal prior around 1 per
 * ln multiplier (Tarantola 2005 §3.2). With few points the prior holds what they do not determine.
 */
import {
  type CoefficientName,
  coefficientNames,
  type LocalCoefficients,
  valueFromLog,
} from '../perf/coefficients.ts'
import type { PointPrediction, PreparedPoint } from './evaluate-point.ts'
import { solveSymmetric, symmetricInverseDiagonal } from './linear-algebra.ts'

export const multiplierNames = ['memory', 'compute', 'host', 'frontEnd', 'firstTokenLag'] as const
export type MultiplierName = (typeof multiplierNames)[number]

/** A multiplier of times: 1.1 makes what it stands for take 10 % longer. */
interface Multiplier {
  readonly name: MultiplierName
  readonly means: string
  /** Coefficients that grow with it (times) and that shrink with it (shares reached). */
  readonly times: readonly CoefficientName[]
  readonly shares: readonly CoefficientName[]
}

export const multipliers: readonly Multiplier[] = [
  {
    name: 'memory',
    means: 'time to read weights and KV cache',
    times: [],
    shares: ['mbuWeights', 'mbuExperts', 'mbuCache'],
  },
  {
    name: 'compute',
    means: 'time to multiply matrices: prompts, large batches',
    times: ['eagerLayerMicroseconds'],
    shares: ['mfuDense', 'mfuExperts', 'mfuAttention'],
  },
  {
    name: 'host',
    means: 'launches, collectives and host work per step and sequence',
    times: [
      'attentionLayerMicroseconds',
      'feedForwardLayerMicroseconds',
      'stepMicroseconds',
      'sequenceMicroseconds',
      'collectiveMicroseconds',
    ],
    shares: [],
  },
  {
    name: 'frontEnd',
    means: 'front end per request and prompt token',
    times: ['requestMilliseconds', 'promptTokenMicroseconds'],
    shares: [],
  },
  {
    name: 'firstTokenLag',
    means: 'steps until a first token is handed over',
    times: ['firstTokenLagSteps'],
    shares: [],
  },
]

/** Widths and noise in ln space, chosen by held-out error (scripts/accuracy-calibrated.ts). */
export interface CalibrationWidths {
  /** Standard deviation of the prior of each ln multiplier. */
  readonly prior: Readonly<Record<MultiplierName, number>>
  /** Standard deviation of one measurement around the model, by metric; throughput counts where there is no TPOT. */
  readonly noise: { readonly tpot: number; readonly ttft: number }
  /** Residuals beyond this many standard deviations count linearly. */
  readonly huber: number
}

export interface FittedMultiplier {
  readonly name: MultiplierName
  readonly multiplier: number
  /** Posterior standard deviation of ln multiplier; the prior's own where the points say nothing. */
  readonly sigma: number
}

export interface FittedMultipliers {
  readonly multipliers: readonly FittedMultiplier[]
  /** ln-space shifts of coefficients: what an overlay stores. */
  readonly shifts: Readonly<Partial<Record<CoefficientName, number>>>
  /** Negative ln posterior before (all multipliers 1) and after; never grows. */
  readonly objectiveBefore: number
  readonly objective: number
}

const rounds = 12
const difference = 0.02
/** Largest change of a ln multiplier in one round, so that a first step far from the answer does no harm. */
const largestStep = 0.7

/** Fits the multipliers of one cell. `base`: its coefficients without them. Points the model refuses count for nothing. */
export function fitMultipliers(
  points: readonly PreparedPoint[],
  base: LocalCoefficients,
  widths: CalibrationWidths,
): FittedMultipliers {
  const n = multipliers.length
  const sigmas = multipliers.map(({ name }) => widths.prior[name])
  const residualsAt = (x: ArrayLike<number>) => {
    const local = withShifts(base, shiftsOf(x))
    return points.flatMap(point => residuals(point, local, widths))
  }
  const d2 = widths.huber ** 2
  const objectiveOf = (values: readonly number[], x: ArrayLike<number>) => {
    let sum = 0
    for (const r of values) sum += d2 * (Math.sqrt(1 + (r * r) / d2) - 1)
    for (let i = 0; i < n; i++) sum += 0.5 * (x[i]! / sigmas[i]!) ** 2
    return sum
  }
  let x = new Array<number>(n).fill(0)
  let current = residualsAt(x)
  const objectiveBefore = objectiveOf(current, x)
  let objective = objectiveBefore
  let damping = 1e-3
  let system = normalEquations(residualsAt, x, current, sigmas, d2)
  for (let round = 0; round < rounds; round++) {
    let gain = 0
    for (let attempt = 0; attempt < 6 && gain === 0; attempt++) {
      const step = solveSymmetric(system.hessian, system.gradient, n, damping)
      const tried = x.map((value, i) => value - Math.max(-largestStep, Math.min(largestStep, step[i]!)))
      const values = residualsAt(tried)
      const value = values.length === current.length ? objectiveOf(values, tried) : Number.POSITIVE_INFINITY
      if (value < objective) {
        gain = objective - value
        x = tried
        current = values
        objective = value
        damping = Math.max(1e-6, damping / 5)
      } else damping *= 10
    }
    if (gain === 0) break
    system = normalEquations(residualsAt, x, current, sigmas, d2)
    if (gain < 1e-6 * objective) break
  }
  const variance = symmetricInverseDiagonal(system.hessian, n)
  return {
    multipliers: multipliers.map(({ name }, i) => ({
      name,
      multiplier: Math.exp(x[i]!),
      sigma: Math.sqrt(Math.max(0, variance[i]!)),
    })),
    shifts: shiftsOf(x),
    objectiveBefore,
    objective,
  }
}

/** Coefficients under ln-space shifts, as resolveCoefficients applies them. */
export function withShifts(
  base: LocalCoefficients,
  shifts: Readonly<Partial<Record<CoefficientName, number>>>,
): LocalCoefficients {
  const local: Record<CoefficientName, number> = { ...base }
  for (const name of coefficientNames) {
    const shift = shifts[name]
    if (shift !== undefined) local[name] = valueFromLog(name, logOf(name, base[name]) + shift)
  }
  return local
}

/** Inverse of valueFromLog: (x⁻⁴ + 1)^(−1/4) for shares, found by comparing with what it does to 1. */
function logOf(name: CoefficientName, value: number): number {
  const bounded = valueFromLog(name, 0) < 1
  return bounded ? -0.25 * Math.log(value ** -4 - 1) : Math.log(value)
}

function shiftsOf(x: ArrayLike<number>): Partial<Record<CoefficientName, number>> {
  const shifts: Partial<Record<CoefficientName, number>> = {}
  multipliers.forEach(({ times, shares }, i) => {
    for (const name of times) shifts[name] = x[i]!
    for (const name of shares) shifts[name] = -x[i]!
  })
  return shifts
}

/** ln(predicted ÷ measured) in standard deviations. */
function residuals(
  { point, evaluate }: PreparedPoint,
  local: LocalCoefficients,
  { noise }: CalibrationWidths,
): number[] {
  const prediction = evaluate(local)
  if ('skipped' in prediction) return []
  const list: number[] = []
  const add = (predicted: number, measured: number | null, sigma: number) => {
    if (measured !== null) list.push(Math.log(predicted / measured) / sigma)
  }
  add(prediction.tpotMs, point.tpotMs, noise.tpot)
  add(prediction.ttftMs, point.ttftMs, noise.ttft)
  if (point.tpotMs === null)
    add(prediction.totalTokensPerSecondPerDevice, point.totalTokensPerSecondPerDevice, noise.tpot)
  return list.every(Number.isFinite) ? list : []
}

function normalEquations(
  residualsAt: (x: ArrayLike<number>) => readonly number[],
  x: readonly number[],
  current: readonly number[],
  sigmas: readonly number[],
  d2: number,
): { readonly hessian: Float64Array; readonly gradient: Float64Array } {
  const n = x.length
  const columns = x.map((_, index) => {
    const moved = x.map((value, other) => (other === index ? value + difference : value))
    const shifted = residualsAt(moved)
    // A point that is refused beside the step tells nothing of the slope.
    return shifted.length === current.length
      ? shifted.map((value, row) => (value - current[row]!) / difference)
      : current.map(() => 0)
  })
  const weights = current.map(r => 1 / Math.sqrt(1 + (r * r) / d2))
  const hessian = new Float64Array(n * n)
  const gradient = new Float64Array(n)
  for (let i = 0; i < n; i++) {
    for (let j = 0; j < n; j++) {
      let sum = i === j ? 1 / sigmas[i]! ** 2 : 0
      for (let row = 0; row < current.length; row++)
        sum += weights[row]! * columns[i]![row]! * columns[j]![row]!
      hessian[i * n + j] = sum
    }
    let slope = x[i]! / sigmas[i]! ** 2
    for (let row = 0; row < current.length; row++) slope += weights[row]! * columns[i]![row]! * current[row]!
    gradient[i] = slope
  }
  return { hessian, gradient }
}

/** A prediction under a fit; null where the model refuses the point. */
export function predictWith(
  prepared: PreparedPoint,
  base: LocalCoefficients,
  shifts: FittedMultipliers['shifts'],
): PointPrediction | null {
  const prediction = prepared.evaluate(withShifts(base, shifts))
  return 'skipped' in prediction ? null : prediction
}
