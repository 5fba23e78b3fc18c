/** Two measurements side by side, figure by figure: how much larger is the second, and can that be chance? */
import { assert } from '../core/assert.ts'
import { mean } from '../core/statistics.ts'
import { orNull } from '../metrics/latency-summary.ts'
import { comparePairs } from './paired-comparison.ts'
import { defaultConfidence } from './percentile-interval.ts'
import { sampleDeviation, studentT } from './repeated-runs.ts'

/** One figure of one side: its value in each run, or in a single run its value and interval. */
export interface MetricSample {
  /** "TTFT p95"; equal names are compared. */
  readonly name: string
  readonly unit: string
  readonly better: 'lower' | 'higher'
  /** Of each run, in the unit. */
  readonly runs: readonly number[]
  /** Of a single run, e.g. of a percentile; null where it is not known or there are several runs. */
  readonly low: number | null
  readonly high: number | null
}

export interface MetricComparison {
  readonly name: string
  readonly unit: string
  readonly better: 'lower' | 'higher'
  /** Mean over the runs; null when that side has none. */
  readonly a: number | null
  readonly b: number | null
  /** b ÷ a, and its interval; null where a side is missing or not above zero, or nothing says how sure it is. */
  readonly ratio: number | null
  readonly low: number | null
  readonly high: number | null
  /** The interval leaves out 1. Null: nothing says. */
  readonly significant: boolean | null
  /** runs: Welch's t over repeated runs. pairs: Student's t over pairs of runs. intervals: of one run a side. none: a ratio is all there is. */
  readonly method: 'runs' | 'pairs' | 'intervals' | 'none'
}

export interface ComparisonSettings {
  readonly confidence?: number
  /** Run i of a and run i of b were measured one after the other: what drifts hits both alike, and only their ratio counts. */
  readonly paired?: boolean
}

/**
 * Compares figures of the same name, in the order of the first side; figures that only one side has are listed with null.
 *
 * Several runs a side: Welch's interval (Welch 1947; Satterthwaite's degrees of freedom) of the difference of mean
 * logarithms, since speeds differ by factors. `ratio` is then that of geometric means. One run a side: the intervals of both
 * are carried over to the ratio on the logarithmic scale by Zou and Donner's rule (Statistics in Medicine 27, 2008, from
 * memory): ln low = ln r − √((ln b − ln bLow)² + (ln aHigh − ln a)²), and so on. That is less timid than asking whether two
 * intervals overlap: they may, and the figures still differ.
 */
export function compareMetrics(
  a: readonly MetricSample[],
  b: readonly MetricSample[],
  settings: ComparisonSettings = {},
): MetricComparison[] {
  const others = new Map(b.map(sample => [sample.name, sample]))
  const both = a.map(sample => compareSamples(sample, others.get(sample.name), settings))
  const known = new Set(a.map(({ name }) => name))
  return [
    ...both,
    ...b
      .filter(({ name }) => !known.has(name))
      .map(sample => ({
        ...compareSamples({ ...sample, runs: [], low: null, high: null }, sample, settings),
      })),
  ]
}

function compareSamples(
  a: MetricSample,
  b: MetricSample | undefined,
  { confidence = defaultConfidence, paired = false }: ComparisonSettings,
): MetricComparison {
  assert(
    b === undefined || b.unit === a.unit,
    `${a.name} is compared in one unit, got ${a.unit} and ${b?.unit}`,
  )
  const { name, unit, better } = a
  const sides = { name, unit, better, a: orNull(mean(a.runs)), b: orNull(mean(b?.runs ?? [])) }
  const positive = (sample: MetricSample) => sample.runs.length > 0 && sample.runs.every(value => value > 0)
  if (b === undefined || !positive(a) || !positive(b))
    return { ...sides, ratio: null, low: null, high: null, significant: null, method: 'none' }
  const ratio = paired ? pairedLogRatio(a, b, confidence) : logRatio(a, b, confidence)
  const known = Number.isFinite(ratio.low) && Number.isFinite(ratio.high)
  return {
    ...sides,
    // Of single runs by division, so that a round change is a round ratio.
    ratio: a.runs.length === 1 && b.runs.length === 1 ? b.runs[0]! / a.runs[0]! : Math.exp(ratio.middle),
    low: known ? Math.exp(ratio.low) : null,
    high: known ? Math.exp(ratio.high) : null,
    significant: known ? ratio.low > 0 || ratio.high < 0 : null,
    method: known ? ratio.method : 'none',
  }
}

interface LogRatio {
  readonly middle: number
  readonly low: number
  readonly high: number
  readonly method: 'runs' | 'pairs' | 'intervals'
}

/** NaN bounds for one pair. */
function pairedLogRatio(a: MetricSample, b: MetricSample, confidence: number): LogRatio {
  const { ratio, ratioLow, ratioHigh } = comparePairs(a.runs, b.runs, confidence)
  const ln = (value: number | null) => (value === null ? Number.NaN : Math.log(value))
  return { middle: ln(ratio), low: ln(ratioLow), high: ln(ratioHigh), method: 'pairs' }
}

function logRatio(a: MetricSample, b: MetricSample, confidence: number): LogRatio {
  const logsA = a.runs.map(Math.log)
  const logsB = b.runs.map(Math.log)
  const middle = mean(logsB) - mean(logsA)
  if (logsA.length > 1 && logsB.length > 1) {
    const margin = welchMargin(logsA, logsB, confidence)
    return { middle, low: middle - margin, high: middle + margin, method: 'runs' }
  }
  // NaN wherever a bound is missing: several runs against one tell no interval either.
  const [aDown, aUp] = distances(a)
  const [bDown, bUp] = distances(b)
  return {
    middle,
    low: middle - Math.hypot(bDown, aUp),
    high: middle + Math.hypot(bUp, aDown),
    method: 'intervals',
  }
}

/** From ln value down to ln low and up to ln high. */
function distances({ runs, low, high }: MetricSample): readonly [number, number] {
  if (runs.length !== 1 || low === null || high === null || !(low > 0)) return [Number.NaN, Number.NaN]
  const value = Math.log(runs[0]!)
  return [Math.max(0, value - Math.log(low)), Math.max(0, Math.log(high) - value)]
}

function welchMargin(a: readonly number[], b: readonly number[], confidence: number): number {
  const shareA = sampleDeviation(a) ** 2 / a.length
  const shareB = sampleDeviation(b) ** 2 / b.length
  const variance = shareA + shareB
  if (variance === 0) return 0
  const freedom = variance ** 2 / (shareA ** 2 / (a.length - 1) + shareB ** 2 / (b.length - 1))
  return studentT(confidence, freedom) * Math.sqrt(variance)
}
