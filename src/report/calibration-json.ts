/** `calibrate --json`: the overlay with errors, and every point before and after. */
import { valuesOf } from '../accuracy/user-calibration-cells.ts'
import type { DescribedOverlay } from '../accuracy/user-calibration-overlay.ts'
import type { CalibrationReport } from './calibration-report.ts'

export function calibrationJson(report: CalibrationReport, overlay: DescribedOverlay): string {
  const points = report.cells.flatMap(({ calibrated }) =>
    calibrated.points.map(({ prepared, before, after, leaveOneOut }) => ({
      id: prepared.point.id,
      cell: calibrated.cell,
      ...Object.fromEntries(
        (['tpot', 'ttft', 'throughput', 'energy'] as const).flatMap(metric => {
          const { measured, predicted } = valuesOf(metric, prepared, before)
          if (measured === null) return []
          return [
            [
              metric,
              {
                measured,
                before: predicted,
                after: valuesOf(metric, prepared, after).predicted,
                leaveOneOut: leaveOneOut === null ? null : valuesOf(metric, prepared, leaveOneOut).predicted,
              },
            ],
          ]
        }),
      ),
    })),
  )
  const { leftOut, notes, output } = report
  return `${JSON.stringify({ schemaVersion: 1, output, overlay, points, leftOut, notes }, null, 2)}\n`
}
