/** Where a search goes from what it has tried: grow, halve the bracket, or look around the best load so far. */
import type { ObjectiveDecision } from './objective-interval.ts'
import type { SearchGoal } from './search-trace.ts'

/** A load and what was concluded of it, after all its repetitions. */
export interface TriedLoad {
  readonly load: number
  readonly decision: ObjectiveDecision
  /** Far below every limit. */
  readonly comfortable: boolean
  /** Index of its last step. */
  readonly step: number
  /** What is to be large; null: unknown. */
  readonly worth: number | null
}

export interface SearchRange {
  readonly start: number
  readonly minimum: number
  readonly maximum: number
  readonly tolerance: number
  readonly whole: boolean
}

export type SearchChoice = { readonly load: number } | { readonly stop: string }

/** Tried loads in ascending order. */
export function nextLoad(goal: SearchGoal, tried: readonly TriedLoad[], range: SearchRange): SearchChoice {
  if (tried.length === 0) return { load: range.start }
  if (goal === 'max-goodput') return nextForGoodput(tried, range)
  const highest = tried.findLastIndex(({ decision }) => decision === 'met')
  if (highest < 0) return smaller(tried[0]!.load, range)
  return goal === 'min-cost' ? nextForCost(tried, highest, range) : nextForLargest(tried, highest, range)
}

function nextForLargest(tried: readonly TriedLoad[], highest: number, range: SearchRange): SearchChoice {
  const met = tried[highest]!
  const above = tried[highest + 1]
  if (above === undefined)
    return larger(met, range) ?? { stop: 'the largest load allowed meets the objectives' }
  return between(met.load, above.load, range) ?? { stop: withinTolerance(range) }
}

/** A cost this much above the best at the two largest loads in a row: it has turned. Assumed, above the noise of a run. */
const turnedCost = 1.1

/**
 * Cost usually falls with load until an objective breaks, and then the best is the largest load that meets them. It need
 * not: where it rises before, the gaps on both sides of the cheapest load are halved, the wider one first.
 */
function nextForCost(tried: readonly TriedLoad[], highest: number, range: SearchRange): SearchChoice {
  const best = indexOfBest('min-cost', tried)
  const dear = ({ worth }: TriedLoad) => worth !== null && worth <= tried[best]!.worth! * turnedCost
  if (highest === tried.length - 1) {
    const turned = highest - best >= 2 && tried.slice(-2).every(dear)
    const next = turned ? null : larger(tried[highest]!, range)
    if (next !== null) return next
  }
  if (best === highest && best < tried.length - 1)
    return between(tried[best]!.load, tried[best + 1]!.load, range) ?? { stop: withinTolerance(range) }
  return around(tried, best, range)
}

/** Goodput this much below the best at the largest load, or no gain at two loads in a row: more load brings no more. Assumed. */
const fallenGoodput = 0.9
const gainOfGoodput = 1.02

function nextForGoodput(tried: readonly TriedLoad[], range: SearchRange): SearchChoice {
  const best = indexOfBest('max-goodput', tried)
  const most = tried[best]!.worth!
  const last = tried.at(-1)!
  if (most === 0 && tried.every(({ decision }) => decision === 'missed'))
    return smaller(tried[0]!.load, range)
  const fallen = last.worth! < most * fallenGoodput
  const flat = tried.length >= 3 && last.worth! < tried.at(-3)!.worth! * gainOfGoodput
  const next = fallen || flat ? null : larger(last, range)
  return next ?? around(tried, best, range)
}

/** The wider of the two gaps beside a load; stops when both are within the tolerance. */
function around(tried: readonly TriedLoad[], best: number, range: SearchRange): SearchChoice {
  const { load } = tried[best]!
  const below = tried[best - 1]?.load
  const above = tried[best + 1]?.load
  const gaps = [
    { low: below ?? load, high: load },
    { low: load, high: above ?? load },
  ].toSorted((a, b) => b.high / b.low - a.high / a.low)
  for (const { low, high } of gaps) {
    const middle = between(low, high, range)
    if (middle !== null) return middle
  }
  return { stop: withinTolerance(range) }
}

/** Goodput has the objectives in it, so any load may be the best; otherwise only those that met them. −1: none. */
export function indexOfBest(goal: SearchGoal, tried: readonly TriedLoad[]): number {
  return tried.reduce((best, { decision, worth }, index) => {
    if (worth === null || (goal !== 'max-goodput' && decision !== 'met')) return best
    return best < 0 || worth > tried[best]!.worth! ? index : best
  }, -1)
}

/** Twice the load, four times where every limit is far. Null at the largest. */
function larger(
  { load, comfortable }: TriedLoad,
  { maximum }: SearchRange,
): { readonly load: number } | null {
  return load >= maximum ? null : { load: Math.min(maximum, load * (comfortable ? 4 : 2)) }
}

function smaller(load: number, { minimum, whole }: SearchRange): SearchChoice {
  if (load <= minimum) return { stop: 'even the smallest load allowed misses the objectives' }
  return { load: Math.max(minimum, whole ? Math.floor(load / 2) : load / 2) }
}

/** The geometric middle; null where the two are as near as the search looks. */
function between(
  low: number,
  high: number,
  { tolerance, whole }: SearchRange,
): { readonly load: number } | null {
  if (high <= low * (1 + tolerance)) return null
  const middle = Math.sqrt(low * high)
  if (!whole) return { load: middle }
  return high - low <= 1 ? null : { load: Math.min(high - 1, Math.max(low + 1, Math.round(middle))) }
}

function withinTolerance({ tolerance, whole }: SearchRange): string {
  const near = `${Number((tolerance * 100).toFixed(1))} %`
  return whole
    ? `neighbouring loads are within ${near} or one user of each other`
    : `neighbouring loads are within ${near} of each other`
}
