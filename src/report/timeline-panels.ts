/** A run's timeline as panels of a figure: what simulated and measured runs draw alike. */
import type { RunTimeline } from '../metrics/index.ts'
import type { TimePanel, TimePoint } from './svg-time-panels.ts'

/** Points of one curve: three figure units each, as fine as a screen shows. */
const mostPoints = 150

/** Null where no power is known. */
export function powerPanel(timeline: RunTimeline): TimePanel | null {
  const watts = coarser(timeline, timeline.watts)
  const most = watts.reduce((highest, { value }) => Math.max(highest, value ?? 0), 0)
  if (most === 0) return null
  const [unit, factor] = most >= 1e6 ? ['MW', 1e-6] : most >= 1000 ? ['kW', 1e-3] : ['W', 1]
  return line(`power of the accelerators, ${unit}`, watts.map(scaled(factor)), 1)
}

/** One curve; the axis reaches to `reach` at least. */
export function line(heading: string, points: readonly TimePoint[], reach: number): TimePanel {
  return { heading, reach, series: [{ name: '', shape: 'line', color: 'series-1', points }] }
}

export function scaled(factor: number): (point: TimePoint) => TimePoint {
  return ({ seconds, value }) => ({ seconds, value: value === null ? null : value * factor })
}

/** Means of several bins at their middle, so that no more points are drawn than a screen shows. */
export function coarser(
  { binSeconds, endSeconds }: RunTimeline,
  values: readonly (number | null)[],
): TimePoint[] {
  const together = Math.ceil(values.length / mostPoints)
  // A last stretch much shorter than the others would show chance: it belongs to the one before.
  const stretches = Math.max(1, Math.round(endSeconds / binSeconds / together))
  return Array.from({ length: stretches }, (_, stretch) => {
    const from = stretch * together
    const until = stretch === stretches - 1 ? values.length : from + together
    let sum = 0
    let known = 0
    for (let bin = from; bin < until; bin++) {
      const value = values[bin] ?? null
      const covered = Math.min(binSeconds, endSeconds - bin * binSeconds)
      if (value === null || !(covered > 0)) continue
      sum += value * covered
      known += covered
    }
    const end = Math.min(until * binSeconds, endSeconds)
    return { seconds: (from * binSeconds + end) / 2, value: known > 0 ? sum / known : null }
  })
}
