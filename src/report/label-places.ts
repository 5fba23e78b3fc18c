/** Where a label can stand beside a point: close by first, then further away with a thin line that leads to it. */

export interface Box {
  readonly left: number
  readonly top: number
  readonly right: number
  readonly bottom: number
}

export interface Place {
  readonly x: number
  readonly y: number
  readonly anchor: 'start' | 'middle' | 'end'
  readonly box: Box
  /** From the point's edge to the label; null where the label is near enough to need none. */
  readonly leader: Leader | null
}

export interface Leader {
  readonly x1: number
  readonly y1: number
  readonly x2: number
  readonly y2: number
}

/** The point, its radius, and the label's measure. */
export interface LabelledPoint {
  readonly x: number
  readonly y: number
  readonly radius: number
  readonly width: number
  readonly fontSize: number
}

/** Beyond so many font sizes a label needs a line that leads to it. */
const leaderFrom = 2
/** Distances of far places from the point, in font sizes. */
const farDistances = [2, 3, 4.5, 6.5, 9]
/** Directions of far places: up and to the right first, where a cost front leaves room; down last. */
const farDirections: readonly (readonly [dx: number, dy: number])[] = [
  [0.7, -0.7],
  [0.9, -0.4],
  [0.4, -0.9],
  [-0.7, -0.7],
  [1, 0],
  [0, -1],
  [-1, 0],
  [0.7, 0.7],
  [-0.7, 0.7],
  [0, 1],
]

/** Right, left, above, below, above right, below right. */
export function nearPlaces(point: LabelledPoint): Place[] {
  const { x, y, fontSize } = point
  const distance = point.radius + 5
  return [
    place(point, 'start', x + distance, y + 4),
    place(point, 'end', x - distance, y + 4),
    place(point, 'middle', x, y - distance - 1),
    place(point, 'middle', x, y + distance + fontSize - 2),
    place(point, 'start', x + distance - 3, y - distance),
    place(point, 'start', x + distance - 3, y + distance + fontSize - 4),
  ]
}

/** All around, ever further away. */
export function farPlaces(point: LabelledPoint): Place[] {
  return farDistances.flatMap(distance =>
    farDirections.map(([dx, dy]) => {
      const reach = distance * point.fontSize
      const anchor = dx > 0 ? 'start' : dx < 0 ? 'end' : 'middle'
      return place(point, anchor, point.x + dx * reach, point.y + dy * reach + 4)
    }),
  )
}

function place(point: LabelledPoint, anchor: Place['anchor'], x: number, y: number): Place {
  const { width, fontSize } = point
  const left = anchor === 'start' ? x : anchor === 'end' ? x - width : x - width / 2
  const box = { left, right: left + width, top: y - fontSize, bottom: y + 3 }
  return { x, y, anchor, box, leader: leaderTo(point, box) }
}

function leaderTo({ x, y, radius, fontSize }: LabelledPoint, box: Box): Leader | null {
  const end = { x: clamp(x, box.left - 2, box.right + 2), y: clamp(y, box.top, box.bottom) }
  const length = Math.hypot(end.x - x, end.y - y)
  if (length <= leaderFrom * fontSize) return null
  const start = (radius + 2) / length
  return { x1: x + (end.x - x) * start, y1: y + (end.y - y) * start, x2: end.x, y2: end.y }
}

function clamp(value: number, low: number, high: number): number {
  return Math.min(high, Math.max(low, value))
}

/** Small boxes along a line, so that labels can keep clear of it. */
export function boxesAlong(line: Leader, steps = 24): Box[] {
  return Array.from({ length: steps }, (_, step) => {
    const share = step / steps
    return boxAround(line.x1 + (line.x2 - line.x1) * share, line.y1 + (line.y2 - line.y1) * share, 1)
  })
}

export function boxAround(x: number, y: number, distance: number): Box {
  return { left: x - distance, right: x + distance, top: y - distance, bottom: y + distance }
}

export function overlap(a: Box, b: Box): boolean {
  return a.left < b.right && b.left < a.right && a.top < b.bottom && b.top < a.bottom
}

/** The same heights, moved down as far as it takes to be so far apart. */
export function spread(heights: readonly number[], distance: number): number[] {
  const order = heights.map((_, index) => index).sort((a, b) => heights[a]! - heights[b]!)
  const placed = [...heights]
  for (const [rank, index] of order.entries()) {
    const above = rank === 0 ? Number.NEGATIVE_INFINITY : placed[order[rank - 1]!]!
    placed[index] = Math.max(heights[index]!, above + distance)
  }
  return placed
}
