/** Several small figures over one time axis, one below the other: what rises in one can be found in the others. */
import { type Axis, linearAxis, positionOn, tickLabel } from './axis-ticks.ts'
import type { Box } from './label-places.ts'
import { element, join, type Markup } from './markup.ts'
import { labelWidth, svgFigure, svgText } from './svg-figure.ts'
import { areaBetween, horizontalGrid, linesThrough, type SeriesClass } from './svg-lines.ts'

export interface TimePanel {
  /** What is drawn, with its unit. */
  readonly heading: string
  /** From the back to the front. */
  readonly series: readonly PanelSeries[]
  /** What the axis reaches at least: smaller values are next to nothing. */
  readonly reach: number
}

export interface PanelSeries {
  /** Written in the series' colour beside the heading; '' when the heading says it. */
  readonly name: string
  readonly shape: 'line' | 'area'
  readonly color: SeriesClass
  readonly points: readonly TimePoint[]
}

/** Areas reach from `base` (default 0) to value. Null: unknown. */
export interface TimePoint {
  readonly seconds: number
  readonly value: number | null
  readonly base?: number
}

/** Something that happened, or lasted. */
export interface TimeMark {
  readonly label: string
  readonly fromSeconds: number
  readonly toSeconds: number
}

export interface TimePanelOptions {
  readonly title: string
  readonly description: string
  readonly endSeconds: number
  readonly marks: readonly TimeMark[]
  /** Shaded. */
  readonly window: { readonly fromSeconds: number; readonly toSeconds: number } | null
  /** As high as a figure of so many panels, so that two side by side end alike. Default: as many as there are. */
  readonly asHighAs?: number
}

const width = 500
const left = 46
const right = width - 10
/** Of each panel: its heading, what is drawn, and room below. */
const headingHeight = 26
const plotHeight = 80
const gapHeight = 8
const fontSize = 12.5
const markRow = 15
const mostMarkRows = 3

export function timePanels(panels: readonly TimePanel[], options: TimePanelOptions): Markup {
  const unit = timeUnit(options.endSeconds)
  const end = Math.max(options.endSeconds, Number.MIN_VALUE)
  const x = (seconds: number) => left + (Math.min(Math.max(seconds, 0), end) / end) * (right - left)
  const labels = markLabels(options.marks, x)
  const top = labels.rows * markRow + (labels.rows > 0 ? 4 : 0)
  const rows = Math.max(options.asHighAs ?? 0, panels.length)
  const bottom = top + rows * (headingHeight + plotHeight + gapHeight)
  const panelHeight = (bottom - top) / panels.length
  return svgFigure(
    { width, height: bottom + 38, title: options.title, description: options.description },
    ...labels.texts,
    ...panels.flatMap((panel, index) => {
      const panelTop = top + index * panelHeight
      const plot = {
        left,
        right,
        top: panelTop + headingHeight,
        bottom: panelTop + panelHeight - gapHeight,
      }
      return [
        windowShade(options.window, x, plot),
        ...drawPanel(panel, plot, x),
        ...options.marks.map(mark => markShade(mark, x, plot)),
      ]
    }),
    ...timeAxis(end, unit, x, bottom - gapHeight + 6),
  )
}

function drawPanel(panel: TimePanel, box: Box, x: (seconds: number) => number): Markup[] {
  const values = panel.series.flatMap(({ points }) => points.map(({ value }) => value ?? 0))
  const axis = linearAxis([panel.reach, ...values], 3, true)
  const y = (value: number) => box.bottom - positionOn(axis, value) * (box.bottom - box.top)
  return [
    heading(panel, box),
    ...horizontalGrid(
      box,
      axis.ticks.map(tick => ({ y: y(tick), label: compactTick(tick, axis) })),
    ),
    ...panel.series.flatMap(({ shape, color, points }) =>
      shape === 'line'
        ? linesThrough(
            points.map(({ seconds, value }) => [x(seconds), value === null ? null : y(value)]),
            color,
          )
        : [
            areaBetween(
              points.map(({ seconds, value, base = 0 }) => [x(seconds), y(value ?? base)]),
              points.map(({ seconds, base = 0 }) => [x(seconds), y(base)]),
              color,
            ),
          ],
    ),
    element('line', { class: 'axis', x1: box.left, x2: box.right, y1: box.bottom, y2: box.bottom }),
  ]
}

/** The heading, and after it the names of the series in their colours: as near to them as every curve allows. */
function heading({ heading: words, series }: TimePanel, box: Box): Markup {
  const names = series
    .filter(({ name }) => name !== '')
    .toReversed()
    .flatMap(({ name, color }, index) => [
      element('tspan', { class: 'axis-label' }, index === 0 ? ': ' : ', '),
      element('tspan', { class: `series-name ${color}` }, name),
    ])
  return element(
    'text',
    { x: 2, y: box.top - 11 },
    element('tspan', { class: 'panel-heading' }, words),
    ...names,
  )
}

function windowShade(
  window: TimePanelOptions['window'],
  x: (seconds: number) => number,
  { top, bottom }: Box,
): Markup | null {
  if (window === null) return null
  const [from, to] = [x(window.fromSeconds), x(window.toSeconds)]
  const width = Math.max(1, to - from)
  return element('rect', { class: 'window', x: from, width, y: top, height: bottom - top })
}

/** Drawn over the curves: a fault may lie where they are highest. */
function markShade(mark: TimeMark, x: (seconds: number) => number, { top, bottom }: Box): Markup {
  const [from, to] = [x(mark.fromSeconds), x(mark.toSeconds)]
  return join([
    to - from > 1
      ? element('rect', { class: 'mark-span', x: from, width: to - from, y: top, height: bottom - top })
      : null,
    element(
      'line',
      { class: 'mark', x1: from, x2: from, y1: top, y2: bottom },
      mark.label === '' ? null : element('title', {}, mark.label),
    ),
  ])
}

/** Names of the marks in rows above the panels; what finds no room goes without, its line says it to the pointer. */
function markLabels(
  marks: readonly TimeMark[],
  x: (seconds: number) => number,
): { readonly rows: number; readonly texts: readonly Markup[] } {
  const ends: number[] = []
  const texts: Markup[] = []
  const placed: {
    readonly at: number
    readonly row: number
    readonly label: string
    readonly flip: boolean
  }[] = []
  for (const mark of marks.toSorted((a, b) => a.fromSeconds - b.fromSeconds)) {
    if (mark.label === '') continue
    const at = x(mark.fromSeconds)
    const wide = labelWidth(mark.label, fontSize)
    const flip = at + wide > right
    const from = flip ? at - wide : at
    const row = ends.findIndex(end => end < from - 6)
    const chosen = row >= 0 ? row : ends.length
    if (chosen >= mostMarkRows) continue
    ends[chosen] = from + wide
    placed.push({ at, row: chosen, label: mark.label, flip })
  }
  for (const { at, row, label, flip } of placed) {
    const y = row * markRow + 12
    texts.push(
      element('line', {
        class: 'mark',
        x1: at,
        x2: at,
        y1: y - 9,
        y2: ends.length * markRow + 3,
      }),
      svgText(at + (flip ? -4 : 4), y, label, { class: 'mark-label', anchor: flip ? 'end' : 'start' }),
    )
  }
  return { rows: ends.length, texts }
}

interface TimeUnit {
  readonly name: string
  readonly seconds: number
}

/** The largest unit of which the run has at least three. */
function timeUnit(endSeconds: number): TimeUnit {
  const units: readonly TimeUnit[] = [
    { name: 'days', seconds: 86_400 },
    { name: 'hours', seconds: 3600 },
    { name: 'minutes', seconds: 60 },
    { name: 'seconds', seconds: 1 },
  ]
  return units.find(({ seconds }) => endSeconds >= 3 * seconds) ?? { name: 'milliseconds', seconds: 1e-3 }
}

function timeAxis(end: number, unit: TimeUnit, x: (seconds: number) => number, y: number): Markup[] {
  const axis = linearAxis([0, end / unit.seconds], 6, true)
  return [
    ...axis.ticks
      .filter(tick => tick * unit.seconds <= end * (1 + 1e-9))
      .map(tick =>
        svgText(x(tick * unit.seconds), y + 12, tickLabel(tick, axis), {
          class: 'tick',
          // Under the very end a long label would be cut.
          anchor: tick * unit.seconds > 0.98 * end ? 'end' : 'middle',
        }),
      ),
    svgText(right, y + 30, `${unit.name} since the start of the run →`, {
      class: 'axis-label',
      anchor: 'end',
    }),
  ]
}

/** `20k` instead of `20,000`: there is little room beside a small figure. */
function compactTick(value: number, axis: Axis): string {
  const size = Math.abs(axis.high)
  const [divisor, suffix] =
    size >= 1e9 ? [1e9, 'G'] : size >= 1e6 ? [1e6, 'M'] : size >= 1e4 ? [1e3, 'k'] : [1, '']
  if (divisor === 1 || value === 0) return value === 0 ? '0' : tickLabel(value, axis)
  return `${Number((value / divisor).toPrecision(4))}${suffix}`
}
