/** Lines and areas of a figure over its axes. Colours come from the page's CSS: classes series-1 to series-4, and muted. */
import type { Box } from './label-places.ts'
import { element, type Markup } from './markup.ts'
import { svgText } from './svg-figure.ts'

export type SeriesClass = 'series-1' | 'series-2' | 'series-3' | 'series-4' | 'muted'

/** A point in figure units; y null: nothing is known there, the line has a gap. */
export type LinePoint = readonly [x: number, y: number | null]

/** One polyline for each stretch without gaps. */
export function linesThrough(points: readonly LinePoint[], series: SeriesClass): Markup[] {
  return stretches(points).map(stretch =>
    stretch.length === 1
      ? element('circle', { class: `dot ${series}`, cx: stretch[0]![0], cy: stretch[0]![1], r: 1.5 })
      : element('polyline', { class: `line ${series}`, points: coordinates(stretch) }),
  )
}

/** What lies between an upper and a lower edge, both from left to right. */
export function areaBetween(
  upper: readonly (readonly [number, number])[],
  lower: readonly (readonly [number, number])[],
  series: SeriesClass,
): Markup {
  return element('polygon', {
    class: `area ${series}`,
    points: coordinates([...upper, ...lower.toReversed()]),
  })
}

/** A horizontal line at each tick and its label on the left. */
export function horizontalGrid(
  box: Pick<Box, 'left' | 'right'>,
  ticks: readonly { readonly y: number; readonly label: string }[],
): Markup[] {
  return ticks.flatMap(({ y, label }) => [
    element('line', { class: 'grid', x1: box.left, x2: box.right, y1: y, y2: y }),
    svgText(box.left - 7, y + 4, label, { class: 'tick', anchor: 'end' }),
  ])
}

function stretches(points: readonly LinePoint[]): (readonly [number, number])[][] {
  const found: (readonly [number, number])[][] = []
  let current: (readonly [number, number])[] = []
  for (const [x, y] of points) {
    if (y !== null) current.push([x, y])
    else if (current.length > 0) {
      found.push(current)
      current = []
    }
  }
  if (current.length > 0) found.push(current)
  return found
}

/** A tenth of a unit is finer than a screen shows. */
function coordinates(points: readonly (readonly [number, number])[]): string {
  return points.map(([x, y]) => `${tenth(x)},${tenth(y)}`).join(' ')
}

function tenth(value: number): number {
  return Math.round(value * 10) / 10
}
