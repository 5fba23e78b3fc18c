/**
 * What a wrong choice would have cost. Inside a decision group (one model, one accelerator, one pair of lengths) every
 * measured configuration at every measured load is an option. For a TPOT limit the cheapest option is the one with the
 * highest throughput per device: on one accelerator cost per token is its inverse. Regret = throughput of the truly
 * best feasible option ÷ measured throughput of the chosen one − 1.
 */
import { geometricMean, mean, median, quantile, spearman } from '../core/statistics.ts'
import { type PlannedLoad, planLoad } from './planned-load.ts'
import { littlesLawTokensPerSecondPerDevice } from './rows/littles-law.ts'
import type { ScoredPoint } from './score.ts'
import { throughputAt } from './throughput-at.ts'

export interface Option {
  /** Options of one configuration differ in load only. */
  readonly configuration: string
  readonly concurrency: number
  readonly measured: OptionPerformance
  readonly predicted: OptionPerformance
}

export interface OptionPerformance {
  readonly tpotMs: number
  readonly tokensPerSecondPerDevice: number
}

export interface RegretStatistics {
  readonly mean: number
  readonly median: number
  readonly p90: number
  /** Share of choices within 3 % of the best. */
  readonly within3Percent: number
}

export interface RegretSummary {
  readonly groups: number
  /** Decisions: groups × those TPOT limits that leave a choice. */
  readonly n: number
  /** Headline figures: those of `configuration`. */
  readonly median: number
  readonly p90: number
  /**
   * The configuration the prediction recommends at the limit against the best one there, both run as far as the limit
   * allows: throughput at the limit is interpolated between a configuration's measured loads (a factor of two apart),
   * as operators set the load by what they see. A recommended configuration that cannot meet the limit at any measured
   * load counts as its next choice that can.
   */
  readonly configuration: RegretStatistics & {
    /** Share of first choices that cannot meet the limit at any measured load. */
    readonly impossibleShare: number
  }
  /** Choice by predicted throughput among the options that truly meet the limit. */
  readonly feasibleKnown: RegretStatistics
  /**
   * Choice among the options predicted to meet the limit. A choice that misses it as measured is put right as an
   * operator would: the same configuration at the largest smaller load that meets it, else the next choice.
   */
  readonly feasiblePredicted: RegretStatistics & {
    /** Share of choices that missed the limit as measured, and by how much of it they did. */
    readonly missedShare: number
    readonly overshootMean: number
    readonly overshootP90: number
  }
  /** Configuration and load both planned by prediction, with a margin (planned-load.ts); one entry a margin. */
  readonly planned: readonly PlannedRegret[]
  /** A random configuration among those that can meet the limit, at its best load that does. */
  readonly random: { readonly mean: number; readonly median: number }
  /** Rank correlation of predicted and measured throughput inside the groups. */
  readonly spearman: { readonly mean: number; readonly minimum: number }
}

export interface PlannedRegret extends RegretStatistics {
  /** Share of the limit kept free. */
  readonly margin: number
  /** Share of plans that miss the limit as measured. */
  readonly missedShare: number
  /** The chosen configuration loaded up to the limit by what is seen. */
  readonly loaded: RegretStatistics
}

/** One decision with its two throughputs, so that it can be valued in money. */
export interface PlannedDecision extends PlannedLoad {
  readonly decisionGroup: string
  readonly limitMs: number
}

/** Shares of the limit kept free: none, about the median error of TPOT, and more. */
export const margins = [0, 0.05, 0.1, 0.15] as const

const fewestOptions = 5
/** Interactivity that people ask for, tokens per second and user; the TPOT limit is its inverse. */
const interactivityLevels = [15, 20, 30, 50, 75, 100, 150, 200]

export function regretOf(scored: readonly ScoredPoint[]): RegretSummary {
  const groups = decisionGroups(scored).map(({ options }) => options)
  const decisions = groups.flatMap(options => limitsOf(options).map(limitMs => decide(options, limitMs)))
  const overshoots = decisions.flatMap(({ overshoot }) => (overshoot > 0 ? [overshoot] : []))
  const ranks = groups.map(rankCorrelation).filter(Number.isFinite)
  const random = decisions.map(decision => decision.random)
  const configuration = statistics(decisions.map(decision => decision.configuration))
  return {
    groups: groups.length,
    n: decisions.length,
    median: configuration.median,
    p90: configuration.p90,
    configuration: {
      ...configuration,
      impossibleShare:
        decisions.filter(decision => decision.impossible).length / Math.max(1, decisions.length),
    },
    feasibleKnown: statistics(decisions.map(decision => decision.feasibleKnown)),
    feasiblePredicted: {
      ...statistics(decisions.map(decision => decision.feasiblePredicted)),
      missedShare: decisions.length === 0 ? Number.NaN : overshoots.length / decisions.length,
      overshootMean: overshoots.length === 0 ? 0 : mean(overshoots),
      overshootP90: overshoots.length === 0 ? 0 : quantile(overshoots, 0.9),
    },
    planned: margins.map(margin => {
      const plans = plannedDecisions(scored, margin)
      return {
        margin,
        ...statistics(plans.map(plan => plan.regret)),
        loaded: statistics(plans.map(plan => plan.loadedRegret)),
        missedShare: plans.filter(plan => plan.missed).length / Math.max(1, plans.length),
      }
    }),
    random: { mean: mean(random), median: median(random) },
    spearman: { mean: mean(ranks), minimum: ranks.length === 0 ? Number.NaN : Math.min(...ranks) },
  }
}

/** Every decision with configuration and load planned by prediction, `margin` of the limit kept free. */
export function plannedDecisions(scored: readonly ScoredPoint[], margin: number): PlannedDecision[] {
  return decisionGroups(scored).flatMap(({ decisionGroup, options }) =>
    limitsOf(options).flatMap(limitMs => {
      const plan = planLoad(options, limitMs, margin)
      return plan === null ? [] : [{ decisionGroup, limitMs, ...plan }]
    }),
  )
}

function decisionGroups(scored: readonly ScoredPoint[]): { decisionGroup: string; options: Option[] }[] {
  return [...Map.groupBy(scored, ({ point }) => point.decisionGroup)]
    .map(([decisionGroup, points]) => ({ decisionGroup, options: optionsOf(points) }))
    .filter(({ options }) => options.length >= fewestOptions)
}

/** Limits that leave a choice (two options meet them) and exclude one, so that feasibility matters. */
function limitsOf(options: readonly Option[]): number[] {
  return interactivityLevels
    .map(level => 1000 / level)
    .filter(limitMs => {
      const feasible = options.filter(option => option.measured.tpotMs <= limitMs).length
      return feasible >= 2 && feasible < options.length
    })
}

/** Measured points as options; runs of one configuration at one load are one option with their geometric mean. */
function optionsOf(scored: readonly ScoredPoint[]): Option[] {
  const points = scored.flatMap(one => optionOf(one) ?? [])
  const same = Map.groupBy(points, option => `${option.configuration} at ${option.concurrency}`)
  return [...same.values()].map(runs => ({
    ...runs[0]!,
    measured: {
      tpotMs: geometricMean(runs.map(run => run.measured.tpotMs)),
      tokensPerSecondPerDevice: geometricMean(runs.map(run => run.measured.tokensPerSecondPerDevice)),
    },
  }))
}

/** Throughput as the file and the prediction state it; by Little's law on both sides where the file does not. */
function optionOf({ point, prediction }: ScoredPoint): Option | null {
  if (point.load.kind !== 'closed' || point.tpotMs === null || prediction.tpotMs === null) return null
  const stated = point.totalTokensPerSecondPerDevice
  const measured = stated ?? littlesLawTokensPerSecondPerDevice(point, point)
  const predicted =
    stated === null
      ? littlesLawTokensPerSecondPerDevice(point, prediction)
      : prediction.totalTokensPerSecondPerDevice
  if (measured === null || predicted === null) return null
  if (!(Number.isFinite(predicted) && Number.isFinite(prediction.tpotMs))) return null
  return {
    configuration: point.group,
    concurrency: point.load.concurrency,
    measured: { tpotMs: point.tpotMs, tokensPerSecondPerDevice: measured },
    predicted: { tpotMs: prediction.tpotMs, tokensPerSecondPerDevice: predicted },
  }
}

export interface Decision {
  readonly configuration: number
  readonly impossible: boolean
  readonly feasibleKnown: number
  readonly feasiblePredicted: number
  /** Measured TPOT of the first choice over the limit, − 1; 0 when it meets the limit. */
  readonly overshoot: number
  readonly random: number
}

/** One choice at one TPOT limit; at least one option must meet the limit as measured. */
export function decide(options: readonly Option[], limitMs: number): Decision {
  const feasible = options.filter(option => option.measured.tpotMs <= limitMs)
  const best = Math.max(...feasible.map(option => option.measured.tokensPerSecondPerDevice))
  const regret = (option: Option) => best / option.measured.tokensPerSecondPerDevice - 1
  const byPromise = [...options].sort(
    (a, b) => b.predicted.tokensPerSecondPerDevice - a.predicted.tokensPerSecondPerDevice,
  )
  const promised = byPromise.filter(option => option.predicted.tpotMs <= limitMs)
  // Nothing promised: whoever must choose takes the fastest as predicted.
  const ranking =
    promised.length > 0 ? promised : [...options].sort((a, b) => a.predicted.tpotMs - b.predicted.tpotMs)
  const chosen = ranking[0]!
  const kept = putRight(ranking, feasible, limitMs)
  return {
    ...decideConfiguration(options, limitMs),
    feasibleKnown: regret(byPromise.find(option => feasible.includes(option))!),
    feasiblePredicted: regret(kept),
    overshoot: Math.max(0, chosen.measured.tpotMs / limitMs - 1),
    random: mean(bestOfEachConfiguration(feasible).map(regret)),
  }
}

/** Regret of the configuration whose predicted throughput at the limit is highest, both sides interpolated over load. */
function decideConfiguration(
  options: readonly Option[],
  limitMs: number,
): { configuration: number; impossible: boolean } {
  const configurations = [...Map.groupBy(options, option => option.configuration).values()].map(loads => ({
    measured: throughputAt(
      loads.map(option => option.measured),
      limitMs,
    ),
    predicted: throughputAt(
      loads.map(option => option.predicted),
      limitMs,
    ),
    fastest: Math.min(...loads.map(option => option.predicted.tpotMs)),
  }))
  const best = Math.max(...configurations.map(c => c.measured ?? 0))
  // Promised ones by throughput, then those promised to come nearest to the limit.
  const ranking = configurations.sort(
    (a, b) => (b.predicted ?? 0) - (a.predicted ?? 0) || a.fastest - b.fastest,
  )
  const chosen = ranking.find(c => c.measured !== null)!
  return { configuration: best / chosen.measured! - 1, impossible: ranking[0]!.measured === null }
}

/** The first choice if it meets the limit; else its configuration at a smaller load; else the next choices alike. */
function putRight(ranking: readonly Option[], feasible: readonly Option[], limitMs: number): Option {
  for (const choice of ranking) {
    if (choice.measured.tpotMs <= limitMs) return choice
    const smaller = feasible.filter(
      option => option.configuration === choice.configuration && option.concurrency < choice.concurrency,
    )
    if (smaller.length > 0) return smaller.reduce((a, b) => (b.concurrency > a.concurrency ? b : a))
  }
  // No promised configuration meets the limit at any measured load: the slowest feasible option, the worst outcome.
  return feasible.reduce((a, b) =>
    b.measured.tokensPerSecondPerDevice < a.measured.tokensPerSecondPerDevice ? b : a,
  )
}

function bestOfEachConfiguration(options: readonly Option[]): Option[] {
  const throughput = (option: Option) => option.measured.tokensPerSecondPerDevice
  return [...Map.groupBy(options, option => option.configuration).values()].map(same =>
    same.reduce((a, b) => (throughput(b) > throughput(a) ? b : a)),
  )
}

function rankCorrelation(options: readonly Option[]): number {
  return spearman(
    options.map(option => option.predicted.tokensPerSecondPerDevice),
    options.map(option => option.measured.tokensPerSecondPerDevice),
  )
}

function statistics(values: readonly number[]): RegretStatistics {
  return {
    mean: mean(values),
    median: median(values),
    p90: quantile(values, 0.9),
    within3Percent: values.filter(value => value <= 0.03).length / Math.max(1, values.length),
  }
}
