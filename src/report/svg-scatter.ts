/** A scatter plot with a front drawn as a line and labels put where they hide nothing. */
import { type Axis, axisFor, linearAxis, positionOn, tickLabel } from './axis-ticks.ts'
import {
  type Box,
  boxAround,
  boxesAlong,
  farPlaces,
  type LabelledPoint,
  nearPlaces,
  overlap,
  type Place,
} from './label-places.ts'
import { element, type Markup } from './markup.ts'
import { labelWidth, svgFigure, svgText } from './svg-figure.ts'
import { bandMarks, type PointMark, pointMark } from './svg-scatter-marks.ts'

export type { PointMark } from './svg-scatter-marks.ts'

export interface ScatterPoint {
  readonly x: number
  readonly y: number
  /** Shown when the pointer rests on it. */
  readonly title: string
  /** Written beside the point where there is room, or in any case (`named`); null = no label. */
  readonly label: string | null
  readonly role: 'front' | 'other' | 'chosen'
  /** Its label must be seen, if need be at the end of a thin line. The chosen point's is in any case. */
  readonly named?: boolean
  /** How the point is drawn. Default: dot. */
  readonly mark?: PointMark
}

/** A range of y at an x, e.g. of a prediction. */
export interface ScatterBand {
  readonly x: number
  readonly low: number
  readonly value: number
  readonly high: number
}

export interface ScatterOptions {
  readonly title: string
  readonly description: string
  readonly xLabel: string
  readonly yLabel: string
  /** Drawn behind the points, as an area along x; a single one as a line with two ends. */
  readonly band?: readonly ScatterBand[]
  /** Values of y that span more than this factor are drawn on a logarithmic axis. Default: decades. */
  readonly logFrom?: number
  /** In figure units; a narrower figure has larger text. Default: 640. */
  readonly width?: number
}

const height = 380
const fontSize = 12.5
/** Right of the plot a label may reach so far. */
const rightMargin = 18

function plotOf(width: number): Box {
  return { left: 58, top: 34, right: width - rightMargin, bottom: height - 46 }
}

export function scatterFigure(points: readonly ScatterPoint[], options: ScatterOptions): Markup {
  const { width = 640, band = [], logFrom } = options
  const plot = plotOf(width)
  const xAxis = linearAxis(
    [...points, ...band].map(({ x }) => x),
    6,
    true,
  )
  const yAxis = axisFor(
    [...points.map(({ y }) => y), ...band.flatMap(({ low, high }) => [low, high])],
    5,
    logFrom,
  )
  const x = (value: number) => plot.left + positionOn(xAxis, value) * (plot.right - plot.left)
  const y = (value: number) => plot.bottom - positionOn(yAxis, value) * (plot.bottom - plot.top)
  const front = points.filter(point => point.role !== 'other').toSorted((a, b) => a.x - b.x)
  const drawn = points.toSorted((a, b) => drawingOrder(a) - drawingOrder(b))
  return svgFigure(
    { width, height, title: options.title, description: options.description },
    ...axes(plot, xAxis, yAxis, x, y, options),
    ...bandMarks(
      band
        .toSorted((a, b) => a.x - b.x)
        .map(at => ({
          x: x(at.x),
          low: y(at.low),
          value: y(at.value),
          high: y(at.high),
        })),
    ),
    front.length > 1
      ? element('polyline', {
          class: 'front-line',
          points: front.map(point => `${x(point.x).toFixed(1)},${y(point.y).toFixed(1)}`).join(' '),
        })
      : null,
    ...drawn.map(point =>
      pointMark(
        { mark: point.mark ?? 'dot', looks: point.role, title: point.title },
        x(point.x),
        y(point.y),
        radius(point),
      ),
    ),
    ...labels(plot, points, lineBoxes(front, x, y), x, y),
  )
}

function drawingOrder(point: ScatterPoint): number {
  return { other: 0, front: 1, chosen: 2 }[point.role]
}

function radius(point: ScatterPoint): number {
  return { other: 3, front: 4, chosen: 6.5 }[point.role]
}

function axes(
  plot: Box,
  xAxis: Axis,
  yAxis: Axis,
  x: (value: number) => number,
  y: (value: number) => number,
  options: ScatterOptions,
): Markup[] {
  return [
    ...yAxis.ticks.flatMap(tick => [
      element('line', { class: 'grid', x1: plot.left, x2: plot.right, y1: y(tick), y2: y(tick) }),
      svgText(plot.left - 8, y(tick) + 4, tickLabel(tick, yAxis), { class: 'tick', anchor: 'end' }),
    ]),
    ...xAxis.ticks.map(tick =>
      svgText(x(tick), plot.bottom + 18, tickLabel(tick, xAxis), { class: 'tick', anchor: 'middle' }),
    ),
    element('line', { class: 'axis', x1: plot.left, x2: plot.right, y1: plot.bottom, y2: plot.bottom }),
    svgText(plot.left - 50, 16, options.yLabel, { class: 'axis-label' }),
    svgText(plot.right, plot.bottom + 38, `${options.xLabel} →`, { class: 'axis-label', anchor: 'end' }),
  ]
}

/** Greedy: the chosen point first, then the front, each at the first place that is free. Only it and named points always have one. */
function labels(
  plot: Box,
  points: readonly ScatterPoint[],
  line: readonly Box[],
  x: (value: number) => number,
  y: (value: number) => number,
): Markup[] {
  const boxOf = (point: ScatterPoint) => boxAround(x(point.x), y(point.y), radius(point) + 1)
  const others = points.filter(point => point.role === 'other').map(boxOf)
  const taken: Box[] = [...line, ...points.filter(point => point.role !== 'other').map(boxOf)]
  const drawn: Markup[] = []
  for (const point of points.toSorted((a, b) => drawingOrder(b) - drawingOrder(a))) {
    if (point.label === null) continue
    const place = placeOf(
      {
        x: x(point.x),
        y: y(point.y),
        radius: radius(point),
        width: labelWidth(point.label, fontSize) * (point.role === 'chosen' ? boldWidening : 1),
        fontSize,
      },
      plot,
      point.role === 'chosen' || point.named === true,
      taken,
      others,
    )
    if (!place) continue
    taken.push(place.box, ...(place.leader ? boxesAlong(place.leader) : []))
    if (place.leader) drawn.push(element('line', { class: 'leader', ...place.leader }))
    drawn.push(
      svgText(place.x, place.y, point.label, {
        class: `point-label ${point.role}`,
        anchor: place.anchor,
      }),
    )
  }
  return drawn
}

/** Letters of the chosen point's label are bold. */
const boldWidening = 1.08

/**
 * Close by where nothing is hidden. The chosen point is named in any case: next from further away, then over grey
 * points, at last wherever the label fits.
 */
function placeOf(
  point: LabelledPoint,
  plot: Box,
  always: boolean,
  taken: readonly Box[],
  others: readonly Box[],
): Place | undefined {
  const near = nearPlaces(point).filter(({ box }) => inside(box, plot))
  const hides = (boxes: readonly Box[], box: Box) => boxes.some(other => overlap(box, other))
  const clear = ({ box }: Place) => !hides(taken, box) && !hides(others, box)
  const found = near.find(clear)
  if (found !== undefined || !always) return found
  const far = farPlaces(point).filter(({ box }) => inside(box, plot))
  return (
    far.find(place => clear(place) && !crosses(place, taken)) ??
    [...near, ...far].find(({ box }) => !hides(taken, box)) ??
    near[0] ??
    far[0]
  )
}

/** Whether the leader runs over the front; where it leaves the point, it always touches it. */
function crosses({ leader }: Place, taken: readonly Box[]): boolean {
  if (leader === null) return false
  const away = boxesAlong(leader).slice(6)
  return taken.some(other => away.some(box => overlap(box, other)))
}

/** Small boxes along the front's line, which labels keep clear of. */
function lineBoxes(
  front: readonly ScatterPoint[],
  x: (value: number) => number,
  y: (value: number) => number,
): Box[] {
  return front.slice(1).flatMap((point, index) => {
    const from = front[index]!
    return boxesAlong({ x1: x(from.x), y1: y(from.y), x2: x(point.x), y2: y(point.y) })
  })
}

function inside(box: Box, plot: Box): boolean {
  return (
    box.left >= plot.left &&
    box.right <= plot.right + rightMargin - 2 &&
    box.top >= plot.top - 12 &&
    box.bottom <= plot.bottom
  )
}
