/** A measurement for a terminal. */
import type { BenchPoint, BenchResult } from '../measure/bench-result.ts'
import {
  benchCostPairs,
  benchCostTable,
  breakEvenTable,
  energyPairs,
  predictionTable,
} from './bench-cost-facts.ts'
import {
  benchGoodputSentence,
  benchObjectiveTable,
  endpointPairs,
  failureLines,
  pointTable,
} from './bench-facts.ts'
import { benchHeadline, bestPoint, isGoodBench } from './bench-headline.ts'
import { benchLatencyTable, latencyLegend } from './bench-latency-facts.ts'
import { repeatTable } from './bench-repeat-facts.ts'
import { languageTable, searchPairs, searchTable, transcriptionPairs } from './bench-search-facts.ts'
import { clientPairs, selfTestPairs, tokenPairs, verdictLines } from './bench-trust-facts.ts'
import { displayWidth, wrapText } from './display-width.ts'
import { plural } from './format-number.ts'
import { allPrintable } from './printable.ts'
import { indent, indentedTable, renderPairs, section } from './text-layout.ts'
import type { TextStyle } from './text-style.ts'

export interface BenchTextOptions {
  /** Columns of the terminal. */
  readonly width: number
  readonly style: TextStyle
}

/** Blocks with headings, the headline first; words that a server sent cannot steer the terminal. */
export function renderBenchText(measured: BenchResult, options: BenchTextOptions): string {
  const result = allPrintable(measured)
  const { style, width } = options
  const best = bestPoint(result)
  const headline = wrapText(benchHeadline(result), width)
    .map(isGoodBench(result) ? style.good : style.warn)
    .join('\n')
  const parts = [
    headline,
    renderPairs(endpointPairs(result), width),
    section('Loads', loads(result, width), style),
    section('Repeated runs', indentedTable(repeatTable(result), width), style),
    ...(best === null ? [] : pointParts(result, best, options)),
    ...verdictParts(result, best, options),
    section('Search', search(result, width), style),
    section('Not served', wrapped(failureLines(result), width), style),
    section('Next', nextSteps(result, width), style),
  ]
  return `${parts.filter(part => part !== '').join('\n\n')}\n`
}

/** One table where it fits, else its two halves. */
function loads(result: BenchResult, width: number): string {
  const whole = indentedTable(pointTable(result), Number.POSITIVE_INFINITY)
  if (whole.split('\n').every(line => displayWidth(line) <= width)) return whole
  return [pointTable(result, 'speed'), pointTable(result, 'worth')]
    .map(table => indentedTable(table, width))
    .join('\n\n')
}

/** Nobody counted any, and no text came in pieces: a transcription. */
function hasTokens({ tokens }: BenchPoint): boolean {
  return tokens.server.requests > 0 || tokens.client.contentChunks > 0
}

function pointParts(result: BenchResult, point: BenchPoint, { width, style }: BenchTextOptions): string[] {
  const at = result.points.length > 1 ? ` at ${point.load.name}` : ''
  const goodput = benchGoodputSentence(result, point)
  return [
    section(
      `Objectives${at}`,
      together(
        '\n',
        indentedTable(benchObjectiveTable(point), width),
        goodput === null ? '' : style.faint(wrapped([goodput], width)),
      ),
      style,
    ),
    section(`Latency${at}`, latency(result, point, { width, style }), style),
    section(
      `Transcription${at}`,
      together(
        '\n\n',
        point.transcription === null ? '' : renderPairs(transcriptionPairs(point), width),
        indentedTable(languageTable(point), width),
      ),
      style,
    ),
    section(`Cost${at}`, cost(point, width), style),
    section(`Beside the plan${at}`, prediction(point, width), style),
    section(`Energy${at}`, point.energy === null ? '' : renderPairs(energyPairs(point), width), style),
    section(`Tokens${at}`, hasTokens(point) ? renderPairs(tokenPairs(point), width) : '', style),
    section('Load generator', renderPairs([...clientPairs(point), ...selfTestPairs(result)], width), style),
  ]
}

function latency(result: BenchResult, point: BenchPoint, { width, style }: BenchTextOptions): string {
  const table = indentedTable(benchLatencyTable(result, point), width)
  return table === '' ? '' : `${table}\n${style.faint(wrapped([latencyLegend(result, point)], width))}`
}

function cost(point: BenchPoint, width: number): string {
  if (point.cost === null) return ''
  return together(
    '\n\n',
    renderPairs(benchCostPairs(point), width),
    indentedTable(benchCostTable(point), width),
    indentedTable(breakEvenTable(point), width),
  )
}

function prediction(point: BenchPoint, width: number): string {
  if (point.prediction === null) return ''
  return together(
    '\n',
    wrapped([`of ${point.prediction.deployment}`], width),
    indentedTable(predictionTable(point), width),
  )
}

/** The best load's verdict, and others where they are no praise. */
function verdictParts(
  { points }: BenchResult,
  best: BenchPoint | null,
  { width, style }: BenchTextOptions,
): string[] {
  const told = points.filter(point => point === best || point.verdict.level !== 'valid')
  return told.map(({ load, verdict }) => {
    const lines = verdictLines(verdict.checks)
    const words = lines.length === 0 ? [`${plural(verdict.checks.length, 'check')} passed`] : lines
    const at = points.length > 1 ? ` at ${load.name}` : ''
    return section(`Verdict${at}: ${verdict.level}`, wrapped(words, width), style)
  })
}

function search(result: BenchResult, width: number): string {
  if (result.search === null) return ''
  return together('\n\n', renderPairs(searchPairs(result), width), indentedTable(searchTable(result), width))
}

/** What a reader may want next, where it was not asked for. */
function nextSteps({ objectives, points, search, selfTest }: BenchResult, width: number): string {
  const lines = [
    ...(points.some(({ cost }) => cost !== null) ? [] : ['dollars: add --hardware 8xh200 --tier on-demand']),
    ...(objectives.length > 0 ? [] : ['judge it: add --slo "ttft p95 < 500ms, tpot p95 < 30ms"']),
    ...(objectives.length > 0 && search === null ? ['the cheapest load within them: --search min-cost'] : []),
    ...(selfTest === null ? ['error bars of this load generator: --self-test'] : []),
    'keep it: --out FOLDER (result.json, requests.jsonl, report.html, AIPerf files)',
  ]
  return wrapped(lines, width)
}

function together(separator: string, ...parts: readonly string[]): string {
  return parts.filter(part => part !== '').join(separator)
}

function wrapped(lines: readonly string[], width: number): string {
  return lines
    .flatMap(line => wrapText(line, width - indent.length, indent))
    .map(line => indent + line)
    .join('\n')
}
