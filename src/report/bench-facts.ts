/** What a measurement showed, as rows of words, which the terminal and the page lay out each in its own way. */
import type { BenchPoint, BenchResult } from '../measure/bench-result.ts'
import type { VerdictLevel } from '../measure/verdict.ts'
import {
  formatCount,
  formatLimit,
  formatMilliseconds,
  formatSignificant,
  formatUsd,
  formatUsdPerMillionTokens,
  plural,
} from './format-number.ts'
import type { Pair, Table } from './plan-facts.ts'
import { formatShare, seconds } from './simulation-units.ts'
import { metricNames } from './words.ts'

const right = { align: 'right' } as const

/** The clock's latencies of a point: response counts from the schedule, service from the moment of sending. */
export function headlineLatency(result: BenchResult, point: BenchPoint) {
  const { latency } = point.summary
  const response = result.clock === 'response'
  return {
    ttft: response ? latency.ttftResponse : latency.ttftService,
    tpot: latency.tpot,
    endToEnd: response ? latency.endToEndResponse : latency.endToEndService,
  }
}

/** Tokens per second of the steady window, of the whole run where there is none; null without tokens. */
export function tokenRates({ summary }: BenchPoint): {
  readonly output: number | null
  readonly total: number | null
  readonly requests: number | null
} {
  const { steady, fullRun } = summary
  return {
    output: steady?.outputTokensPerSecond ?? fullRun.outputTokensPerSecond,
    total: steady?.totalTokensPerSecond ?? fullRun.totalTokensPerSecond,
    requests: steady?.requestsPerSecond ?? fullRun.requestsPerSecond,
  }
}

export function isSpeech({ points }: BenchResult): boolean {
  return points.some(({ transcription }) => transcription !== null)
}

/** Answers come token by token, so that TTFT and TPOT mean something. */
export function tellsTokens({ endpoint, points }: BenchResult): boolean {
  return endpoint.streaming && points.some(({ summary }) => summary.latency.tpot.count > 0)
}

interface Column {
  readonly header: string
  /** Which half of the table it belongs to, where it is printed in two. */
  readonly part: 'speed' | 'worth'
  readonly leftAligned?: boolean
  /** Null: not known of this load. */
  readonly of: (point: BenchPoint) => string | null
}

function pointColumns(result: BenchResult): Column[] {
  const rate = (value: number | null) => (value === null ? null : formatSignificant(value))
  const time = (value: number | null) => (value === null ? null : formatMilliseconds(value))
  const some = (count: number) => (count === 0 ? null : formatCount(count))
  const latency = (point: BenchPoint) => headlineLatency(result, point)
  const requests = ({ summary }: BenchPoint) => summary.requests
  const latencies: readonly Column[] = tellsTokens(result)
    ? [
        { header: 'TTFT p50', part: 'speed', of: point => time(latency(point).ttft.p50Ms) },
        { header: 'p95', part: 'speed', of: point => time(latency(point).ttft.p95Ms) },
        { header: 'TPOT p50', part: 'speed', of: point => time(latency(point).tpot.p50Ms) },
        { header: 'p95', part: 'speed', of: point => time(latency(point).tpot.p95Ms) },
      ]
    : [
        { header: 'E2E p50', part: 'speed', of: point => time(latency(point).endToEnd.p50Ms) },
        { header: 'p95', part: 'speed', of: point => time(latency(point).endToEnd.p95Ms) },
      ]
  const speech = isSpeech(result)
  return [
    { header: 'served', part: 'speed', of: point => formatCount(requests(point).served) },
    { header: 'failed', part: 'worth', of: point => some(requests(point).failed) },
    { header: 'rejected', part: 'worth', of: point => some(requests(point).rejected) },
    ...latencies,
    { header: 'req/s', part: 'worth', of: point => rate(tokenRates(point).requests) },
    ...(speech
      ? [
          {
            header: 'audio ×',
            part: 'worth',
            of: (point: BenchPoint) => rate(point.transcription?.realTimeFactorThroughput ?? null),
          } as const,
        ]
      : [
          {
            header: tellsTokens(result) ? 'out tok/s' : 'tok/s',
            part: 'worth',
            of: (point: BenchPoint) =>
              rate(tellsTokens(result) ? tokenRates(point).output : tokenRates(point).total),
          } as const,
        ]),
    {
      header: 'goodput',
      part: 'worth',
      of: ({ summary }) =>
        result.objectives.length === 0 || summary.goodput.share === null
          ? null
          : formatShare(summary.goodput.share),
    },
    {
      header: speech ? '$/audio h' : '$/Mtok',
      part: 'worth',
      of: ({ transcription, cost }) => {
        const usd = speech ? transcription?.usdPerAudioHour : cost?.perMillionTokens.blended
        return usd == null ? null : speech ? formatUsd(usd) : formatUsdPerMillionTokens(usd)
      },
    },
    { header: 'verdict', part: 'worth', leftAligned: true, of: ({ verdict }) => verdict.level },
  ]
}

/** One row a load: how fast, how good, how dear, how sure; or one half of it. What no load tells has no column. */
export function pointTable(result: BenchResult, part: Column['part'] | 'all' = 'all'): Table {
  const columns = pointColumns(result)
    .filter(column => part === 'all' || column.part === part)
    .filter(({ of }) => result.points.some(point => of(point) !== null))
  return {
    columns: [
      { header: 'load' },
      ...columns.map(({ header, leftAligned }) => (leftAligned === true ? { header } : { header, ...right })),
    ],
    rows: result.points.map(point => [point.load.name, ...columns.map(({ of }) => of(point) ?? '–')]),
  }
}

/** Each objective, and whether it holds. */
export function benchObjectiveTable({ summary }: BenchPoint): Table {
  return {
    columns: [
      { header: 'objective' },
      { header: 'limit', ...right },
      { header: 'reached', ...right },
      { header: '' },
    ],
    rows: summary.objectives.map(({ objective, valueMs, valueWithMissesMs, met }) => [
      `${metricNames[objective.metric]} ${objective.statistic}`,
      formatLimit(objective.limitMs),
      valueWithMissesMs === null && met === false
        ? 'never'
        : formatMilliseconds(valueWithMissesMs ?? valueMs),
      met === null ? 'no request tells' : met ? 'met' : 'missed',
    ]),
  }
}

/** What met every objective at once; null without objectives. */
export function benchGoodputSentence(result: BenchResult, { summary }: BenchPoint): string | null {
  const { goodput, requests, steady, fullRun } = summary
  if (result.objectives.length === 0 || goodput.share === null) return null
  const rates = steady ?? fullRun
  const lost = requests.rejected + requests.failed
  return (
    `Goodput: ${formatShare(goodput.share)} of ${plural(goodput.met + goodput.missed, 'request')} within every limit` +
    `${lost === 0 ? '' : ' (rejected and failed ones count as missed)'}, ` +
    `${formatSignificant(rates.goodRequestsPerSecond ?? 0)} requests/s` +
    `${tellsTokens(result) ? `, ${formatSignificant(rates.goodOutputTokensPerSecond ?? 0)} output tokens/s` : ''}.`
  )
}

/** ` at concurrency 16`; nothing where there is one load only. */
export function atLoad({ points }: BenchResult, { load }: BenchPoint): string {
  return points.length > 1 ? ` at ${load.name}` : ''
}

export const levelWords: Readonly<Record<VerdictLevel, string>> = {
  valid: 'every check passed',
  suspect: 'read the reasons before using it',
  invalid: 'it says little of the server',
}

/** Who was measured, and how much. */
export function endpointPairs({ endpoint, points, seed }: BenchResult): Pair[] {
  const engine =
    endpoint.engine === null
      ? 'engine not told'
      : `${endpoint.engine}${endpoint.engineVersion === null ? '' : ` ${endpoint.engineVersion}`}`
  const inAll = points.reduce((sum, point) => sum + point.summary.durationSeconds, 0)
  return [
    [
      'endpoint',
      `${endpoint.url} (${endpoint.endpoint}${endpoint.streaming ? ', streamed' : ''}), ${engine}`,
    ],
    ['model', endpoint.model],
    ['measured', `${plural(points.length, 'load')}, ${seconds(inAll)} in all, seed ${seed}`],
  ]
}

/** Requests that were not served, by load and reason. */
export function failureLines({ points }: BenchResult): string[] {
  return points.flatMap(({ load, summary }) =>
    Object.entries(summary.requests.byReason)
      .filter(([, count]) => count > 0)
      .map(
        ([reason, count]) =>
          `${load.name}: ${plural(count, 'request')} not served: ${reason === '' ? 'no reason given' : reason}`,
      ),
  )
}
