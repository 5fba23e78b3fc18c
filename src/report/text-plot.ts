/** A scatter plot of a few points for a terminal, labelled on both axes. */
import { axisFor, linearAxis, positionOn, tickLabel } from './axis-ticks.ts'

export interface PlotPoint {
  readonly x: number
  readonly y: number
  /** One character; a later point is drawn over an earlier one. */
  readonly mark: string
}

export interface TextPlotOptions {
  readonly width: number
  readonly height: number
  readonly xLabel: string
  readonly yLabel: string
  readonly indent?: string
}

export function renderTextPlot(points: readonly PlotPoint[], options: TextPlotOptions): string {
  const indent = options.indent ?? ''
  const xAxis = linearAxis(
    points.map(point => point.x),
    5,
    true,
  )
  const yAxis = axisFor(
    points.map(point => point.y),
    4,
  )
  const gutter = Math.max(...yAxis.ticks.map(tick => tickLabel(tick, yAxis).length))
  const columns = options.width - gutter - 2
  const grid = Array.from({ length: options.height }, () => Array.from({ length: columns }, () => ' '))
  const column = (x: number) => Math.round(positionOn(xAxis, x) * (columns - 1))
  const row = (y: number) => Math.round((1 - positionOn(yAxis, y)) * (options.height - 1))
  for (const point of points) grid[row(point.y)]![column(point.x)] = point.mark

  const labelOfRow = new Map(yAxis.ticks.map(tick => [row(tick), tickLabel(tick, yAxis)]))
  const lines = grid.map((cells, index) => {
    const label = labelOfRow.get(index)
    return `${(label ?? '').padStart(gutter)} ${label === undefined ? '│' : '┤'}${cells.join('').trimEnd()}`
  })
  const rule = Array.from({ length: columns }, () => '─')
  let labels = ' '.repeat(gutter + 2)
  for (const tick of xAxis.ticks) {
    const at = column(tick)
    rule[at] = '┬'
    const text = tickLabel(tick, xAxis)
    const start = Math.min(gutter + 2 + at - Math.floor(text.length / 2), options.width - text.length)
    if (start > labels.trimEnd().length + 1 || tick === xAxis.ticks[0]) labels = labels.padEnd(start) + text
  }
  return [
    `${options.yLabel}`,
    ...lines,
    `${' '.repeat(gutter)} └${rule.join('')}`,
    `${labels.trimEnd()}  ${options.xLabel}`,
  ]
    .map(line => indent + line)
    .join('\n')
}
