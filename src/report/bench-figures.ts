/** A measurement's figures over all its loads, as SVG: cost against interactivity, and latency by load. */
import type { BenchPoint, BenchResult } from '../measure/bench-result.ts'
import type { PercentileInterval } from '../measure/percentile-interval.ts'
import type { VerdictLevel } from '../measure/verdict.ts'
import { headlineLatency, isSpeech, tellsTokens, tokenRates } from './bench-facts.ts'
import { bestPoint } from './bench-headline.ts'
import { cutToWidth } from './display-width.ts'
import {
  formatMilliseconds,
  formatSignificant,
  formatUsd,
  formatUsdPerMillionTokens,
} from './format-number.ts'
import type { Markup } from './markup.ts'
import { type IntervalSeries, type IntervalValue, intervalPlot } from './svg-interval-plot.ts'
import type { SeriesClass } from './svg-lines.ts'
import { type PointMark, type ScatterBand, type ScatterPoint, scatterFigure } from './svg-scatter.ts'
import { describeObjective } from './words.ts'

/** As wide as the other figures of the page, so that text has one size. */
export const figureWidth = 500
/** Names of loads are short unless somebody made them long. */
const longestName = 24

const marks: Readonly<Record<VerdictLevel, PointMark>> = {
  valid: 'dot',
  suspect: 'diamond',
  invalid: 'cross',
}

interface Quantity {
  readonly label: string
  readonly of: (point: BenchPoint) => number | null
  readonly text: (value: number) => string
}

const interactivity: Quantity = {
  label: 'tokens/s per user (1 ÷ TPOT p50)',
  of: ({ summary }) => summary.interactivity.p50,
  text: value => `${formatSignificant(value)} tokens/s per user`,
}
const audioSpeed: Quantity = {
  label: 'times as fast as a file plays',
  of: ({ transcription }) => transcription?.realTimeFactorMean ?? null,
  text: value => `${formatSignificant(value)} × as fast as a file plays`,
}
const tokenCost: Quantity = {
  label: '$ per million tokens',
  of: ({ cost }) => cost?.perMillionTokens.blended ?? null,
  text: value => `${formatUsdPerMillionTokens(value)} per million tokens`,
}
const audioCost: Quantity = {
  label: '$ per hour of audio',
  of: ({ transcription }) => transcription?.usdPerAudioHour ?? null,
  text: value => `${formatUsd(value)} per hour of audio`,
}
const throughput: Quantity = {
  label: 'tokens/s (input + output)',
  of: point => tokenRates(point).total,
  text: value => `${formatSignificant(value)} tokens/s`,
}
const audioThroughput: Quantity = {
  label: 'hours of audio per hour',
  of: ({ transcription }) => transcription?.realTimeFactorThroughput ?? null,
  text: value => `${formatSignificant(value)} hours of audio per hour`,
}

/** What the figure shows: dollars when every drawn load has a price, else throughput. */
export function paretoQuantities(result: BenchResult): {
  readonly x: Quantity
  readonly y: Quantity
  readonly priced: boolean
} {
  const speech = isSpeech(result)
  const price = speech ? audioCost : tokenCost
  const priced = result.points.some(point => price.of(point) !== null)
  return {
    x: speech ? audioSpeed : interactivity,
    y: priced ? price : speech ? audioThroughput : throughput,
    priced,
  }
}

/** One point a load, its verdict in shape and word. Null where fewer than two things are to be compared. */
export function paretoFigure(result: BenchResult): Markup | null {
  const { x, y, priced } = paretoQuantities(result)
  const best = bestPoint(result)
  const placed = result.points.flatMap(point => {
    const [across, up] = [x.of(point), y.of(point)]
    return across === null || up === null ? [] : [{ point, x: across, y: up }]
  })
  const band = priced ? predictedBand(result) : []
  if (placed.length + band.length < 2) return null
  const beats = (a: number, b: number) => (priced ? a < b : a > b)
  const onFront = (one: (typeof placed)[number]) =>
    !placed.some(
      other =>
        other !== one &&
        other.x >= one.x &&
        !beats(one.y, other.y) &&
        (other.x > one.x || beats(other.y, one.y)),
    )
  const points = placed.map((one): ScatterPoint => {
    const { load, verdict } = one.point
    const name = cutToWidth(load.name, longestName)
    return {
      x: one.x,
      y: one.y,
      title: `${name}: ${x.text(one.x)}, ${y.text(one.y)}; ${verdict.level}`,
      label: verdict.level === 'valid' ? name : `${name}, ${verdict.level}`,
      role: one.point === best ? 'chosen' : onFront(one) ? 'front' : 'other',
      mark: marks[verdict.level],
    }
  })
  return scatterFigure(points, {
    title: priced ? 'Cost against interactivity' : 'Throughput against interactivity',
    description: points.map(({ title }) => title).join('. '),
    xLabel: x.label,
    yLabel: y.label,
    band,
    width: figureWidth,
  })
}

/** Whether the figure has a band, for its caption. */
export function hasPredictedBand(result: BenchResult): boolean {
  return paretoQuantities(result).priced && predictedBand(result).length > 0
}

/** Dollars as the plan predicted them, where it predicted the speed of a user. */
function predictedBand(result: BenchResult): ScatterBand[] {
  if (isSpeech(result)) return []
  return result.points.flatMap(({ prediction }) => {
    const row = (name: string) => prediction?.rows.find(one => one.name === name)
    const cost = row('usd per million tokens')
    const tpot = row('TPOT mean')
    if (cost === undefined || tpot === undefined || !(tpot.predicted > 0)) return []
    const { predicted, low, high } = cost
    return low === null || high === null ? [] : [{ x: 1000 / tpot.predicted, low, value: predicted, high }]
  })
}

const mostSeries = 4

/** Median and p95 of what users wait for, load by load in the order of the loads; null for a single load. */
export function latencyByLoadFigure(result: BenchResult): Markup | null {
  if (result.points.length < 2) return null
  const size = ({ load }: BenchPoint) => load.concurrency ?? load.requestsPerSecond ?? 0
  const kinds = new Set(result.points.map(({ load }) => load.kind))
  const points = kinds.size === 1 ? result.points.toSorted((a, b) => sizeOf(a) - sizeOf(b)) : result.points
  function sizeOf(point: BenchPoint): number {
    return point.load.kind === 'rate' ? (point.load.requestsPerSecond ?? 0) : size(point)
  }
  const [first] = points
  const kind = kinds.size === 1 ? first!.load.kind : null
  const named = kind === 'concurrency' || kind === 'sessions' || kind === 'rate'
  const tokens = tellsTokens(result)
  const metrics = tokens ? (['ttft', 'tpot'] as const) : (['endToEnd'] as const)
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
  return intervalPlot(series.slice(0, mostSeries), {
    title: 'Latency by load',
    description: points
      .map(point => {
        const latency = headlineLatency(result, point)
        return `${cutToWidth(point.load.name, longestName)}: ${metrics.map(metric => `${metricNames[metric]} p95 ${formatMilliseconds(latency[metric].p95Ms)}`).join(', ')}`
      })
      .join('; '),
    categories: points.map(point =>
      named ? formatLoad(sizeOf(point)) : cutToWidth(point.load.name, longestName),
    ),
    xLabel:
      kind === 'rate'
        ? 'requests/s asked for'
        : kind === 'sessions'
          ? 'sessions at once'
          : kind === 'concurrency'
            ? 'users at once'
            : 'load',
    limits: limitsOf(result, tokens),
  })
}

export const metricNames = { ttft: 'TTFT', tpot: 'TPOT', endToEnd: 'E2E' } as const
export const metricColors: Readonly<Record<keyof typeof metricNames, SeriesClass>> = {
  ttft: 'series-1',
  tpot: 'series-2',
  endToEnd: 'series-4',
}
const metricOfObjective = { ttft: 'ttft', tpot: 'tpot', e2e: 'endToEnd' } as const

/** Objectives on what is drawn. */
export function limitsOf({ objectives }: BenchResult, tokens: boolean, all = false) {
  return objectives
    .filter(({ metric }) => all || (metric === 'e2e') !== tokens)
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
  metric: keyof typeof metricNames,
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
): Readonly<Record<keyof typeof metricNames, readonly PercentileInterval[]>> {
  const open = clock === 'response'
  return {
    ttft: open ? intervals.ttftResponse : intervals.ttftService,
    tpot: intervals.tpot,
    endToEnd: open ? intervals.endToEndResponse : intervals.endToEndService,
  }
}

function formatLoad(load: number): string {
  return Number.isInteger(load) ? load.toFixed(0) : formatSignificant(load)
}
