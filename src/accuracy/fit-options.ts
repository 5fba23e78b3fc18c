/** How strongly the fit trusts its priors: standard deviations in ln space by level, chosen by held-out error. */
import type { CoefficientName } from '../perf/coefficients.ts'
import type { PriorChoice } from './priors.ts'

export interface FitOptions {
  /** Standard deviation of an effect at a level ("engine", "model", …), times the coefficient's own looseness. */
  readonly levelSigma: Readonly<Record<string, number>>
  /** Looseness by coefficient; 1 = as its level says. */
  readonly looseness: Readonly<Partial<Record<CoefficientName, number>>>
  /** Measurement plus model error in ln space, by metric: the scale of one standard residual. */
  readonly metricSigma: { readonly tpot: number; readonly ttft: number; readonly throughput: number }
  /** Residuals beyond this many sigmas count linearly (pseudo-Huber). */
  readonly huber: number
  readonly iterations: number
  /** A cell's rows of one file (model × accelerator × engine × format) are correlated: together they weigh at most as much as this many. */
  readonly rowsPerCell: number
  /** Rows beyond this many per cell are thinned evenly before fitting: they weigh nothing and cost time. */
  readonly rowsUsedPerCell: number
  /** Which kernel-table priors replace hand-set ones. */
  readonly priors: PriorChoice
}

export const defaultFitOptions: FitOptions = {
  levelSigma: {
    all: 0.2,
    vendor: 0.15,
    generation: 0.08,
    engine: 0.1,
    'generation-engine': 0.06,
    'generation-format': 0.08,
    'engine-format': 0.07,
    attention: 0.15,
    'feed-forward': 0.15,
    model: 0.12,
    accelerator: 0.05,
    'model-engine': 0.12,
    disaggregated: 0.15,
    cell: 0.12,
    'floor-format': 0.15,
    links: 0.15,
    'engine-layer': 0.15,
  },
  looseness: {
    collectiveMicroseconds: 1.5,
    stepMicroseconds: 2,
    sequenceMicroseconds: 2,
    eagerLayerMicroseconds: 1.5,
    requestMilliseconds: 3,
    promptTokenMicroseconds: 2,
    firstTokenLagSteps: 3,
    mfuExperts: 2,
    attentionLayerMicroseconds: 0.8,
    feedForwardLayerMicroseconds: 0.8,
    handoffMilliseconds: 3,
    transferGigabytesPerSecond: 1.5,
    prefillPoolWork: 2,
    draftCost: 1.5,
  },
  metricSigma: { tpot: 0.2, ttft: 0.28, throughput: 0.2 },
  huber: 1,
  iterations: 6,
  rowsPerCell: 32,
  rowsUsedPerCell: 100,
  priors: {
    fromKernels: [
      'mbuWeights',
      'mbuExperts',
      'mfuDense',
      'mfuExperts',
      'mbuCache',
      'mfuAttention',
      'busEfficiency',
    ],
  },
}
