/**
 * Fits a handful of multipliers to the first requests of a measured run. Each is a factor on one kind of cost, near 1
 * before anything is known; least squares on ln errors of TPOT and TTFT moves it as far as the measurements outweigh that
 * belief. What they stretch is finer than for points: every step of a run is seen.
 */
import { assert } from '../../core/assert.ts'
import { type Multiplier, type Shifts, shiftsOf, withShifts } from '../multiplier.ts'
import { fitLogs } from '../multiplier-fit.ts'
import { type MeasuredRun, measuredLatency, type RequestLatency } from './measured-run.ts'
import { type Replay, type ReplayFacts, replayRun } from './replay.ts'

interface RunMultiplier extends Multiplier {
  /** How far it is believed to stray: standard deviation of its logarithm. */
  readonly sigma: number
  /** Runs without such work leave it alone. */
  readonly applies: (run: MeasuredRun) => boolean
}

const always = () => true

/** Widths: rounded from the spread of cells around their priors in the fit of the shipped coefficients; assumed, not fitted. */
const runMultipliers: readonly RunMultiplier[] = [
  {
    name: 'memory time',
    sigma: 0.2,
    times: [],
    shares: ['mbuWeights', 'mbuExperts', 'mbuCache'],
    applies: always,
  },
  {
    name: 'compute time',
    sigma: 0.5,
    times: [],
    shares: ['mfuDense', 'mfuExperts'],
    applies: always,
  },
  {
    name: 'prompt attention time',
    sigma: 0.7,
    times: [],
    shares: ['mfuAttention'],
    applies: always,
  },
  {
    name: 'launch time',
    sigma: 0.5,
    times: ['attentionLayerMicroseconds', 'feedForwardLayerMicroseconds', 'sequenceMicroseconds'],
    shares: [],
    applies: always,
  },
  {
    name: 'communication time',
    sigma: 0.7,
    times: ['collectiveMicroseconds'],
    shares: ['busEfficiency'],
    applies: run => run.settings.tensorParallel > 1,
  },
]

export interface RunCalibration {
  readonly requests: number
  readonly multipliers: readonly { readonly name: string; readonly multiplier: number }[]
  readonly shifts: Shifts
  readonly replay: Replay
}

/** σ of one request's ln TPOT, and of its ln TTFT with a floor: queues multiply small errors (assumed). */
const tpotSigma = 0.05
const ttftSigma = 0.25
/** Below this many seconds an error of TTFT does not matter as much as its ratio says. */
const ttftFloorSeconds = 0.1
/**
 * How the posterior's maximum is searched: until a step gains less than 1e-4, which is noise, because requests err for many
 * reasons. The runs in docs/models/engine.md come to rest within 20 steps.
 */
const search = { rounds: 40, tries: 60, smallestGain: 1e-4, difference: 0.02, largestStep: 0.5 }

/** Calibrates on the first `requests` of a run. At most five multipliers; at least 8 requests are needed. */
export function calibrateRun(run: MeasuredRun, facts: ReplayFacts, requests: number): RunCalibration {
  const used = runMultipliers.filter(({ applies }) => applies(run))
  const measured = run.requests.slice(0, requests).map(measuredLatency)
  const replayWith = (shifts: Shifts) => replayRun(run, facts, base => withShifts(base, shifts))
  const { logs } = fitLogs(
    tried => residuals(measured, replayWith(shiftsOf(used, tried)).latencies),
    // Least squares: a request that is far off is as true as any other.
    { ...search, priorSigmas: used.map(({ sigma }) => sigma), huber: Number.POSITIVE_INFINITY },
  )
  const shifts = shiftsOf(used, logs)
  return {
    requests,
    multipliers: used.map(({ name }, i) => ({ name, multiplier: Math.exp(logs[i]!) })),
    shifts,
    replay: replayWith(shifts),
  }
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
