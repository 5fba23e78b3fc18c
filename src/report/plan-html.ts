/** The planner's answer as one page: no network, no script; figures are inline SVG. */
import type { Candidate } from '../plan/types.ts'
import { describeDeployment, describeRequest } from './describe-deployment.ts'
import {
  formatLarge,
  formatMilliseconds,
  formatSignificant,
  formatUsd,
  formatUsdPerMillionTokens,
  usdOfNano,
} from './format-number.ts'
import { captioned, htmlPage, htmlPairs, htmlSection, htmlTable, keyFigures, wide } from './html-parts.ts'
import { element, join, type Markup } from './markup.ts'
import { pageStyle } from './page-style.ts'
import {
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
  tokenClassTable,
  truthPairs,
} from './plan-facts.ts'
import {
  billFigure,
  costFrontFigure,
  rankingFigure,
  stepFigure,
  throughputFrontFigure,
} from './plan-figures.ts'
import { planHeadline } from './plan-headline.ts'
import { chosenCandidate, type PlanReport } from './plan-report.ts'
import { rankingTable } from './plan-table.ts'
import { costRange, powerBasisNames, zeroPrice } from './words.ts'

export interface PlanHtmlOptions {
  /** Rows of the ranking. */
  readonly top: number
}

const rankingBars = 10

export function renderPlanHtml(report: PlanReport, options: PlanHtmlOptions = { top: 25 }): string {
  const chosen = chosenCandidate(report)
  const title = `${report.result.modelId}: cost per million tokens`
  return htmlPage(
    title,
    pageStyle,
    pageHeader(report, chosen),
    ...(chosen ? chosenSections(report, chosen, options) : []),
    htmlSection(
      chosen ? 'What was excluded, and what would relax it' : 'What binds, and what would relax it',
      htmlPairs(bindingPairs(report)),
    ),
    htmlSection('Assumed', htmlPairs(report.assumptions.map(({ name, value }) => [name, value] as const))),
    htmlSection('Notes', notes(report)),
    chosen ? nextSteps(report) : null,
    element('footer', {}, `Tokenwright ${report.version}. Every price is as of the date beside it.`),
  )
}

function pageHeader(report: PlanReport, chosen: Candidate | undefined): Markup {
  return element(
    'header',
    {},
    element('p', { class: 'kicker' }, describeRequest(report.result.request)),
    element('h1', {}, planHeadline(report)),
    chosen ? chosenFigures(chosen) : null,
  )
}

function chosenFigures(candidate: Candidate): Markup {
  const { performance, cost, band, costRate } = candidate
  const figures: readonly (readonly [name: string, value: string, note: string])[] = [
    [
      'per Mtok',
      formatUsdPerMillionTokens(cost.blended),
      cost.blended === 0 ? zeroPrice : costRange(cost.blended, band.cost),
    ],
    ['per hour', formatUsd(usdOfNano(costRate.nanoUsdPerHour)), 'whole deployment'],
    [
      'TTFT p90',
      formatMilliseconds(performance.ttft.p90Ms),
      `mean ${formatMilliseconds(performance.ttft.meanMs)}`,
    ],
    [
      'TPOT mean',
      formatMilliseconds(performance.tpot.meanMs),
      `p90 ${formatMilliseconds(performance.tpot.p90Ms)}`,
    ],
    [
      'tok/s per GPU',
      formatSignificant(performance.totalTokensPerSecondPerDevice),
      `${formatSignificant(performance.outputTokensPerSecondPerDevice)} output`,
    ],
    ['tok/s per user', formatSignificant(performance.tokensPerSecondPerUser), 'interactivity'],
    [
      'tok/s per MW',
      formatLarge(candidate.tokensPerSecondPerMegawatt),
      powerBasisNames[candidate.powerBasis],
    ],
    ['joules per token', formatSignificant(candidate.joulesPerToken), 'all tokens'],
  ]
  return keyFigures(figures)
}

function chosenSections(report: PlanReport, chosen: Candidate, options: PlanHtmlOptions): (Markup | null)[] {
  const shown = report.result.ranking.slice(0, options.top)
  const figures = [
    captioned(
      costFrontFigure(report),
      'Cost against interactivity. Line: nothing is both cheaper and faster. Shapes far dearer than the line are left out.',
    ),
    captioned(throughputFrontFigure(report), 'Throughput against interactivity. Grey: other ranked shapes.'),
    captioned(
      rankingFigure(report, rankingBars),
      'Cost per million tokens of the cheapest shapes; thin lines: 80 % error band.',
    ),
    captioned(
      stepFigure(chosen),
      `Time of one decode step of the chosen deployment; ${engineTimeSentence(chosen)}.`,
    ),
    captioned(billFigure(chosen), 'Dollars per hour of the chosen deployment.'),
  ].filter(figure => figure !== null)
  return [
    htmlSection('Figures', element('div', { class: 'figures' }, ...figures)),
    htmlSection(
      'Ranking by cost per million tokens',
      join([
        wide(htmlTable(rankingTable(shown), 0)),
        element(
          'p',
          { class: 'soft' },
          `$/Mtok: dollars per million tokens of all kinds; in, cached, out: uncached input, cached input, output. ` +
            `! rests on a fact of low confidence. ${countSentence(report, shown.length)}`,
        ),
      ]),
    ),
    htmlSection(
      `Chosen: ${describeDeployment(chosen.deployment)}`,
      join([wide(htmlTable(latencyTable(chosen))), htmlPairs(deploymentPairs(chosen))]),
    ),
    htmlSection(
      'Cost',
      join([
        element(
          'div',
          { class: 'figures' },
          htmlTable(billTable(chosen)),
          htmlTable(tokenClassTable(chosen)),
        ),
        htmlPairs(costPairs(report, chosen)),
      ]),
    ),
    htmlSection(
      'What each technique contributes',
      join([
        htmlTable(contributionTable(report)),
        ...contributionNotes(report).map(line => element('p', { class: 'soft' }, line)),
      ]),
    ),
    htmlSection('How far to trust it', htmlPairs(truthPairs(chosen))),
  ]
}

function notes(report: PlanReport): Markup | null {
  const lines = noteLines(report)
  if (lines.length === 0) return null
  return join(lines.map(line => element('p', { class: line.startsWith('!') ? 'warn' : 'soft' }, line)))
}

function nextSteps(report: PlanReport): Markup | null {
  const benchmark =
    report.benchmarkCommand === null
      ? null
      : join([
          element('p', {}, 'Run this against the launched deployment; it would show the prediction wrong:'),
          element('pre', { class: 'wrap' }, report.benchmarkCommand),
        ])
  const files = report.files.map(file =>
    element('details', {}, element('summary', {}, file.path), element('pre', {}, file.text)),
  )
  return htmlSection(
    'Next',
    join([
      benchmark,
      files.length > 0
        ? element('p', {}, 'Files that launch the chosen deployment (--save-dir DIR writes them):')
        : null,
      ...files,
    ]),
  )
}
