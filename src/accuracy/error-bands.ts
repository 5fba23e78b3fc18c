/**
 * How wide a prediction's 80 % band is, from held-out residuals of its kind: the 10th and 90th percentile of
 * ln(measured ÷ predicted) over points that the fit never saw in the same way as the question was never seen.
 */
import { quantile } from '../core/statistics.ts'
import type { HeldOutPoint } from './cross-validation.ts'

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

const modes = ['aggregated', 'disaggregated'] as const

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

/** Bands by class and mode. `unseen` adds the spreads of model and accelerator in quadrature around their mean shift. */
export function errorBands(
  held: Readonly<Record<'configuration' | 'accelerator' | 'model', readonly HeldOutPoint[]>>,
  source: string,
  asOf: string,
): ErrorBands {
  const of = (points: readonly HeldOutPoint[], mode: (typeof modes)[number]): ModeBands => {
    const inMode = points.filter(p => p.prepared.point.deployment.mode === mode)
    const band = (metric: BandMetric): Band => {
      const residuals = inMode.flatMap(p => logResidual(p, metric) ?? [])
      return {
        low: Math.exp(quantile(residuals, 0.1)),
        high: Math.exp(quantile(residuals, 0.9)),
        rows: residuals.length,
      }
    }
    return { tpot: band('tpot'), ttft: band('ttft'), throughput: band('throughput') }
  }
  const both = (points: readonly HeldOutPoint[]) => ({
    aggregated: of(points, 'aggregated'),
    disaggregated: of(points, 'disaggregated'),
  })
  const classes = {
    cell: both(held.configuration),
    accelerator: both(held.accelerator),
    model: both(held.model),
  }
  const unseen = (mode: (typeof modes)[number]): ModeBands => {
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
