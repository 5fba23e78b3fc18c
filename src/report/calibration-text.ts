/** `calibrate` for a terminal: multipliers with their uncertainty, errors before and after, points one by one. */
import { latencyNames } from '../accuracy/runs/run-errors.ts'
import { multipliers as meanings } from '../accuracy/user-calibration.ts'
import {
  type CalibratedCell,
  type CalibratedPoint,
  type CalibrationError,
  calibrationMetrics,
  valuesOf,
} from '../accuracy/user-calibration-cells.ts'
import type { DescribedCell } from '../accuracy/user-calibration-overlay.ts'
import type { CalibrationReport, ReportedRun } from './calibration-report.ts'
import { formatMilliseconds, formatPercent, missing, plural } from './format-number.ts'
import { renderTable, type TableColumn } from './text-table.ts'

const indent = '  '

export function calibrationText(report: CalibrationReport): string {
  const { cells, runs, leftOut, notes, output } = report
  const reasons = [...Map.groupBy(leftOut, row => row.reason)]
  return `${[
    ...cells.map(({ calibrated, described }) => cellText(calibrated, described)),
    ...runs.map(runText),
    ...(reasons.length === 0
      ? []
      : [
          [
            'Not calibrated on:',
            ...reasons.map(([why, rows]) => `${indent}${plural(rows.length, 'row')}: ${why}`),
          ].join('\n'),
        ]),
    ...(notes.length === 0 ? [] : [['Notes:', ...notes.map(note => `${indent}${note}`)].join('\n')]),
    [
      `Written to ${output}. Use it with`,
      `${indent}tokenwright plan … --coefficients ${output}        (simulate, emulate alike)`,
    ].join('\n'),
  ].join('\n\n')}\n`
}

function cellText(calibrated: CalibratedCell, described: DescribedCell): string {
  const { points } = calibrated
  return [
    `${titleOf(described)}: ${plural(points.length, 'point')}`,
    '',
    multiplierTable(described),
    '',
    errorTable(calibrated),
    '',
    pointTable(points),
    ...(points.length === 1
      ? [`${indent}A single point cannot be judged without itself; most multipliers stay near 1.`]
      : []),
  ].join('\n')
}

function titleOf({ model, accelerator, engine, layouts }: DescribedCell): string {
  return `${model} on ${accelerator}, ${engine}, ${layouts.join(' and ')}`
}

const left = (header: string): TableColumn => ({ header, align: 'left' })
const right = (header: string): TableColumn => ({ header, align: 'right' })

/** Uncertainty as a factor either way: two thirds of the posterior lie within × and ÷ it. */
function multiplierTable({ multipliers }: DescribedCell): string {
  return renderTable(
    [left('multiplier'), right('×'), right('give or take'), left('of')],
    multipliers.map(({ name, multiplier, sigma }) => [
      words[name] ?? name,
      multiplier.toFixed(2),
      sigma === null ? missing : formatPercent(Math.exp(sigma) - 1),
      name === 'power' ? 'watts of the boards' : (meanings.find(one => one.name === name)?.means ?? ''),
    ]),
    { indent },
  )
}

const words: Readonly<Record<string, string>> = {
  frontEnd: 'front end',
  firstTokenLag: 'first-token lag',
  power: 'board power',
}

const metricWords = {
  tpot: 'TPOT',
  ttft: 'TTFT',
  throughput: 'tokens/s',
  energy: 'joules/output token',
} as const

function errorTable({ errors }: CalibratedCell): string {
  const text = (error: CalibrationError | null) =>
    error === null ? missing : `${formatPercent(error.mean)} / ${formatPercent(error.median)}`
  return renderTable(
    [left('error, mean / median'), right('points'), right('before'), right('after'), right('each left out')],
    calibrationMetrics.flatMap(metric => {
      const found = errors[metric]
      return found === undefined
        ? []
        : [
            [
              metricWords[metric],
              String(found.before.points),
              text(found.before),
              text(found.after),
              text(found.leaveOneOut),
            ],
          ]
    }),
    { indent },
  )
}

function pointTable(points: readonly CalibratedPoint[]): string {
  const latency = (metric: 'tpot' | 'ttft', point: CalibratedPoint) => {
    const { measured, predicted } = valuesOf(metric, point.prepared, point.before)
    if (measured === null) return [missing, missing, missing]
    return [measured, predicted, valuesOf(metric, point.prepared, point.after).predicted].map(value =>
      formatMilliseconds(value),
    )
  }
  return renderTable(
    [
      left('point'),
      right('TPOT'),
      right('before'),
      right('after'),
      right('TTFT'),
      right('before'),
      right('after'),
    ],
    points.map(point => [point.prepared.point.id, ...latency('tpot', point), ...latency('ttft', point)]),
    { indent },
  )
}

function runText({ described, name, calibratedRequests, before, after }: ReportedRun): string {
  return [
    `${titleOf(described)}: run ${name}, calibrated on its first ${calibratedRequests} requests, the other ${after.requests} predicted`,
    '',
    multiplierTable(described),
    '',
    renderTable(
      [left('error per request, mean'), right('before'), right('after')],
      latencyNames.map(latency => [
        latency.toUpperCase(),
        formatPercent(before.perRequest[latency]),
        formatPercent(after.perRequest[latency]),
      ]),
      { indent },
    ),
  ].join('\n')
}
