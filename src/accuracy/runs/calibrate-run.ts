/**
 * Fits a handful of multipliers to the first requests of a measured run. Each is a factor on one kind of cost, near 1
 * before anything is known; the fit moves it as far as the measurements outweigh that belief: Gauss-Newton on ln errors of
 * TPOT and TTFT with a normal prior per ln multiplier (Tarantola 2005 §3.2), derivatives by differences.
 */
import { assert } from '../../core/assert.ts'
import type { CoefficientName, LocalCoefficients } from '../../perf/coefficients.ts'
import { solveSymmetric } from '../linear-algebra.ts'
import { type MeasuredRun, measuredLatency, type RequestLatency } from './measured-run.ts'
import { type Replay, type ReplayFacts, replayRun } from './replay.ts'

/** What a multiplier stretches, and how far it is believed to stray (standard deviation of its logarithm). */
interface Knob {
  readonly name: string
  readonly sigma: number
  /** Coefficients it multiplies; 'share': a time grows as the share falls. */
  readonly coefficients: readonly { readonly name: CoefficientName; readonly kind: 'time' | 'share' }[]
  /** Runs without such work leave it alone. */
  readonly applies: (run: MeasuredRun) => boolean
}

const always = () => true

/** Widths: rounded from the spread of cells around their priors in the fit of the shipped coefficients; assumed, not fitted. */
export const knobs: readonly Knob[] = [
  {
    name: 'memory time',
    sigma: 0.2,
    coefficients: [
      { name: 'mbuWeights', kind: 'share' },
      { name: 'mbuExperts', kind: 'share' },
      { name: 'mbuCache', kind: 'share' },
    ],
    applies: always,
  },
  {
    name: 'compute time',
    sigma: 0.5,
    coefficients: [
      { name: 'mfuDense', kind: 'share' },
      { name: 'mfuExperts', kind: 'share' },
    ],
    applies: always,
  },
  {
    name: 'prompt attention time',
    sigma: 0.7,
    coefficients: [{ name: 'mfuAttention', kind: 'share' }],
    applies: always,
  },
  {
    name: 'launch time',
    sigma: 0.5,
    coefficients: [
      { name: 'attentionLayerMicroseconds', kind: 'time' },
      { name: 'feedForwardLayerMicroseconds', kind: 'time' },
      { name: 'sequenceMicroseconds', kind: 'time' },
    ],
    applies: always,
  },
  {
    name: 'communication time',
    sigma: 0.7,
    coefficients: [
      { name: 'collectiveMicroseconds', kind: 'time' },
      { name: 'busEfficiency', kind: 'share' },
    ],
    applies: run => run.settings.tensorParallel > 1,
  },
]

export interface RunCalibration {
  readonly requests: number
  readonly multipliers: readonly { readonly name: string; readonly multiplier: number }[]
  readonly adjust: (coefficients: LocalCoefficients) => LocalCoefficients
  readonly replay: Replay
}

/** σ of one request's ln TPOT, and of its ln TTFT with a floor: queues multiply small errors (assumed). */
const tpotSigma = 0.05
const ttftSigma = 0.25
/** Below this many seconds an error of TTFT does not matter as much as its ratio says. */
const ttftFloorSeconds = 0.1
const rounds = 8
const difference = 0.02

/** Calibrates on the first `requests` of a run. At most five multipliers; at least 8 requests are needed. */
export function calibrateRun(run: MeasuredRun, facts: ReplayFacts, requests: number): RunCalibration {
  const used = knobs.filter(knob => knob.applies(run))
  const measured = run.requests.slice(0, requests).map(measuredLatency)
  const replayAt = (x: readonly number[]) => replayRun(run, facts, adjustment(used, x))
  const residualsOf = (replay: Replay) => residuals(measured, replay.latencies)
  let x = used.map(() => 0)
  let replay = replayAt(x)
  let current = residualsOf(replay)
  let loss = lossOf(current, used, x)
  let damping = 1e-3
  for (let round = 0; round < rounds; round++) {
    const columns = used.map((_, index) => {
      const moved = x.map((value, other) => (other === index ? value + difference : value))
      const shifted = residualsOf(replayAt(moved))
      return shifted.map((value, row) => (value - current[row]!) / difference)
    })
    const step = newtonStep(columns, current, used, x, damping)
    const candidate = x.map((value, index) => value + Math.max(-0.5, Math.min(0.5, step[index]!)))
    const tried = replayAt(candidate)
    const triedResiduals = residualsOf(tried)
    const triedLoss = lossOf(triedResiduals, used, candidate)
    if (triedLoss < loss) {
      const gained = loss - triedLoss
      x = candidate
      replay = tried
      current = triedResiduals
      loss = triedLoss
      damping = Math.max(1e-6, damping / 5)
      if (gained < 1e-4 * loss) break
    } else {
      damping *= 10
      if (damping > 1e3) break
    }
  }
  return {
    requests,
    multipliers: used.map((knob, index) => ({ name: knob.name, multiplier: Math.exp(x[index]!) })),
    adjust: adjustment(used, x),
    replay,
  }
}

/** Coefficients under ln multipliers of time. */
function adjustment(
  used: readonly Knob[],
  x: readonly number[],
): (c: LocalCoefficients) => LocalCoefficients {
  return coefficients => {
    const adjusted: Record<CoefficientName, number> = { ...coefficients }
    for (const [index, knob] of used.entries()) {
      const factor = Math.exp(x[index]!)
      for (const { name, kind } of knob.coefficients)
        adjusted[name] = kind === 'time' ? adjusted[name] * factor : scaledShare(adjusted[name], 1 / factor)
    }
    return adjusted
  }
}

/** A share times a factor, held below 1 as coefficients.ts does: (x⁻⁴ + 1)^(−1/4) of the unbounded value. */
function scaledShare(share: number, factor: number): number {
  const unbounded = (share ** -4 - 1) ** -0.25
  return ((unbounded * factor) ** -4 + 1) ** -0.25
}

/** ln errors in units of their σ; requests without TPOT leave that one out. */
function residuals(measured: readonly RequestLatency[], predicted: readonly RequestLatency[]): number[] {
  const list: number[] = []
  for (const [index, real] of measured.entries()) {
    const ours = predicted[index]!
    list.push(Number.isNaN(real.tpot) ? 0 : Math.log(ours.tpot / real.tpot) / tpotSigma)
    list.push(Math.log((ours.ttft + ttftFloorSeconds) / (real.ttft + ttftFloorSeconds)) / ttftSigma)
  }
  assert(list.every(Number.isFinite), 'every calibrated request was served')
  return list
}

function lossOf(current: readonly number[], used: readonly Knob[], x: readonly number[]): number {
  let sum = 0
  for (const value of current) sum += value * value
  for (const [index, knob] of used.entries()) sum += (x[index]! / knob.sigma) ** 2
  return sum
}

function newtonStep(
  columns: readonly (readonly number[])[],
  current: readonly number[],
  used: readonly Knob[],
  x: readonly number[],
  damping: number,
): Float64Array {
  const n = used.length
  const matrix = new Float64Array(n * n)
  const right = new Float64Array(n)
  for (let i = 0; i < n; i++) {
    for (let j = 0; j < n; j++) {
      let sum = 0
      for (let row = 0; row < current.length; row++) sum += columns[i]![row]! * columns[j]![row]!
      matrix[i * n + j] = sum
    }
    let slope = 0
    for (let row = 0; row < current.length; row++) slope += columns[i]![row]! * current[row]!
    const precision = 1 / used[i]!.sigma ** 2
    matrix[i * n + i]! += precision
    right[i] = -slope - precision * x[i]!
  }
  return solveSymmetric(matrix, right, n, damping)
}
