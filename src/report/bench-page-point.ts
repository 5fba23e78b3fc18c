/** One load of a measurement on the page: how fast, over time, at what price, counted by whom, and how far to trust it. */
import type { BenchPoint, BenchResult } from '../measure/bench-result.ts'
import {
  benchCostPairs,
  benchCostTable,
  breakEvenTable,
  energyPairs,
  predictionTable,
} from './bench-cost-facts.ts'
import { benchObjectiveTable, levelWords } from './bench-facts.ts'
import {
  benchBillFigure,
  benchCurvesFigure,
  benchTimelineFigures,
  loadFactorFigure,
  percentileFigure,
} from './bench-figure-point.ts'
import { benchLatencyTable, latencyLegend, manyQuantiles } from './bench-latency-facts.ts'
import { languageTable, transcriptionPairs } from './bench-search-facts.ts'
import {
  checkTable,
  clientPairs,
  counterTable,
  selfTestPairs,
  tokenPairs,
  verdictLines,
} from './bench-trust-facts.ts'
import { captioned, htmlPairs, htmlTable, wide, wordy } from './html-parts.ts'
import { element, join, type Markup } from './markup.ts'

export interface PointBodyOptions {
  /** Objectives of the best load stand above, those of others here. */
  readonly withObjectives: boolean
}

/** Parts with headings; what was not measured has none. */
export function pointBody(result: BenchResult, point: BenchPoint, options: PointBodyOptions): Markup {
  return join([
    options.withObjectives ? part('Objectives', wide(htmlTable(benchObjectiveTable(point)))) : null,
    part('Latency', latency(result, point)),
    part('Transcription', transcription(point)),
    part('Over the run', overTheRun(result, point)),
    part('Cost', cost(point)),
    part(
      point.prediction === null ? '' : `Beside the plan of ${point.prediction.deployment}`,
      wide(htmlTable(predictionTable(point))),
    ),
    element(
      'div',
      { class: 'figures parts' },
      partIn('Tokens', join([htmlPairs(tokenPairs(point)), wordy(htmlTable(counterTable(point)))])),
      partIn(
        'Load generator',
        htmlPairs([...clientPairs(point), ...(options.withObjectives ? [] : selfTestPairs(result))]),
      ),
      partIn('Energy', htmlPairs(energyPairs(point))),
    ),
    part(`Verdict: ${point.verdict.level}, ${levelWords[point.verdict.level]}`, checks(point)),
  ])
}

/** A verdict in one box: its level, and the reasons where it is not valid. */
export function verdictBox({ verdict }: BenchPoint, words: string): Markup {
  const lines = verdictLines(verdict.checks)
  return element(
    'div',
    { class: `verdict ${verdict.level}` },
    element('p', {}, element('strong', {}, verdict.level), words === '' ? '' : ` – ${words}`),
    ...lines.map(line => element('p', {}, line)),
  )
}

function part(heading: string, body: Markup | null): Markup | null {
  return body === null || body.html === '' ? null : join([element('h3', {}, heading), body])
}

/** A part that stands beside others. */
function partIn(heading: string, body: Markup | null): Markup | null {
  const content = part(heading, body)
  return content && element('div', {}, content)
}

function latency(result: BenchResult, point: BenchPoint): Markup | null {
  const facts = benchLatencyTable(result, point, manyQuantiles)
  // Rows without a mean say more of the one above.
  const table = htmlTable(facts, -1, row => (facts.rows[row]![1] === '' ? 'below' : null))
  if (table === null) return null
  return join([
    wide(table),
    element('p', { class: 'soft' }, sentence(latencyLegend(result, point))),
    element(
      'div',
      { class: 'figures' },
      captioned(
        percentileFigure(result, point),
        'Percentiles; bars: where they lie with the confidence above, dotted where too few requests bound them.' +
          (result.objectives.length === 0 ? '' : ' Dashed: limits.'),
      ),
      captioned(
        benchCurvesFigure(result, point),
        'Read: so many of the requests were as fast as the curve or faster.' +
          (result.objectives.length === 0 ? '' : ' A ring marks the share that has to be within its limit.'),
      ),
    ),
  ])
}

function transcription(point: BenchPoint): Markup | null {
  return point.transcription === null
    ? null
    : join([htmlPairs(transcriptionPairs(point)), wide(htmlTable(languageTable(point)))])
}

function overTheRun(result: BenchResult, point: BenchPoint): Markup | null {
  const figures = benchTimelineFigures(result, point)
  if (figures.length === 0) return null
  return join([
    element('div', { class: 'figures' }, ...figures.map(figure => element('figure', {}, figure))),
    element(
      'p',
      { class: 'soft' },
      'Means over short stretches of time.' +
        (point.summary.steady === null
          ? ''
          : ' Grey background: the steady window, over which rates are taken.'),
    ),
  ])
}

function cost(point: BenchPoint): Markup | null {
  if (point.cost === null) return null
  const pairs = htmlPairs(benchCostPairs(point))
  // Of speech the dollars stand with its other figures.
  if (point.transcription !== null) return pairs
  return join([
    pairs,
    element(
      'div',
      { class: 'figures' },
      element('div', {}, wordy(htmlTable(benchCostTable(point))), wordy(htmlTable(breakEvenTable(point)))),
      element(
        'div',
        {},
        captioned(benchBillFigure(point), 'What the hourly price pays for.'),
        captioned(
          loadFactorFigure(point),
          'Dollars per million tokens when the same deployment has only so much of this load on average.',
        ),
      ),
    ),
  ])
}

/** The level of each stands out in word and colour. */
function checks({ verdict }: BenchPoint): Markup | null {
  const table = htmlTable(checkTable(verdict.checks), -1, row => verdict.checks[row]!.level)
  return table && element('div', { class: 'wide checks' }, table)
}

/** Facts are written to stand in a list; on a page they are sentences. */
function sentence(fact: string): string {
  const first = fact.charAt(0).toUpperCase() + fact.slice(1)
  return /[.!?]$/.test(first) ? first : `${first}.`
}
