/**
 * Where held-out errors come from: how much would be left if one constant factor per accelerator, engine, model … were known.
 * Factors are medians of ln(measured ÷ predicted) over the rows themselves, so the last lines are floors, not predictions.
 */
import type { HeldOutPoint } from '../../src/accuracy/cross-validation.ts'
import { configurationGroup } from '../../src/accuracy/folds.ts'
import { type MetricName, relativeError } from '../../src/accuracy/score.ts'
import { mean, median } from '../../src/core/statistics.ts'
import { accuracySlices, sliceById } from './accuracy-slices.ts'

export interface FactorShare {
  readonly factor: string
  /** Constants that would have to be known. */
  readonly constants: number
  /** Errors that would be left. */
  readonly mean: number
  readonly median: number
}

export interface LevelShare {
  readonly factor: string
  readonly level: string
  readonly n: number
  readonly mean: number
  readonly median: number
  readonly bias: number
  /** Of the sum of all errors of the slice. */
  readonly shareOfError: number
}

export interface Decomposition {
  readonly slice: string
  readonly metric: MetricName
  readonly n: number
  readonly mean: number
  readonly median: number
  readonly factors: readonly FactorShare[]
  readonly levels: readonly LevelShare[]
}

type Factor = readonly [name: string, levelOf: (h: HeldOutPoint) => string]

const concurrencyOf = ({ prepared: { point } }: HeldOutPoint) =>
  point.load.kind === 'closed' ? point.load.concurrency : 0

/** Requests in flight, in steps of four. */
export function loadBucket(h: HeldOutPoint): string {
  const users = concurrencyOf(h)
  if (users <= 8) return 'C ≤ 8'
  if (users <= 32) return 'C 9 to 32'
  if (users <= 128) return 'C 33 to 128'
  return users <= 512 ? 'C 129 to 512' : 'C > 512'
}

const lengths = ({ prepared: { point } }: HeldOutPoint) =>
  point.nominalInputTokens >= 4 * point.nominalOutputTokens
    ? 'long prompts'
    : point.nominalOutputTokens >= 4 * point.nominalInputTokens
      ? 'long answers'
      : 'balanced'

const model = (h: HeldOutPoint) => h.prepared.cell.modelId
const accelerator = (h: HeldOutPoint) => h.prepared.cell.acceleratorId
const engine = (h: HeldOutPoint) => h.prepared.point.deployment.engine
const format = (h: HeldOutPoint) => h.prepared.point.deployment.precision.preset
const version = ({ prepared: { point } }: HeldOutPoint) =>
  point.engineVersion ?? point.date?.slice(0, 7) ?? 'not stated'
const cell = (h: HeldOutPoint) => [model(h), accelerator(h), engine(h), format(h)].join(' ')

/** From general to special; shown level by level where there are few levels. */
const factors: readonly Factor[] = [
  ['load', loadBucket],
  ['lengths', lengths],
  ['accelerator', accelerator],
  ['engine', engine],
  ['accelerator × engine', h => `${accelerator(h)} ${engine(h)}`],
  ['format', format],
  ['model', model],
  ['model × accelerator × engine × format', cell],
  ['the same × engine version', h => `${cell(h)} ${version(h)}`],
  ['the same × load', h => `${cell(h)} ${version(h)} ${loadBucket(h)}`],
  ['configuration', h => `${configurationGroup(h.prepared)}`],
  [
    'configuration × lengths × engine version',
    h => `${configurationGroup(h.prepared)} ${lengths(h)} ${version(h)}`,
  ],
]
const shownByLevel = new Set(['load', 'lengths', 'accelerator', 'engine', 'format', 'model'])

interface Residual {
  readonly held: HeldOutPoint
  /** predicted ÷ measured. */
  readonly ratio: number
}

/** One decomposition a slice of the page's error table. */
export function decompose(held: readonly HeldOutPoint[], sliceId: string): Decomposition | null {
  const slice = sliceById(sliceId)
  const residuals: Residual[] = held.filter(slice.keep).flatMap(h => {
    const error = relativeError({ point: h.prepared.point, prediction: h.prediction }, slice.metric)
    return error === null || error <= -1 ? [] : [{ held: h, ratio: 1 + error }]
  })
  if (residuals.length === 0) return null
  const sizes = residuals.map(sizeOf)
  const total = sizes.reduce((sum, size) => sum + size, 0)
  return {
    slice: slice.title,
    metric: slice.metric,
    n: residuals.length,
    mean: mean(sizes),
    median: median(sizes),
    factors: factors.map(([name, levelOf]) => withKnown(name, levelOf, residuals)),
    levels: factors
      .filter(([name]) => shownByLevel.has(name))
      .flatMap(([name, levelOf]) =>
        [...Map.groupBy(residuals, one => levelOf(one.held))]
          .map(([level, members]) => ({
            factor: name,
            level,
            n: members.length,
            mean: mean(members.map(sizeOf)),
            median: median(members.map(sizeOf)),
            bias: mean(members.map(one => one.ratio - 1)),
            shareOfError: members.reduce((sum, one) => sum + sizeOf(one), 0) / total,
          }))
          .sort((a, b) => b.shareOfError - a.shareOfError),
      ),
  }
}

function withKnown(
  factor: string,
  levelOf: (h: HeldOutPoint) => string,
  residuals: readonly Residual[],
): FactorShare {
  const groups = [...Map.groupBy(residuals, one => levelOf(one.held)).values()]
  const left = groups.flatMap(members => {
    const constant = median(members.map(one => one.ratio))
    return members.map(one => Math.abs(one.ratio / constant - 1))
  })
  return { factor, constants: groups.length, mean: mean(left), median: median(left) }
}

function sizeOf({ ratio }: Residual): number {
  return Math.abs(ratio - 1)
}

/** Slices that the page takes apart. */
export const decomposedSlices = accuracySlices.filter(slice => slice.decomposed).map(slice => slice.id)
