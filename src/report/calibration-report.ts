/** What `calibrate` found, for every format. */
import type { RunErrors } from '../accuracy/runs/run-errors.ts'
import type { CalibratedCell, RefusedPoint } from '../accuracy/user-calibration-cells.ts'
import type { DescribedCell } from '../accuracy/user-calibration-overlay.ts'

export interface CalibrationReport {
  readonly cells: readonly { readonly calibrated: CalibratedCell; readonly described: DescribedCell }[]
  readonly runs: readonly ReportedRun[]
  /** Rows that were not calibrated on, with the reason. */
  readonly leftOut: readonly RefusedPoint[]
  readonly notes: readonly string[]
  /** The file that was written. */
  readonly output: string
}

export interface ReportedRun {
  readonly described: DescribedCell
  readonly name: string
  readonly calibratedRequests: number
  /** Over the requests not calibrated on. */
  readonly before: RunErrors
  readonly after: RunErrors
}
