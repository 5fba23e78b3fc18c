/** Two measurements beside each other, load by load and figure by figure, with what speaks against comparing them. */
import type { LatencyClock } from '../metrics/objective.ts'
import type { ImportedRun } from './interop/imported-run.ts'
import { refuseMeasurements } from './interop/json-fields.ts'
import { type ComparisonSettings, compareMetrics, type MetricComparison } from './metric-comparison.ts'
import { defaultConfidence } from './percentile-interval.ts'
import { compareShares } from './run-comparison-errors.ts'
import {
  type ComparedMetric,
  type ComparedStatistic,
  comparedMetrics,
  comparedStatistics,
  comparedUnits,
} from './run-comparison-metrics.ts'
import { comparisonSamples } from './run-comparison-samples.ts'
import { comparabilityWarnings, sameLoad, verdictWarnings } from './run-comparison-warnings.ts'
import { inOrder, orderWarnings, refuseUnpaired } from './run-pairs.ts'

export interface RunComparison {
  readonly a: ComparedSide
  readonly b: ComparedSide
  readonly confidence: number
  readonly loads: readonly LoadComparison[]
  /** Names of loads that only one side has. */
  readonly onlyA: readonly string[]
  readonly onlyB: readonly string[]
  readonly warnings: readonly string[]
  /** In which of their definitions the tools differ from ours. */
  readonly notes: readonly string[]
}

export interface ComparedSide {
  readonly name: string
  readonly tool: string
  readonly toolVersion: string | null
  readonly model: string | null
  readonly startedAt: string | null
}

export interface LoadComparison {
  /** Of the load of a; b's stands in a warning when it differs. */
  readonly load: string
  /** How often each side measured it. */
  readonly runsA: number
  readonly runsB: number
  /** Runs were compared in pairs, in the order in which they began. */
  readonly paired: boolean
  readonly clock: LatencyClock
  readonly figures: readonly FigureComparison[]
}

export interface FigureComparison {
  readonly metric: ComparedMetric
  /** Null for what has none: cost, rates, errors, energy. */
  readonly statistic: ComparedStatistic | null
  readonly unit: string
  readonly better: 'lower' | 'higher'
  readonly a: number | null
  readonly b: number | null
  /** b ÷ a with its interval; of errors null, since a may be 0. */
  readonly ratio: number | null
  readonly low: number | null
  readonly high: number | null
  /** b − a of errors, as a share; null otherwise. */
  readonly difference: number | null
  readonly significance: Significance
}

/**
 * differs, or within the noise; too-few: the requests are there, and too few to say how sure the figure is; unknown: the files
 * say nothing about noise.
 */
export type Significance = 'differs' | 'noise' | 'too-few' | 'unknown'

/**
 * Compares the loads that both have. Two single loads are compared whatever they are called.
 * @param a the earlier or reference side, with its name for people
 * @throws TokenwrightError 'measurements' when no load is in both, or pairs were asked for and a load has other than two or more on both sides
 */
export function compareRuns(
  a: { readonly name: string; readonly runs: readonly ImportedRun[] },
  b: { readonly name: string; readonly runs: readonly ImportedRun[] },
  { confidence = defaultConfidence, paired = false }: ComparisonSettings = {},
): RunComparison {
  const groupsA = byLoad(a.runs)
  const groupsB = byLoad(b.runs)
  const pairs = pairsOf(groupsA, groupsB)
  if (pairs.length === 0) {
    refuseMeasurements(
      `no load is in both: a has ${namesOf(groupsA)}; b has ${namesOf(groupsB)}`,
      `${a.name}, ${b.name}`,
      'measure both at the same loads',
    )
  }
  if (paired) for (const [left, right] of pairs) refuseUnpaired(left, right, `${a.name}, ${b.name}`)
  const ordered = paired ? pairs.map(([left, right]) => [inOrder(left), inOrder(right)] as const) : pairs
  const warnings = ordered.flatMap(([left, right]) => [
    ...(paired ? orderWarnings(left, right) : []),
    ...comparabilityWarnings(left[0]!, right[0]!),
    ...verdictWarnings('a', left),
    ...verdictWarnings('b', right),
  ])
  return {
    a: sideOf(a.name, pairs[0]![0][0]!),
    b: sideOf(b.name, pairs[0]![1][0]!),
    confidence,
    loads: ordered.map(([left, right]) => compareLoad(left, right, confidence, paired)),
    onlyA: unmatched(
      groupsA,
      pairs.map(pair => pair[0]),
    ),
    onlyB: unmatched(
      groupsB,
      pairs.map(pair => pair[1]),
    ),
    warnings: [...new Set(warnings)],
    notes: sharedNotes(a.runs, b.runs),
  }
}

type Runs = readonly ImportedRun[]

/** Runs of the same load are repeats of it. */
function byLoad(runs: Runs): Runs[] {
  const groups: ImportedRun[][] = []
  for (const run of runs) {
    const known = groups.find(([first]) => sameLoad(first!, run))
    if (known === undefined) groups.push([run])
    else known.push(run)
  }
  return groups
}

function pairsOf(a: readonly Runs[], b: readonly Runs[]): [Runs, Runs][] {
  const pairs: [Runs, Runs][] = []
  for (const left of a) {
    const right = b.find(group => sameLoad(left[0]!, group[0]!))
    if (right !== undefined) pairs.push([left, right])
  }
  return pairs.length === 0 && a.length === 1 && b.length === 1 ? [[a[0]!, b[0]!]] : pairs
}

function namesOf(groups: readonly Runs[]): string {
  return groups.map(([run]) => run!.load.name).join(', ')
}

function unmatched(groups: readonly Runs[], matched: readonly Runs[]): string[] {
  return groups.filter(group => !matched.includes(group)).map(([run]) => run!.load.name)
}

function sideOf(name: string, run: ImportedRun): ComparedSide {
  return { name, tool: run.tool, toolVersion: run.toolVersion, model: run.model, startedAt: run.startedAt }
}

/** Said once where both sides have them. */
function sharedNotes(a: Runs, b: Runs): string[] {
  const sides = new Map<string, Set<'a' | 'b'>>()
  for (const [side, runs] of [
    ['a', a],
    ['b', b],
  ] as const) {
    for (const { notes, tool } of runs) {
      for (const note of notes) {
        const key = `(${tool}): ${note}`
        sides.set(key, (sides.get(key) ?? new Set()).add(side))
      }
    }
  }
  return [...sides].map(([note, of]) => `${of.size === 2 ? 'both' : [...of][0]} ${note}`)
}

function compareLoad(a: Runs, b: Runs, confidence: number, paired: boolean): LoadComparison {
  const clock = clockOf([...a, ...b])
  const left = comparisonSamples(a, clock, confidence)
  const right = comparisonSamples(b, clock, confidence)
  const tooFew = new Set([...left.tooFew, ...right.tooFew])
  const figures = compareMetrics(left.samples, right.samples, { confidence, paired }).map(comparison =>
    figureOf(comparison, tooFew.has(comparison.name)),
  )
  const errors = errorFigure(a, b, confidence)
  const order = (metric: ComparedMetric) => comparedMetrics.indexOf(metric)
  return {
    load: a[0]!.load.name,
    runsA: a.length,
    runsB: b.length,
    paired,
    clock,
    figures: [...figures, ...(errors === null ? [] : [errors])].sort(
      (x, y) => order(x.metric) - order(y.metric),
    ),
  }
}

/** From when requests were due, where the loads are open and both sides know it; from sending otherwise. */
function clockOf(runs: Runs): LatencyClock {
  return runs.every(({ load, latency }) => load.requestsPerSecond !== null && latency.response !== null)
    ? 'response'
    : 'service'
}

function figureOf(comparison: MetricComparison, tooFew: boolean): FigureComparison {
  const { name, unit, better, a, b, ratio, low, high, significant } = comparison
  const [metric, statistic] = name.split(' ') as [ComparedMetric, ComparedStatistic | undefined]
  return {
    metric,
    statistic: statistic !== undefined && comparedStatistics.includes(statistic) ? statistic : null,
    unit,
    better,
    a,
    b,
    ratio,
    low,
    high,
    difference: null,
    significance: significanceOf(significant, tooFew),
  }
}

function significanceOf(significant: boolean | null, tooFew: boolean): Significance {
  if (significant === null) return tooFew ? 'too-few' : 'unknown'
  return significant ? 'differs' : 'noise'
}

/** Of all requests of all repeats; null where a side does not count them. */
function errorFigure(a: Runs, b: Runs, confidence: number): FigureComparison | null {
  const left = totals(a)
  const right = totals(b)
  if (left === null || right === null) return null
  const comparison = compareShares(left, right, confidence)
  const { unit, better } = comparedUnits.errors
  return {
    metric: 'errors',
    statistic: null,
    unit,
    better,
    a: comparison.a,
    b: comparison.b,
    ratio: null,
    low: comparison.low,
    high: comparison.high,
    difference: comparison.difference,
    significance: comparison.significant ? 'differs' : 'noise',
  }
}

function totals(runs: Runs): { readonly failed: number; readonly all: number } | null {
  let failed = 0
  let all = 0
  for (const { counts } of runs) {
    if (counts.served === null || counts.failed === null) return null
    failed += counts.failed
    all += counts.served + counts.failed
  }
  return all === 0 ? null : { failed, all }
}
