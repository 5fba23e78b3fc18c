/**
 * Two variants measured in pairs, one after the other, so that what drifts (heat, neighbours, other load) hits both alike:
 * whether they differ.
 */
import { assert } from '../core/assert.ts'
import { studentProbability } from '../core/incomplete-beta.ts'
import { normalProbability } from '../core/special-functions.ts'
import { mean, ranks } from '../core/statistics.ts'
import { orNull } from '../metrics/latency-summary.ts'
import { defaultConfidence } from './percentile-interval.ts'
import { sampleDeviation, studentT } from './repeated-runs.ts'

export interface PairedComparison {
  readonly pairs: number
  readonly meanA: number | null
  readonly meanB: number | null
  /** b − a, with Student's interval; null for fewer than two pairs. */
  readonly difference: number | null
  readonly low: number | null
  readonly high: number | null
  /** Of no difference: paired t test, and Wilcoxon's signed ranks, which does without normal differences. */
  readonly tPValue: number | null
  readonly wilcoxonPValue: number | null
  /** Mean difference ÷ standard deviation of differences (Cohen's d of pairs); null when they are all alike. */
  readonly effectSize: number | null
  /** exp(mean of ln(b ÷ a)) with its interval; null unless all values are above zero. */
  readonly ratio: number | null
  readonly ratioLow: number | null
  readonly ratioHigh: number | null
  readonly confidence: number
}

/** Compares a[i] with b[i], the two runs of pair i. */
export function comparePairs(
  a: readonly number[],
  b: readonly number[],
  confidence = defaultConfidence,
): PairedComparison {
  assert(a.length === b.length, `pairs have two sides, got ${a.length} and ${b.length}`)
  assert([...a, ...b].every(Number.isFinite), 'figures of runs are finite')
  const differences = b.map((value, index) => value - a[index]!)
  const positive = [...a, ...b].every(value => value > 0)
  const logs = positive ? b.map((value, index) => Math.log(value / a[index]!)) : []
  const difference = intervalOfMean(differences, confidence)
  const ratio = intervalOfMean(logs, confidence)
  const deviation = sampleDeviation(differences)
  return {
    pairs: a.length,
    meanA: orNull(mean(a)),
    meanB: orNull(mean(b)),
    difference: orNull(difference.mean),
    low: orNull(difference.low),
    high: orNull(difference.high),
    tPValue: orNull(pairedT(differences)),
    wilcoxonPValue: wilcoxonSignedRanks(differences),
    effectSize: orNull(difference.mean / deviation),
    ratio: orNull(Math.exp(ratio.mean)),
    ratioLow: orNull(Math.exp(ratio.low)),
    ratioHigh: orNull(Math.exp(ratio.high)),
    confidence,
  }
}

function intervalOfMean(values: readonly number[], confidence: number) {
  const average = mean(values)
  if (values.length < 2) return { mean: average, low: Number.NaN, high: Number.NaN }
  const margin =
    (studentT(confidence, values.length - 1) * sampleDeviation(values)) / Math.sqrt(values.length)
  return { mean: average, low: average - margin, high: average + margin }
}

function pairedT(differences: readonly number[]): number {
  if (differences.length < 2) return Number.NaN
  const average = mean(differences)
  if (average === 0) return 1
  const error = sampleDeviation(differences) / Math.sqrt(differences.length)
  return 2 * studentProbability(-Math.abs(average / error), differences.length - 1)
}

/**
 * Up to here the distribution of the rank sum is counted out; beyond, the normal one with continuity and tie corrections
 * differs in the third digit. Counting takes n · n² steps.
 */
const mostExactPairs = 50

/**
 * Two-sided p-value of Wilcoxon's signed-rank test; pairs without a difference are left out, equal differences share their
 * ranks (Wilcoxon 1945; exact distribution by counting subsets, ties included). Null when no pair differs.
 */
export function wilcoxonSignedRanks(differences: readonly number[]): number | null {
  const kept = differences.filter(difference => difference !== 0)
  if (kept.length === 0) return null
  // Doubled, so that shared ranks are whole numbers.
  const doubled = ranks(kept.map(Math.abs)).map(rank => 2 * rank)
  const positive = doubled.reduce((sum, rank, index) => sum + (kept[index]! > 0 ? rank : 0), 0)
  const total = doubled.reduce((sum, rank) => sum + rank, 0)
  const smaller = Math.min(positive, total - positive)
  if (kept.length <= mostExactPairs) return Math.min(1, 2 * shareOfSubsets(doubled, smaller))
  const variance = doubled.reduce((sum, rank) => sum + rank * rank, 0) / 4
  // Rank sums move by 2 here: half a step of continuity is 1.
  const z = (smaller + 1 - total / 2) / Math.sqrt(variance)
  return Math.min(1, 2 * normalProbability(z))
}

/** Share of all subsets of weights whose sum is at most `most`. */
function shareOfSubsets(weights: readonly number[], most: number): number {
  const share = new Float64Array(most + 1)
  share[0] = 1
  for (const weight of weights) {
    for (let sum = most; sum >= 0; sum--) {
      share[sum] = (share[sum]! + (sum >= weight ? share[sum - weight]! : 0)) / 2
    }
  }
  return share.reduce((sum, part) => sum + part, 0)
}
