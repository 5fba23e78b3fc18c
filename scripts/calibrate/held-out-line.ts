/** A held-out prediction as it travels between threads: point id and numbers. */
import type { HeldOutPoint } from '../../src/accuracy/cross-validation.ts'
import type { PointPrediction, PreparedPoint } from '../../src/accuracy/evaluate-point.ts'

export interface HeldOutLine {
  readonly key: string
  readonly fold: string
  readonly prediction: PointPrediction
}

const keyOf = (prepared: PreparedPoint) => `${prepared.point.file} ${prepared.point.id}`

export function heldOutLine({ prepared, fold, prediction }: HeldOutPoint): HeldOutLine {
  return { key: keyOf(prepared), fold, prediction }
}

export function restoreHeldOut(
  points: readonly PreparedPoint[],
  lines: readonly HeldOutLine[],
): HeldOutPoint[] {
  const byKey = new Map(points.map(point => [keyOf(point), point]))
  return lines.map(({ key, fold, prediction }) => ({ prepared: byKey.get(key)!, fold, prediction }))
}
