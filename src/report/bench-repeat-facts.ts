/** Loads that were measured more than once: how far their runs lie apart. */
import type { BenchPoint, BenchResult } from '../measure/bench-result.ts'
import { furtherRunsNeeded, summariseRuns } from '../measure/repeated-runs.ts'
import { headlineLatency, tokenRates } from './bench-facts.ts'
import {
  formatMilliseconds,
  formatPercent,
  formatSignificant,
  formatUsdPerMillionTokens,
  missing,
} from './format-number.ts'
import type { Table } from './plan-facts.ts'

interface Figure {
  readonly name: string
  readonly of: (point: BenchPoint, result: BenchResult) => number | null
  readonly format: (value: number) => string
}

const figures: readonly Figure[] = [
  {
    name: '$/Mtok',
    of: ({ cost }) => cost?.perMillionTokens.blended ?? null,
    format: formatUsdPerMillionTokens,
  },
  { name: 'output tokens/s', of: point => tokenRates(point).output, format: formatSignificant },
  {
    name: 'TTFT p50',
    of: (point, result) => headlineLatency(result, point).ttft.p50Ms,
    format: formatMilliseconds,
  },
  {
    name: 'TTFT p95',
    of: (point, result) => headlineLatency(result, point).ttft.p95Ms,
    format: formatMilliseconds,
  },
  { name: 'TPOT p50', of: point => point.summary.latency.tpot.p50Ms, format: formatMilliseconds },
]

/** A mean that is known this well is worth quoting with two digits. Assumed. */
const wantedError = 0.02

/** One row a figure of each load that has several runs; no rows where none has. */
export function repeatTable(result: BenchResult): Table {
  const right = { align: 'right' } as const
  const loads = Map.groupBy(result.points, ({ load }) => load.name)
  const rows = [...loads].flatMap(([name, points]) => {
    if (points.length < 2) return []
    return figures.flatMap(({ name: figure, of, format }) => {
      const values = points.map(point => of(point, result)).filter(value => value !== null)
      if (values.length < 2) return []
      const { mean, cv, low, high } = summariseRuns(values)
      const more = furtherRunsNeeded(values, wantedError)
      return [
        [
          name,
          figure,
          String(values.length),
          mean === null ? missing : format(mean),
          cv === null ? missing : formatPercent(cv),
          low === null || high === null ? missing : `${format(low)} – ${format(high)}`,
          more === null ? missing : more === 0 ? 'none' : String(more),
        ],
      ]
    })
  })
  return {
    columns: [
      { header: 'repeated' },
      { header: 'figure' },
      { header: 'runs', ...right },
      { header: 'mean', ...right },
      { header: 'CV', ...right },
      { header: '95 % interval of the mean', ...right },
      { header: 'more runs for ±2 %', ...right },
    ],
    rows,
  }
}
