/** Draws one Pareto figure with Observable Plot. Loaded when first needed. */
import * as Plot from '@observablehq/plot'
import { axisFor } from '../../src/report/axis-ticks.ts'
import type { CurvePoint, UprightAxis } from './curves.ts'
import { endLabels, labelCharacterWidth, nameHeight, namesAbove } from './end-labels.ts'

export interface FrontierDrawing {
  readonly svg: SVGSVGElement
  /** Of the figure, in its pixels. */
  readonly place: (point: { readonly x: number; readonly y: number }) => {
    readonly x: number
    readonly y: number
  }
  readonly frame: {
    readonly left: number
    readonly right: number
    readonly top: number
    readonly bottom: number
  }
  /** Writes over what was marked before: cheap, while drawing again would hold the page for a tenth of a second. */
  readonly mark: (marks: QuestionMarks) => void
}

/** What changes with a question whose curves are still drawn. */
export interface QuestionMarks {
  /** Interactivity below which an objective is missed; null without one. */
  readonly limit: number | null
  readonly picked: { readonly x: number; readonly y: number } | null
}

export interface FrontierSettings {
  readonly points: readonly CurvePoint[]
  /** Series in the order of their colours. */
  readonly series: readonly string[]
  readonly axis: UprightAxis
  readonly width: number
  /** The series whose error band is drawn. */
  readonly banded: string | null
  /** Points that others state, with their words; a height that somebody claims. */
  readonly marks?: readonly StatedMark[]
  readonly claimed?: { readonly y: number; readonly text: string } | null
}

export interface StatedMark {
  readonly x: number
  readonly y: number
  readonly text: string
}

/** Values that span more than this factor stand on a logarithmic axis. */
const logarithmicSpan = 6
/** Names that need a larger share of the width than this stand above the curves. */
const widestLabels = 0.28

export function drawFrontier(settings: FrontierSettings): FrontierDrawing {
  const { points, series, axis: upright, width, banded, marks = [], claimed = null } = settings
  const labelRoom = Math.max(...series.map(name => name.length)) * labelCharacterWidth + 14
  const above = labelRoom > width * widestLabels
  const head = 30 + (above ? series.length * nameHeight : 0)
  const height = Math.round(Math.min(350, Math.max(250, width * 0.62 - 30))) + head
  const predicted = points.filter(point => point.kind === 'predicted')
  const measured = points.filter(point => point.kind === 'measured')
  const band = predicted.filter(point => point.series === banded)
  const ys = [
    ...points.map(({ y }) => y),
    ...band.flatMap(({ low, high }) => [low, high]),
    ...marks.map(({ y }) => y),
  ]
  if (claimed) ys.push(claimed.y)
  const [low, high] = [Math.min(...ys), Math.max(...ys)]
  const axis = axisFor([low, high], 5, logarithmicSpan)
  const logarithmic = axis.scale === 'log'
  const farthest = Math.max(...points.map(({ x }) => x), ...marks.map(({ x }) => x))
  const domain: [number, number] = logarithmic ? [low * 0.85, high * 1.15] : [0, high * 1.06]
  const frame = { left: 52, right: width - (above ? 12 : labelRoom), top: head, bottom: height - 42 }
  const plot = Plot.plot({
    width,
    height,
    marginLeft: frame.left,
    marginRight: width - frame.right,
    marginTop: frame.top,
    marginBottom: height - frame.bottom,
    className: 'plot',
    x: {
      domain: [0, farthest * 1.02],
      label: 'tokens/s per user →',
      labelAnchor: 'right',
      ticks: Math.round(width / 90),
    },
    y: {
      type: logarithmic ? 'log' : 'linear',
      domain,
      label: `↑ ${upright.label}`,
      ticks: axis.ticks.filter(tick => tick >= domain[0] && tick <= domain[1]),
      tickFormat: upright.tick,
      grid: true,
    },
    marks: [
      Plot.areaY(band, {
        x: 'x',
        y1: 'low',
        y2: 'high',
        className: `band series-${series.indexOf(banded ?? '')}`,
      }),
      ...series.map((name, index) => [
        Plot.lineY(of(predicted, name), { x: 'x', y: 'y', className: `curve series-${index}` }),
        Plot.dot(of(predicted, name), {
          x: 'x',
          y: 'y',
          r: 1.8,
          stroke: null,
          fill: 'currentColor',
          className: `point series-${index}`,
        }),
        Plot.dot(of(measured, name), {
          filter: (point: CurvePoint) => !point.leading,
          x: 'x',
          y: 'y',
          r: 1.6,
          className: `beaten series-${index}`,
        }),
        Plot.dot(of(measured, name), {
          filter: (point: CurvePoint) => point.leading,
          x: 'x',
          y: 'y',
          r: 3.2,
          className: `measured series-${index}`,
        }),
      ]),
      claimed === null
        ? null
        : [
            Plot.ruleY([claimed.y], { className: 'claimed' }),
            Plot.text([claimed], {
              x: 0,
              y: 'y',
              dx: 6,
              dy: -8,
              text: 'text',
              textAnchor: 'start',
              className: 'stated-text',
            }),
          ],
      Plot.dot(marks, { x: 'x', y: 'y', r: 4.5, symbol: 'diamond', className: 'stated' }),
      // Words of a mark stand on the side where there is room.
      ...[1, -1].map(side =>
        Plot.text(
          marks.filter(mark => mark.x > farthest * 0.7 === side < 0),
          {
            x: 'x',
            y: 'y',
            text: 'text',
            dx: 9 * side,
            textAnchor: side > 0 ? 'start' : 'end',
            className: 'stated-text',
          },
        ),
      ),
    ].flat(2),
  }) as unknown as SVGSVGElement
  const [x, y] = [plotScale(plot, 'x'), plotScale(plot, 'y')]
  const place = (point: { readonly x: number; readonly y: number }) => ({ x: x(point.x), y: y(point.y) })
  plot.append(...(above ? namesAbove(series, frame.left, 28) : endLabels(predicted, series, place, frame)))
  // The page's policy allows no inline style; its style sheet has the rules.
  for (const style of plot.querySelectorAll('style')) style.remove()
  // Its groups carry names that only a figure without a description of its own would need.
  for (const group of plot.querySelectorAll('g[aria-label]')) {
    group.setAttribute('data-mark', group.getAttribute('aria-label')!)
    group.removeAttribute('aria-label')
  }
  plot.setAttribute('class', 'figure')
  const [under, over] = [svgGroup('under'), svgGroup('over')]
  plot.prepend(under)
  plot.append(over)
  const mark = ({ limit, picked }: QuestionMarks) => {
    const right = limit === null || limit >= farthest ? null : x(limit)
    const { left, top, bottom } = frame
    under.innerHTML =
      right === null
        ? ''
        : `<g class="missed"><rect x="${left}" y="${top}" width="${right - left}" height="${bottom - top}"/></g>` +
          `<g class="limit"><line x1="${right}" x2="${right}" y1="${top}" y2="${bottom}"/></g>`
    const at = picked === null ? null : place(picked)
    over.innerHTML = at === null ? '' : `<g class="pick"><circle cx="${at.x}" cy="${at.y}" r="6"/></g>`
  }
  return { svg: plot, frame, place, mark }
}

function svgGroup(name: string): SVGGElement {
  const group = document.createElementNS('http://www.w3.org/2000/svg', 'g')
  group.setAttribute('data-mark', name)
  return group
}

function of(points: readonly CurvePoint[], series: string): CurvePoint[] {
  return points.filter(point => point.series === series)
}

function plotScale(plot: unknown, name: 'x' | 'y'): (value: number) => number {
  return (plot as Plot.Plot).scale(name)!.apply
}
