/** What a search needs besides the question: facts, a predictor and how far to trust it. Injected, so that tests bring their own world. */
import type { Accelerator, Catalog } from '../../catalog/types.ts'
import type { PredictionBasis } from '../../core/provenance.ts'
import type { ModelArchitecture } from '../../model/architecture.ts'
import type { Deployment, Load, Performance, RequestShape, Speculation } from '../../perf/deployment.ts'
import type { LoadPredictor } from '../../perf/prepare-prediction.ts'
import type { ErrorBand, NearestMeasurement } from '../types.ts'

/** A deployment made ready once, then asked at many loads. */
export type { LoadPredictor }

export interface DeploymentQuestion {
  readonly deployment: Deployment
  /** Device of the aggregated or decode pool. */
  readonly accelerator: Accelerator
  readonly prefillAccelerator: Accelerator
  /** Device that holds the feed-forward layers of a hybrid deployment. */
  readonly feedForwardAccelerator?: Accelerator
  readonly shape: RequestShape
}

/** How far a prediction can be trusted: band with 80 % confidence, where it comes from, what was measured nearby. */
export interface PredictionTrust {
  readonly basis: PredictionBasis
  readonly band: { readonly tpot: ErrorBand; readonly ttft: ErrorBand; readonly cost: ErrorBand }
  readonly nearest: readonly NearestMeasurement[]
}

export interface PlanContext {
  readonly architecture: ModelArchitecture
  readonly catalog: Catalog
  readonly predictor: (question: DeploymentQuestion) => LoadPredictor
  readonly trust: (question: DeploymentQuestion, load: Load, performance: Performance) => PredictionTrust
  /** The same answers for a model that is built otherwise: with the efficiencies of the one it stands in for. */
  readonly withArchitecture: (architecture: ModelArchitecture) => PlanContext
  /** Speculation the model can be served with, beside none. */
  readonly speculations: readonly Speculation[]
}
