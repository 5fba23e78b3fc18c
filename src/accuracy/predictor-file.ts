/** Predictions of measured points from the shipped facts and fitted coefficients, or others: what `validate` and the accuracy page use. */
import type { Catalog } from '../catalog/types.ts'
import { type CoefficientSet, resolveCoefficients } from '../perf/coefficients.ts'
import { loadCoefficients } from '../perf/load-coefficients-file.ts'
import { catalogLookups } from './catalog-lookups-file.ts'
import { preparePoint } from './evaluate-point.ts'
import { bestLayoutPredictor } from './latency-limit.ts'
import type { MeasuredPoint } from './measured-point.ts'
import { type RowPhysics, rowPhysicsFrom } from './rows/row-physics.ts'
import type { PointOutcome } from './score.ts'

/** A prediction per point, and the physics that row hygiene asks for. */
export interface Predictor {
  readonly predict: (point: MeasuredPoint) => PointOutcome
  readonly physics: RowPhysics | null
}

export function openPredictor(
  catalog: Catalog,
  coefficients: CoefficientSet = loadCoefficients(),
): Predictor {
  const lookups = catalogLookups(catalog)
  const best = bestLayoutPredictor(lookups, coefficients)
  return {
    physics: rowPhysicsFrom(
      id => lookups.architecture(id),
      id => lookups.accelerator(id),
    ),
    predict: point => {
      if (point.alternatives !== undefined) return best(point)
      const prepared = preparePoint(point, lookups)
      return 'skipped' in prepared
        ? prepared
        : prepared.evaluate(resolveCoefficients(coefficients, prepared.cell))
    },
  }
}
