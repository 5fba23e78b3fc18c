/** A user's calibration as the overlay that other commands read, with what a reader wants to know of it. */
import { type CoefficientsOverlay, type OverlayCell, overlaySchema } from '../perf/coefficient-overlay.ts'
import type { Cell } from '../perf/coefficients.ts'
import { layoutText } from './rows/canonical-layout.ts'
import type { FittedMultiplier } from './user-calibration.ts'
import type { CalibratedCell } from './user-calibration-cells.ts'

/** Read by people only. */
export interface DescribedCell extends OverlayCell {
  readonly model: string
  readonly accelerator: string
  readonly engine: string
  readonly multipliers: readonly {
    readonly name: string
    readonly multiplier: number
    readonly sigma: number | null
  }[]
  readonly errors: Readonly<Record<string, unknown>>
  /** Ids or lines of the points. */
  readonly rows: readonly string[]
}

export type DescribedOverlay = CoefficientsOverlay & { readonly cells: readonly DescribedCell[] }

export function overlayOf(
  cells: readonly DescribedCell[],
  facts: Pick<CoefficientsOverlay, 'asOf' | 'base'>,
): DescribedOverlay {
  const sources = [...new Set(cells.map(cell => cell.source))]
  return { schema: overlaySchema, source: sources.join(', '), ...facts, cells }
}

export function describedCell(calibrated: CalibratedCell, source: string): DescribedCell {
  const { cell, points, fitted, power, shifts, errors } = calibrated
  return {
    cell,
    ...namesOf(points[0]!.prepared.cell),
    source,
    points: points.length,
    layouts: layoutsOf(calibrated),
    multipliers: multipliersOf(fitted.multipliers, power),
    shifts,
    errors,
    rows: points.map(({ prepared }) => prepared.point.id),
  }
}

export function namesOf({ modelId, acceleratorId, engine }: Cell) {
  return { model: modelId, accelerator: acceleratorId, engine }
}

/** The fitted ones and, where watts were measured, that of board power. */
export function multipliersOf(fitted: readonly FittedMultiplier[], power: CalibratedCell['power']) {
  return power === null ? fitted : [...fitted, { name: 'power', ...power }]
}

/** Layouts of the points, in their order; those of the decode pool where pools are apart. */
export function layoutsOf({ points }: Pick<CalibratedCell, 'points'>): string[] {
  const layouts = points.map(({ prepared }) => {
    const { deployment } = prepared.point
    const pool = deployment.mode === 'aggregated' ? deployment.pool : deployment.decode
    return layoutText(pool.parallelism)
  })
  return [...new Set(layouts)]
}
