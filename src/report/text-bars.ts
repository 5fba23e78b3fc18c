/** Horizontal bars for a terminal: name, bar, value, share. */
import { cutToWidth, displayWidth, padToWidth } from './display-width.ts'
import { formatPercent } from './format-number.ts'

export interface Bar {
  readonly name: string
  readonly value: number
  /** The value as it is printed, with its unit. */
  readonly text: string
}

/** Longer names are cut. */
const longestName = 30

const eighths = ['', '▏', '▎', '▍', '▌', '▋', '▊', '▉']

/** Bars relative to the whole, which the shares add up to. */
export function renderBars(bars: readonly Bar[], whole: number, barWidth: number, indent = ''): string {
  const widest = (texts: readonly string[]) =>
    texts.reduce((width, text) => Math.max(width, displayWidth(text)), 0)
  const names = bars.map(bar => cutToWidth(bar.name, longestName))
  const nameWidth = widest(names)
  const textWidth = widest(bars.map(bar => bar.text))
  const largest = Math.max(...bars.map(bar => bar.value), Number.MIN_VALUE)
  return bars
    .map((bar, index) => {
      const drawn = padToWidth(barOf((bar.value / largest) * barWidth), barWidth)
      const share = padToWidth(formatPercent(whole > 0 ? bar.value / whole : 0), 6, 'right')
      return `${indent}${padToWidth(names[index]!, nameWidth)}  ${drawn}  ${padToWidth(bar.text, textWidth, 'right')}  ${share}`
    })
    .join('\n')
}

/** A bar of so many columns, exact to an eighth. */
function barOf(columns: number): string {
  const steps = Math.max(columns > 0 ? 1 : 0, Math.round(columns * 8))
  return '█'.repeat(Math.floor(steps / 8)) + eighths[steps % 8]!
}
