/** Held-out predictions: fit without a fold, predict the fold, for every fold of a kind. */
import { type CoefficientSet, resolveCoefficients } from '../perf/coefficients.ts'
import type { PointPrediction, PreparedPoint } from './evaluate-point.ts'
import { fitEffects } from './fit.ts'
import type { FitOptions } from './fit-options.ts'
import { fitPower } from './fit-power.ts'
import { type FoldKind, foldOf } from './folds.ts'

export interface HeldOutPoint {
  readonly prepared: PreparedPoint
  readonly fold: string
  readonly prediction: PointPrediction
}

/** Coefficients fitted to the points: performance effects, then power on top. */
export function fitAll(
  points: readonly PreparedPoint[],
  base: CoefficientSet,
  options: FitOptions,
  onProgress?: (iteration: number, objective: number) => void,
): CoefficientSet {
  const fitted = fitEffects(points, base, options, onProgress)
  const set = { ...base, effects: { ...base.effects, ...fitted.effects } }
  return { ...set, effects: { ...set.effects, ...fitPower(points, set) } }
}

/** Predicts points with a set; points the model refuses are left out. */
export function predictAll(
  points: readonly PreparedPoint[],
  set: CoefficientSet,
  fold: string,
): HeldOutPoint[] {
  const out: HeldOutPoint[] = []
  for (const prepared of points) {
    const prediction = prepared.evaluate(resolveCoefficients(set, prepared.cell))
    if (!('skipped' in prediction)) out.push({ prepared, fold, prediction })
  }
  return out
}

/**
 * Predictions of every point by a fit that never saw its fold. `trainOn` decides what may be learned from (clean rows);
 * all points of the held-out fold are predicted.
 */
export function crossValidate(
  points: readonly PreparedPoint[],
  kind: FoldKind,
  base: CoefficientSet,
  options: FitOptions,
  trainOn: (prepared: PreparedPoint) => boolean,
  onProgress: (fold: string, done: number, total: number) => void = () => {},
): HeldOutPoint[] {
  const folds = [...new Set(points.map(p => foldOf(kind, p)))].sort()
  const out: HeldOutPoint[] = []
  folds.forEach((fold, index) => {
    onProgress(fold, index, folds.length)
    const train = points.filter(p => foldOf(kind, p) !== fold && trainOn(p))
    const test = points.filter(p => foldOf(kind, p) === fold)
    out.push(...predictAll(test, fitAll(train, base, options), fold))
  })
  return out
}
