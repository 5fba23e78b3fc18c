/** Bands that are as wide as a question's load, vendor, engine and speculation make them: width factors, and one band for all of them. */
import { quantile } from '../core/statistics.ts'
import { type SituatedResidual, type WidthFactors, widthFactor, widthFactors } from './band-widths.ts'
import { bandShare, clusterFolds, neededStretch, percentiles, stretchFor } from './clustered-residuals.ts'

export const bandModes = ['aggregated', 'disaggregated'] as const
export type BandMode = (typeof bandModes)[number]

export type ResidualsByMode<Residual = SituatedResidual> = Readonly<Record<BandMode, readonly Residual[]>>

export interface SituatedBands {
  readonly widths: WidthFactors
  /** Ends in ln space where all factors are 1; NaN without residuals of the mode. */
  readonly bands: Readonly<Record<BandMode, { readonly low: number; readonly high: number }>>
}

/**
 * Factors and percentiles from all residuals, stretched by what clusters needed that left with the factors fitted to them.
 * Factors come from both modes together, each divided by its own spread: few accelerators and models were measured in both.
 */
export function situatedBands(residuals: ResidualsByMode): SituatedBands {
  const widths = factorsOf(residuals)
  const parts = foldsOf(residuals)
  const needed: Record<BandMode, number[]> = { aggregated: [], disaggregated: [] }
  if (parts.length > 1) {
    for (const part of parts) {
      const rest = restOf(parts, part)
      const factors = factorsOf(rest)
      for (const mode of bandModes) {
        if (rest[mode].length === 0) continue
        const ends = percentiles(scaled(rest[mode], factors))
        for (const { value } of scaled(part[mode], factors)) needed[mode].push(neededStretch(value, ends))
      }
    }
  }
  const bandOf = (mode: BandMode) => {
    const stretch = stretchFor(needed[mode])
    const { low, middle, high } = percentiles(scaled(residuals[mode], widths))
    return { low: middle + stretch * (low - middle), high: middle + stretch * (high - middle) }
  }
  return { widths, bands: { aggregated: bandOf('aggregated'), disaggregated: bandOf('disaggregated') } }
}

/** Residuals of both modes in folds of whole clusters. */
export function foldsOf<Residual extends SituatedResidual>(
  residuals: ResidualsByMode<Residual>,
): ResidualsByMode<Residual>[] {
  const tagged = bandModes.flatMap(mode =>
    residuals[mode].map(residual => ({ cluster: residual.cluster, value: residual.value, mode, residual })),
  )
  const of = (part: typeof tagged, mode: BandMode) =>
    part.flatMap(one => (one.mode === mode ? [one.residual] : []))
  return clusterFolds(tagged).map(part => ({
    aggregated: of(part, 'aggregated'),
    disaggregated: of(part, 'disaggregated'),
  }))
}

/** All folds but one. */
export function restOf<Residual>(
  parts: readonly ResidualsByMode<Residual>[],
  left: ResidualsByMode<Residual>,
): ResidualsByMode<Residual> {
  const of = (mode: BandMode) => parts.flatMap(part => (part === left ? [] : part[mode]))
  return { aggregated: of('aggregated'), disaggregated: of('disaggregated') }
}

function factorsOf(residuals: ResidualsByMode): WidthFactors {
  return widthFactors(
    bandModes.flatMap(mode => {
      const spread = quantile(
        residuals[mode].map(one => Math.abs(one.value)),
        bandShare,
      )
      return residuals[mode].map(one => ({ ...one, value: one.value / spread }))
    }),
  )
}

function scaled(residuals: readonly SituatedResidual[], factors: WidthFactors): SituatedResidual[] {
  return residuals.map(one => ({ ...one, value: one.value / widthFactor(factors, one.situation) }))
}
