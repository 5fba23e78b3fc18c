/** Objectives as our other commands write them, or as AIPerf's --goodput does. */
import { TokenwrightError } from '../core/errors.ts'
import type { Objective, ObjectiveMetric } from '../metrics/objective.ts'
import { parseObjectives } from '../plan/objectives.ts'
import type { BenchFlags } from './bench-flags.ts'

/** AIPerf's tags of what our metrics are, in milliseconds there. */
const metricOfTag: Readonly<Record<string, ObjectiveMetric>> = {
  time_to_first_token: 'ttft',
  ttft: 'ttft',
  inter_token_latency: 'tpot',
  tpot: 'tpot',
  request_latency: 'e2e',
  e2el: 'e2e',
}

export function benchObjectives({ slo, goodput }: BenchFlags): readonly Objective[] {
  if (slo !== undefined && goodput !== undefined)
    throw new TokenwrightError('usage', '--slo and --goodput contradict each other', {
      where: '--goodput',
      fix: 'both say what is good enough: give one of the two',
    })
  if (slo !== undefined) return parseObjectives(slo)
  return goodput === undefined
    ? []
    : goodput
        .trim()
        .split(/[\s,]+/)
        .map(limitOf)
}

/** A limit of every request: as an objective it is the 99th percentile's; goodput counts each request by itself. */
function limitOf(text: string): Objective {
  const [tag = '', limit = ''] = text.split(':')
  const metric = metricOfTag[tag]
  const limitMs = Number(limit)
  if (metric === undefined || !(limitMs > 0))
    throw new TokenwrightError('usage', `"${text}" is no limit`, {
      where: '--goodput',
      fix: 'write tag:milliseconds, e.g. "time_to_first_token:500 inter_token_latency:30"; --slo says the same in words',
    })
  return { metric, statistic: 'p99', limitMs }
}
