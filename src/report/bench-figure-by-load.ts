/** What users wait for, load by load, as SVG. */
import type { BenchPoint, BenchResult, LoadPoint } from '../measure/bench-result.ts'
import { headlineLatency, tellsTokens } from './bench-facts.ts'
import {
  type DrawnMetric,
  limitsOf,
  metricColors,
  metricNames,
  shortLoadName,
  valueAt,
} from './bench-figure-parts.ts'
import { formatMilliseconds, formatSignificant } from './format-number.ts'
import type { Markup } from './markup.ts'
import { type IntervalSeries, intervalPlot } from './svg-interval-plot.ts'

const axisNames: Readonly<Record<LoadPoint['kind'], string>> = {
  concurrency: 'users at once',
  sessions: 'sessions at once',
  rate: 'requests/s asked for',
  schedule: 'load',
}

/** Median and p95, least load first where loads are of one kind; null for a single load. */
export function latencyByLoadFigure(result: BenchResult): Markup | null {
  if (result.points.length < 2) return null
  const sizes = sizesOf(result.points)
  const points =
    sizes === null ? result.points : result.points.toSorted((a, b) => sizes.get(a)! - sizes.get(b)!)
  const metrics: readonly DrawnMetric[] = tellsTokens(result) ? ['ttft', 'tpot'] : ['endToEnd']
  const series = metrics.flatMap(metric =>
    ([0.5, 0.95] as const).map(
      (q): IntervalSeries => ({
        name: `${metricNames[metric]} p${q * 100}`,
        color: metricColors[metric],
        hollow: q !== 0.5,
        values: points.map(point => valueAt(result, point, metric, q)),
      }),
    ),
  )
  return intervalPlot(series, {
    title: 'Latency by load',
    description: points
      .map(point => {
        const latency = headlineLatency(result, point)
        const words = metrics.map(
          metric => `${metricNames[metric]} p95 ${formatMilliseconds(latency[metric].p95Ms)}`,
        )
        return `${shortLoadName(point.load)}: ${words.join(', ')}`
      })
      .join('; '),
    categories: points.map(point =>
      sizes === null ? shortLoadName(point.load) : loadText(sizes.get(point)!),
    ),
    xLabel: sizes === null ? 'load' : axisNames[points[0]!.load.kind],
    limits: limitsOf(result, metrics),
  })
}

/** How large each load is; null when loads are of several kinds or have no size. */
function sizesOf(points: readonly BenchPoint[]): ReadonlyMap<BenchPoint, number> | null {
  if (new Set(points.map(({ load }) => load.kind)).size > 1) return null
  const sizes = new Map<BenchPoint, number>()
  for (const point of points) {
    const { kind, concurrency, requestsPerSecond } = point.load
    const size = kind === 'rate' ? requestsPerSecond : kind === 'schedule' ? null : concurrency
    if (size === null) return null
    sizes.set(point, size)
  }
  return sizes
}

function loadText(load: number): string {
  return Number.isInteger(load) ? load.toFixed(0) : formatSignificant(load)
}
