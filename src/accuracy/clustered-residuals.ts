/**
 * Percentiles of residuals that come in clusters: rows of one configuration, accelerator or model err together, so percentiles over
 * all rows promise too much to a cluster that was not among them. They are stretched around the median until bands made without a
 * cluster hold 80 % of its rows: a conformal correction with whole clusters left out (like the jackknife+ of
 * Barber et al. 2021, by clusters instead of rows; from memory).
 */
import { quantile } from '../core/statistics.ts'
import { hash } from './folds.ts'

/** Share of held-out rows that a band is to hold. */
export const bandShare = 0.8

/** A residual and the cluster whose rows err together with it. */
export interface ClusteredResidual {
  readonly cluster: string
  readonly value: number
}

/** Up to so many clusters each leave on their own; more are spread over five folds by a hash of their name. */
const mostSingleClusters = 24
const folds = 5

/** Residuals in folds of whole clusters. */
export function clusterFolds<Residual extends ClusteredResidual>(
  residuals: readonly Residual[],
): Residual[][] {
  const clusters = new Set(residuals.map(residual => residual.cluster))
  const foldOf = (cluster: string) =>
    clusters.size <= mostSingleClusters ? cluster : String(hash(cluster) % folds)
  return [...Map.groupBy(residuals, residual => foldOf(residual.cluster)).values()]
}

/** Ends of a band in ln space; NaN without residuals. */
export function stretchedBand(residuals: readonly ClusteredResidual[]): { low: number; high: number } {
  const stretch = stretchOf(residuals)
  const { low, middle, high } = percentiles(residuals)
  return { low: middle + stretch * (low - middle), high: middle + stretch * (high - middle) }
}

/** Ends and middle of plain percentiles. */
export function percentiles(residuals: readonly ClusteredResidual[]): {
  low: number
  middle: number
  high: number
} {
  const values = residuals.map(residual => residual.value)
  return {
    low: quantile(values, (1 - bandShare) / 2),
    middle: quantile(values, 0.5),
    high: quantile(values, (1 + bandShare) / 2),
  }
}

/** Narrower than the percentiles is never right: a cluster left out is no better known than the others. */
const leastStretch = 1

/** By how much percentiles must be stretched around their middle to reach a value. */
export function neededStretch(value: number, { low, middle, high }: ReturnType<typeof percentiles>): number {
  return (value - middle) / (value < middle ? low - middle : high - middle)
}

/** The stretch that holds as many of the rows as a band is to hold, given what each row needs. */
export function stretchFor(needed: readonly number[]): number {
  return needed.length === 0 ? leastStretch : Math.max(leastStretch, quantile(needed, bandShare))
}

/** How far percentiles of the other clusters must be stretched to hold 80 % of the rows of each cluster in turn. */
function stretchOf(residuals: readonly ClusteredResidual[]): number {
  const parts = clusterFolds(residuals)
  if (parts.length < 2) return leastStretch
  return stretchFor(
    parts.flatMap(part => {
      const rest = percentiles(parts.filter(other => other !== part).flat())
      return part.map(({ value }) => neededStretch(value, rest))
    }),
  )
}
