/** Reads how user calibrations are fitted and how far off they are on rows nobody fitted: written by scripts/accuracy-calibrated.ts. */
import { readFileSync } from 'node:fs'
import type { CalibrationWidths } from './user-calibration.ts'
import type { CalibrationBands } from './user-calibration-trust.ts'

const shipped = new URL('../../data/calibration/user-calibration.json', import.meta.url)

export interface CalibrationSettings {
  readonly schema: 'user-calibration/1'
  readonly source: string
  readonly asOf: string
  readonly widths: CalibrationWidths
  readonly bands: CalibrationBands
  /** What the accuracy page shows. */
  readonly heldOut: readonly CalibrationResult[]
}

export interface BeforeAndAfter {
  readonly before: number
  readonly after: number
}

/** Errors on rows that were neither fitted nor calibrated on, as shares. */
export interface CalibrationResult {
  readonly what: string
  readonly rows: number
  readonly tpotMean: BeforeAndAfter
  readonly tpotMedian: BeforeAndAfter
  readonly ttftMedian: BeforeAndAfter
  /** Share of rows with an error of half or less. */
  readonly ttftWithinHalf: BeforeAndAfter
}

export function loadCalibrationSettings(path: URL = shipped): CalibrationSettings {
  return JSON.parse(readFileSync(path, 'utf8')) as CalibrationSettings
}
