/** How surely an objective is met: a confidence interval of the statistic it limits, with errors as infinitely late. */
import type { Distribution } from '../metrics/distribution.ts'
import type { Objective } from '../metrics/objective.ts'
import { distributionOf, quantileOfStatistic } from '../metrics/objective-result.ts'
import type { RunMetrics } from '../metrics/run-metrics.ts'
import { defaultConfidence, type EffectiveShares, orderInterval } from './percentile-interval.ts'
import { sampleDeviation, studentT } from './repeated-runs.ts'

export interface ObjectiveInterval {
  readonly objective: Objective
  /** 0 where nothing bounds it from below; Infinity where it surely lies among rejected and failed requests. */
  readonly lowMs: number
  /** Infinity where the sample is too small to bound it, or it may lie among rejected and failed requests. */
  readonly highMs: number
}

/** met: the whole interval is within the limit. missed: the whole of it is beyond. */
export type ObjectiveDecision = 'met' | 'missed' | 'undecided'

export function decide({ objective, lowMs, highMs }: ObjectiveInterval): ObjectiveDecision {
  if (highMs <= objective.limitMs) return 'met'
  return lowMs > objective.limitMs ? 'missed' : 'undecided'
}

/** Of the objectives of a run, in their order. */
export function objectiveIntervals(
  metrics: RunMetrics,
  confidence = defaultConfidence,
  shares: EffectiveShares = { ttft: 1, tpot: 1, endToEnd: 1 },
): ObjectiveInterval[] {
  const { measured, settings } = metrics
  return settings.objectives.map(objective => {
    const values = distributionOf(objective, measured, settings.clock)
    const misses = measured.rejected + measured.failed
    return objectiveInterval(objective, values, misses, confidence, shareOf(objective, shares))
  })
}

function shareOf({ metric }: Objective, shares: EffectiveShares): number {
  switch (metric) {
    case 'ttft':
      return shares.ttft
    case 'tpot':
      return shares.tpot
    case 'e2e':
      return shares.endToEnd
  }
}

/** Ranks of percentile-interval.ts over served and lost requests together; Student's interval of a mean, of served ones. */
export function objectiveInterval(
  objective: Objective,
  values: Distribution,
  misses: number,
  confidence = defaultConfidence,
  share = 1,
): ObjectiveInterval {
  const { statistic } = objective
  if (statistic === 'mean') return { objective, ...meanInterval(values, confidence, share) }
  const ranks = orderInterval(values.count + misses, quantileOfStatistic[statistic], confidence, share)
  const at = (rank: number) => (rank > values.count ? Number.POSITIVE_INFINITY : values.atPosition(rank - 1))
  return {
    objective,
    lowMs: ranks.low === null ? 0 : at(ranks.low),
    highMs: ranks.high === null ? Number.POSITIVE_INFINITY : at(ranks.high),
  }
}

/** Ranks that stand for a distribution of which single values are no longer kept. */
const ranksOfLargeSample = 1_000

function meanInterval(values: Distribution, confidence: number, share: number) {
  const independent = Math.floor(values.count * share)
  if (independent < 2) return { lowMs: 0, highMs: Number.POSITIVE_INFINITY }
  const ranks = Math.min(values.count, ranksOfLargeSample)
  const contents = values.form === 'exact' ? values.contents() : null
  const sample =
    contents?.form === 'exact' && contents.weights === null
      ? contents.values
      : Array.from({ length: ranks }, (_, rank) => values.quantile((rank + 0.5) / ranks))
  const margin = (studentT(confidence, independent - 1) * sampleDeviation(sample)) / Math.sqrt(independent)
  return { lowMs: Math.max(0, values.mean - margin), highMs: values.mean + margin }
}
