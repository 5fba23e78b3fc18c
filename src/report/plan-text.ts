/** The planner's answer for a terminal. */
import type { Candidate } from '../plan/types.ts'
import { describeDeployment, describeRequest } from './describe-deployment.ts'
import { wrapText } from './display-width.ts'
import {
  formatMilliseconds,
  formatSignificant,
  formatUsdPerMillionTokens,
  usdOfNano,
} from './format-number.ts'
import {
  billBars,
  billTable,
  bindingPairs,
  contributionNotes,
  contributionTable,
  costPairs,
  countSentence,
  deploymentPairs,
  engineTimeSentence,
  latencyTable,
  noteLines,
  stepBars,
  tokenClassTable,
  truthPairs,
} from './plan-facts.ts'
import { planHeadline } from './plan-headline.ts'
import { chosenCandidate, type PlanReport } from './plan-report.ts'
import { renderRanking } from './plan-table.ts'
import { verificationText } from './plan-verification.ts'
import { renderBars } from './text-bars.ts'
import { indent, indentedTable, renderPairs, section } from './text-layout.ts'
import { renderTextPlot } from './text-plot.ts'
import { plainStyle, type TextStyle } from './text-style.ts'
import { renderTable } from './text-table.ts'
import { zeroPrice } from './words.ts'

export interface PlanTextOptions {
  /** Columns of the terminal. */
  readonly width: number
  /** Rows of the ranking. */
  readonly top: number
  readonly style: TextStyle
  /** Folder into which the files were written. */
  readonly savedTo?: string
}

export const defaultTextOptions: PlanTextOptions = { width: 120, top: 10, style: plainStyle }

export function renderPlanText(report: PlanReport, options: PlanTextOptions = defaultTextOptions): string {
  const { style, width } = options
  const chosen = chosenCandidate(report)
  const headline = wrapText(planHeadline(report), width).map(chosen ? style.good : style.warn)
  const parts = [
    headline.join('\n'),
    wrapText(describeRequest(report.result.request), width, indent).map(style.faint).join('\n'),
    ...(chosen
      ? [rankingSection(report, options), ...chosenSections(report, chosen, options)]
      : [section('What binds, and what would relax it', renderPairs(bindingPairs(report), width), style)]),
    section('Assumed', renderPairs(assumed(report), width), style),
    section('Notes', wrappedLines(noteLines(report), width), style),
    nextSteps(report, options),
  ]
  return `${parts.filter(part => part !== '').join('\n\n')}\n`
}

function chosenSections(report: PlanReport, chosen: Candidate, options: PlanTextOptions): string[] {
  const { style, width } = options
  return [
    section(
      `Chosen: ${describeDeployment(chosen.deployment)}`,
      `${indentedTable(latencyTable(chosen), width)}\n\n${renderPairs(deploymentPairs(chosen), width)}`,
      style,
    ),
    section(
      'Cost',
      [
        indentedTable(billTable(chosen), width),
        indentedTable(tokenClassTable(chosen), width),
        renderPairs(costPairs(report, chosen), width),
      ].join('\n\n'),
      style,
    ),
    section('Where the cost goes', breakdown(chosen, width), style),
    section('What each technique contributes', contributions(report, width), style),
    frontSection(report, options),
    section('How far to trust it', renderPairs(truthPairs(chosen), width), style),
    verifiedSection(report, options),
    section('What was excluded, and what would relax it', renderPairs(bindingPairs(report), width), style),
  ]
}

function contributions(report: PlanReport, width: number): string {
  const notes = wrappedLines(contributionNotes(report), width)
  return [indentedTable(contributionTable(report), width), notes].filter(part => part !== '').join('\n')
}

function verifiedSection(report: PlanReport, { width, style }: PlanTextOptions): string {
  const text = verificationText(report, width)
  return text === '' ? '' : section('Verified in the twin', text, style)
}

function rankingSection(report: PlanReport, { width, top, style }: PlanTextOptions): string {
  const shown = report.result.ranking.slice(0, top)
  const doubtful = shown.some(candidate => candidate.lowConfidenceFacts.length > 0)
  const legend = [
    '$/Mtok: dollars per million tokens of all kinds; in, cached, out: uncached input, cached input, output.',
    doubtful ? '! rests on a fact of low confidence.' : '',
    countSentence(report, shown.length),
  ].join(' ')
  return [
    style.strong('Ranking by cost per million tokens'),
    renderRanking(shown, width, style),
    ...wrapText(legend, width).map(style.faint),
  ].join('\n')
}

/** Where the money goes: the bill's parts (numerator), and the decode step's parts (denominator). */
function breakdown(candidate: Candidate, width: number): string {
  const barWidth = Math.min(32, Math.max(10, width - 70))
  const { step } = candidate.performance
  const paid = billBars(candidate)
  return [
    `${indent}dollars per hour (numerator)`,
    paid.length === 0
      ? `${indent}nothing is paid: ${zeroPrice}`
      : renderBars(paid, usdOfNano(candidate.costRate.nanoUsdPerHour), barWidth, indent),
    '',
    `${indent}one decode step of ${formatMilliseconds(step.stepSeconds * 1000)} (denominator)`,
    renderBars(stepBars(candidate), step.stepSeconds, barWidth, indent),
    `${indent}${engineTimeSentence(candidate)}`,
  ].join('\n')
}

function frontSection({ result }: PlanReport, { width, style }: PlanTextOptions): string {
  const front = thinned(result.costFront, 12)
  if (front.length < 2) return ''
  const table = renderTable(
    [
      { header: '' },
      { header: 'tok/s/user', align: 'right' },
      { header: '$/Mtok', align: 'right' },
      { header: 'tok/s/GPU', align: 'right' },
      { header: 'deployment' },
    ],
    front.map((candidate, index) => [
      letter(index),
      formatSignificant(candidate.performance.tokensPerSecondPerUser),
      formatUsdPerMillionTokens(candidate.cost.blended),
      formatSignificant(candidate.performance.totalTokensPerSecondPerDevice),
      describeDeployment(candidate.deployment),
    ]),
    { indent, maximumWidth: width, wrap: true },
  )
  const plot = renderTextPlot(
    front.map((candidate, index) => ({
      x: candidate.performance.tokensPerSecondPerUser,
      y: candidate.cost.blended,
      mark: letter(index),
    })),
    {
      width: Math.min(72, width - 16),
      height: 11,
      xLabel: 'tok/s/user',
      yLabel: '$ per million tokens',
      indent,
    },
  )
  return section('Cost against interactivity (Pareto front)', `${table}\n\n${plot}`, style)
}

/** At most so many points, evenly picked, first and last kept. */
function thinned<T>(points: readonly T[], most: number): readonly T[] {
  if (points.length <= most) return points
  return Array.from({ length: most }, (_, i) => points[Math.round((i * (points.length - 1)) / (most - 1))]!)
}

function letter(index: number): string {
  return String.fromCharCode('a'.charCodeAt(0) + index)
}

function assumed({ assumptions }: PlanReport): [string, string][] {
  return assumptions.map(({ name, value }) => [name, value])
}

function wrappedLines(lines: readonly string[], width: number): string {
  return lines
    .flatMap(line => wrapText(line, width - indent.length, indent))
    .map(line => indent + line)
    .join('\n')
}

function nextSteps(report: PlanReport, { style, savedTo }: PlanTextOptions): string {
  const lines: string[] = []
  if (report.files.length > 0) {
    lines.push(
      savedTo === undefined ? '  launch it: add --save-dir DIR to write' : `  launch it: in ${savedTo} are`,
    )
    lines.push(...report.files.map(file => `    ${file.path}`))
  }
  if (report.benchmarkCommand !== null) {
    lines.push('  falsify it: run against the launched deployment')
    lines.push(...report.benchmarkCommand.split('\n').map(line => `    ${line}`))
  }
  if (chosenCandidate(report)) lines.push('  see the figures: add --html plan.html')
  return section('Next', lines.join('\n'), style)
}
