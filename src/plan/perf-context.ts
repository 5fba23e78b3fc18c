/** The planner's view of perf/: a deployment is prepared once (features, memory, coefficients) and solved for many loads. */
import type { Accelerator, Catalog } from '../catalog/types.ts'
import type { ModelArchitecture } from '../model/architecture.ts'
import {
  type CoefficientSet,
  cellOf,
  type LocalCoefficients,
  resolveCoefficients,
} from '../perf/coefficients.ts'
import { type Deployment, layoutText, type Precision } from '../perf/deployment.ts'
import { preparePrediction } from '../perf/prepare-prediction.ts'
import type { PlanContext, PredictionTrust } from './search/context.ts'
import { speculationOptions } from './speculation-options.ts'
import type { ErrorBand } from './types.ts'

export interface PerfContextInput {
  readonly modelId: string
  readonly architecture: ModelArchitecture
  readonly catalog: Catalog
  readonly coefficients: CoefficientSet
  /** How far to trust a prediction; without it every answer is "assumed" with a wide band. */
  readonly trust?: PlanContext['trust']
}

export function perfContext(input: PerfContextInput): PlanContext {
  const { modelId, architecture, catalog, coefficients } = input
  const resolved = new Map<string, LocalCoefficients>()
  const precisionNames = new Map<Precision, string>()
  // Only a user's calibration tells layouts apart.
  const calibrated = coefficients.calibrations !== undefined
  const localCoefficients = (accelerator: Accelerator, deployment: Deployment): LocalCoefficients => {
    const { engine, mode, precision } = deployment
    let precisionName = precisionNames.get(precision)
    if (precisionName === undefined) {
      precisionName = JSON.stringify(precision)
      precisionNames.set(precision, precisionName)
    }
    const layout = calibrated ? decodingLayout(deployment) : ''
    const key = `${accelerator.id} ${engine} ${mode} ${precisionName} ${layout}`
    let known = resolved.get(key)
    if (known === undefined) {
      known = resolveCoefficients(coefficients, cellOf(modelId, architecture, accelerator, deployment))
      resolved.set(key, known)
    }
    return known
  }
  const contextOf = (served: ModelArchitecture): PlanContext => ({
    architecture: served,
    catalog,
    predictor: question => {
      const { accelerator, prefillAccelerator, deployment } = question
      const serving = localCoefficients(accelerator, deployment)
      const prefill =
        prefillAccelerator === accelerator ? serving : localCoefficients(prefillAccelerator, deployment)
      return preparePrediction({ architecture: served, ...question }, { serving, prefill })
    },
    trust: input.trust ?? unknownTrust,
    speculations: speculationOptions(modelId, architecture),
    withArchitecture: contextOf,
  })
  return contextOf(architecture)
}

function decodingLayout(deployment: Deployment): string {
  const pool = deployment.mode === 'aggregated' ? deployment.pool : deployment.decode
  return layoutText(pool.parallelism)
}

/** For callers without trust data only: σ(ln) 0.17 of TPOT and 0.4 of TTFT, assumed. The command line passes measured bands. */
const wideTpot: ErrorBand = { low: Math.exp(-1.28 * 0.17), high: Math.exp(1.28 * 0.17) }
const wideTtft: ErrorBand = { low: Math.exp(-1.28 * 0.4), high: Math.exp(1.28 * 0.4) }

function unknownTrust(): PredictionTrust {
  return { basis: 'assumed', band: { tpot: wideTpot, ttft: wideTtft, cost: wideTpot }, nearest: [] }
}
