/** Multipliers of a cell fitted to a handful of a user's own measured points, on top of the shipped coefficients. */
import type { LocalCoefficients } from '../perf/coefficients.ts'
import type { PointPrediction, PreparedPoint } from './evaluate-point.ts'
import { type Multiplier, type Shifts, shiftsOf, withShifts } from './multiplier.ts'
import { fitLogs } from './multiplier-fit.ts'

export const multiplierNames = ['memory', 'compute', 'host', 'frontEnd', 'firstTokenLag'] as const
export type MultiplierName = (typeof multiplierNames)[number]

export const multipliers: readonly (Multiplier<MultiplierName> & { readonly means: string })[] = [
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
  readonly shifts: Shifts
  /** Negative ln posterior before (all multipliers 1) and after; never grows. */
  readonly objectiveBefore: number
  readonly objective: number
}

/** How the posterior's maximum is searched; the shipped widths and bands were found with the same. */
const search = {
  rounds: 12,
  tries: Number.POSITIVE_INFINITY,
  smallestGain: 1e-6,
  difference: 0.02,
  largestStep: 0.7,
}

/** Fits the multipliers of one cell. `base`: its coefficients without them. Points the model refuses count for nothing. */
export function fitMultipliers(
  points: readonly PreparedPoint[],
  base: LocalCoefficients,
  widths: CalibrationWidths,
): FittedMultipliers {
  const { logs, sigmas, objectiveBefore, objective } = fitLogs(
    tried => {
      const local = withShifts(base, shiftsOf(multipliers, tried))
      return points.flatMap(point => residuals(point, local, widths))
    },
    { ...search, priorSigmas: multipliers.map(({ name }) => widths.prior[name]), huber: widths.huber },
  )
  return {
    multipliers: multipliers.map(({ name }, i) => ({
      name,
      multiplier: Math.exp(logs[i]!),
      sigma: sigmas[i]!,
    })),
    shifts: shiftsOf(multipliers, logs),
    objectiveBefore,
    objective,
  }
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

/** A prediction under a fit; null where the model refuses the point. */
export function predictWith(
  prepared: PreparedPoint,
  base: LocalCoefficients,
  shifts: Shifts,
): PointPrediction | null {
  const prediction = prepared.evaluate(withShifts(base, shifts))
  return 'skipped' in prediction ? null : prediction
}
