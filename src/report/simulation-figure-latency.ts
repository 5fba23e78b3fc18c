/** Latencies of a run by share of the requests, on one logarithmic axis, with the objectives drawn in. */
import { logAxis, positionOn } from './axis-ticks.ts'
import { formatLimit, formatMilliseconds } from './format-number.ts'
import { type Box, spread } from './label-places.ts'
import { element, type Markup } from './markup.ts'
import type { CurveName, LatencyCurves, SimulationReport } from './simulation-report.ts'
import { labelWidth, svgFigure, svgText } from './svg-figure.ts'
import { horizontalGrid, linesThrough, type SeriesClass } from './svg-lines.ts'
import { describeObjective } from './words.ts'

const width = 500
const height = 330
const plot: Box = { left: 52, top: 14, right: width - 92, bottom: height - 44 }
const fontSize = 12.5
const lineHeight = 15

const curveStyles: Readonly<Record<CurveName, { readonly name: string; readonly color: SeriesClass }>> = {
  endToEnd: { name: 'end to end', color: 'series-4' },
  ttft: { name: 'TTFT', color: 'series-1' },
  tpot: { name: 'TPOT', color: 'series-2' },
  interToken: { name: 'ITL', color: 'series-3' },
}

const curveOfMetric = { ttft: 'ttft', tpot: 'tpot', e2e: 'endToEnd' } as const

/** Times are whole microseconds: what is shorter is drawn at the foot of the axis. */
const shortestMs = 0.001

/** Shares that are named on the axis. */
const namedShares = [0, 0.25, 0.5, 0.75, 0.9, 0.99] as const

interface Curve {
  readonly name: string
  readonly color: SeriesClass
  readonly values: readonly number[]
}

/** Null where nothing was measured. */
export function latencyFigure({
  curves,
  objectives,
}: Pick<SimulationReport, 'curves' | 'objectives'>): Markup | null {
  const drawn = curves === null ? [] : curvesOf(curves)
  const seen = drawn.flatMap(({ values }) => values.filter(value => value >= shortestMs))
  if (seen.length === 0) return null
  const limits = objectives.map(({ limitMs }) => limitMs)
  const all = [...seen, ...limits.filter(limit => limit >= shortestMs)]
  // Even a single value gets a stretch of axis.
  const axis = logAxis(least(all), Math.max(most(all), 2 * least(all)))
  const x = (share: number) => plot.left + share * (plot.right - plot.left)
  const y = (ms: number) => plot.bottom - positionOn(axis, Math.max(ms, axis.low)) * (plot.bottom - plot.top)
  return svgFigure(
    {
      width,
      height,
      title: 'Latency by share of the requests',
      description: drawn
        .map(({ name, values }) => {
          const middle = values[Math.floor(values.length / 2)]!
          return `${name}: median ${formatMilliseconds(middle)}, longest ${formatMilliseconds(values.at(-1)!)}`
        })
        .join('; '),
    },
    ...horizontalGrid(
      plot,
      axis.ticks.map(tick => ({ y: y(tick), label: formatLimit(tick) })),
    ),
    ...namedShares.flatMap(share => [
      element('line', { class: 'grid', x1: x(share), x2: x(share), y1: plot.top, y2: plot.bottom }),
      svgText(x(share), plot.bottom + 17, shareName(share), {
        class: 'tick',
        anchor: share === 0 ? 'start' : 'middle',
      }),
    ]),
    element('line', { class: 'axis', x1: plot.left, x2: plot.right, y1: plot.bottom, y2: plot.bottom }),
    svgText(plot.right, plot.bottom + 37, 'share of requests (ITL: of tokens) that are faster →', {
      class: 'axis-label',
      anchor: 'end',
    }),
    ...drawn.flatMap(({ values, color }) =>
      linesThrough(
        values.map((ms, index) => [x(index / (values.length - 1)), y(ms)]),
        color,
      ),
    ),
    ...objectiveLines(objectives, drawn, x, y),
    ...endLabels(drawn, y),
  )
}

function shareName(share: number): string {
  return share === 0 ? 'least' : `p${share * 100}`
}

function curvesOf(curves: LatencyCurves): Curve[] {
  const names: readonly CurveName[] = ['endToEnd', 'ttft', 'tpot', 'interToken']
  return names.flatMap(name => {
    const values = curves[name]
    return values === null || values.length < 2 ? [] : [{ ...curveStyles[name], values }]
  })
}

/** A dashed line at each limit; a ring where it says which share has to be within. */
function objectiveLines(
  objectives: SimulationReport['objectives'],
  drawn: readonly Curve[],
  x: (share: number) => number,
  y: (ms: number) => number,
): Markup[] {
  const places = spread(
    objectives.map(({ limitMs }) => y(limitMs) - 7),
    lineHeight,
  )
  return objectives.flatMap((objective, index) => {
    const { color } = curveStyles[curveOfMetric[objective.metric]]
    const level = y(objective.limitMs)
    const share = objective.statistic === 'mean' ? null : Number(objective.statistic.slice(1)) / 100
    const words = describeObjective(objective)
    const place = places[index]!
    return [
      element('line', { class: `limit ${color}`, x1: plot.left, x2: plot.right, y1: level, y2: level }),
      share === null
        ? null
        : element('circle', { class: `limit-point ${color}`, cx: x(share), cy: level, r: 3.5 }),
      svgText(clearPlace(words, place, drawn, x, y), place, words, { class: `series-name halo ${color}` }),
    ].filter(part => part !== null)
  })
}

/** Where along the line the words hide no curve; at its start when there is no such place. */
function clearPlace(
  words: string,
  baseline: number,
  drawn: readonly Curve[],
  x: (share: number) => number,
  y: (ms: number) => number,
): number {
  const start = plot.left + 6
  const wide = labelWidth(words, fontSize)
  const starts = [0, 0.25, 0.5, 1].map(share => start + share * (plot.right - wide - 16 - start))
  const hides = (from: number) =>
    drawn.some(({ values }) =>
      values.some((ms, index) => {
        const at = x(index / (values.length - 1))
        const height = y(ms)
        return at > from - 3 && at < from + wide + 3 && height > baseline - fontSize && height < baseline + 4
      }),
    )
  return starts.find(from => !hides(from)) ?? start
}

/** Names of the curves where they end, moved apart where they would touch. */
function endLabels(drawn: readonly Curve[], y: (ms: number) => number): Markup[] {
  const places = spread(
    drawn.map(({ values }) => y(values.at(-1)!) + 4),
    lineHeight,
  )
  const room = width - plot.right - 8
  return drawn.map(({ name, color }, index) =>
    svgText(plot.right + 8, places[index]!, labelWidth(name, fontSize) > room ? name.slice(0, 10) : name, {
      class: `series-name ${color}`,
    }),
  )
}

function least(values: readonly number[]): number {
  return values.reduce((a, b) => Math.min(a, b), Number.POSITIVE_INFINITY)
}

function most(values: readonly number[]): number {
  return values.reduce((a, b) => Math.max(a, b), 0)
}
