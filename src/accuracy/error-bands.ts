/**
 * How wide a prediction's 80 % band is, from held-out residuals of its kind, ln(measured ÷ predicted): their 10th and 90th
 * percentile, stretched around the median until bands made without a cluster hold 80 % of that cluster's rows.
 *
 * Rows of one configuration, accelerator or model err together, so percentiles over all rows promise too much to a cluster
 * that was not among them. The stretch is a split-conformal correction with whole clusters left out (jackknife+ of Barber,
 * Candès, Ramdas and Tibshirani 2021, by clusters instead of rows). band-coverage.ts judges the result.
 */
import { quantile } from '../core/statistics.ts'
import type { HeldOutPoint } from './cross-validation.ts'
import { configurationGroup, type FoldKind, hash } from './folds.ts'

/**
 * How far a question is from what was measured.
 * cell: model, accelerator, engine and format were measured together, in other configurations.
 * accelerator: this accelerator was not measured, its generation was. model: the model was not measured.
 * unseen: neither, or a generation nothing was measured on: both spreads together.
 */
export const bandClasses = ['cell', 'accelerator', 'model', 'unseen'] as const
export type BandClass = (typeof bandClasses)[number]

export const bandMetrics = ['tpot', 'ttft', 'throughput'] as const
export type BandMetric = (typeof bandMetrics)[number]

export const bandModes = ['aggregated', 'disaggregated'] as const
export type BandMode = (typeof bandModes)[number]

/** Measured value lies in [predicted × low, predicted × high] in 8 of 10 held-out cases. */
export interface Band {
  readonly low: number
  readonly high: number
  readonly rows: number
}

export type ModeBands = Readonly<Record<BandMetric, Band>>

export interface ErrorBands {
  readonly schema: 'error-bands/1'
  readonly source: string
  readonly asOf: string
  readonly classes: Readonly<
    Record<BandClass, { readonly aggregated: ModeBands; readonly disaggregated: ModeBands }>
  >
}

export type HeldOutByKind = Readonly<Record<FoldKind, readonly HeldOutPoint[]>>

/** Share of held-out rows that a band is to hold. */
export const bandShare = 0.8

/** The way of holding out that stands for a class; unseen is put together of two. */
export const kindOfClass = { cell: 'configuration', accelerator: 'accelerator', model: 'model' } as const

/** A residual and the cluster whose rows err together with it. */
export interface ClusteredResidual {
  readonly cluster: string
  readonly value: number
}

export interface HeldOutResidual extends ClusteredResidual {
  readonly held: HeldOutPoint
}

/** ln(measured ÷ predicted), null where the point lacks the metric. */
export function logResidual({ prepared, prediction }: HeldOutPoint, metric: BandMetric): number | null {
  const { point } = prepared
  const pair =
    metric === 'tpot'
      ? [point.tpotMs, prediction.tpotMs]
      : metric === 'ttft'
        ? [point.ttftMs, prediction.ttftMs]
        : [point.totalTokensPerSecondPerDevice, prediction.totalTokensPerSecondPerDevice]
  const [measured, predicted] = pair as [number | null, number]
  if (measured === null || !(predicted > 0)) return null
  return Math.log(measured / predicted)
}

/** Residuals of one mode and metric with the cluster that was held out whole. */
export function clusteredResiduals(
  points: readonly HeldOutPoint[],
  kind: FoldKind,
  mode: BandMode,
  metric: BandMetric,
): HeldOutResidual[] {
  return points
    .filter(({ prepared }) => prepared.point.deployment.mode === mode)
    .flatMap(held => {
      const value = logResidual(held, metric)
      return value === null ? [] : [{ cluster: clusterOf(kind, held), value, held }]
    })
}

function clusterOf(kind: FoldKind, { prepared }: HeldOutPoint): string {
  switch (kind) {
    case 'configuration':
      return configurationGroup(prepared)
    case 'model':
      return prepared.cell.modelKey
    case 'accelerator':
      return prepared.cell.acceleratorId
  }
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

/** Ends of the band in ln space; NaN without residuals. */
export function stretchedBand(residuals: readonly ClusteredResidual[]): { low: number; high: number } {
  const stretch = stretchOf(residuals)
  const { low, middle, high } = percentiles(residuals)
  return { low: middle + stretch * (low - middle), high: middle + stretch * (high - middle) }
}

function percentiles(residuals: readonly ClusteredResidual[]): { low: number; middle: number; high: number } {
  const values = residuals.map(residual => residual.value)
  return {
    low: quantile(values, (1 - bandShare) / 2),
    middle: quantile(values, 0.5),
    high: quantile(values, (1 + bandShare) / 2),
  }
}

/** Narrower than the percentiles is never right: a cluster left out is no better known than the others. */
const leastStretch = 1

/** How far percentiles of the other clusters must be stretched to hold 80 % of the rows of each cluster in turn. */
function stretchOf(residuals: readonly ClusteredResidual[]): number {
  const parts = clusterFolds(residuals)
  if (parts.length < 2) return leastStretch
  const needed = parts.flatMap(part => {
    const { low, middle, high } = percentiles(parts.filter(other => other !== part).flat())
    return part.map(({ value }) => (value - middle) / (value < middle ? low - middle : high - middle))
  })
  return Math.max(leastStretch, quantile(needed, bandShare))
}

/** Bands by class and mode. `unseen` adds the spreads of model and accelerator in quadrature around their mean shift. */
export function errorBands(held: HeldOutByKind, source: string, asOf: string): ErrorBands {
  const of = (kind: FoldKind, mode: BandMode): ModeBands => {
    const band = (metric: BandMetric): Band => {
      const residuals = clusteredResiduals(held[kind], kind, mode, metric)
      const { low, high } = stretchedBand(residuals)
      return { low: Math.exp(low), high: Math.exp(high), rows: residuals.length }
    }
    return { tpot: band('tpot'), ttft: band('ttft'), throughput: band('throughput') }
  }
  const both = (kind: FoldKind) => ({
    aggregated: of(kind, 'aggregated'),
    disaggregated: of(kind, 'disaggregated'),
  })
  const classes = {
    cell: both(kindOfClass.cell),
    accelerator: both(kindOfClass.accelerator),
    model: both(kindOfClass.model),
  }
  const unseen = (mode: BandMode): ModeBands => {
    const band = (metric: BandMetric): Band => {
      const a = classes.accelerator[mode][metric]
      const b = classes.model[mode][metric]
      return {
        low: Math.exp(-Math.hypot(Math.log(a.low), Math.log(b.low))),
        high: Math.exp(Math.hypot(Math.log(a.high), Math.log(b.high))),
        rows: 0,
      }
    }
    return { tpot: band('tpot'), ttft: band('ttft'), throughput: band('throughput') }
  }
  return {
    schema: 'error-bands/1',
    source,
    asOf,
    classes: {
      ...classes,
      unseen: { aggregated: unseen('aggregated'), disaggregated: unseen('disaggregated') },
    },
  }
}
