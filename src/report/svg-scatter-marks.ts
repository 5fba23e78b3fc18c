/** What a scatter plot is drawn of: points in several shapes, and a band behind them. */
import { element, type Markup } from './markup.ts'

export type PointMark = 'dot' | 'diamond' | 'cross'

/** A point in figure units, `size` from its middle to its edge. */
export function pointMark(
  { mark, looks, title }: { readonly mark: PointMark; readonly looks: string; readonly title: string },
  x: number,
  y: number,
  size: number,
): Markup {
  const name = element('title', {}, title)
  switch (mark) {
    case 'dot':
      return element('circle', { cx: x, cy: y, r: size, class: `point ${looks}` }, name)
    case 'diamond':
      return element(
        'path',
        { class: `point ${looks} diamond`, d: diamond(x, y, size * diamondWidening) },
        name,
      )
    case 'cross':
      return element('path', { class: `point ${looks} cross`, d: cross(x, y, size) }, name)
  }
}

/** A square on its corner looks as large as a circle when it is wider. */
const diamondWidening = 1.25

function diamond(x: number, y: number, size: number): string {
  return `M${tenth(x)} ${tenth(y - size)}l${tenth(size)} ${tenth(size)} ${tenth(-size)} ${tenth(size)} ${tenth(-size)} ${tenth(-size)}z`
}

function cross(x: number, y: number, size: number): string {
  const side = tenth(2 * size)
  return `M${tenth(x - size)} ${tenth(y - size)}l${side} ${side}M${tenth(x + size)} ${tenth(y - size)}l${-side} ${side}`
}

/** In figure units, from left to right. */
export interface BandPlace {
  readonly x: number
  readonly low: number
  readonly value: number
  readonly high: number
}

export function bandMarks(band: readonly BandPlace[]): Markup[] {
  const [only] = band
  if (only === undefined) return []
  if (band.length === 1) {
    const tick = (y: number) =>
      element('line', { class: 'band', x1: only.x - 5, x2: only.x + 5, y1: y, y2: y })
    return [
      element('line', { class: 'band', x1: only.x, x2: only.x, y1: only.low, y2: only.high }),
      tick(only.low),
      tick(only.value),
      tick(only.high),
    ]
  }
  const line = (points: readonly (readonly [number, number])[]) =>
    points.map(([x, y]) => `${tenth(x)},${tenth(y)}`).join(' ')
  return [
    element('polygon', {
      class: 'band-area',
      points: line([
        ...band.map(({ x, high }) => [x, high] as const),
        ...band.toReversed().map(({ x, low }) => [x, low] as const),
      ]),
    }),
    element('polyline', {
      class: 'band-line',
      points: line(band.map(({ x, value }) => [x, value] as const)),
    }),
  ]
}

function tenth(value: number): number {
  return Math.round(value * 10) / 10
}
