/** The planner's view of perf/: a deployment is prepared once (features, memory, coefficients) and solved for many loads. */
import type { Accelerator, Catalog } from '../catalog/types.ts'
import type { ModelArchitecture } from '../model/architecture.ts'
import {
  type CoefficientSet,
  cellOf,
  type LocalCoefficients,
  resolveCoefficients,
} from '../perf/coefficients.ts'
import { predictWith } from '../perf/predict.ts'
import type { DeploymentQuestion, LoadPredictor, PlanContext, PredictionTrust } from './search/context.ts'
import { shippedSpeculations } from './speculation-options.ts'
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
  const localCoefficients = (accelerator: Accelerator, question: DeploymentQuestion): LocalCoefficients => {
    const { engine, mode, precision } = question.deployment
    const key = `${accelerator.id} ${engine} ${mode} ${JSON.stringify(precision)}`
    let known = resolved.get(key)
    if (known === undefined) {
      known = resolveCoefficients(
        coefficients,
        cellOf(modelId, architecture, accelerator, question.deployment),
      )
      resolved.set(key, known)
    }
    return known
  }
  const predictor = (question: DeploymentQuestion): LoadPredictor => {
    const { deployment, accelerator, prefillAccelerator, shape } = question
    const local = localCoefficients(accelerator, question)
    return load =>
      predictWith(
        { modelId, architecture, accelerator, prefillAccelerator, deployment, shape, load, coefficients },
        local,
      )
  }
  return {
    architecture,
    catalog,
    predictor,
    trust: input.trust ?? unknownTrust,
    speculations: shippedSpeculations(modelId, architecture),
  }
}

/** σ(ln) 0.17 of TPOT and 0.4 of TTFT: unseen kind or device (fidelity study §8.7). */
const wideTpot: ErrorBand = { low: Math.exp(-1.28 * 0.17), high: Math.exp(1.28 * 0.17) }
const wideTtft: ErrorBand = { low: Math.exp(-1.28 * 0.4), high: Math.exp(1.28 * 0.4) }

function unknownTrust(): PredictionTrust {
  return { basis: 'assumed', band: { tpot: wideTpot, ttft: wideTtft, cost: wideTpot }, nearest: [] }
}
