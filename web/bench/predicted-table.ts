/** Predicted beside measured, a row a figure and load: how far off, and whether the 80 % band holds what was measured. */
import type { PredictionRow } from '../../src/measure/prediction-check.ts'
import { predictedFigure } from '../../src/report/bench-cost-facts.ts'
import { missing } from '../../src/report/format-number.ts'
import type { Table } from '../../src/report/plan-facts.ts'
import type { PredictedLoad } from '../worker/bench-protocol.ts'

const right = { align: 'right' } as const

export function predictedTable(loads: readonly PredictedLoad[]): Table {
  return {
    columns: [
      { header: 'load' },
      { header: 'figure' },
      { header: 'predicted', ...right },
      { header: 'measured', ...right },
      { header: 'error', ...right },
      { header: '80 % band', ...right },
      { header: 'in the band' },
    ],
    rows: loads.flatMap(({ load, rows }) =>
      rows === null
        ? [[load, 'this deployment cannot carry it, or nothing was served', '', '', '', '', '']]
        : rows.map((row, index) => [
            index === 0 ? load : '',
            nameOf(row),
            predictedFigure(row.unit, row.predicted),
            predictedFigure(row.unit, row.measured),
            errorWords(row),
            row.low === null || row.high === null
              ? missing
              : `${predictedFigure(row.unit, row.low)} to ${predictedFigure(row.unit, row.high)}`,
            row.inside === null ? missing : row.inside ? 'within' : 'outside',
          ]),
    ),
  }
}

function nameOf({ name }: PredictionRow): string {
  return name === 'usd per million tokens' ? '$ per million tokens' : name
}

/** Of the prediction, against what was measured: +10 % is a tenth too much. */
function errorWords({ predicted, measured }: PredictionRow): string {
  if (measured === null || measured === 0) return missing
  const percent = (predicted / measured - 1) * 100
  const text = Math.abs(percent).toFixed(Math.abs(percent) < 9.95 ? 1 : 0)
  return `${Number(text) === 0 ? '' : percent < 0 ? '−' : '+'}${text} %`
}

/** `7 of 8 figures are within their band`; null where no band is known. */
export function bandSentence(loads: readonly PredictedLoad[]): string | null {
  const judged = loads.flatMap(({ rows }) => rows ?? []).filter(({ inside }) => inside !== null)
  if (judged.length === 0) return null
  const inside = judged.filter(row => row.inside === true).length
  return `${inside} of ${judged.length} figures lie within the prediction’s 80 % band.`
}
