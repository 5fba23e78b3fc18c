/**
 * Latency objectives as people write them: `ttft p90 < 1s, tpot mean < 30ms`.
 *
 *   objective = metric [statistic] ('<' | '<=' | '≤') number unit
 *   metric    = ttft | tpot | itl (read as tpot) | e2e (also latency)
 *   statistic = mean (also avg, average) | p50 (also median) | p90 | p95 | p99
 *   unit      = us | ms | s | min
 *
 * Without a statistic the mean is meant. Definitions of the metrics: docs/glossary.md.
 */
import { TokenwrightError } from '../core/errors.ts'
import type { LatencySummary, Performance } from '../perf/deployment.ts'
import type { Objective, ObjectiveMetric, ObjectiveStatistic } from './types.ts'

/** What an objective without a statistic limits. */
export const defaultStatistic: ObjectiveStatistic = 'mean'

const metricNames: Readonly<Record<string, ObjectiveMetric>> = {
  ttft: 'ttft',
  tpot: 'tpot',
  itl: 'tpot',
  e2e: 'e2e',
  e2el: 'e2e',
  latency: 'e2e',
}

const statisticNames: Readonly<Record<string, ObjectiveStatistic>> = {
  mean: 'mean',
  avg: 'mean',
  average: 'mean',
  p50: 'p50',
  median: 'p50',
  p90: 'p90',
  p95: 'p95',
  p99: 'p99',
}

const millisecondsPerUnit: Readonly<Record<string, number>> = {
  us: 1e-3,
  µs: 1e-3,
  ms: 1,
  s: 1000,
  sec: 1000,
  min: 60_000,
}

/** A limit beyond a day is a slip of the unit. */
const longestLimitMs = 86_400_000

const grammar =
  'write it as «ttft p90 < 1s, tpot mean < 30ms» (metrics ttft, tpot, e2e; mean, p50, p90, p95, p99; us, ms, s, min)'

/** Parses a list separated by commas, semicolons or «and». An empty text gives no objectives. */
export function parseObjectives(text: string): Objective[] {
  const objectives: Objective[] = []
  if (text.trim() === '') return objectives
  for (const part of text.split(/[,;]|\band\b/i)) {
    const objective = parseObjective(part.trim(), text)
    const other = objectives.find(o => o.metric === objective.metric && o.statistic === objective.statistic)
    if (other !== undefined) {
      const limits = `${other.limitMs} ms and ${objective.limitMs} ms`
      throw fault(
        `«${objective.metric} ${objective.statistic}» is limited twice: ${limits}`,
        text,
        'keep one of the two',
      )
    }
    objectives.push(objective)
  }
  assertConsistent(objectives, text)
  return objectives
}

function parseObjective(part: string, whole: string): Objective {
  if (part === '') throw fault('an objective is empty', whole, grammar)
  const match = /^([a-z0-9]+)(?:\s+([a-z0-9]+))?\s*(<=|>=|<|>|=|≤|≥)\s*(\S+?)\s*([a-zµ]*)$/iu.exec(part)
  if (match === null) throw fault(`cannot read the objective «${part}»`, whole, grammar)
  const [, metricText = '', statisticText, operator = '', numberText = '', unitText = ''] = match
  const metric = metricNames[metricText.toLowerCase()]
  if (metric === undefined)
    throw fault(`unknown metric «${metricText}»`, whole, 'metrics are ttft, tpot (itl) and e2e')
  const statistic =
    statisticText === undefined ? defaultStatistic : statisticNames[statisticText.toLowerCase()]
  if (statistic === undefined) {
    throw fault(`unknown statistic «${statisticText}»`, whole, 'statistics are mean, p50, p90, p95 and p99')
  }
  if (!['<', '<=', '≤'].includes(operator)) {
    throw fault(`«${part}» is not an upper limit`, whole, 'objectives are upper limits: use < or <=')
  }
  const value = /^[+-]?(\d+\.?\d*|\.\d+)(e[+-]?\d+)?$/i.test(numberText) ? Number(numberText) : Number.NaN
  if (!Number.isFinite(value)) throw fault(`«${numberText}» in «${part}» is not a number`, whole, grammar)
  if (value <= 0) throw fault(`the limit in «${part}» must be greater than 0`, whole, 'give a positive time')
  if (unitText === '')
    throw fault(`the limit in «${part}» has no unit`, whole, `add one, e.g. ${numberText}ms`)
  const scale = millisecondsPerUnit[unitText.toLowerCase()]
  if (scale === undefined)
    throw fault(`unknown unit «${unitText}» in «${part}»`, whole, 'units are us, ms, s and min')
  const limitMs = value * scale
  if (limitMs > longestLimitMs)
    throw fault(`the limit in «${part}» is longer than a day`, whole, 'check the unit')
  return { metric, statistic, limitMs }
}

/** A higher percentile below a lower one, or an end-to-end limit below that of its own first token, limits nothing more. */
function assertConsistent(objectives: readonly Objective[], text: string): void {
  const rank: readonly ObjectiveStatistic[] = ['p50', 'p90', 'p95', 'p99']
  for (const a of objectives) {
    for (const b of objectives) {
      const higher = rank.indexOf(a.statistic) > rank.indexOf(b.statistic) && rank.includes(b.statistic)
      if (a.metric === b.metric && higher && a.limitMs < b.limitMs) {
        const names = `${a.metric} ${a.statistic} < ${a.limitMs} ms and ${b.statistic} < ${b.limitMs} ms`
        throw fault(
          `contradictory limits: ${names}`,
          text,
          `${b.statistic} can never exceed ${a.statistic}: drop it or raise ${a.statistic}`,
        )
      }
    }
    const first = objectives.find(
      o => a.metric === 'e2e' && o.metric === 'ttft' && o.statistic === a.statistic,
    )
    if (first !== undefined && first.limitMs > a.limitMs) {
      throw fault(
        `contradictory limits: ttft ${first.statistic} may take ${first.limitMs} ms, the whole request only ${a.limitMs} ms`,
        text,
        'lower the ttft limit or raise the e2e limit',
      )
    }
  }
}

function fault(message: string, whole: string, fix: string): TokenwrightError {
  return new TokenwrightError('objective', message, { where: `objectives «${whole.trim()}»`, fix })
}

/** The value an objective limits, milliseconds. */
export function measuredValueMs(
  objective: Pick<Objective, 'metric' | 'statistic'>,
  performance: Performance,
): number {
  const summary = { ttft: performance.ttft, tpot: performance.tpot, e2e: performance.endToEnd }[
    objective.metric
  ]
  return statisticOf(summary, objective.statistic)
}

function statisticOf(summary: LatencySummary, statistic: ObjectiveStatistic): number {
  switch (statistic) {
    case 'mean':
      return summary.meanMs
    case 'p50':
      return summary.p50Ms
    case 'p90':
      return summary.p90Ms
    case 'p95':
      return summary.p95Ms
    case 'p99':
      return summary.p99Ms
  }
}

/** The objective nearest to (or furthest beyond) its limit, and value ÷ limit; null without objectives. */
export function tightestObjective(
  objectives: readonly Objective[],
  performance: Performance,
): { readonly objective: Objective; readonly ratio: number } | null {
  let tightest: { objective: Objective; ratio: number } | null = null
  for (const objective of objectives) {
    const ratio = measuredValueMs(objective, performance) / objective.limitMs
    if (tightest === null || ratio > tightest.ratio) tightest = { objective, ratio }
  }
  return tightest
}

/** `tpot mean < 30 ms`, parsable again. */
export function formatObjective(objective: Objective): string {
  return `${objective.metric} ${objective.statistic} < ${objective.limitMs} ms`
}

/** Objectives with a share of every limit kept free for errors of the prediction. */
export function withMargin(objectives: readonly Objective[], margin: number): Objective[] {
  return objectives.map(objective => ({ ...objective, limitMs: objective.limitMs * (1 - margin) }))
}
