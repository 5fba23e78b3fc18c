/** Points of a series put together from answers, and lined up with others for a figure. */
import type { LiveSeries } from '../../src/gateway/observe/live/live-cost.ts'
import type { DrawnFigure } from './use-series.ts'

export interface SeriesPoint {
  readonly atMs: number
  readonly figures: Partial<Readonly<Record<DrawnFigure, number | null>>> | null
}

/** New points take the place of old ones of the same moment; what is older than the span is dropped. */
export function merged(
  before: readonly SeriesPoint[],
  { points }: Pick<LiveSeries, 'points'>,
  spanSeconds: number,
): readonly SeriesPoint[] {
  const first = points[0]?.atMs ?? Number.POSITIVE_INFINITY
  const last = points.at(-1)?.atMs ?? before.at(-1)?.atMs ?? 0
  const fromMs = last - spanSeconds * 1000
  return [...before.filter(({ atMs }) => atMs < first), ...points].filter(({ atMs }) => atMs >= fromMs)
}

export interface AlignedLines {
  /** Seconds since 1970, rising. */
  readonly seconds: readonly number[]
  /** By line, as long as seconds; null: nothing was seen. */
  readonly values: readonly (readonly (number | null)[])[]
}

/** Lines over one time axis. */
export function aligned(
  lines: readonly { readonly points: readonly SeriesPoint[]; readonly figure: DrawnFigure }[],
): AlignedLines {
  const moments = [...new Set(lines.flatMap(({ points }) => points.map(({ atMs }) => atMs)))].sort(
    (a, b) => a - b,
  )
  const values = lines.map(({ points, figure }) => {
    const byMoment = new Map(points.map(({ atMs, figures }) => [atMs, figures?.[figure] ?? null]))
    return moments.map(atMs => byMoment.get(atMs) ?? null)
  })
  return { seconds: moments.map(atMs => atMs / 1000), values }
}
