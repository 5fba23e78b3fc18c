/** Every curve's name beside its fast end where nothing else is, or else in a column at the right, at the end of a thin line. */
import type { CurvePoint } from './curves.ts'

export const labelCharacterWidth = 6.8
const labelHeight = 13

interface Place {
  readonly x: number
  readonly y: number
}

interface Frame {
  readonly right: number
  readonly top: number
  readonly bottom: number
}

interface Label {
  readonly name: string
  readonly index: number
  readonly end: Place
  x: number
  y: number
}

export function endLabels(
  points: readonly CurvePoint[],
  series: readonly string[],
  place: (point: CurvePoint) => Place,
  frame: Frame,
): SVGElement[] {
  const places = points.map(point => ({ series: point.series, ...place(point) }))
  const beside: Label[] = []
  const column: Label[] = []
  for (const [index, name] of series.entries()) {
    const end = places.findLast(point => point.series === name)
    if (end === undefined) continue
    const label = { name, index, end, x: end.x + 7, y: end.y }
    const free =
      !places.some(point => point !== end && covers(label, point)) &&
      !beside.some(other => overlaps(label, other))
    if (free && label.x + widthOf(label) < frame.right) beside.push(label)
    else column.push({ ...label, x: frame.right + 8 })
  }
  spread(column, frame)
  return [...column.map(leader), ...[...beside, ...column].map(textOf)]
}

/** Names one above the other from the top left, where none would fit beside a curve. */
export function namesAbove(series: readonly string[], left: number, top: number): SVGElement[] {
  return series.map((name, index) => textOf({ name, index, x: left, y: top + index * nameHeight }))
}

/** Height of a line of namesAbove. */
export const nameHeight = 15

function widthOf({ name }: Label): number {
  return name.length * labelCharacterWidth
}

function covers(label: Label, { x, y }: Place): boolean {
  return x > label.x - 4 && x < label.x + widthOf(label) && Math.abs(y - label.y) < labelHeight
}

function overlaps(a: Label, b: Label): boolean {
  return Math.abs(a.y - b.y) < labelHeight && a.x < b.x + widthOf(b) && b.x < a.x + widthOf(a)
}

/** Moves labels of the column apart, none beyond the frame. */
function spread(labels: Label[], { top, bottom }: Frame): void {
  labels.sort((a, b) => a.y - b.y)
  let lowest = top + 4
  for (const label of labels) {
    label.y = Math.max(label.y, lowest)
    lowest = label.y + labelHeight
  }
  let highest = bottom - 4
  for (const label of labels.toReversed()) {
    label.y = Math.min(label.y, highest)
    highest = label.y - labelHeight
  }
}

function leader({ index, end, x, y }: Label): SVGElement {
  return element('path', { class: `leader series-${index}`, d: `M${end.x + 3} ${end.y}L${x - 3} ${y}` })
}

function textOf({ name, index, x, y }: Omit<Label, 'end'>): SVGElement {
  const text = element('text', {
    class: `end-label series-${index}`,
    x: String(x),
    y: String(y + 4),
    'text-anchor': 'start',
  })
  text.textContent = name
  return text
}

function element(name: string, attributes: Readonly<Record<string, string>>): SVGElement {
  const made = document.createElementNS('http://www.w3.org/2000/svg', name)
  for (const [key, value] of Object.entries(attributes)) made.setAttribute(key, value)
  return made
}
