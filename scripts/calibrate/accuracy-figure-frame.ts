/** What the figures of the accuracy page share: files of their own, in light and dark, with the colours of the HTML report. */
import type { Axis } from '../../src/report/axis-ticks.ts'
import { positionOn, tickLabel } from '../../src/report/axis-ticks.ts'
import { element, type Markup } from '../../src/report/markup.ts'
import { pageStyle } from '../../src/report/page-style.ts'
import { svgText } from '../../src/report/svg-figure.ts'

/** Colours that differ in hue and lightness; the same engine has the same one in every figure. */
const hues = `
:root { --hue-1: #1764ab; --hue-2: #c2570c; --hue-3: #2f855a; --hue-4: #7c3aad }
@media (prefers-color-scheme: dark) { :root { --hue-1: #6fb1ea; --hue-2: #f0a060; --hue-3: #6cc799; --hue-4: #c49bf0 } }
.hue-1 { --hue: var(--hue-1) } .hue-2 { --hue: var(--hue-2) } .hue-3 { --hue: var(--hue-3) } .hue-4 { --hue: var(--hue-4) }
text { fill: var(--ink); font-size: 12px }
.soft, .tick { fill: var(--soft); font-size: 11px } .strong { font-weight: 600; font-size: 13px }
.grid { stroke: var(--grid) } .axis { stroke: var(--faint) }
.dots { fill: none; stroke: var(--hue); stroke-width: 2.2; stroke-linecap: round; opacity: .45 }
.line { fill: none; stroke: var(--hue); stroke-width: 1.8 } .key { fill: var(--hue) }
.same { stroke: var(--ink); stroke-width: 1 } .off { stroke: var(--faint); stroke-dasharray: 3 3 }
.zone { fill: var(--accent-soft); opacity: .35 } .empty { fill: var(--panel) }
.cell-text { font-size: 10.5px; text-anchor: middle; fill: #14181d }
.light { fill: #fff }`

/** A figure as an SVG file: with its size, the paper and its colours. */
export function figureFile(figure: Markup): string {
  const [, width, height] = /viewBox="0 0 ([\d.]+) ([\d.]+)"/.exec(figure.html) ?? []
  const colours = pageStyle.slice(0, pageStyle.indexOf('* {')).trim()
  const font =
    "svg { font-family: system-ui, -apple-system, 'Segoe UI', 'Liberation Sans', 'DejaVu Sans', sans-serif }"
  return figure.html
    .replace('<svg ', `<svg xmlns="http://www.w3.org/2000/svg" width="${width}" height="${height}" `)
    .replace(
      '</desc>',
      `</desc>\n<style>\n${colours}\n${font}${hues}\n</style>\n<rect width="${width}" height="${height}" fill="var(--paper)"/>\n`,
    )
    .replaceAll(/(<(?:circle|polyline|path|line|rect|text) )/g, '\n$1')
    .concat('\n')
}

export interface PanelBox {
  readonly left: number
  readonly top: number
  readonly right: number
  readonly bottom: number
}

export interface Panel {
  readonly x: (value: number) => number
  readonly y: (value: number) => number
  readonly markup: readonly Markup[]
}

/** Axes of one panel, with grid and tick labels; `text` turns a tick into its label. */
export function panel(
  box: PanelBox,
  xAxis: Axis,
  yAxis: Axis,
  text: (value: number, axis: Axis) => string = tickLabel,
): Panel {
  const x = (value: number) => box.left + positionOn(xAxis, value) * (box.right - box.left)
  const y = (value: number) => box.bottom - positionOn(yAxis, value) * (box.bottom - box.top)
  return {
    x,
    y,
    markup: [
      ...yAxis.ticks.flatMap(tick => [
        element('line', { class: 'grid', x1: box.left, x2: box.right, y1: y(tick), y2: y(tick) }),
        svgText(box.left - 6, y(tick) + 4, text(tick, yAxis), { class: 'tick', anchor: 'end' }),
      ]),
      ...xAxis.ticks.flatMap(tick => [
        element('line', { class: 'grid', x1: x(tick), x2: x(tick), y1: box.top, y2: box.bottom }),
        svgText(x(tick), box.bottom + 16, text(tick, xAxis), { class: 'tick', anchor: 'middle' }),
      ]),
      element('line', { class: 'axis', x1: box.left, x2: box.right, y1: box.bottom, y2: box.bottom }),
    ],
  }
}

/** Names beside a spot of their colour, in one row from the left. */
export function legend(
  left: number,
  top: number,
  entries: readonly { readonly name: string; readonly hue: number }[],
): Markup[] {
  let x = left
  return entries.flatMap(({ name, hue }) => {
    const at = x
    x += 34 + 6.8 * name.length
    return [
      element('circle', { class: `key hue-${hue}`, cx: at + 4, cy: top - 4, r: 4 }),
      svgText(at + 13, top, name),
    ]
  })
}
