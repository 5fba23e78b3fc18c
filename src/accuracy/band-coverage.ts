/**
 * Whether 80 % bands hold 80 %: bands made from four fifths of the clusters (whole configurations, accelerators or models)
 * are judged on the rows of the fifth, for every fifth. Nothing that made a band is counted in its coverage.
 */
import { type SituatedResidual, widthFactor } from './band-widths.ts'
import {
  type BandMetric,
  bandMetrics,
  type HeldOutByKind,
  type HeldOutClass,
  type HeldOutResidual,
  residualsByMode,
} from './error-bands.ts'
import {
  type BandMode,
  bandModes,
  foldsOf,
  type ResidualsByMode,
  restOf,
  situatedBands,
} from './situated-bands.ts'

export const judgedClasses: readonly HeldOutClass[] = ['cell', 'accelerator', 'model']

/** A row and whether it lies in the band made without its fold of clusters. */
export interface JudgedRow {
  readonly class: HeldOutClass
  readonly mode: BandMode
  readonly metric: BandMetric
  readonly residual: HeldOutResidual
  readonly inside: boolean
}

/** All rows of all classes and metrics; none of a mode whose rows are all one cluster, which nothing can judge. */
export function judgeBands(held: HeldOutByKind): JudgedRow[] {
  return judgedClasses.flatMap(name =>
    bandMetrics.flatMap(metric =>
      judgeResiduals(residualsByMode(held, name, metric)).map(row => ({ class: name, metric, ...row })),
    ),
  )
}

/** Whether each residual lies in the band of its mode and situation that was made without its fold of clusters. */
export function judgeResiduals<Residual extends SituatedResidual>(
  residuals: ResidualsByMode<Residual>,
): { mode: BandMode; residual: Residual; inside: boolean }[] {
  const parts = foldsOf(residuals)
  return parts.flatMap(part => {
    const rest = restOf(parts, part)
    const { widths, bands } = situatedBands(rest)
    return bandModes.flatMap(mode => {
      if (rest[mode].length === 0) return []
      const { low, high } = bands[mode]
      return part[mode].map(residual => {
        const scaled = residual.value / widthFactor(widths, residual.situation)
        return { mode, residual, inside: scaled >= low && scaled <= high }
      })
    })
  })
}

export interface BandCoverage {
  readonly class: HeldOutClass
  readonly mode: BandMode
  readonly metric: BandMetric
  readonly rows: number
  readonly clusters: number
  readonly share: number
}

/** Judged rows by class, mode and metric. */
export function bandCoverage(judged: readonly JudgedRow[]): BandCoverage[] {
  return judgedClasses.flatMap(name =>
    bandModes.flatMap(mode =>
      bandMetrics.flatMap(metric => {
        const rows = judged.filter(row => row.class === name && row.mode === mode && row.metric === metric)
        if (rows.length === 0) return []
        return [
          {
            class: name,
            mode,
            metric,
            rows: rows.length,
            clusters: new Set(rows.map(row => row.residual.cluster)).size,
            share: shareInside(rows),
          },
        ]
      }),
    ),
  )
}

export function shareInside(rows: readonly { readonly inside: boolean }[]): number {
  return rows.filter(row => row.inside).length / rows.length
}
