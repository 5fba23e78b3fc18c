/** Latencies of one load with their uncertainty, as rows of words. */
import type { BenchPoint, BenchResult } from '../measure/bench-result.ts'
import type { PercentileInterval } from '../measure/percentile-interval.ts'
import type { LatencySummary } from '../metrics/latency-summary.ts'
import { formatMilliseconds, formatSignificant, missing } from './format-number.ts'
import type { Table } from './plan-facts.ts'

const right = { align: 'right' } as const

export interface MeasuredLatency {
  readonly name: string
  readonly summary: LatencySummary
  /** Null where none are computed. */
  readonly intervals: readonly PercentileInterval[] | null
}

/** Latencies that have values; the result's clock goes without saying. Of answers in one piece only E2E means something. */
export function measuredLatencies(
  { clock, endpoint }: BenchResult,
  { summary, intervals }: BenchPoint,
): MeasuredLatency[] {
  const { latency } = summary
  const open = clock === 'response'
  const all: readonly MeasuredLatency[] = [
    {
      name: 'TTFT',
      summary: open ? latency.ttftResponse : latency.ttftService,
      intervals: open ? intervals.ttftResponse : intervals.ttftService,
    },
    { name: 'TPOT', summary: latency.tpot, intervals: intervals.tpot },
    { name: 'ITL', summary: latency.interToken, intervals: null },
    {
      name: 'E2E',
      summary: open ? latency.endToEndResponse : latency.endToEndService,
      intervals: open ? intervals.endToEndResponse : intervals.endToEndService,
    },
    // The other clock only where it may differ.
    ...(open
      ? [
          { name: 'TTFT sent', summary: latency.ttftService, intervals: intervals.ttftService },
          { name: 'E2E sent', summary: latency.endToEndService, intervals: intervals.endToEndService },
        ]
      : []),
  ]
  return all.filter(
    ({ name, summary: { count } }) => count > 0 && (endpoint.streaming || name.startsWith('E2E')),
  )
}

/** Enough for a terminal; the page shows p90 too. */
export const fewQuantiles = [0.5, 0.95, 0.99] as const
export const manyQuantiles = [0.5, 0.9, 0.95, 0.99] as const

/**
 * Mean, percentiles and the largest value of each latency of a load. Below a row with intervals stands where its percentiles lie;
 * below that, when requests were lost, the percentiles with these as never answered.
 */
export function benchLatencyTable(
  result: BenchResult,
  point: BenchPoint,
  quantiles: readonly number[] = fewQuantiles,
): Table {
  const { rejected, failed } = point.summary.requests
  return {
    columns: [
      { header: 'latency' },
      { header: 'mean', ...right },
      ...quantiles.map(q => ({ header: quantileName(q), ...right })),
      { header: 'max', ...right },
    ],
    rows: measuredLatencies(result, point).flatMap(({ name, summary, intervals }) => {
      const at = (q: number) => intervals?.find(interval => interval.q === q)
      const row = [
        name,
        formatMilliseconds(summary.meanMs),
        ...quantiles.map(q => formatMilliseconds(quantileOf(summary, q) ?? at(q)?.valueMs ?? null)),
        formatMilliseconds(summary.maximumMs),
      ]
      const bounds = quantiles.map(q => intervalWords(at(q)))
      const withErrors = quantiles.map(q => {
        const interval = at(q)
        return interval === undefined
          ? missing
          : interval.valueWithErrorsMs === null
            ? 'never'
            : formatMilliseconds(interval.valueWithErrorsMs)
      })
      return [
        row,
        ...(bounds.every(words => words === '') ? [] : [['', '', ...bounds, '']]),
        ...(rejected + failed === 0 || intervals === null ? [] : [['  + lost', '', ...withErrors, '']]),
      ]
    }),
  }
}

function quantileName(q: number): string {
  return `p${Number((q * 100).toFixed(3))}`
}

function quantileOf(summary: LatencySummary, q: number): number | null {
  switch (q) {
    case 0.5:
      return summary.p50Ms
    case 0.9:
      return summary.p90Ms
    case 0.95:
      return summary.p95Ms
    case 0.99:
      return summary.p99Ms
    default:
      return null
  }
}

/** What the rows and signs of the table mean, as far as it has them. */
export function latencyLegend(result: BenchResult, { summary, intervals }: BenchPoint): string {
  const { rejected, failed } = summary.requests
  const confidence = `${Number((intervals.confidence * 100).toPrecision(4))} %`
  return [
    `below a percentile: where it lies with ${confidence} confidence (… : too few requests to bound it)`,
    ...(rejected + failed === 0 ? [] : ['+ lost: with rejected and failed requests as never answered']),
    `${result.endpoint.streaming ? 'TTFT and E2E count' : 'E2E counts'} from when a request was ` +
      (result.clock === 'response' ? 'due, “sent” from when it was sent' : 'sent'),
  ].join('; ')
}

/** `321–381`, in the unit in which the percentile itself is printed; '' where nothing bounds it. */
function intervalWords(interval: PercentileInterval | undefined): string {
  if (interval === undefined) return ''
  const { valueMs, lowMs, highMs } = interval
  if (valueMs === null || (lowMs === null && highMs === null)) return ''
  const perMs = unitsPerMs(valueMs)
  const end = (value: number | null) => (value === null ? '…' : formatSignificant(value * perMs))
  return `${end(lowMs)}–${end(highMs)}`
}

/** As formatMilliseconds chooses its unit. */
function unitsPerMs(ms: number): number {
  if (ms >= 600_000) return 1 / 60_000
  if (Number(ms.toPrecision(3)) >= 1000) return 1e-3
  return ms > 0 && ms < 0.1 ? 1e3 : 1
}
