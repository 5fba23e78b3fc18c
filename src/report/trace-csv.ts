/** Statistics of a trace as CSV: a header and one row, so that the rows of many traces make a table. */
import type { Distribution } from '../workload/trace-distribution.ts'
import type { TraceSummary } from '../workload/trace-statistics.ts'
import { csvCell } from './plan-csv.ts'

type Cell = string | number | null
type Column = readonly [name: string, value: (summary: TraceSummary) => Cell]

const columns: readonly Column[] = [
  ['source', ({ source }) => source],
  ['format', ({ format }) => format],
  ['requests', ({ requests }) => requests],
  ['left_out', ({ leftOut }) => leftOut],
  ['span_seconds', ({ arrivals }) => arrivals?.spanSeconds ?? null],
  ['requests_per_second', ({ arrivals }) => arrivals?.requestsPerSecond ?? null],
  ['gap_variation', ({ arrivals }) => arrivals?.gapVariation ?? null],
  ['peak_requests_per_minute', ({ arrivals }) => arrivals?.peakRequestsPerMinute ?? null],
  ['tick_seconds', ({ arrivals }) => arrivals?.tickSeconds ?? null],
  ...distributionColumns('input_tokens', ({ inputTokens }) => inputTokens),
  ...distributionColumns('output_tokens', ({ outputTokens }) => outputTokens),
  ['length_correlation', ({ lengthCorrelation }) => lengthCorrelation?.pearson ?? null],
  ['length_rank_correlation', ({ lengthCorrelation }) => lengthCorrelation?.spearman ?? null],
  ['block_tokens', ({ reuse }) => reuse?.tokensPerBlock ?? null],
  ['reuse_share', ({ reuse }) => reuse?.share ?? null],
  ['reuse_within_session_share', ({ reuse }) => reuse?.withinSessionShare ?? null],
  ['distinct_tokens', ({ reuse }) => reuse?.distinctTokens ?? null],
  ['stated_cached_share', ({ statedCachedShare }) => statedCachedShare],
  ['sessions', ({ sessions }) => sessions?.sessions ?? null],
  ...distributionColumns('turns', ({ sessions }) => sessions?.turns ?? null),
  ...distributionColumns('think_seconds', ({ sessions }) => sessions?.thinkSeconds ?? null),
  ['models', ({ models }) => models.map(({ name }) => name).join('; ')],
]

function distributionColumns(
  name: string,
  of: (summary: TraceSummary) => Distribution | null,
): readonly Column[] {
  const column = (part: string, value: (values: Distribution) => number): Column => [
    `${name}_${part}`,
    summary => {
      const values = of(summary)
      return values === null ? null : value(values)
    },
  ]
  return [
    column('mean', ({ mean }) => mean),
    column('p50', ({ p50 }) => p50),
    column('p90', ({ p90 }) => p90),
    column('p99', ({ p99 }) => p99),
    column('max', ({ maximum }) => maximum),
    column('variation', ({ variation }) => variation),
  ]
}

export function renderTraceCsv(summary: TraceSummary): string {
  const lines = [columns.map(([name]) => name), columns.map(([, value]) => value(summary))]
  return `${lines.map(cells => cells.map(csvCell).join(',')).join('\r\n')}\r\n`
}
