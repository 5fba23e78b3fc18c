/**
 * What a deployment does under a load: the one entry point of perf/. Synchronous, no I/O, tens of microseconds.
 * From: architecture (model/), facts about devices (catalog/), coefficients (data/calibration). Assumes steady state.
 * Who asks one deployment at many loads prepares it once: prepare-prediction.ts.
 */
import type { Accelerator } from '../catalog/types.ts'
import type { ModelArchitecture } from '../model/architecture.ts'
import { type CoefficientSet, cellOf, resolveCoefficients } from './coefficients.ts'
import type { Deployment, Load, PerformanceResult, RequestShape } from './deployment.ts'
import { preparePrediction } from './prepare-prediction.ts'

export interface PredictInput {
  readonly modelId: string
  readonly architecture: ModelArchitecture
  /** Device of the aggregated or decode pool, and of the prefill pool when it differs. */
  readonly accelerator: Accelerator
  readonly prefillAccelerator?: Accelerator
  /** Device that holds the feed-forward layers of a deployment with feedForwardOffload. */
  readonly feedForwardAccelerator?: Accelerator
  readonly deployment: Deployment
  readonly shape: RequestShape
  readonly load: Load
  readonly coefficients: CoefficientSet
}

export function predict(input: PredictInput): PerformanceResult {
  const { modelId, architecture, accelerator, prefillAccelerator = accelerator, deployment } = input
  const local = (device: Accelerator) =>
    resolveCoefficients(input.coefficients, cellOf(modelId, architecture, device, deployment))
  const serving = local(accelerator)
  const prefill = prefillAccelerator.id === accelerator.id ? serving : local(prefillAccelerator)
  return preparePrediction(input, { serving, prefill })(input.load)
}
