import type { KernelEntry, KernelOperator, KernelResidual } from '../../src/perf/kernels/types.ts'
import { type Coefficient, fitLogarithmic } from './levenberg-marquardt.ts'

/** One measured call: its shape, seconds, and the key that decides its half (rows of one shape stay together). */
export interface Sample<Shape> {
  readonly shape: Shape
  readonly seconds: number
  readonly shapeKey: string
}

export interface EntryLabel {
  readonly operator: KernelOperator
  readonly acceleratorId: string
  readonly generation: string
  readonly engine: string
  readonly engineVersion: string
  readonly format: string
  readonly source: string
}

/** Rows used per fit; more do not move six coefficients, only the run time. */
const rowsPerFit = 3000
export const tablesAsOf = '2026-08-21'

/** FNV-1a: a stable half for every shape. */
function hash(text: string): number {
  let value = 0x811c9dc5
  for (let i = 0; i < text.length; i++) {
    value ^= text.charCodeAt(i)
    value = Math.imul(value, 0x01000193) >>> 0
  }
  return (value ^ (value >>> 15)) >>> 0
}

export function quantile(sorted: ArrayLike<number>, share: number): number {
  if (sorted.length === 0) return Number.NaN
  const position = share * (sorted.length - 1)
  const low = Math.floor(position)
  const high = Math.ceil(position)
  return sorted[low]! + (sorted[high]! - sorted[low]!) * (position - low)
}

export function residualOf(errors: Float64Array): KernelResidual {
  const signed = errors.slice().sort()
  const absolute = errors.map(Math.abs).sort()
  return {
    median: significant(quantile(absolute, 0.5), 3),
    p90: significant(quantile(absolute, 0.9), 3),
    bias: significant(quantile(signed, 0.5), 3),
    heldOutRows: errors.length,
  }
}

export function significant(value: number, digits: number): number {
  return Number(value.toPrecision(digits))
}

/**
 * Fits a form on half of the shapes and judges it on the other half.
 * The stored coefficients are those of the fitted half, rounded to four digits before judging.
 */
export function fitEntry<Shape>(
  label: EntryLabel,
  samples: readonly Sample<Shape>[],
  coefficients: readonly Coefficient[],
  time: (shape: Shape, values: Readonly<Record<string, number>>) => number,
): KernelEntry | null {
  const usable = samples.filter(sample => sample.seconds > 0 && Number.isFinite(sample.seconds))
  const fitted = usable.filter(sample => hash(sample.shapeKey) % 2 === 0)
  const judged = usable.filter(sample => hash(sample.shapeKey) % 2 === 1)
  if (fitted.length < coefficients.length * 2 || judged.length < 5) return null
  const stride = Math.ceil(fitted.length / rowsPerFit)
  const rows = fitted.filter((_, index) => index % stride === 0)
  const named = (values: readonly number[]) =>
    Object.fromEntries(coefficients.map((coefficient, i) => [coefficient.name, values[i]!]))
  const fit = fitLogarithmic(
    rows.length,
    values => {
      const record = named(values)
      return row => time(rows[row]!.shape, record)
    },
    row => rows[row]!.seconds,
    coefficients,
  )
  const stored = named(fit.values.map(value => significant(value, 4)))
  const errors = Float64Array.from(judged, sample => Math.log(time(sample.shape, stored) / sample.seconds))
  return {
    ...label,
    coefficients: stored,
    rows: rows.length,
    residual: residualOf(errors),
    asOf: tablesAsOf,
  }
}

/** Coefficients every form shares. */
export const floorSeconds = (start: number): Coefficient => ({
  name: 'floorSeconds',
  start,
  minimum: 5e-7,
  maximum: 2e-3,
})
export const mbu: Coefficient = { name: 'mbu', start: 0.8, minimum: 0.05, maximum: 0.97 }
export const mfu: Coefficient = { name: 'mfu', start: 0.5, minimum: 0.01, maximum: 0.92 }
export const sharpness: Coefficient = { name: 'sharpness', start: 3, minimum: 1.4, maximum: 8, pull: 0.02 }
