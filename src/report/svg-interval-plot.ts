/** Values with their uncertainty, side by side on one logarithmic axis of time; limits drawn in. */
import { type Axis, logAxis, positionOn } from './axis-ticks.ts'
import { formatLimit } from './format-number.ts'
import { type Box, boxAround, boxesAlong, overlap, spread } from './label-places.ts'
import { element, type Markup } from './markup.ts'
import { labelWidth, svgFigure, svgText } from './svg-figure.ts'
import { horizontalGrid, linesThrough, type SeriesClass } from './svg-lines.ts'

/** Milliseconds; an end is null where nothing bounds it. */
export interface IntervalValue {
  readonly value: number
  readonly low: number | null
  readonly high: number | null
}

export interface IntervalSeries {
  /** Written where the series ends. */
  readonly name: string
  readonly color: SeriesClass
  /** Rings instead of dots, dashes instead of a line: tells two series of one colour apart. */
  readonly hollow: boolean
  /** One for each category; null: not known. */
  readonly values: readonly (IntervalValue | null)[]
}

export interface IntervalPlotOptions {
  readonly title: string
  readonly description: string
  readonly categories: readonly string[]
  readonly xLabel: string
  readonly limits: readonly {
    readonly limitMs: number
    readonly words: string
    readonly color: SeriesClass
  }[]
}

const width = 500
const height = 330
const plot: Box = { left: 52, top: 14, right: width - 86, bottom: height - 44 }
const fontSize = 12.5
const lineHeight = 15
/** Times are whole microseconds: what is shorter is drawn at the foot of the axis. */
const shortestMs = 0.001
const capWidth = 4
/** What is drawn of a bar whose end is not known. */
const openLength = 13

/** Null where nothing is known. */
export function intervalPlot(series: readonly IntervalSeries[], options: IntervalPlotOptions): Markup | null {
  const { categories, limits } = options
  const known = series.filter(({ values }) => values.some(value => value !== null))
  const seen = [
    ...known.flatMap(({ values }) =>
      values.flatMap(value => (value === null ? [] : [value.value, value.low, value.high])),
    ),
    ...limits.map(({ limitMs }) => limitMs),
  ].filter(ms => ms !== null && ms >= shortestMs) as number[]
  if (known.length === 0 || seen.length === 0) return null
  const axis = axisOf(seen)
  const room = (plot.right - plot.left) / categories.length
  const gap = Math.min(apart, (mostOfCategory * room) / Math.max(1, known.length - 1))
  const place: Places = {
    x: (category, rank = 0, of = 1) => plot.left + (category + 0.5) * room + (rank - (of - 1) / 2) * gap,
    y: ms => plot.bottom - positionOn(axis, Math.max(ms, axis.low)) * (plot.bottom - plot.top),
  }
  const taken = known.flatMap((one, rank) => boxesOf(one, rank, known.length, place))
  return svgFigure(
    { width, height, title: options.title, description: options.description },
    ...horizontalGrid(
      plot,
      axis.ticks.map(tick => ({ y: place.y(tick), label: formatLimit(tick) })),
    ),
    element('line', { class: 'axis', x1: plot.left, x2: plot.right, y1: plot.bottom, y2: plot.bottom }),
    ...categoryNames(categories, place),
    svgText(plot.right, plot.bottom + 37, `${options.xLabel} →`, { class: 'axis-label', anchor: 'end' }),
    ...limits.map(({ limitMs, color }) =>
      element('line', {
        class: `limit ${color}`,
        x1: plot.left,
        x2: plot.right,
        y1: place.y(limitMs),
        y2: place.y(limitMs),
      }),
    ),
    ...known.flatMap((one, rank) => drawSeries(one, rank, known.length, place)),
    ...limitNames(limits, taken, place),
    ...endNames(known, place),
  )
}

/** Series stand beside each other, so that their bars do not hide each other: so far apart, within so much of a category. */
const apart = 9
const mostOfCategory = 0.4

interface Places {
  readonly x: (category: number, rank?: number, of?: number) => number
  readonly y: (ms: number) => number
}

function axisOf(seen: readonly number[]): Axis {
  const low = seen.reduce((a, b) => Math.min(a, b))
  const high = seen.reduce((a, b) => Math.max(a, b))
  // Even a single value gets a stretch of axis.
  return logAxis(low, Math.max(high, 2 * low))
}

function drawSeries(
  { color, hollow, values }: IntervalSeries,
  rank: number,
  of: number,
  { x, y }: Places,
): Markup[] {
  const points = values.map(
    (value, index) => [x(index, rank, of), value === null ? null : y(value.value)] as const,
  )
  return [
    element('g', { class: hollow ? 'dashed' : null }, ...linesThrough(points, color)),
    ...values.flatMap((value, index) => (value === null ? [] : whisker(value, x(index, rank, of), y, color))),
    ...points.flatMap(([cx, cy]) =>
      cy === null
        ? []
        : [element('circle', { class: `${hollow ? 'limit-point' : 'dot'} ${color}`, cx, cy, r: 3.4 })],
    ),
  ]
}

/** A bar with a cap at each known end; dotted towards an end that nothing bounds. */
function whisker(
  { value, low, high }: IntervalValue,
  x: number,
  y: (ms: number) => number,
  color: SeriesClass,
): Markup[] {
  if (low === null && high === null) return []
  const middle = y(value)
  const bar = (end: number, open: boolean) =>
    element('line', { class: `whisker ${color}${open ? ' open' : ''}`, x1: x, x2: x, y1: middle, y2: end })
  const cap = (at: number) =>
    element('line', { class: `whisker ${color}`, x1: x - capWidth, x2: x + capWidth, y1: at, y2: at })
  return [
    bar(low === null ? Math.min(plot.bottom, middle + openLength) : y(low), low === null),
    bar(high === null ? Math.max(plot.top, middle - openLength) : y(high), high === null),
    ...(low === null ? [] : [cap(y(low))]),
    ...(high === null ? [] : [cap(y(high))]),
  ]
}

/** As many names as fit beside each other, the last one always. */
function categoryNames(categories: readonly string[], { x }: Places): Markup[] {
  const room = (plot.right - plot.left) / categories.length
  const widest = categories.reduce((most, name) => Math.max(most, labelWidth(name, fontSize)), 0)
  const every = Math.max(1, Math.ceil((widest + 6) / room))
  const last = categories.length - 1
  return categories.flatMap((name, index) =>
    (last - index) % every === 0
      ? [svgText(x(index), plot.bottom + 17, name, { class: 'tick', anchor: 'middle' })]
      : [],
  )
}

function boxesOf({ values }: IntervalSeries, rank: number, of: number, { x, y }: Places): Box[] {
  const points = values.flatMap((value, index) =>
    value === null ? [] : [{ x: x(index, rank, of), y: y(value.value), value }],
  )
  return points.flatMap((point, index) => {
    const { low, high } = point.value
    const next = points[index + 1]
    const bar = { left: point.x - capWidth, right: point.x + capWidth }
    return [
      boxAround(point.x, point.y, capWidth),
      { ...bar, top: high === null ? point.y : y(high), bottom: low === null ? point.y : y(low) },
      ...(next === undefined ? [] : boxesAlong({ x1: point.x, y1: point.y, x2: next.x, y2: next.y })),
    ]
  })
}

/** Above its line or below it, where the words hide nothing; at the line's start when there is no such place. */
function limitNames(limits: IntervalPlotOptions['limits'], taken: readonly Box[], { y }: Places): Markup[] {
  const placed: Box[] = [...taken]
  return limits.map(({ limitMs, words, color }) => {
    const wide = labelWidth(words, fontSize)
    const start = plot.left + 6
    const room = Math.max(0, plot.right - wide - 6 - start)
    const places = [y(limitMs) - 5, y(limitMs) + lineHeight].flatMap(baseline =>
      [0, 0.2, 0.4, 0.6, 0.8, 1].map(share => ({ from: start + share * room, baseline })),
    )
    const boxOf = ({ from, baseline }: (typeof places)[number]): Box => ({
      left: from - 2,
      right: from + wide,
      top: baseline - fontSize,
      bottom: baseline + 3,
    })
    const free =
      places.find(
        place => place.baseline < plot.bottom && !placed.some(other => overlap(boxOf(place), other)),
      ) ?? places[0]!
    placed.push(boxOf(free))
    return svgText(free.from, free.baseline, words, { class: `series-name halo ${color}` })
  })
}

function endNames(series: readonly IntervalSeries[], { y }: Places): Markup[] {
  const places = spread(
    series.map(({ values }) => y(values.findLast(value => value !== null)!.value) + 4),
    lineHeight,
  )
  return series.map(({ name, color }, index) =>
    svgText(plot.right + 8, places[index]!, name, { class: `series-name ${color}` }),
  )
}
