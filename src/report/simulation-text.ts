/** A simulated run for a terminal. */
import { wrapText } from './display-width.ts'
import { formatPercent, formatSignificant, formatWatts, readable } from './format-number.ts'
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
import { isGood, simulationHeadline } from './simulation-headline.ts'
import type { SimulationReport } from './simulation-report.ts'
import { runNotes, setupPairs } from './simulation-setup-facts.ts'
import { seconds } from './simulation-units.ts'
import { indent, indentedTable, renderPairs, section } from './text-layout.ts'
import { columnMeans, renderSparkline } from './text-sparkline.ts'
import type { TextStyle } from './text-style.ts'

export interface SimulationTextOptions {
  /** Columns of the terminal. */
  readonly width: number
  readonly style: TextStyle
}

export function renderSimulationText(report: SimulationReport, options: SimulationTextOptions): string {
  const { style, width } = options
  const parts = [
    wrapText(simulationHeadline(report), width)
      .map(isGood(report) ? style.good : style.warn)
      .join('\n'),
    renderPairs(setupPairs(report), width),
    section('Objectives', objectives(report, width), style),
    section('Latency', latency(report, options), style),
    section('Throughput', throughput(report, width), style),
    section('Requests', renderPairs(requestPairs(report), width), style),
    section('Pools', pools(report, options), style),
    section('Cost', cost(report, width), style),
    ...comparison(report, options),
    section(timelineHeading(report, width), timeline(report, width), style),
    section('Notes', wrapped(runNotes(report), width), style),
    section('Next', nextSteps(report), style),
  ]
  return `${parts.filter(part => part !== '').join('\n\n')}\n`
}

function objectives(report: SimulationReport, width: number): string {
  const table = indentedTable(objectiveTable(report), width)
  const goodput = goodputSentence(report)
  if (table === '') return ''
  return goodput === null ? table : `${table}\n${wrapped([goodput], width)}`
}

function latency(report: SimulationReport, { width, style }: SimulationTextOptions): string {
  const table = latencyTable(report)
  if (report.result.summary.requests.served === 0) return ''
  return `${indentedTable(table, width)}\n${style.faint(wrapped([latencyLegend], width))}`
}

function throughput(report: SimulationReport, width: number): string {
  if (report.result.summary.requests.served === 0) return ''
  return `${indentedTable(throughputTable(report), width)}\n${wrapped([steadySentence(report)], width)}`
}

function pools(report: SimulationReport, { width, style }: SimulationTextOptions): string {
  const energy = energySentence(report)
  return [
    indentedTable(poolTable(report), width),
    style.faint(wrapped([poolLegend], width)),
    ...(energy === null ? [] : [wrapped([`power: ${energy}`], width)]),
  ].join('\n')
}

function cost(report: SimulationReport, width: number): string {
  return [runBillTable(report), tokenCostTable(report)]
    .map(table => indentedTable(table, width))
    .filter(text => text !== '')
    .join('\n\n')
}

function comparison(report: SimulationReport, { width, style }: SimulationTextOptions): string[] {
  if (report.comparison === null) return []
  return [section(comparisonSource(report.comparison), indentedTable(comparisonTable(report), width), style)]
}

/** Columns of the little curves; more would wrap on a terminal of 72. */
const curveColumns = 48
/** Name before and largest value behind a curve. */
const labelColumns = 40

function timelineHeading({ result }: SimulationReport, width: number): string {
  const columns = Math.min(curveColumns, width - labelColumns)
  const { endSeconds } = result.timeline
  return `Over time (0 to ${seconds(endSeconds)}, ${seconds(endSeconds / columns)} a column)`
}

function timeline({ result }: SimulationReport, width: number): string {
  const { timeline } = result
  if (timeline.endSeconds === 0) return ''
  const columns = Math.min(curveColumns, width - labelColumns)
  const bins = timeline.inFlight.length
  const lastBin = Math.max(0, timeline.endSeconds / timeline.binSeconds - (bins - 1))
  const rows: readonly (readonly [string, readonly (number | null)[], (value: number) => string])[] = [
    ['requests in flight', timeline.inFlight, formatSignificant],
    ['waiting in engines', timeline.waiting, formatSignificant],
    ['requests/s served', timeline.requestsPerSecond, formatSignificant],
    ['output tokens/s', timeline.outputTokensPerSecond, formatSignificant],
    ['KV cache in use', timeline.cacheUse, formatPercent],
    ['power', timeline.watts, formatWatts],
  ]
  const nameWidth = Math.max(...rows.map(([name]) => name.length))
  return rows
    .filter(([, values]) => values.some(value => value !== null && value > 0))
    .map(([name, values, format]) => {
      const means = columnMeans(values, columns, lastBin)
      const most = Math.max(...means.filter(value => value !== null))
      return `${indent}${name.padEnd(nameWidth)}  ${renderSparkline(means)}  up to ${format(most)}`
    })
    .join('\n')
}

/** What a reader may want next, where it was not asked for. */
function nextSteps({ objectives, workload, comparison }: SimulationReport): string {
  const lines = [
    ...(objectives.length === 0 ? ['judge it: add --slo "ttft p95 < 1s, tpot mean < 30ms"'] : []),
    ...(workload.kind === 'trace' || comparison !== null ? [] : ['your own traffic: --trace requests.jsonl']),
    'figures: --html run.html',
    'every request: --records requests.csv',
    'every step, for ui.perfetto.dev: --chrome-trace run.json',
  ]
  return lines.map(line => indent + line).join('\n')
}

function wrapped(lines: readonly string[], width: number): string {
  return lines
    .flatMap(line => wrapText(readable(line), width - indent.length, indent))
    .map(line => indent + line)
    .join('\n')
}
