/** The lines of a live figure as SVG, for those who take it along: what is on the page itself is a canvas. */
import { linearAxis, positionOn } from '../../src/report/axis-ticks.ts'
import { element, type Markup } from '../../src/report/markup.ts'
import { svgFigure, svgText } from '../../src/report/svg-figure.ts'
import type { AlignedLines } from './series-points.ts'

export interface PictureLines {
  readonly names: readonly string[]
  /** CSS class of each, for its colour. */
  readonly classes: readonly string[]
  readonly lines: AlignedLines
  readonly format: (value: number) => string
}

const width = 640
const height = 300
const plot = { left: 66, right: width - 36, top: 34, bottom: height - 30 }
const timeTicks = 5
/** A gateway that has just begun has a point or two. */
const shortestSeconds = 60

/** Text of an SVG element. */
export function seriesPicture(title: string, { names, classes, lines, format }: PictureLines): string {
  const { seconds, values } = lines
  const end = seconds.at(-1) ?? 0
  const start = Math.min(seconds[0] ?? end, end - shortestSeconds)
  const axis = linearAxis(
    values.flat().map(value => value ?? 0),
    4,
    true,
  )
  const x = (second: number) => plot.left + ((second - start) / (end - start)) * (plot.right - plot.left)
  const y = (value: number) => plot.bottom - positionOn(axis, value) * (plot.bottom - plot.top)
  const times = Array.from(
    { length: timeTicks },
    (_, tick) => start + ((end - start) * tick) / (timeTicks - 1),
  )
  const description = `${dayText(start)}, ${clockText(start)} to ${clockText(end)}`
  return svgFigure(
    { width, height, title, description },
    element('text', { x: plot.left, y: 14 }, ...legend(names, classes)),
    ...axis.ticks.flatMap(tick => [
      element('line', { class: 'grid', x1: plot.left, x2: plot.right, y1: y(tick), y2: y(tick) }),
      svgText(plot.left - 8, y(tick) + 4, format(tick), { anchor: 'end' }),
    ]),
    ...times.map(second => svgText(x(second), plot.bottom + 20, clockText(second), { anchor: 'middle' })),
    ...values.flatMap((line, index) =>
      stretches(line).map(rows =>
        element('polyline', {
          class: `line ${classes[index]}`,
          'stroke-linecap': 'round',
          points: rows.map(row => `${x(seconds[row]!)},${y(line[row]!)}`).join(' '),
        }),
      ),
    ),
  ).html
}

function legend(names: readonly string[], classes: readonly string[]): Markup[] {
  return names.map((name, index) =>
    element('tspan', { class: `series-name ${classes[index]}`, dx: index === 0 ? 0 : 14 }, name),
  )
}

/** Rows without a gap between them; a point on its own is a line to itself, which round ends make a dot. */
function stretches(line: readonly (number | null)[]): number[][] {
  const found: number[][] = []
  for (const [row, value] of line.entries()) {
    if (value === null) continue
    const last = found.at(-1)
    if (last !== undefined && last.at(-1) === row - 1) last.push(row)
    else found.push([row])
  }
  return found.map(rows => (rows.length === 1 ? [rows[0]!, rows[0]!] : rows))
}

function clockText(seconds: number): string {
  return new Date(seconds * 1000).toLocaleTimeString('en-GB')
}

function dayText(seconds: number): string {
  return new Date(seconds * 1000).toLocaleDateString('en-CA')
}
