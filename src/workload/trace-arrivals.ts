/** How requests arrive: rate, burstiness, the busiest minute, and whether their times are rounded to a tick. */
import { momentsOf } from './trace-distribution.ts'
import type { TraceTable } from './trace-table.ts'

export interface ArrivalStatistics {
  readonly spanSeconds: number
  /** Gaps ÷ span; null when all arrive at once. */
  readonly requestsPerSecond: number | null
  /** Coefficient of variation of the gaps: 0 regular, 1 Poisson; null when all arrive at once. */
  readonly gapVariation: number | null
  /** Most requests within any 60 s; null for traces shorter than that. */
  readonly peakRequestsPerMinute: number | null
  /** Seconds to which times are rounded; 0 when they are not. */
  readonly tickSeconds: number
}

/** Share of gaps of exactly 0 from which times count as rounded for burstiness (assumed: gaps then say little). */
const roundedFrom = 0.5

/** Share from which a replay spreads the requests of a tick over it (assumed: fewer ties do not matter). */
export const spreadFrom = 0.1

const minuteSeconds = 60

/** Null unless every request has an arrival time. */
export function arrivalStatistics(table: TraceTable, notes: string[]): ArrivalStatistics | null {
  if (table.arrivals !== 'all') return null
  const arrivals = table.arrivalSeconds.toFloat64().sort()
  const spanSeconds = arrivals[arrivals.length - 1]! - arrivals[0]!
  if (spanSeconds <= 0) {
    notes.push('all requests arrive at the same instant: the request rate is unknown')
    return {
      spanSeconds: 0,
      requestsPerSecond: null,
      gapVariation: null,
      peakRequestsPerMinute: null,
      tickSeconds: 0,
    }
  }
  const { tiedShare, smallestGapSeconds } = tiesOf(arrivals)
  let gapVariation: number
  if (tiedShare > roundedFrom) {
    const window = Math.max(smallestGapSeconds, 1)
    notes.push(`arrival times are rounded: burstiness is taken from counts per ${window.toPrecision(2)} s`)
    gapVariation = variationFromCounts(arrivals, window)
  } else {
    const gaps = new Float64Array(arrivals.length - 1)
    for (let index = 0; index < gaps.length; index++) gaps[index] = arrivals[index + 1]! - arrivals[index]!
    gapVariation = momentsOf(gaps).variation
  }
  return {
    spanSeconds,
    requestsPerSecond: (arrivals.length - 1) / spanSeconds,
    gapVariation,
    peakRequestsPerMinute: spanSeconds < minuteSeconds ? null : busiestMinute(arrivals),
    tickSeconds: tiedShare >= spreadFrom ? smallestGapSeconds : 0,
  }
}

/** Share of gaps of 0 among sorted arrivals, and the smallest other gap: the tick of rounded times, and never more. */
export function tiesOf(sorted: Float64Array): {
  readonly tiedShare: number
  readonly smallestGapSeconds: number
} {
  let tied = 0
  let smallest = Number.POSITIVE_INFINITY
  for (let index = 1; index < sorted.length; index++) {
    const gap = sorted[index]! - sorted[index - 1]!
    if (gap === 0) tied++
    else if (gap < smallest) smallest = gap
  }
  const gaps = sorted.length - 1
  return {
    tiedShare: gaps === 0 ? 0 : tied / gaps,
    smallestGapSeconds: Number.isFinite(smallest) ? smallest : 0,
  }
}

/** For a renewal process variance ÷ mean of counts in long windows tends to the squared variation of gaps (Cox 1962 §4.5). */
function variationFromCounts(arrivals: Float64Array, quantumSeconds: number): number {
  const span = arrivals[arrivals.length - 1]! - arrivals[0]!
  const windowSeconds = Math.max(4 * quantumSeconds, span / 1000)
  const counts = new Float64Array(Math.max(1, Math.floor(span / windowSeconds)))
  for (const arrival of arrivals) {
    const index = Math.floor((arrival - arrivals[0]!) / windowSeconds)
    if (index < counts.length) counts[index]! += 1
  }
  const { mean, variation } = momentsOf(counts)
  return variation * Math.sqrt(mean)
}

function busiestMinute(arrivals: Float64Array): number {
  let most = 0
  let first = 0
  for (let last = 0; last < arrivals.length; last++) {
    while (arrivals[last]! - arrivals[first]! >= minuteSeconds) first++
    most = Math.max(most, last - first + 1)
  }
  return most
}
