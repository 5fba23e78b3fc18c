/**
 * A measurement as points of the performance model, in the plain form that `calibrate` reads (docs/guides/calibrate.md): what
 * served, the load, mean lengths as the server counted them, mean latencies.
 */
import type { BenchPoint } from '../measure/bench-result.ts'
import type { RequestShape } from '../perf/deployment.ts'
import { csvCell } from './plan-csv.ts'

/** What served, in the words of the columns; '' for what nobody said, which is then as `simulate` assumes it. */
export interface MeasuredLayout {
  readonly model: string
  /** `8xh200` */
  readonly hardware: string
  readonly engine: string
  readonly precision: string
  readonly tp: string
  readonly pp: string
  readonly dp: string
  readonly ep: string
  readonly replicas: string
  readonly engineVersion: string
  /** YYYY-MM-DD */
  readonly date: string
}

export interface ShapedPoint {
  readonly point: BenchPoint
  /** Of served requests; null when nothing was served. */
  readonly shape: RequestShape | null
}

const header = [
  'id',
  'model',
  'hardware',
  'engine',
  'precision',
  'tp',
  'pp',
  'dp',
  'ep',
  'replicas',
  'isl',
  'osl',
  'isl_cv',
  'osl_cv',
  'cached_tokens',
  'concurrency',
  'rate_per_s',
  'ttft_ms',
  'tpot_ms',
  'tokens_per_s',
  'board_watts',
  'engine_version',
  'date',
] as const

/** Rows of loads that served something and are not invalid; null when there is none. */
export function benchPointsCsv(layout: MeasuredLayout, points: readonly ShapedPoint[]): string | null {
  const rows = points.flatMap(({ point, shape }) => {
    const { load, summary, verdict, energy, client } = point
    if (shape === null || verdict.level === 'invalid') return []
    const rates = summary.steady ?? summary.fullRun
    const closed = load.kind === 'concurrency' || load.kind === 'sessions'
    const cells: Readonly<Record<(typeof header)[number], string | number | null>> = {
      id: load.name,
      ...layout,
      isl: shape.inputTokens,
      osl: shape.outputTokens,
      isl_cv: shape.inputVariation,
      osl_cv: shape.outputVariation,
      cached_tokens: shape.cachedTokens,
      concurrency: closed ? load.concurrency : null,
      rate_per_s: closed ? null : (client.achievedRequestsPerSecond ?? load.requestsPerSecond),
      ttft_ms: summary.latency.ttftService.meanMs,
      tpot_ms: summary.latency.tpot.meanMs,
      tokens_per_s: rates.totalTokensPerSecond,
      board_watts: energy !== null && energy.powerBasis === 'board' ? energy.meanWatts : null,
      engine_version: layout.engineVersion,
    }
    return [header.map(name => csvCell(cells[name] === null ? '' : cells[name])).join(',')]
  })
  return rows.length === 0 ? null : `${header.join(',')}\n${rows.join('\n')}\n`
}
