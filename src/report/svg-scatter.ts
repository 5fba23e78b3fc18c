/** A scatter plot with a front drawn as a line and labels put where they hide nothing. */
import { type Axis, axisFor, linearAxis, positionOn, tickLabel } from './axis-ticks.ts'
import { element, type Markup } from './markup.ts'
import { labelWidth, svgFigure, svgText } from './svg-figure.ts'

export interface ScatterPoint {
  readonly x: number
  readonly y: number
  /** Shown when the pointer rests on it. */
  readonly title: string
  /** Written beside the point where there is room; null = no label. */
  readonly label: string | null
  readonly role: 'front' | 'other' | 'chosen'
}

export interface ScatterOptions {
  readonly title: string
  readonly description: string
  readonly xLabel: string
  readonly yLabel: string
}

interface Box {
  readonly left: number
  readonly top: number
  readonly right: number
  readonly bottom: number
}

const width = 640
const height = 380
const plot: Box = { left: 58, top: 34, right: width - 18, bottom: height - 46 }
const fontSize = 12.5

export function scatterFigure(points: readonly ScatterPoint[], options: ScatterOptions): Markup {
  const xAxis = linearAxis(
    points.map(point => point.x),
    6,
    true,
  )
  const yAxis = axisFor(
    points.map(point => point.y),
    5,
  )
  const x = (value: number) => plot.left + positionOn(xAxis, value) * (plot.right - plot.left)
  const y = (value: number) => plot.bottom - positionOn(yAxis, value) * (plot.bottom - plot.top)
  const front = points.filter(point => point.role !== 'other').toSorted((a, b) => a.x - b.x)
  const drawn = points.toSorted((a, b) => drawingOrder(a) - drawingOrder(b))
  return svgFigure(
    { width, height, title: options.title, description: options.description },
    ...axes(xAxis, yAxis, x, y, options),
    front.length > 1
      ? element('polyline', {
          class: 'front-line',
          points: front.map(point => `${x(point.x).toFixed(1)},${y(point.y).toFixed(1)}`).join(' '),
        })
      : null,
    ...drawn.map(point =>
      element(
        'circle',
        { cx: x(point.x), cy: y(point.y), r: radius(point), class: `point ${point.role}` },
        element('title', {}, point.title),
      ),
    ),
    ...labels(points, lineBoxes(front, x, y), x, y),
  )
}

function drawingOrder(point: ScatterPoint): number {
  return { other: 0, front: 1, chosen: 2 }[point.role]
}

function radius(point: ScatterPoint): number {
  return { other: 3, front: 4, chosen: 6.5 }[point.role]
}

function axes(
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

/** Greedy: the chosen point first, then the front, each at the first place that is free, or not at all. */
function labels(
  points: readonly ScatterPoint[],
  line: readonly Box[],
  x: (value: number) => number,
  y: (value: number) => number,
): Markup[] {
  const boxOf = (point: ScatterPoint) => around(x(point.x), y(point.y), radius(point) + 1)
  const others = points.filter(point => point.role === 'other').map(boxOf)
  const taken: Box[] = [...line, ...points.filter(point => point.role !== 'other').map(boxOf)]
  const drawn: Markup[] = []
  for (const point of points.toSorted((a, b) => drawingOrder(b) - drawingOrder(a))) {
    if (point.label === null) continue
    const at = { x: x(point.x), y: y(point.y) }
    const size = labelWidth(point.label, fontSize)
    const possible = places(at.x, at.y, size, radius(point) + 5)
    const place = (point.role === 'chosen' ? possible : possible.slice(0, nearPlaces)).find(
      ({ box }) =>
        inside(box) &&
        !taken.some(other => overlap(box, other)) &&
        // The chosen point is named even where it covers a grey one.
        (point.role === 'chosen' || !others.some(other => overlap(box, other))),
    )
    if (!place) continue
    taken.push(place.box)
    drawn.push(
      svgText(place.x, place.y, point.label, {
        class: `point-label ${point.role}`,
        anchor: place.anchor,
      }),
    )
  }
  return drawn
}

/** Small boxes along the front's line, which labels keep clear of. */
function lineBoxes(
  front: readonly ScatterPoint[],
  x: (value: number) => number,
  y: (value: number) => number,
): Box[] {
  return front.slice(1).flatMap((point, index) => {
    const from = front[index]!
    return Array.from({ length: 24 }, (_, step) => {
      const share = step / 24
      return around(x(from.x + (point.x - from.x) * share), y(from.y + (point.y - from.y) * share), 1)
    })
  })
}

/** The first places lie close to the point; the chosen point may be named from further away. */
const nearPlaces = 6

interface Place {
  readonly x: number
  readonly y: number
  readonly anchor: 'start' | 'middle' | 'end'
  readonly box: Box
}

/** Right, left, above, below, above right, below right, further up. */
function places(x: number, y: number, size: number, distance: number): Place[] {
  const place = (anchor: Place['anchor'], atX: number, baseline: number): Place => {
    const left = anchor === 'start' ? atX : anchor === 'end' ? atX - size : atX - size / 2
    return {
      x: atX,
      y: baseline,
      anchor,
      box: { left, right: left + size, top: baseline - fontSize, bottom: baseline + 3 },
    }
  }
  return [
    place('start', x + distance, y + 4),
    place('end', x - distance, y + 4),
    place('middle', x, y - distance - 1),
    place('middle', x, y + distance + fontSize - 2),
    place('start', x + distance - 3, y - distance),
    place('start', x + distance - 3, y + distance + fontSize - 4),
    place('start', x + distance, y - 2 * fontSize),
    place('end', x - distance, y - fontSize),
  ]
}

function around(x: number, y: number, distance: number): Box {
  return { left: x - distance, right: x + distance, top: y - distance, bottom: y + distance }
}

function inside(box: Box): boolean {
  return (
    box.left >= plot.left && box.right <= width - 2 && box.top >= plot.top - 12 && box.bottom <= plot.bottom
  )
}

function overlap(a: Box, b: Box): boolean {
  return a.left < b.right && b.left < a.right && a.top < b.bottom && b.top < a.bottom
}
