/** Horizontal bars: name, bar, value with unit; a thin line shows the error band where there is one. */
import { formatPercent } from './format-number.ts'
import { element, join, type Markup } from './markup.ts'
import { labelWidth, svgFigure, svgText } from './svg-figure.ts'

export interface FigureBar {
  readonly name: string
  readonly value: number
  /** The value as it is printed, with its unit. */
  readonly text: string
  /** Ends of the error band, in the value's unit. */
  readonly band?: readonly [low: number, high: number]
  readonly highlighted?: boolean
}

export interface BarOptions {
  readonly title: string
  readonly description: string
  /** What the shares refer to; null = no shares are printed. */
  readonly whole: number | null
  /** In figure units; a narrower figure has larger text. Default: 640. */
  readonly width?: number
}

const rowHeight = 27
const barHeight = 15
const fontSize = 13

export function barFigure(bars: readonly FigureBar[], options: BarOptions): Markup {
  const { width = 640 } = options
  const valueText = (bar: FigureBar) =>
    options.whole === null ? bar.text : `${bar.text} · ${formatPercent(bar.value / options.whole)}`
  const widest = (texts: readonly string[]) =>
    texts.reduce((most, text) => Math.max(most, labelWidth(text, fontSize)), 0)
  const nameWidth = Math.min(300, widest(bars.map(bar => bar.name)))
  const left = nameWidth + 12
  const valueWidth = widest(bars.map(valueText))
  const right = width - valueWidth - 14
  const largest = Math.max(...bars.map(bar => bar.band?.[1] ?? bar.value), Number.MIN_VALUE)
  const length = (value: number) => (value / largest) * (right - left)
  return svgFigure(
    {
      width,
      height: bars.length * rowHeight + 6,
      title: options.title,
      description: options.description,
    },
    ...bars.map((bar, index) => {
      const middle = index * rowHeight + rowHeight / 2 + 3
      const end = length(bar.band?.[1] ?? bar.value)
      return join([
        svgText(nameWidth, middle + 4, bar.name, { class: 'bar-name', anchor: 'end' }),
        element('rect', {
          class: bar.highlighted === false ? 'bar muted' : 'bar',
          x: left,
          y: middle - barHeight / 2,
          width: Math.max(1, length(bar.value)),
          height: barHeight,
          rx: 2,
        }),
        bar.band ? bandMark(left + length(bar.band[0]), left + length(bar.band[1]), middle) : null,
        svgText(left + end + 8, middle + 4, valueText(bar), { class: 'bar-value' }),
      ])
    }),
  )
}

function bandMark(low: number, high: number, middle: number): Markup {
  const tick = (x: number) => element('line', { class: 'band', x1: x, x2: x, y1: middle - 4, y2: middle + 4 })
  return join([
    element('line', { class: 'band', x1: low, x2: high, y1: middle, y2: middle }),
    tick(low),
    tick(high),
  ])
}
