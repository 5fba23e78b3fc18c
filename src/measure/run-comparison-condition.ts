/**
 * When a comparison fails: `cost +5%`, `ttft p95 +10%`, `throughput -5%`, `errors +1pp`.
 *
 *   condition = metric [statistic] [sign] number ('%' | 'pp')
 *   metric    = cost | ttft | tpot | itl | e2e | throughput | requests | goodput | errors | joules
 *   statistic = mean | p50 | p90 | p95 | p99, of latencies only; without one the mean is meant
 *
 * It holds when b is worse than a by more than that. The sign is the direction that is worse; errors are in percentage points.
 */
import { TokenwrightError } from '../core/errors.ts'
import { nearestNames } from '../core/nearest-name.ts'
import type { FigureComparison, RunComparison } from './run-comparison.ts'
import {
  type ComparedMetric,
  type ComparedStatistic,
  comparedMetrics,
  comparedStatistics,
  comparedUnits,
  figureName,
  isLatency,
} from './run-comparison-metrics.ts'

export interface FailCondition {
  /** As it was written. */
  readonly text: string
  readonly metric: ComparedMetric
  readonly statistic: ComparedStatistic | null
  /** Above 0: a share of a's value, or for errors a difference of shares. */
  readonly margin: number
}

/**
 * fails: worse by more than the margin, and not by chance. noise, too-few: worse by more than the margin, but within the noise
 * or of too few requests to tell. passes: not worse by more.
 */
export type ConditionOutcome = 'fails' | 'noise' | 'too-few' | 'passes'

export interface ConditionResult {
  readonly condition: FailCondition
  readonly load: string
  readonly a: number
  readonly b: number
  /** How much worse b is: a share of a, or for errors a difference of shares; below 0 when it is better. */
  readonly worse: number
  readonly outcome: ConditionOutcome
}

const aliases: Readonly<Record<string, ComparedMetric>> = {
  latency: 'e2e',
  e2el: 'e2e',
  usd: 'cost',
  energy: 'joules',
  error: 'errors',
  'tok/s': 'throughput',
}

const pattern = /^(\S+)(?:\s+([a-z]\w*))?\s+([+−-])?\s*(\d+(?:\.\d+)?)\s*(%|pp|\S*)$/i

/** One or several, separated by commas. */
export function parseFailConditions(text: string): FailCondition[] {
  const parts = text.split(/[,;]/).map(part => part.trim())
  if (parts.every(part => part === '')) throw faulty(text, 'it is empty')
  return parts.filter(part => part !== '').map(parseCondition)
}

function parseCondition(text: string): FailCondition {
  const match = pattern.exec(text)
  if (match === null) throw faulty(text, 'it cannot be read')
  const [, name, statisticName, sign, number, unit] = match
  const metric = metricOf(name!, text)
  const statistic = statisticOf(metric, statisticName, text)
  const points = metric === 'errors'
  if (unit !== (points ? 'pp' : '%')) {
    throw faulty(
      text,
      points
        ? 'errors are compared in percentage points'
        : `${unit === '' ? 'a number alone' : unit} is no margin here`,
      points ? 'write for example «errors +1pp»' : `write for example «${name} ${sign ?? '+'}${number}%»`,
    )
  }
  const worseSign = comparedUnits[metric].better === 'lower' ? '+' : '-'
  if (sign !== undefined && (sign === '+' ? '+' : '-') !== worseSign) {
    throw faulty(
      text,
      `${comparedUnits[metric].better} ${comparedUnits[metric].title} is better, so this would fail on an improvement`,
      `write «${text.replace(sign, worseSign)}»`,
    )
  }
  return { text, metric, statistic, margin: Number(number) / 100 }
}

function metricOf(name: string, text: string): ComparedMetric {
  const lower = name.toLowerCase()
  const metric = aliases[lower] ?? comparedMetrics.find(known => known === lower)
  if (metric !== undefined) return metric
  const [near] = nearestNames(lower, comparedMetrics)
  throw faulty(
    text,
    `«${name}» is no metric`,
    near === undefined ? undefined : `did you mean ${near}? Metrics: ${comparedMetrics.join(', ')}`,
  )
}

function statisticOf(
  metric: ComparedMetric,
  name: string | undefined,
  text: string,
): ComparedStatistic | null {
  if (name === undefined) return isLatency(metric) ? 'mean' : null
  if (!isLatency(metric))
    throw faulty(
      text,
      `${metric} is one figure, it has no ${name}`,
      `write «${text.replace(` ${name}`, '')}»`,
    )
  const lower = name.toLowerCase()
  const statistic =
    lower === 'median' ? 'p50' : lower === 'avg' ? 'mean' : comparedStatistics.find(known => known === lower)
  if (statistic === undefined)
    throw faulty(text, `«${name}» is no statistic`, `take one of ${comparedStatistics.join(', ')}`)
  return statistic
}

function faulty(text: string, why: string, fix?: string): TokenwrightError {
  return new TokenwrightError('usage', `condition «${text}»: ${why}`, {
    where: '--fail-on',
    fix: fix ?? 'write it as «cost +5%», «ttft p95 +10%», «throughput -5%», «errors +1pp»',
  })
}

/**
 * Every condition at every load.
 * @param strict fail on the figures as they are, noise or not
 * @throws TokenwrightError 'measurements' when a run lacks the metric of a condition
 */
export function judgeConditions(
  comparison: RunComparison,
  conditions: readonly FailCondition[],
  strict: boolean,
): ConditionResult[] {
  return conditions.flatMap(condition =>
    comparison.loads.map(({ load, figures }) => {
      const figure = figures.find(
        ({ metric, statistic }) => metric === condition.metric && statistic === condition.statistic,
      )
      if (figure?.a == null || figure.b == null) throw lacking(comparison, condition, load, figure)
      const worse = worseBy(figure)
      return {
        condition,
        load,
        a: figure.a,
        b: figure.b,
        worse,
        outcome: outcomeOf(worse, condition, figure, strict),
      }
    }),
  )
}

/** A share of a; of errors the difference. From 0 to more than 0 is worse without limit. */
function worseBy({ metric, a, b, better }: FigureComparison): number {
  const change = metric === 'errors' ? b! - a! : a === b ? 0 : b! / a! - 1
  return better === 'lower' ? change : -change
}

/** 105 ÷ 100 − 1 is a little more than 0.05. */
const rounding = 1e-9

function outcomeOf(
  worse: number,
  { margin }: FailCondition,
  { significance }: FigureComparison,
  strict: boolean,
): ConditionOutcome {
  if (!(worse > margin + rounding)) return 'passes'
  if (strict || significance === 'differs' || significance === 'unknown') return 'fails'
  return significance
}

function lacking(
  { a, b }: RunComparison,
  { metric, statistic, text }: FailCondition,
  load: string,
  figure: FigureComparison | undefined,
): TokenwrightError {
  const without = [...(figure?.a == null ? [a.name] : []), ...(figure?.b == null ? [b.name] : [])]
  return new TokenwrightError(
    'measurements',
    `«${text}» cannot be judged: ${without.join(' and ')} ${without.length === 1 ? 'has' : 'have'} no ` +
      `${figureName(metric, statistic)} at ${load}`,
    {
      where: '--fail-on',
      fix: missingFix[metric] ?? 'drop the condition, or measure both with what it needs',
    },
  )
}

const missingFix: Partial<Record<ComparedMetric, string>> = {
  cost: 'measure with --hardware and a price, so that there is a bill',
  goodput: 'measure with --slo, so that there are objectives',
  joules: 'measure with --power or a DCGM exporter, so that there is energy',
  itl: 'ITL needs the times of chunks: stream the answers and keep details',
}
