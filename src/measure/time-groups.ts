/**
 * A latency over the time of a run, in stretches of equal length: is it drifting, and how much less do its values tell than
 * independent ones would, because those that share a queue are late together?
 */
import { gammaQuantile } from '../core/special-functions.ts'
import { BinnedSeries } from '../metrics/binned-series.ts'
import { type TrendTest, trendTest } from './trend-test.ts'

const columns = ['count', 'sum'] as const
const [countColumn, sumColumn] = [0, 1]

/** Stretches a run is cut into for trends: many enough for the test, each of enough requests for a mean. Assumed. */
const fewestGroups = 8
const mostGroups = 20
const requestsPerGroup = 10

/** Stretches of a run of so many requests; null: too few to say anything about time. */
function groupCount(requests: number): number | null {
  const groups = Math.min(mostGroups, Math.floor(requests / requestsPerGroup))
  return groups < fewestGroups ? null : groups
}

/** A stretch of a run: what a series' bins in it add up to, and how many they are. */
interface Stretch {
  readonly sum: number
  readonly bins: number
}

/** Stretches of the bins from that of startUs to that of endUs; null where the bins are too coarse. */
function stretches(
  amounts: Float64Array,
  widthUs: number,
  startUs: number,
  endUs: number,
  groups: number,
): Stretch[] | null {
  const first = Math.floor(startUs / widthUs)
  const bins = Math.min(amounts.length, Math.floor(endUs / widthUs) + 1) - first
  if (!(bins >= groups)) return null
  const edge = (group: number) => first + Math.floor((group * bins) / groups)
  return Array.from({ length: groups }, (_, group) => ({
    sum: amounts.subarray(edge(group), edge(group + 1)).reduce((sum, amount) => sum + amount, 0),
    bins: edge(group + 1) - edge(group),
  }))
}

/** Trend of a level, of which the series holds level × time, over a run of so many requests; null for too few. */
export function levelTrend<Column extends string>(
  series: BinnedSeries<Column>,
  column: number,
  requests: number,
  startUs: number,
  endUs: number,
): TimeTrend | null {
  const groups = groupCount(requests)
  if (groups === null) return null
  // Whole bins only: in the one of the end, the level may already fall.
  const { widthUs } = series
  const found = stretches(series.amounts(column), widthUs, startUs + widthUs, endUs - widthUs, groups)
  return found === null
    ? null
    : { ...trendTest(found.map(({ sum, bins }) => sum / (bins * widthUs))), bins: groups }
}

export interface TimeTrend extends TrendTest {
  readonly bins: number
}

/** Values at times, in bounded memory. */
export class TimedValues {
  readonly #series = new BinnedSeries<(typeof columns)[number]>(columns)
  #count = 0
  #mean = 0
  /** Σ (x − mean)², updated as values come (Welford 1962): does not cancel. */
  #squares = 0

  /** NaN says undefined and is left out. */
  add(atUs: number, value: number): void {
    if (!(atUs >= 0) || !Number.isFinite(value)) return
    this.#series.add(countColumn, atUs, atUs, 1)
    this.#series.add(sumColumn, atUs, atUs, value)
    const distance = value - this.#mean
    this.#count++
    this.#mean += distance / this.#count
    this.#squares += distance * (value - this.#mean)
  }

  #groups(startUs: number, endUs: number): { counts: number[]; sums: number[] } | null {
    const groups = groupCount(this.#count)
    if (groups === null) return null
    const series = this.#series
    const of = (column: number) =>
      stretches(series.amounts(column), series.widthUs, startUs, endUs, groups)?.map(({ sum }) => sum) ?? null
    const counts = of(countColumn)
    const sums = of(sumColumn)
    return counts === null || sums === null ? null : { counts, sums }
  }

  /** Trend of the means of stretches; null for too few values. Stretches without any are left out. */
  trend(startUs: number, endUs: number): TimeTrend | null {
    const found = this.#groups(startUs, endUs)
    if (found === null) return null
    const means = found.sums.map((sum, group) => sum / found.counts[group]!).filter(Number.isFinite)
    return means.length < fewestGroups ? null : { ...trendTest(means), bins: means.length }
  }

  /**
   * Independent values that would tell the mean as well ÷ values: s² ÷ (N · Var(mean)), with the variance of the mean from
   * that between stretches (batch means, as a ratio estimate: Σ (sum − mean · count)² · G/(G − 1) ÷ N²). 1 unless the
   * variance is larger than in 19 of 20 samples of independent values (χ²), for the estimate is rough. Correlation longer
   * than a stretch is not seen.
   */
  effectiveShare(startUs: number, endUs: number): number {
    const found = this.#groups(startUs, endUs)
    if (found === null || !(this.#squares > 0)) return 1
    const { counts, sums } = found
    const freedom = counts.length - 1
    const mean = this.#mean
    const between = sums.reduce((sum, value, group) => sum + (value - mean * counts[group]!) ** 2, 0)
    const inflation = (((freedom + 1) / freedom) * between) / this.#squares
    const chance = (2 * gammaQuantile(freedom / 2, 0.95)) / freedom
    return inflation > chance ? 1 / inflation : 1
  }
}
