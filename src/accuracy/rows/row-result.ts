/** What reading one row gives: a candidate point, or the reason there is none. */
import type { MeasuredFile, MeasuredPoint, MeasuredRows, SkippedRow } from '../measured-point.ts'
import { type SkipReason, type SuspectReason, skipReasons, suspectReasons } from './reasons.ts'

/** A point before the rules that look at several rows at once. */
export interface Candidate {
  readonly point: MeasuredPoint
  /** Rows of one measuring campaign: model × accelerator × engine × precision × source. Anomalies often span it. */
  readonly campaign: string
}

export type RowResult = Candidate | SkippedRow

function isCandidate(result: RowResult): result is Candidate {
  return 'point' in result
}

export function skip(id: string, reason: SkipReason): SkippedRow {
  const { text, kind } = skipReasons[reason]
  return { id, reason: text, kind }
}

/** The candidate marked suspect; an earlier mark stays. */
export function suspect(candidate: Candidate, reason: SuspectReason): Candidate {
  return candidate.point.suspect === null
    ? { ...candidate, point: { ...candidate.point, suspect: suspectReasons[reason] } }
    : candidate
}

/** Candidates become points after the rules over several rows, given as a function. */
export function measuredRows(
  file: MeasuredFile,
  rows: number,
  results: readonly RowResult[],
  mark: (candidates: readonly Candidate[]) => readonly Candidate[] = candidates => candidates,
): MeasuredRows {
  const skipped = results.filter((result): result is SkippedRow => !isCandidate(result))
  const duplicates = skipped.filter(row => row.kind === 'duplicate').length
  const points = mark(results.filter(isCandidate)).map(({ point }) => point)
  return { file, rows, distinct: rows - duplicates, points, skipped }
}
