/**
 * Whether 80 % bands hold 80 %: bands made from four fifths of the clusters (whole configurations, accelerators or models)
 * are judged on the rows of the fifth, for every fifth. Nothing that made a band is counted in its coverage.
 */
import {
  type BandClass,
  type BandMetric,
  type BandMode,
  bandMetrics,
  bandModes,
  type ClusteredResidual,
  clusteredResiduals,
  clusterFolds,
  type HeldOutByKind,
  kindOfClass,
  stretchedBand,
} from './error-bands.ts'

export type JudgedClass = Exclude<BandClass, 'unseen'>

export const judgedClasses: readonly JudgedClass[] = ['cell', 'accelerator', 'model']

export interface BandCoverage {
  readonly class: JudgedClass
  readonly mode: BandMode
  readonly metric: BandMetric
  readonly rows: number
  readonly clusters: number
  /** Share of rows inside bands that were made without their cluster; null with one cluster, which nothing can judge. */
  readonly share: number | null
}

/** Coverage by class, mode and metric; combinations without rows are left out. */
export function bandCoverage(held: HeldOutByKind): BandCoverage[] {
  return judgedClasses.flatMap(name =>
    bandModes.flatMap(mode =>
      bandMetrics.flatMap(metric => {
        const kind = kindOfClass[name]
        const residuals = clusteredResiduals(held[kind], kind, mode, metric)
        if (residuals.length === 0) return []
        const judged = judgeRows(residuals)
        return [
          {
            class: name,
            mode,
            metric,
            rows: residuals.length,
            clusters: new Set(residuals.map(residual => residual.cluster)).size,
            share: judged.length === 0 ? null : judged.filter(row => row.inside).length / judged.length,
          },
        ]
      }),
    ),
  )
}

export interface JudgedRow<Residual> {
  readonly residual: Residual
  readonly inside: boolean
}

/** Whether each row lies in the band made without its fold of clusters; nothing where all rows are one cluster. */
export function judgeRows<Residual extends ClusteredResidual>(
  residuals: readonly Residual[],
): JudgedRow<Residual>[] {
  const parts = clusterFolds(residuals)
  if (parts.length < 2) return []
  return parts.flatMap(part => {
    const band = stretchedBand(parts.filter(other => other !== part).flat())
    return part.map(residual => ({
      residual,
      inside: residual.value >= band.low && residual.value <= band.high,
    }))
  })
}
