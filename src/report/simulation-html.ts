/** A simulated run as one page: no network, no script; figures are inline SVG. */
import {
  formatMilliseconds,
  formatPercent,
  formatSignificant,
  formatUsdPerMillionTokens,
  formatWatts,
  missing,
  readable,
} from './format-number.ts'
import {
  captioned,
  htmlPage,
  htmlPairs,
  htmlSection,
  htmlTable,
  keyFigures,
  wide,
  wordy,
} from './html-parts.ts'
import { element, join, type Markup } from './markup.ts'
import { pageStyle } from './page-style.ts'
import { runPageStyle } from './run-page-style.ts'
import {
  comparisonSource,
  comparisonTable,
  energySentence,
  goodputSentence,
  latencyLegend,
  latencyTable,
  objectiveTable,
  poolLegend,
  poolTable,
  requestPairs,
  runBillTable,
  steadySentence,
  throughputTable,
  tokenCostTable,
} from './simulation-facts.ts'
import { billPartsFigure, latencyFigure, notServedFigure, timelineFigures } from './simulation-figures.ts'
import { simulationHeadline } from './simulation-headline.ts'
import type { SimulationReport } from './simulation-report.ts'
import { runNotes, setupPairs } from './simulation-setup-facts.ts'

/** The page as text, ready to be written. */
export function simulationHtml(report: SimulationReport): string {
  return htmlPage(
    `${report.modelId}: a simulated run`,
    pageStyle + runPageStyle,
    header(report),
    htmlSection('What was simulated', htmlPairs(setupPairs(report))),
    htmlSection('Latency', latency(report)),
    htmlSection('Over the run', overTheRun(report)),
    htmlSection('Throughput and requests', throughput(report)),
    htmlSection('Pools', pools(report)),
    htmlSection('Cost', cost(report)),
    comparison(report),
    htmlSection('Notes', notes(report)),
    element(
      'footer',
      {},
      `Tokenwright ${report.version}, seed ${report.seed}. The same inputs, seed and version give the same page.`,
    ),
  )
}

function header(report: SimulationReport): Markup {
  const { workload } = report
  return element(
    'header',
    {},
    element('p', { class: 'kicker' }, ['Simulated', workload.description, workload.lengths].join(' · ')),
    element('h1', {}, simulationHeadline(report)),
    keyFigures(keyValues(report)),
  )
}

function keyValues(report: SimulationReport): (readonly [name: string, value: string, note: string])[] {
  const { summary, bill } = report.result
  const { latency, goodput } = summary
  const rates = summary.steady ?? summary.fullRun
  const during = summary.steady === null ? 'whole run' : 'steady window'
  const rate = (value: number | null) => (value === null ? missing : formatSignificant(value))
  const steady = report.steadyUsdPerMillionTokens
  return [
    [
      'per Mtok',
      formatUsdPerMillionTokens(bill.perMillionTokens?.blended ?? null),
      steady === null ? 'whole bill ÷ tokens' : `${formatUsdPerMillionTokens(steady)} when steady`,
    ],
    ...(report.objectives.length === 0
      ? []
      : [
          [
            'goodput',
            goodput.share === null ? missing : formatPercent(goodput.share),
            'requests within limits',
          ] as const,
        ]),
    [
      'TTFT p90',
      formatMilliseconds(latency.ttftService.p90Ms),
      `mean ${formatMilliseconds(latency.ttftService.meanMs)}`,
    ],
    ['TPOT mean', formatMilliseconds(latency.tpot.meanMs), `p90 ${formatMilliseconds(latency.tpot.p90Ms)}`],
    ['requests/s', rate(rates.requestsPerSecond), during],
    [
      'tok/s per GPU',
      rate(rates.totalTokensPerSecondPerDevice),
      `${rate(rates.outputTokensPerSecondPerDevice)} output`,
    ],
    ...(summary.energy?.wattsMean == null
      ? []
      : [
          [
            'power',
            formatWatts(summary.energy.wattsMean),
            summary.energy.joulesPerOutputToken === null
              ? 'mean of the run'
              : `${rate(summary.energy.joulesPerOutputToken)} J per output token`,
          ] as const,
        ]),
  ]
}

function latency(report: SimulationReport): Markup {
  const goodput = goodputSentence(report)
  const table = htmlTable(latencyTable(report))
  const objectives = htmlTable(objectiveTable(report))
  const figure = captioned(
    latencyFigure(report),
    'Read: so many of the requests were as fast as the curve or faster.' +
      (report.objectives.length === 0
        ? ''
        : ' Dashed: limits; a ring marks the share that has to be within, and its curve has to pass below.'),
  )
  const words = element(
    'div',
    {},
    table === null ? element('p', { class: 'soft' }, 'No request was served.') : wide(table),
    table === null ? null : element('p', { class: 'soft' }, latencyLegend),
    objectives && element('h3', { class: 'after-table' }, 'Objectives'),
    wide(objectives),
    goodput === null ? null : element('p', { class: 'soft' }, sentence(goodput)),
  )
  return figure === null ? words : element('div', { class: 'figures' }, words, figure)
}

function overTheRun(report: SimulationReport): Markup | null {
  const figures = timelineFigures(report)
  if (figures.length === 0) return null
  const { steady } = report.result.summary
  const marked = report.fleet.faults.length > 0 || report.fleet.upgradeAtSeconds !== null
  return join([
    element('div', { class: 'figures' }, ...figures.map(figure => element('figure', {}, figure))),
    element(
      'p',
      { class: 'soft' },
      [
        'Means over short stretches of time.',
        ...(steady === null ? [] : ['Grey background: the steady window.']),
        ...(marked ? ['Dotted: faults, shaded as long as they last, and the start of an upgrade.'] : []),
      ].join(' '),
    ),
  ])
}

function throughput(report: SimulationReport): Markup {
  return join([
    element(
      'div',
      { class: 'figures' },
      element(
        'div',
        {},
        wide(htmlTable(throughputTable(report))),
        element('p', { class: 'soft' }, sentence(steadySentence(report))),
      ),
      element(
        'div',
        {},
        htmlPairs(requestPairs(report)),
        captioned(
          notServedFigure(report),
          'Requests that were not served, by reason; share of all measured.',
        ),
      ),
    ),
  ])
}

function pools(report: SimulationReport): Markup {
  const energy = energySentence(report)
  return join([
    wide(htmlTable(poolTable(report))),
    element('p', { class: 'soft' }, sentence(poolLegend)),
    energy === null ? null : element('p', { class: 'soft' }, sentence(energy)),
  ])
}

function cost(report: SimulationReport): Markup {
  const parts = captioned(
    billPartsFigure(report),
    'What the bill was paid for, by the time in which engines worked for each; idle: paid for, no step ran.',
  )
  return element(
    'div',
    { class: 'figures' },
    element('div', {}, wordy(htmlTable(runBillTable(report))), wordy(htmlTable(tokenCostTable(report)))),
    parts,
  )
}

function comparison(report: SimulationReport): Markup | null {
  if (report.comparison === null) return null
  return htmlSection(comparisonSource(report.comparison), wide(htmlTable(comparisonTable(report))))
}

function notes(report: SimulationReport): Markup | null {
  const lines = runNotes(report)
  return lines.length === 0
    ? null
    : join(lines.map(line => element('p', { class: 'soft' }, sentence(readable(line)))))
}

/** Facts are written to stand in a list; on a page they are sentences. */
function sentence(fact: string): string {
  const first = fact.charAt(0).toUpperCase() + fact.slice(1)
  return /[.!?]$/.test(first) ? first : `${first}.`
}
