/** What figures of a measurement share: names, colours, limits, and percentiles with their intervals. */
import type { BenchPoint, BenchResult, LoadPoint } from '../measure/bench-result.ts'
import type { PercentileInterval } from '../measure/percentile-interval.ts'
import { headlineLatency } from './bench-facts.ts'
import { cutToWidth } from './display-width.ts'
import type { IntervalPlotOptions, IntervalValue } from './svg-interval-plot.ts'
import type { SeriesClass } from './svg-lines.ts'
import { describeObjective } from './words.ts'

/** As wide as the other figures of the page, so that text has one size. */
export const figureWidth = 500

/** Names of loads are short unless somebody made them long. */
const longestName = 24

export function shortLoadName({ name }: LoadPoint): string {
  return cutToWidth(name, longestName)
}

export const metricNames = { ttft: 'TTFT', tpot: 'TPOT', endToEnd: 'E2E' } as const
export type DrawnMetric = keyof typeof metricNames
export const metricColors: Readonly<Record<DrawnMetric, SeriesClass>> = {
  ttft: 'series-1',
  tpot: 'series-2',
  endToEnd: 'series-4',
}
const metricOfObjective = { ttft: 'ttft', tpot: 'tpot', e2e: 'endToEnd' } as const

/** Objectives on what is drawn. */
export function limitsOf(
  { objectives }: BenchResult,
  drawn: readonly DrawnMetric[],
): IntervalPlotOptions['limits'] {
  return objectives
    .filter(({ metric }) => drawn.includes(metricOfObjective[metric]))
    .map(objective => ({
      limitMs: objective.limitMs,
      words: describeObjective(objective),
      color: metricColors[metricOfObjective[objective.metric]],
    }))
}

/** A percentile with its interval; null without values. */
export function valueAt(
  result: BenchResult,
  point: BenchPoint,
  metric: DrawnMetric,
  q: number,
): IntervalValue | null {
  const interval = intervalsOf(result, point)[metric].find(one => one.q === q)
  const latency = headlineLatency(result, point)[metric]
  const value = interval?.valueMs ?? (q === 0.5 ? latency.p50Ms : q === 0.95 ? latency.p95Ms : null)
  return value === null ? null : { value, low: interval?.lowMs ?? null, high: interval?.highMs ?? null }
}

function intervalsOf(
  { clock }: BenchResult,
  { intervals }: BenchPoint,
): Readonly<Record<DrawnMetric, readonly PercentileInterval[]>> {
  const open = clock === 'response'
  return {
    ttft: open ? intervals.ttftResponse : intervals.ttftService,
    tpot: intervals.tpot,
    endToEnd: open ? intervals.endToEndResponse : intervals.endToEndService,
  }
}
