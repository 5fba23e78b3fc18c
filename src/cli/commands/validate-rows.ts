/** Predictions row by row, as JSON lines: what stands behind a score. */
import type { MeasuredPoint, MeasuredRows } from '../../accuracy/measured-point.ts'
import type { PointOutcome } from '../../accuracy/score.ts'

/** One object a line, predicted rows in the order of the file's distinct measurements, then the skipped ones. */
export function rowLines(rows: MeasuredRows, outcomes: readonly PointOutcome[]): string {
  const predicted = rows.points.map((point, index) => rowOf(point, outcomes[index]!))
  const skipped = rows.skipped.map(({ id, reason, kind }) => ({ file: rows.file, id, skipped: reason, kind }))
  return [...predicted, ...skipped].map(row => `${JSON.stringify(row)}\n`).join('')
}

function rowOf(point: MeasuredPoint, outcome: PointOutcome) {
  const { file, id, modelId, deployment, load, suspect, devices } = point
  const named = { file, id, model: modelId, engine: deployment.engine, mode: deployment.mode }
  const setting = { group: point.group, load, devices, suspect }
  if ('skipped' in outcome) return { ...named, ...setting, skipped: outcome.skipped }
  return {
    ...named,
    ...setting,
    measured: {
      tpotMs: point.tpotMs,
      ttftMs: point.ttftMs,
      totalTokensPerSecondPerDevice: point.totalTokensPerSecondPerDevice,
      outputTokensPerSecondPerDevice: point.outputTokensPerSecondPerDevice,
      joulesPerOutputToken: point.joulesPerOutputToken,
    },
    predicted: {
      tpotMs: outcome.tpotMs,
      ttftMs: outcome.ttftMs,
      totalTokensPerSecondPerDevice: outcome.totalTokensPerSecondPerDevice,
      outputTokensPerSecondPerDevice: outcome.outputTokensPerSecondPerDevice ?? null,
      joulesPerOutputToken: outcome.joulesPerOutputToken,
    },
  }
}
