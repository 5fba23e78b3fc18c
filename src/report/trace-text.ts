/** Statistics of a trace for the terminal. */
import type { ArrivalStatistics } from '../workload/trace-arrivals.ts'
import type { Distribution } from '../workload/trace-distribution.ts'
import type { SessionStatistics, TraceSummary } from '../workload/trace-statistics.ts'
import { wrapText } from './display-width.ts'
import {
  formatCount,
  formatLarge,
  formatMilliseconds,
  formatSignificant,
  missing,
  plural,
  readable,
} from './format-number.ts'
import type { Pair } from './plan-facts.ts'
import { indent, renderPairs, section } from './text-layout.ts'
import type { TextStyle } from './text-style.ts'
import { renderTable, type TableColumn } from './text-table.ts'

export function renderTraceText(summary: TraceSummary, width: number, style: TextStyle): string {
  const { arrivals, requests, reuse, sessions } = summary
  const span =
    arrivals === null || arrivals.spanSeconds === 0 ? '' : ` over ${duration(arrivals.spanSeconds)}`
  const blocks = [
    `${style.strong(`${plural(requests, 'request')}${span}`)}, ${describeFormat(summary.format)}`,
    section('Arrivals', arrivals === null ? '' : renderPairs(arrivalPairs(arrivals), width), style),
    section('Lengths, tokens per request', lengthTable(summary, width), style),
    section(
      'Prefix reuse',
      reuse === null && summary.statedCachedShare === null ? '' : renderPairs(reusePairs(summary), width),
      style,
    ),
    section('Sessions', sessions === null ? '' : sessionTable(sessions, width), style),
    section('Models', modelTable(summary, width), style),
    section('Notes', summary.notes.flatMap(note => noteLines(note, width)).join('\n'), style),
  ]
  return `${blocks.filter(block => block !== '').join('\n\n')}\n`
}

function noteLines(note: string, width: number): string[] {
  return wrapText(readable(note), width - indent.length).map(line => indent + line)
}

const formatNames: Readonly<Record<string, string>> = {
  azure: 'Azure LLM inference trace',
  burstgpt: 'BurstGPT',
  vidur: 'Vidur lengths',
  csv: 'CSV',
  'json-lines': 'JSON lines',
  mooncake: 'Mooncake',
  bailian: 'Qwen-Bailian',
  llmservingsim: 'LLMServingSim',
  'aiperf-single-turn': 'AIPerf single_turn',
  'aiperf-multi-turn': 'AIPerf multi_turn',
  'aiperf-mooncake-sessions': 'AIPerf mooncake_trace with sessions',
  'agent-sessions': 'agent sessions',
  servegen: 'ServeGen client model',
}

function describeFormat(format: string): string {
  return format
    .split(', ')
    .map(name => formatNames[name] ?? name)
    .join(', ')
}

function arrivalPairs({
  requestsPerSecond,
  gapVariation,
  peakRequestsPerMinute,
  spanSeconds,
  tickSeconds,
}: ArrivalStatistics): Pair[] {
  const peak =
    peakRequestsPerMinute === null
      ? []
      : [
          [
            'busiest minute',
            `${plural(Math.round(peakRequestsPerMinute), 'request')}, ${formatSignificant(peakRequestsPerMinute / 60)}/s`,
          ] as const,
        ]
  return [
    ['rate', requestsPerSecond === null ? missing : `${formatSignificant(requestsPerSecond)} requests/s`],
    ...peak,
    [
      'gaps',
      gapVariation === null
        ? `${missing} (variation not known)`
        : `coefficient of variation ${formatSignificant(gapVariation)} (Poisson: 1)`,
    ],
    ...(spanSeconds > 0 && tickSeconds > 0
      ? [['times', `rounded to ${duration(tickSeconds)}`] as const]
      : []),
  ]
}

const right = (header: string): TableColumn => ({ header, align: 'right' })
const quantileColumns = [right('mean'), right('p50'), right('p90'), right('p99'), right('max'), right('CV')]

function quantileCells(values: Distribution, format: (value: number) => string): string[] {
  const { mean, p50, p90, p99, maximum, variation } = values
  return [...[mean, p50, p90, p99, maximum].map(value => format(value)), formatSignificant(variation)]
}

function lengthTable({ inputTokens, outputTokens, lengthCorrelation }: TraceSummary, width: number): string {
  const row = (name: string, values: Distribution) => [
    name,
    ...quantileCells(values, wholeOrShort),
    formatLarge(values.total),
  ]
  const table = renderTable(
    [{ header: '' }, ...quantileColumns, right('in all')],
    [row('input', inputTokens), row('output', outputTokens)],
    { indent, maximumWidth: width },
  )
  if (lengthCorrelation === null) return table
  const { pearson, spearman } = lengthCorrelation
  return `${table}\n${indent}correlation of input and output ${signed(pearson)}, of their ranks ${signed(spearman)}`
}

/** Two decimals, and no minus before a zero. */
function signed(correlation: number): string {
  return (Math.round(correlation * 100) / 100 + 0).toFixed(2)
}

function wholeOrShort(value: number): string {
  return value >= 100 ? formatCount(value) : formatSignificant(value)
}

function reusePairs({ reuse, statedCachedShare }: TraceSummary): Pair[] {
  const pairs: Pair[] = []
  if (statedCachedShare !== null)
    pairs.push(['stated', `${percent(statedCachedShare)} of prompt tokens were cached`])
  if (reuse === null) return pairs
  const { share, withinSessionShare, distinctTokens, tokensPerBlock, cachedTokens } = reuse
  pairs.push([
    'infinite cache',
    `${percent(share)} of prompt tokens (${formatLarge(cachedTokens)}), by blocks of ${tokensPerBlock}`,
  ])
  if (withinSessionShare !== null) {
    pairs.push([
      'within sessions',
      `${percent(withinSessionShare)}; from other sessions ${percent(share - withinSessionShare)}`,
    ])
  }
  pairs.push(['different tokens', `${formatLarge(distinctTokens)}: what such a cache would hold in the end`])
  return pairs
}

function sessionTable(
  { sessions, turns, thinkSeconds, startGapSeconds }: SessionStatistics,
  width: number,
): string {
  const row = (name: string, values: Distribution | null, format: (value: number) => string) =>
    values === null ? [] : [[name, ...quantileCells(values, format), formatCount(values.count)]]
  const rows = [
    ...row('turns', turns, formatSignificant),
    ...row('think time', thinkSeconds, duration),
    ...row('start to start', startGapSeconds, duration),
  ]
  const table = renderTable([{ header: '' }, ...quantileColumns, right('of')], rows, {
    indent,
    maximumWidth: width,
  })
  return `${indent}${plural(sessions, 'session')}\n${table}`
}

function modelTable({ models, requests }: TraceSummary, width: number): string {
  if (models.length === 0) return ''
  const rows = models.map(({ name, requests: own }) => [name, formatCount(own), percent(own / requests)])
  return renderTable([{ header: 'name' }, right('requests'), right('share')], rows, {
    indent,
    maximumWidth: width,
  })
}

/** Three digits: reuse of 96.3 % and of 96.7 % are not the same. */
function percent(share: number): string {
  return `${formatSignificant(100 * share)} %`
}

/** 12 ms, 3.20 s, 40.0 min, 2.5 h, 14.0 days. */
function duration(seconds: number): string {
  if (seconds === 0) return '0 s'
  if (seconds >= 48 * 3600) return `${formatSignificant(seconds / 86_400)} days`
  if (seconds >= 2 * 3600) return `${formatSignificant(seconds / 3600)} h`
  return formatMilliseconds(seconds * 1000)
}
