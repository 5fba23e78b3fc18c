/**
 * The part of a run in which it was as full as it usually was: throughput over the whole run also divides by the time in
 * which it filled up and emptied, and a short benchmark is mostly that (docs/models/metrics.md §4).
 *
 * Rule: the plateau is the median over time of the requests in flight; the window reaches from the first to the last
 * moment at which at least 90 % of the plateau were in flight. Dips in between belong to it. In closed loop the plateau is
 * the concurrency; in open loop it is the usual load.
 */
import { quantile } from '../core/statistics.ts'

/** Share of the plateau that counts as full. Assumed: one missing request in ten is noise, more is a ramp. */
const fullShare = 0.9
/** A window of fewer bins is cut too coarsely to divide by. Assumed: its edges are then known to 10 % or better. */
const fewestBins = 20

export interface SteadyWindow {
  readonly startUs: number
  readonly endUs: number
  /** Median over time of the requests in flight. */
  readonly plateauInFlight: number
  /**
   * Requests in flight in its second half ÷ those in its first: 1 when the run stood still, well above when a queue was
   * growing, and then no window is steady. Null when the first half was empty.
   */
  readonly drift: number | null
}

/**
 * Finds the window from the request-microseconds in flight by bin, looking at whole bins within [startUs, endUs]; null
 * when nothing was in flight or the run is too short.
 */
export function steadyWindow(
  inFlight: ArrayLike<number>,
  widthUs: number,
  startUs: number,
  endUs: number,
): SteadyWindow | null {
  const first = Math.ceil(startUs / widthUs)
  const end = Math.min(inFlight.length, Math.floor(endUs / widthUs))
  if (end - first < fewestBins) return null
  const levels = Array.from({ length: end - first }, (_, index) => inFlight[first + index]! / widthUs)
  const plateau = quantile(levels, 0.5)
  const isFull = (level: number) => level > 0 && level >= fullShare * plateau
  const from = levels.findIndex(isFull)
  const to = levels.findLastIndex(isFull) + 1
  if (from < 0 || to - from < fewestBins) return null
  const half = from + Math.floor((to - from) / 2)
  const early = meanOf(levels, from, half)
  return {
    startUs: (first + from) * widthUs,
    endUs: (first + to) * widthUs,
    plateauInFlight: plateau,
    drift: early > 0 ? meanOf(levels, half, to) / early : null,
  }
}

function meanOf(levels: readonly number[], from: number, to: number): number {
  let sum = 0
  for (let index = from; index < to; index++) sum += levels[index]!
  return sum / (to - from)
}
