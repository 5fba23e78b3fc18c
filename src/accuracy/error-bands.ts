/**
 * How wide a prediction's 80 % band is, from held-out residuals of its kind, ln(measured ÷ predicted): their 10th and 90th
 * percentile, stretched until bands made without a cluster hold 80 % of its rows (clustered-residuals.ts), and as wide as the load,
 * vendor, engine and speculation of a question make it (band-widths.ts). band-coverage.ts judges the result.
 */
import { type BandSituation, type SituatedResidual, type WidthFactors, widthFactor } from './band-widths.ts'
import { stretchedBand } from './clustered-residuals.ts'
import type { HeldOutPoint } from './cross-validation.ts'
import { configurationGroup, type FoldKind } from './folds.ts'
import { type BandMode, type ResidualsByMode, situatedBands } from './situated-bands.ts'

export { stretchedBand } from './clustered-residuals.ts'
export { type BandMode, bandModes } from './situated-bands.ts'

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
  /** Over all loads, vendors, engines and with or without speculation: where those of a question are not known. */
  readonly classes: Readonly<Record<BandClass, ByMode>>
  /** By situation, for every class that rows were held out for; absent: `classes` for all situations. */
  readonly local?: Readonly<Record<HeldOutClass, LocalBands>>
}

export type HeldOutClass = Exclude<BandClass, 'unseen'>

type ByMode = Readonly<Record<BandMode, ModeBands>>

/** Bands where all width factors are 1: [low ** factor, high ** factor] is the band of a situation. */
export interface LocalBands extends ByMode {
  readonly widths: Readonly<Record<BandMetric, WidthFactors>>
}

export type HeldOutByKind = Readonly<Record<FoldKind, readonly HeldOutPoint[]>>

/** The way of holding out that stands for a class; unseen is put together of two. */
export const kindOfClass = { cell: 'configuration', accelerator: 'accelerator', model: 'model' } as const

/** A residual with the prediction that it is of. */
export interface HeldOutResidual extends SituatedResidual {
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
      return value === null
        ? []
        : [{ cluster: clusterOf(kind, held), value, held, situation: situationOf(held) }]
    })
}

function situationOf({ prepared }: HeldOutPoint): BandSituation {
  const { deployment, load } = prepared.point
  return {
    vendor: prepared.cell.vendor,
    engine: deployment.engine,
    concurrency: load.kind === 'closed' ? load.concurrency : 1,
    speculation: deployment.speculation !== null,
  }
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

/** Residuals of a class in one metric. */
export function residualsByMode(
  held: HeldOutByKind,
  name: HeldOutClass,
  metric: BandMetric,
): ResidualsByMode<HeldOutResidual> {
  const kind = kindOfClass[name]
  const of = (mode: BandMode) => clusteredResiduals(held[kind], kind, mode, metric)
  return { aggregated: of('aggregated'), disaggregated: of('disaggregated') }
}

function bandOf({ low, high }: { low: number; high: number }, rows: number): Band {
  return { low: Math.exp(low), high: Math.exp(high), rows }
}

const byMetric = <Value>(of: (metric: BandMetric) => Value): Record<BandMetric, Value> => ({
  tpot: of('tpot'),
  ttft: of('ttft'),
  throughput: of('throughput'),
})
const byMode = <Value>(of: (mode: BandMode) => Value): Record<BandMode, Value> => ({
  aggregated: of('aggregated'),
  disaggregated: of('disaggregated'),
})

/** `unseen` adds the spreads of model and accelerator in quadrature around their mean shift. */
export function errorBands(held: HeldOutByKind, source: string, asOf: string): ErrorBands {
  const marginal = (name: HeldOutClass): ByMode => {
    const residuals = byMetric(metric => residualsByMode(held, name, metric))
    return byMode(mode =>
      byMetric(metric => bandOf(stretchedBand(residuals[metric][mode]), residuals[metric][mode].length)),
    )
  }
  const local = (name: HeldOutClass): LocalBands => {
    const residuals = byMetric(metric => residualsByMode(held, name, metric))
    const situated = byMetric(metric => situatedBands(residuals[metric]))
    return {
      widths: byMetric(metric => situated[metric].widths),
      ...byMode(mode =>
        byMetric(metric => bandOf(situated[metric].bands[mode], residuals[metric][mode].length)),
      ),
    }
  }
  const classes = { cell: marginal('cell'), accelerator: marginal('accelerator'), model: marginal('model') }
  return {
    schema: 'error-bands/1',
    source,
    asOf,
    classes: {
      ...classes,
      unseen: byMode(mode => inQuadrature(classes.accelerator[mode], classes.model[mode])),
    },
    local: { cell: local('cell'), accelerator: local('accelerator'), model: local('model') },
  }
}

/** Two independent spreads together. */
function inQuadrature(a: ModeBands, b: ModeBands): ModeBands {
  return byMetric(metric => ({
    low: Math.exp(-Math.hypot(Math.log(a[metric].low), Math.log(b[metric].low))),
    high: Math.exp(Math.hypot(Math.log(a[metric].high), Math.log(b[metric].high))),
    rows: 0,
  }))
}

/** Bands of a question: those of its class, as wide as its load, vendor, engine and speculation make them. */
export function bandsFor(
  bands: ErrorBands,
  name: BandClass,
  mode: BandMode,
  situation: BandSituation,
): ModeBands {
  const { local } = bands
  if (local === undefined) return bands.classes[name][mode]
  if (name === 'unseen') {
    return inQuadrature(
      bandsFor(bands, 'accelerator', mode, situation),
      bandsFor(bands, 'model', mode, situation),
    )
  }
  const { widths } = local[name]
  return byMetric(metric => {
    const { low, high, rows } = local[name][mode][metric]
    const factor = widthFactor(widths[metric], situation)
    return { low: low ** factor, high: high ** factor, rows }
  })
}
