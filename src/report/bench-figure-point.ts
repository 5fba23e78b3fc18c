/** Figures of one load of a measurement, as SVG: latencies, what went on over time, and what was paid for. */
import type { BenchPoint, BenchResult } from '../measure/bench-result.ts'
import { isSpeech, tellsTokens } from './bench-facts.ts'
import {
  type DrawnMetric,
  figureWidth,
  limitsOf,
  metricColors,
  metricNames,
  valueAt,
} from './bench-figure-parts.ts'
import { formatMilliseconds, formatPercent, formatUsd, formatUsdPerMillionTokens } from './format-number.ts'
import type { Markup } from './markup.ts'
import { latencyFigure } from './simulation-figure-latency.ts'
import { seconds } from './simulation-units.ts'
import { barFigure, type FigureBar } from './svg-bars.ts'
import { intervalPlot } from './svg-interval-plot.ts'
import { type TimeMark, type TimePanel, timePanels } from './svg-time-panels.ts'
import { coarser, line, powerPanel } from './timeline-panels.ts'

const quantiles = [0.5, 0.9, 0.95, 0.99, 0.999] as const

function drawnMetrics(result: BenchResult): readonly DrawnMetric[] {
  return tellsTokens(result) ? ['endToEnd', 'ttft', 'tpot'] : ['endToEnd']
}

/** Latencies by share of the requests; null without curves. */
export function benchCurvesFigure(result: BenchResult, { curves }: BenchPoint): Markup | null {
  if (curves === null) return null
  const drawn = tellsTokens(result) ? curves : { ...curves, ttft: null, tpot: null, interToken: null }
  return latencyFigure({ curves: drawn, objectives: result.objectives })
}

/** Percentiles with their intervals; null where nothing was served. */
export function percentileFigure(result: BenchResult, point: BenchPoint): Markup | null {
  const metrics = drawnMetrics(result)
  const drawn = quantiles.filter(q => metrics.some(metric => valueAt(result, point, metric, q) !== null))
  const series = metrics.map(metric => ({
    name: metricNames[metric],
    color: metricColors[metric],
    hollow: false,
    values: drawn.map(q => valueAt(result, point, metric, q)),
  }))
  return intervalPlot(series, {
    title: 'Percentiles with their confidence intervals',
    description: series
      .map(
        ({ name, values }) =>
          `${name}: ${values.map((value, index) => `${quantileName(drawn[index]!)} ${formatMilliseconds(value?.value ?? null)}`).join(', ')}`,
      )
      .join('; '),
    categories: drawn.map(quantileName),
    xLabel: 'percentile of the requests',
    limits: limitsOf(result, metrics),
  })
}

function quantileName(q: number): string {
  return `p${Number((q * 100).toFixed(3))}`
}

/** Load on the left, what came of it on the right; empty for a run in which nothing was sent. */
export function benchTimelineFigures(result: BenchResult, point: BenchPoint): Markup[] {
  const { timeline, summary } = point
  if (!(timeline.endSeconds > 0) || timeline.inFlight.every(level => level === 0)) return []
  const panel = (heading: string, values: readonly number[], reach: number) =>
    line(heading, coarser(timeline, values), reach)
  const tokens = !isSpeech(result)
  const load = [panel('requests in flight', timeline.inFlight, 1), ratePanel(result, point)]
  const output = [
    ...(tokens ? [panel('input tokens per second', timeline.inputTokensPerSecond, 1)] : []),
    ...(tellsTokens(result) ? [panel('output tokens per second', timeline.outputTokensPerSecond, 1)] : []),
    powerPanel(timeline),
  ].filter(one => one !== null)
  const asHighAs = Math.max(load.length, output.length)
  const { steady } = summary
  const figure = (title: string, panels: readonly TimePanel[]) =>
    timePanels(panels, {
      title,
      description: `From 0 to ${seconds(timeline.endSeconds)}: ${panels.map(({ heading }) => heading).join('; ')}`,
      endSeconds: timeline.endSeconds,
      marks: warmUpMark(point),
      window: steady === null ? null : { fromSeconds: steady.startSeconds, toSeconds: steady.endSeconds },
      asHighAs,
    })
  return [
    figure('Load over the run', load),
    ...(output.length === 0 ? [] : [figure('Tokens over the run', output)]),
  ]
}

/** Per second: users who think for minutes send that few. */
const leastRequestRate = 0.01

function ratePanel({ objectives }: BenchResult, { timeline }: BenchPoint): TimePanel {
  const served = coarser(timeline, timeline.requestsPerSecond)
  if (objectives.length === 0) return line('requests served per second', served, leastRequestRate)
  const good = coarser(timeline, timeline.goodRequestsPerSecond)
  return {
    heading: 'requests per second',
    reach: leastRequestRate,
    series: [
      { name: 'served', shape: 'line', color: 'muted', points: served },
      { name: 'within every limit', shape: 'line', color: 'series-1', points: good },
    ],
  }
}

function warmUpMark({ summary }: BenchPoint): TimeMark[] {
  const from = summary.fullRun.startSeconds
  return summary.requests.warmUp === 0 || !(from > 0)
    ? []
    : [{ label: 'measured from here on', fromSeconds: from, toSeconds: from }]
}

/** From the hourly price to the tokens it paid for; null when nothing was paid, or for speech. */
export function benchBillFigure({ cost, transcription }: BenchPoint): Markup | null {
  if (cost === null || transcription !== null) return null
  const { allocation, usdPerHour } = cost
  const bill = Number(allocation.billNanoUsd)
  if (!(bill > 0)) return null
  const cached = allocation.cachedInputNanoUsd !== '0'
  const parts: readonly (readonly [string, string])[] = [
    [cached ? 'uncached input' : 'input', allocation.uncachedInputNanoUsd],
    ...(cached ? [['cached input', allocation.cachedInputNanoUsd] as const] : []),
    ['output', allocation.outputNanoUsd],
    ...(allocation.idleNanoUsd === '0' ? [] : [['idle', allocation.idleNanoUsd] as const]),
  ]
  const bars = parts.map(([name, nanoUsd]): FigureBar => {
    const value = (Number(nanoUsd) / bill) * usdPerHour
    return { name, value, text: `${formatUsd(value)}/h`, highlighted: name !== 'idle' }
  })
  return barFigure(bars, {
    title: `What ${formatUsd(usdPerHour)} per hour pays for`,
    description: bars.map(({ name, text }) => `${name} ${text}`).join(', '),
    whole: usdPerHour,
    width: figureWidth,
  })
}

/** What a token costs when the same deployment is used less; null without a price, or for speech. */
export function loadFactorFigure({ cost, transcription }: BenchPoint): Markup | null {
  if (cost === null || transcription !== null || cost.byLoadFactor.length < 2) return null
  const bars = cost.byLoadFactor.map(
    ({ loadFactor, usdPerMillionTokens }): FigureBar => ({
      name: `${formatPercent(loadFactor)} used`,
      value: usdPerMillionTokens,
      text: formatUsdPerMillionTokens(usdPerMillionTokens),
      highlighted: loadFactor === 1,
    }),
  )
  return barFigure(bars, {
    title: 'Dollars per million tokens by how much of this load there is on average',
    description: bars.map(({ name, text }) => `${name} ${text}`).join(', '),
    whole: null,
    width: figureWidth,
  })
}
