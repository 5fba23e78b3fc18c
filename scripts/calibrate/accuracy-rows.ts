/** What became of the rows of each file: copies, rows nobody could predict, rows mistrusted, and why. */
import type { MeasuredRows } from '../../src/accuracy/measured-point.ts'
import type { UnfittedFile } from './accuracy-unfitted.ts'
import type { MeasuredFileContent } from './measured-points-file.ts'

export interface FileRows {
  readonly file: string
  readonly fitted: boolean
  readonly rows: number
  /** Measurements, copies counted once. */
  readonly distinct: number
  readonly predicted: number
  /** Predicted ÷ distinct measurements of language models that state what ran. */
  readonly share: number
  /** Predicted and trusted. */
  readonly clean: number
  readonly reasons: readonly { readonly reason: string; readonly rows: number }[]
  readonly note: string
}

export function fileRows(
  files: readonly MeasuredFileContent[],
  unfitted: readonly UnfittedFile[],
): FileRows[] {
  return [
    ...files.map(({ name, rows, prepared, unprepared }) =>
      lineOf(
        name,
        true,
        rows,
        prepared.map(one => one.point.suspect),
        unprepared,
      ),
    ),
    ...unfitted.map(({ name, rows, scored, unpredicted }) =>
      lineOf(
        name,
        false,
        rows,
        scored.map(one => one.point.suspect),
        unpredicted,
      ),
    ),
  ]
}

function lineOf(
  file: string,
  fitted: boolean,
  rows: MeasuredRows,
  suspects: readonly (string | null)[],
  unpredicted: Readonly<Record<string, number>>,
): FileRows {
  const reasons = new Map<string, number>()
  const count = (reason: string, rows = 1) => reasons.set(reason, (reasons.get(reason) ?? 0) + rows)
  for (const { reason, kind } of rows.skipped) count(`not predicted, ${kind}: ${reason}`)
  for (const [reason, rows] of Object.entries(unpredicted)) count(`not predicted: ${reason}`, rows)
  for (const suspect of suspects) if (suspect !== null) count(`predicted, not in the statistics: ${suspect}`)
  const outside = rows.skipped.filter(({ kind }) => kind === 'filtered' || kind === 'outside').length
  const clean = suspects.filter(suspect => suspect === null).length
  return {
    file,
    fitted,
    rows: rows.rows,
    distinct: rows.distinct,
    predicted: suspects.length,
    share: suspects.length / Math.max(1, rows.distinct - outside),
    clean,
    reasons: [...reasons].map(([reason, rows]) => ({ reason, rows })),
    note: `${clean} of them trusted, the others under stated assumptions`,
  }
}
