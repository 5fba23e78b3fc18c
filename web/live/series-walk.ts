/** A walk along the points of live lines by keyboard. What is walked to is a moment, not a row: new points come in meanwhile. */
import type { AlignedLines } from './series-points.ts'

const strides: Readonly<Record<string, number>> = {
  ArrowLeft: -1,
  ArrowRight: 1,
  PageUp: -10,
  PageDown: 10,
  Home: Number.NEGATIVE_INFINITY,
  End: Number.POSITIVE_INFINITY,
}

export function isWalkKey(key: string): boolean {
  return key in strides
}

/** From a moment (null: nowhere yet, which begins at the newest) to another at which something was seen; null where nothing was. */
export function walkedTo(lines: AlignedLines, from: number | null, key: string): number | null {
  const moments = lines.seconds.filter((_, row) => lines.values.some(line => (line[row] ?? null) !== null))
  const last = moments.length - 1
  if (last < 0) return null
  const stride = strides[key] ?? 0
  // A moment that has left the span counts as the oldest one.
  const at =
    from === null
      ? last
      : Math.max(
          0,
          moments.findLastIndex(second => second <= from),
        )
  const to = from === null && Number.isFinite(stride) ? last : at + stride
  return moments[Math.min(last, Math.max(0, to))]!
}
