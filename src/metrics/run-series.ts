/** What is followed over the time of a run, and how it is told. */
import type { BinnedSeries } from './binned-series.ts'
import { ratioOrNull } from './latency-summary.ts'
import type { RunEnd } from './run-end.ts'
import { microsecondsPerSecond } from './time-units.ts'

/**
 * Levels are amounts × microseconds: requests in flight (from sent to ended), running and waiting in the engines, share
 * of cache in use summed over replicas, replicas of which that is known. The others are amounts.
 */
export const runColumns = [
  'inFlight',
  'running',
  'waiting',
  'cacheUse',
  'replicas',
  'joules',
  'inputTokens',
  'outputTokens',
  'served',
  'metRequests',
  'metOutputTokens',
] as const

export type RunColumn = (typeof runColumns)[number]

/** Means by bin, from the start of the run; null where nothing is known. */
export interface RunTimeline {
  readonly binSeconds: number
  /** The last bin may be cut short by the end of the run; its means are over what there is of it. */
  readonly endSeconds: number
  readonly inFlight: readonly number[]
  readonly running: readonly number[]
  readonly waiting: readonly number[]
  /** Mean over the replicas that have taken a step. */
  readonly cacheUse: readonly (number | null)[]
  /** Null in all bins when no energy is known. */
  readonly watts: readonly (number | null)[]
  readonly inputTokensPerSecond: readonly number[]
  readonly outputTokensPerSecond: readonly number[]
  readonly requestsPerSecond: readonly number[]
  readonly goodRequestsPerSecond: readonly number[]
}

/** The series as means by bin, from 0 to the end of the run. */
export function runTimeline(series: BinnedSeries<RunColumn>, end: RunEnd): RunTimeline {
  const { endUs } = end
  series.reach(endUs)
  const { widthUs } = series
  const bins = Math.max(1, Math.ceil(endUs / widthUs))
  const coveredUs = (bin: number) => Math.min(widthUs, endUs - bin * widthUs)
  // What happens at the very end may lie on the edge of the next bin: it belongs to the last one.
  const of = (name: RunColumn) => {
    const amounts = new Array<number>(bins).fill(0)
    for (const [bin, amount] of series.amounts(series.column(name)).entries())
      amounts[Math.min(bin, bins - 1)]! += amount
    return amounts
  }
  const level = (name: RunColumn) => of(name).map((amount, bin) => ratioOrNull(amount, coveredUs(bin)) ?? 0)
  const rate = (name: RunColumn) => level(name).map(perUs => perUs * microsecondsPerSecond)
  const replicas = of('replicas')
  const watts = (bin: number) => {
    const untilUs = bin === bins - 1 ? Number.POSITIVE_INFINITY : (bin + 1) * widthUs
    const joules = energyIn(series, end, bin * widthUs, untilUs)
    return joules === null ? null : ratioOrNull(joules * microsecondsPerSecond, coveredUs(bin))
  }
  return {
    binSeconds: widthUs / microsecondsPerSecond,
    endSeconds: endUs / microsecondsPerSecond,
    inFlight: level('inFlight'),
    running: level('running'),
    waiting: level('waiting'),
    cacheUse: of('cacheUse').map((use, bin) => ratioOrNull(use, replicas[bin]!)),
    watts: replicas.map((_, bin) => watts(bin)),
    inputTokensPerSecond: rate('inputTokens'),
    outputTokensPerSecond: rate('outputTokens'),
    requestsPerSecond: rate('served'),
    goodRequestsPerSecond: rate('metRequests'),
  }
}

/** Joules between two times; null when no energy is known at all. */
export function energyIn(
  series: BinnedSeries<RunColumn>,
  end: RunEnd,
  startUs: number,
  endUs: number,
): number | null {
  const column = series.column('joules')
  const told = series.total(column)
  if (end.joules === null && told === 0) return null
  const elsewhere = end.joules === null ? 0 : end.joules - told
  const share = end.endUs > 0 ? (Math.min(endUs, end.endUs) - startUs) / end.endUs : 0
  return series.between(column, startUs, endUs) + elsewhere * share
}
