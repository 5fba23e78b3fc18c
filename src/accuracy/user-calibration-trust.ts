/**
 * What a user's calibration changes about trust. A calibrated cell counts as fitted. In the layouts that were measured its
 * bands are those of held-out rows that were predicted after calibrating on as many points of their layout, where these are
 * narrower. In other layouts, to which a calibration is carried over in part, bands stay.
 */
import type { ModelArchitecture } from '../model/architecture.ts'
import { type CoefficientSet, calibratedCell, cellOf } from '../perf/coefficients.ts'
import type { Band, ModeBands } from './error-bands.ts'
import { layoutText } from './rows/canonical-layout.ts'
import type { TrustAnswer, TrustQuestion } from './trust.ts'

/** Bands of aggregated deployments in the layout measured, by number of points calibrated on, fewest first. */
export type CalibrationBands = readonly { readonly points: number; readonly bands: ModeBands }[]

/**
 * Trust with a calibration taken into account. Disaggregated deployments and bands of calibrations with fewer points than were
 * tried keep what they had: nothing was measured about them.
 */
export function withCalibratedTrust(
  trust: (question: TrustQuestion, concurrency: number) => TrustAnswer,
  modelId: string,
  architecture: ModelArchitecture,
  { calibrations }: CoefficientSet,
  bands: CalibrationBands,
): (question: TrustQuestion, concurrency: number) => TrustAnswer {
  if (calibrations === undefined) return trust
  return (question, concurrency) => {
    const answer = trust(question, concurrency)
    const { deployment, accelerator } = question
    const own = calibrations[calibratedCell(cellOf(modelId, architecture, accelerator, deployment))]
    if (own === undefined) return answer
    const basis = answer.basis === 'measured' ? 'measured' : 'fitted'
    const tried = bands.findLast(({ points }) => points <= own.points)
    if (tried === undefined || deployment.mode === 'disaggregated') return { ...answer, basis }
    if (!own.layouts.includes(layoutText(deployment.pool.parallelism))) return { ...answer, basis }
    const { tpot, ttft, throughput } = tried.bands
    const cost = { low: 1 / throughput.high, high: 1 / throughput.low, rows: throughput.rows }
    return {
      ...answer,
      basis,
      band: {
        tpot: narrower(answer.band.tpot, tpot),
        ttft: narrower(answer.band.ttft, ttft),
        cost: narrower(answer.band.cost, cost),
      },
    }
  }
}

function narrower(a: Band, b: Band): Band {
  return Math.log(b.high / b.low) < Math.log(a.high / a.low) ? b : a
}

/** One sentence per calibrated cell of this model, for the notes of an answer; one that says so where there is none. */
export function calibrationNotes({ calibrations }: CoefficientSet, modelKey: string): string[] {
  if (calibrations === undefined) return []
  const own = Object.entries(calibrations).filter(([cell]) => cell.startsWith(`${modelKey}/`))
  if (own.length === 0)
    return ['the calibration given has nothing on this model: this answer is as without it']
  return own.map(([cell, { points, layouts, source }]) => {
    const [accelerator, engine, format] = cell.slice(modelKey.length + 1).split('/')
    const measured = `${points} measured ${points === 1 ? 'point' : 'points'} (${source})`
    return `${accelerator} with ${engine} and ${format} is calibrated on ${measured} of ${layouts.join(' and ')}; its other layouts borrow from them, everything else is as shipped`
  })
}
