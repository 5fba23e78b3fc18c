/** A measurement as one page: no network, no script; figures are inline SVG. */
import type { BenchPoint, BenchResult } from '../measure/bench-result.ts'
import {
  atLoad,
  benchGoodputSentence,
  benchObjectiveTable,
  endpointPairs,
  failureLines,
  headlineLatency,
  levelWords,
  pointTable,
  tellsTokens,
} from './bench-facts.ts'
import { latencyByLoadFigure } from './bench-figure-by-load.ts'
import { hasPredictedBand, paretoFigure, paretoQuantities } from './bench-figure-pareto.ts'
import { benchHeadline, bestPoint } from './bench-headline.ts'
import { benchKeyFigures, verdictWords } from './bench-key-figures.ts'
import { pointBody, verdictBox } from './bench-page-point.ts'
import { benchPageStyle } from './bench-page-style.ts'
import { metricDefinitions } from './bench-page-words.ts'
import { repeatTable } from './bench-repeat-facts.ts'
import { searchPairs, searchTable } from './bench-search-facts.ts'
import { cutToWidth } from './display-width.ts'
import { formatMilliseconds, formatUsdPerMillionTokens } from './format-number.ts'
import { captioned, htmlPage, htmlPairs, htmlSection, htmlTable, keyFigures, wide } from './html-parts.ts'
import { element, join, type Markup } from './markup.ts'
import { pageStyle } from './page-style.ts'
import { allPrintable } from './printable.ts'
import { runPageStyle } from './run-page-style.ts'

/** In headings and tables; the full name of the model stands among the facts. */
const longestName = 80

/** The page as text, ready to be written. */
export function renderBenchHtml(measured: BenchResult): string {
  const result = withShortLoads(allPrintable(measured))
  const best = bestPoint(result)
  const others = result.points.filter(point => point !== best)
  return htmlPage(
    `${cutToWidth(result.endpoint.model, longestName)}: measured`,
    pageStyle + runPageStyle + benchPageStyle,
    header(result, best),
    htmlSection(paretoQuantities(result).priced ? 'Cost and speed' : 'Speed', overview(result)),
    htmlSection('Loads', loads(result, best)),
    best === null ? null : htmlSection(`Objectives${atLoad(result, best)}`, objectives(result, best)),
    best === null
      ? null
      : htmlSection(
          result.points.length === 1 ? 'What was measured' : `Best load: ${best.load.name}`,
          pointBody(result, best, { withObjectives: false }),
        ),
    others.length === 0
      ? null
      : htmlSection(
          best === null ? 'Every load' : 'Other loads',
          join(others.map(point => folded(result, point))),
        ),
    htmlSection('Not served', join(failureLines(result).map(line => element('p', {}, line)))),
    htmlSection('The search', search(result)),
    htmlSection('What the figures mean', element('p', { class: 'soft' }, metricDefinitions(result))),
    htmlSection('How it was measured', howMeasured(result)),
    element('footer', {}, `Tokenwright ${result.tokenwrightVersion}, started ${result.startedAt}.`),
  )
}

function withShortLoads(result: BenchResult): BenchResult {
  return {
    ...result,
    points: result.points.map(point => ({
      ...point,
      load: { ...point.load, name: cutToWidth(point.load.name, longestName) },
    })),
  }
}

function header(result: BenchResult, best: BenchPoint | null): Markup {
  const { endpoint } = result
  const point = best ?? result.points[0] ?? null
  return element(
    'header',
    {},
    element(
      'p',
      { class: 'kicker' },
      ['Measured', cutToWidth(endpoint.model, longestName), cutToWidth(endpoint.url, longestName)].join(
        ' · ',
      ),
    ),
    element('h1', {}, benchHeadline(result)),
    point === null ? null : verdictBox(point, verdictWords(result, point)),
    best === null ? null : keyFigures(benchKeyFigures(result, best)),
  )
}

function overview(result: BenchResult): Markup | null {
  const pareto = captioned(
    paretoFigure(result),
    'One point a load. Filled: valid; diamond: suspect; cross: invalid. Line: no load is better in both.' +
      (hasPredictedBand(result)
        ? ' Green: what the plan predicted (speed as 1 ÷ mean TPOT), with its 80 % band.'
        : ''),
  )
  const byLoad = captioned(
    latencyByLoadFigure(result),
    'Filled: median; rings: p95; bars: where they lie with 95 % confidence.' +
      (result.objectives.length === 0 ? '' : ' Dashed across: limits.'),
  )
  return pareto === null && byLoad === null ? null : element('div', { class: 'figures' }, pareto, byLoad)
}

function loads(result: BenchResult, best: BenchPoint | null): Markup | null {
  const chosen = best === null || result.points.length < 2 ? -1 : result.points.indexOf(best)
  return join([
    wide(htmlTable(pointTable(result), chosen)),
    ...(repeatTable(result).rows.length === 0 ? [] : [wide(htmlTable(repeatTable(result)))]),
    chosen < 0 ? null : element('p', { class: 'soft' }, 'Bold: the load that the rest of the page is about.'),
  ])
}

function objectives(result: BenchResult, best: BenchPoint): Markup | null {
  const table = wide(htmlTable(benchObjectiveTable(best)))
  const goodput = benchGoodputSentence(result, best)
  return table && join([table, goodput === null ? null : element('p', { class: 'soft' }, goodput)])
}

/** Another load, behind a line that tells the most of it. */
function folded(result: BenchResult, point: BenchPoint): Markup {
  const { ttft, tpot, endToEnd } = headlineLatency(result, point)
  const price = point.cost?.perMillionTokens.blended ?? null
  const facts = [
    point.verdict.level,
    ...(price === null || point.transcription !== null
      ? []
      : [`${formatUsdPerMillionTokens(price)} per Mtok`]),
    ...(tellsTokens(result)
      ? [`TTFT p95 ${formatMilliseconds(ttft.p95Ms)}`, `TPOT p95 ${formatMilliseconds(tpot.p95Ms)}`]
      : endToEnd.p95Ms === null
        ? []
        : [`E2E p95 ${formatMilliseconds(endToEnd.p95Ms)}`]),
  ]
  return element(
    'details',
    { class: 'load' },
    element('summary', {}, point.load.name, element('small', {}, ` – ${facts.join(', ')}`)),
    point.verdict.level === 'valid' ? null : verdictBox(point, levelWords[point.verdict.level]),
    pointBody(result, point, { withObjectives: true }),
  )
}

function search(result: BenchResult): Markup | null {
  return result.search === null
    ? null
    : join([htmlPairs(searchPairs(result)), wide(htmlTable(searchTable(result)))])
}

function howMeasured(result: BenchResult): Markup {
  return join([htmlPairs(endpointPairs(result)), element('pre', { class: 'wrap' }, result.command)])
}
