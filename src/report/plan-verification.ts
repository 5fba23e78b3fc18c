/** The twin's second opinion beside the prediction, for a terminal. */
import type { Verification, VerifiedFigure } from '../plan/verify.ts'
import { describeDeployment } from './describe-deployment.ts'
import { formatMilliseconds, formatSignificant } from './format-number.ts'
import type { PlanReport } from './plan-report.ts'
import { indent } from './text-layout.ts'
import { renderTable } from './text-table.ts'
import { describeObjective } from './words.ts'

const labels: Readonly<Record<VerifiedFigure['name'], string>> = {
  'ttft-mean': 'TTFT mean',
  'ttft-p90': 'TTFT p90',
  'tpot-mean': 'TPOT mean',
  'requests-per-second': 'requests/s',
}

/** One row per figure and verified deployment, then which objectives hold in the twin; '' without --verify. */
export function verificationText(report: PlanReport, width: number): string {
  const verifications = report.verifications ?? []
  if (verifications.length === 0) return ''
  const rows = verifications.flatMap(verification => figureRows(report, verification))
  const table = renderTable(
    [
      { header: 'deployment' },
      { header: 'figure' },
      { header: 'predicted', align: 'right' },
      { header: 'simulated', align: 'right' },
      { header: 'difference', align: 'right' },
    ],
    rows,
    { indent, maximumWidth: width, wrap: true },
  )
  return [
    table,
    '',
    ...verifications.map(verification => `${indent}${objectiveSentence(report, verification)}`),
  ].join('\n')
}

function figureRows(report: PlanReport, verification: Verification): string[][] {
  return verification.figures.map((figure, index) => [
    index === 0 ? nameOf(report, verification) : '',
    labels[figure.name],
    amount(figure, figure.predicted),
    amount(figure, figure.simulated),
    `${figure.difference >= 0 ? '+' : '−'}${(100 * Math.abs(figure.difference)).toFixed(1)} %`,
  ])
}

function nameOf({ result }: PlanReport, { candidateId }: Verification): string {
  const index = result.ranking.findIndex(({ id }) => id === candidateId)
  const candidate = result.ranking[index]
  return candidate === undefined ? candidateId : `${index + 1}  ${describeDeployment(candidate.deployment)}`
}

function amount(figure: VerifiedFigure, value: number): string {
  return figure.unit === 'ms' ? formatMilliseconds(value) : formatSignificant(value)
}

function objectiveSentence(report: PlanReport, verification: Verification): string {
  const { result } = report
  const rank = result.ranking.findIndex(({ id }) => id === verification.candidateId) + 1
  const judged = verification.objectives.map(({ objective, simulatedMs, met }) => {
    const value = simulatedMs === null ? 'never reached' : formatMilliseconds(simulatedMs)
    return `${describeObjective(objective)}: ${value}, ${met === true ? 'met' : 'missed'}`
  })
  const paused = verification.preemptions > 0 ? `; ${verification.preemptions} preemptions` : ''
  return `#${rank}, ${verification.requests} requests, seed ${verification.seed}: ${judged.join('; ') || 'no objectives'}${paused}`
}
