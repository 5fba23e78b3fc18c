/**
 * Energy of devices over a window of time, from power samples and from energy counters, device by device.
 *
 * Power: trapezoids between samples, cut at the edges of the window. A stretch between two samples further apart than
 * `maximumGapSeconds` is not covered; neither is what lies outside the first and last sample. The integral is then the mean
 * over what is covered × the window, as long as enough is.
 * Counter: its difference, interpolated at the edges between readings at which it changed, since exporters hand out cached
 * values; a counter that fell was reset, and what it says afterwards is added.
 */
import type { MeterReading } from './energy-meters.ts'

/** Readings of one device in the order of time; null where it did not say. */
export interface DeviceSeries {
  readonly device: string
  readonly seconds: readonly number[]
  readonly watts: readonly (number | null)[]
  readonly joules: readonly (number | null)[]
}

export interface EnergyWindow {
  readonly startSeconds: number
  readonly endSeconds: number
}

export interface DeviceEnergy {
  readonly device: string
  /** Null without two samples, or when too little is covered. */
  readonly integratedJoules: number | null
  /** Share of the window between samples that are close enough. */
  readonly covered: number
  readonly counterJoules: number | null
  readonly counterReset: boolean
  /** Longest time for which the energy counter stood still: how seldom the exporter looks; 0 without one. */
  readonly staleSeconds: number
}

/**
 * Largest distance of two samples, seconds: what InferenceX's power audit allows (utils/aggregate_power.py at 02fff9ee,
 * _DEFAULT_MAX_SAMPLE_GAP_S).
 */
export const maximumGapSeconds = 3

/** Share of the window that may lack samples: as much as counter and integral may disagree (energy.ts); assumed. */
export const mostUncovered = 0.05

/** Energy of every device over the window. */
export function integrateEnergy(
  devices: readonly DeviceSeries[],
  window: EnergyWindow,
  gapSeconds: number = maximumGapSeconds,
): DeviceEnergy[] {
  return devices.map(series => {
    const power = integratePower(series, window, gapSeconds)
    const counter = counterDifference(series, window)
    return {
      device: series.device,
      integratedJoules: power.covered >= 1 - mostUncovered ? power.joules : null,
      covered: power.covered,
      counterJoules: counter.joules,
      counterReset: counter.reset,
      staleSeconds: stillStretch(series, window),
    }
  })
}

/** Collects readings by device; what a scraper feeds. Stops at `most` readings of a device, a day at one in two seconds. */
export interface MeterLog {
  add(atSeconds: number, readings: readonly MeterReading[]): void
  readonly devices: readonly DeviceSeries[]
  /** Readings that found no room. */
  readonly dropped: number
}

/** 24 hours at the default interval of two seconds: about a megabyte a device. */
const mostReadings = 43_200

export function createMeterLog(most: number = mostReadings): MeterLog {
  const devices = new Map<
    string,
    { device: string; seconds: number[]; watts: (number | null)[]; joules: (number | null)[] }
  >()
  let dropped = 0
  return {
    add(atSeconds, readings) {
      for (const { device, watts, joules } of readings) {
        let series = devices.get(device)
        if (series === undefined) {
          series = { device, seconds: [], watts: [], joules: [] }
          devices.set(device, series)
        }
        if (series.seconds.length >= most) {
          dropped++
          continue
        }
        series.seconds.push(atSeconds)
        series.watts.push(watts)
        series.joules.push(joules)
      }
    },
    get devices() {
      return [...devices.values()]
    },
    get dropped() {
      return dropped
    },
  }
}

interface Point {
  readonly seconds: number
  readonly value: number
}

function pointsOf(seconds: readonly number[], values: readonly (number | null)[]): Point[] {
  return values.flatMap((value, index) => (value === null ? [] : [{ seconds: seconds[index]!, value }]))
}

function integratePower(
  series: DeviceSeries,
  { startSeconds, endSeconds }: EnergyWindow,
  gapSeconds: number,
): { readonly joules: number; readonly covered: number } {
  const points = pointsOf(series.seconds, series.watts)
  const length = endSeconds - startSeconds
  let joules = 0
  let covered = 0
  for (let index = 1; index < points.length; index++) {
    const left = points[index - 1]!
    const right = points[index]!
    const span = right.seconds - left.seconds
    const from = Math.max(left.seconds, startSeconds)
    const to = Math.min(right.seconds, endSeconds)
    if (to <= from || span > gapSeconds) continue
    const at = (seconds: number) =>
      left.value + ((right.value - left.value) * (seconds - left.seconds)) / span
    joules += ((at(from) + at(to)) / 2) * (to - from)
    covered += to - from
  }
  if (covered === 0 || length <= 0) return { joules: 0, covered: 0 }
  return { joules: (joules / covered) * length, covered: Math.min(1, covered / length) }
}

function counterDifference(
  series: DeviceSeries,
  { startSeconds, endSeconds }: EnergyWindow,
): { readonly joules: number | null; readonly reset: boolean } {
  const points = risingPoints(pointsOf(series.seconds, series.joules))
  const { changes, reset } = points
  if (changes.length < 2 || endSeconds <= startSeconds) return { joules: null, reset }
  return { joules: valueAt(changes, endSeconds) - valueAt(changes, startSeconds), reset }
}

/** The readings at which a counter changed, made to rise through resets; before a change a value may be an old one. */
function risingPoints(points: readonly Point[]): {
  readonly changes: readonly Point[]
  readonly reset: boolean
} {
  const changes: Point[] = []
  let offset = 0
  let reset = false
  let previous: number | null = null
  for (const { seconds, value } of points) {
    if (previous !== null && value < previous) {
      offset += previous
      reset = true
    }
    if (previous === null || value !== previous) changes.push({ seconds, value: value + offset })
    previous = value
  }
  // Where values come from a cache, the first one may be old already.
  const cached = changes.length < points.length
  return { changes: cached && changes.length > 2 ? changes.slice(1) : changes, reset }
}

/** Between changes on the line, outside them on the line of the mean rate. */
function valueAt(changes: readonly Point[], seconds: number): number {
  const first = changes[0]!
  const last = changes.at(-1)!
  const rate = (last.value - first.value) / (last.seconds - first.seconds)
  if (seconds <= first.seconds) return first.value - rate * (first.seconds - seconds)
  if (seconds >= last.seconds) return last.value + rate * (seconds - last.seconds)
  let low = 0
  let high = changes.length - 1
  while (high - low > 1) {
    const middle = (low + high) >> 1
    if (changes[middle]!.seconds <= seconds) low = middle
    else high = middle
  }
  const left = changes[low]!
  const right = changes[high]!
  return left.value + ((right.value - left.value) * (seconds - left.seconds)) / (right.seconds - left.seconds)
}

/** Longest stretch over which the energy counter stood still. */
function stillStretch(series: DeviceSeries, { startSeconds, endSeconds }: EnergyWindow): number {
  const points = pointsOf(series.seconds, series.joules)
  let longest = 0
  let since: Point | null = null
  for (const point of points) {
    if (point.seconds < startSeconds || point.seconds > endSeconds || point.value === 0) continue
    if (since === null || point.value !== since.value) since = point
    else longest = Math.max(longest, point.seconds - since.seconds)
  }
  return longest
}
