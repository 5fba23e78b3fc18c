/**
 * A user's calibration as a file: multipliers per calibrated cell, laid over the shipped coefficients. Written by
 * `tokenwright calibrate`, read by every command with --coefficients.
 */
import { TokenwrightError } from '../core/errors.ts'
import {
  type CellCalibration,
  type CoefficientName,
  type CoefficientSet,
  coefficientNames,
} from './coefficients.ts'

export const overlaySchema = 'coefficients-overlay/1'

export interface CoefficientsOverlay {
  readonly schema: typeof overlaySchema
  /** Files or folders the points are from. */
  readonly source: string
  /** When it was fitted: YYYY-MM-DD. */
  readonly asOf: string
  /** The coefficients it was fitted on top of. */
  readonly base: { readonly asOf: string; readonly fingerprint: string }
  readonly cells: readonly OverlayCell[]
}

/** One cell; what is not read back is there to be read by people. */
export interface OverlayCell extends CellCalibration {
  /** As calibratedCell says it. */
  readonly cell: string
}

/** Multipliers of a calibration beyond this factor either way are a mistake of units: e^5 ≈ 148. */
const largestShift = 5

/** The set with the overlay's cells. Throws where the overlay is malformed or belongs to other coefficients. */
export function overlaid(
  set: CoefficientSet,
  fingerprint: string,
  overlay: CoefficientsOverlay,
  path: string | URL,
): CoefficientSet {
  if (overlay.base?.fingerprint !== fingerprint) {
    throw new TokenwrightError(
      'facts',
      `the calibration was fitted on top of other coefficients (as of ${overlay.base?.asOf ?? 'an unknown date'}) than this version ships (as of ${set.asOf})`,
      { where: String(path), fix: 'run tokenwright calibrate on your points again' },
    )
  }
  if (!Array.isArray(overlay.cells)) throw malformed(path, 'cells must be a list')
  return {
    ...set,
    source: `${set.source}; calibrated on ${overlay.source}`,
    calibrations: Object.fromEntries(overlay.cells.map((cell, index) => checkedCell(cell, index, path))),
  }
}

function checkedCell(entry: OverlayCell, index: number, path: string | URL): [string, CellCalibration] {
  const where = `cells[${index}]`
  const { cell, shifts, points, layouts, source } = entry ?? {}
  if (typeof cell !== 'string' || cell === '') throw malformed(path, `${where}.cell must be a text`)
  if (!(Number.isInteger(points) && points > 0))
    throw malformed(path, `${where}.points must be a whole number above 0`)
  if (typeof source !== 'string') throw malformed(path, `${where}.source must be a text`)
  if (!Array.isArray(layouts) || !layouts.every(layout => typeof layout === 'string'))
    throw malformed(path, `${where}.layouts must be a list of texts`)
  for (const [name, shift] of Object.entries(shifts ?? {})) {
    if (!coefficientNames.includes(name as CoefficientName))
      throw malformed(path, `${where}.shifts: ${name} is no coefficient`)
    if (!(typeof shift === 'number' && Math.abs(shift) <= largestShift))
      throw malformed(
        path,
        `${where}.shifts.${name} must be a number from −${largestShift} to ${largestShift}`,
      )
  }
  return [cell, { shifts: shifts ?? {}, points, layouts, source }]
}

function malformed(path: string | URL, message: string): TokenwrightError {
  return new TokenwrightError('facts', message, {
    where: String(path),
    fix: 'write the file again with tokenwright calibrate --force',
  })
}
