/** The figures of a run that are compared, their units and which way is better: a closed list for conditions and tables. */

export const comparedMetrics = [
  'cost',
  'throughput',
  'requests',
  'goodput',
  'ttft',
  'tpot',
  'itl',
  'e2e',
  'errors',
  'joules',
] as const
export type ComparedMetric = (typeof comparedMetrics)[number]

export const latencyMetrics = ['ttft', 'tpot', 'itl', 'e2e'] as const satisfies readonly ComparedMetric[]
export type LatencyMetric = (typeof latencyMetrics)[number]

export const comparedStatistics = ['mean', 'p50', 'p90', 'p95', 'p99'] as const
export type ComparedStatistic = (typeof comparedStatistics)[number]

export interface ComparedUnit {
  readonly unit: string
  readonly better: 'lower' | 'higher'
  readonly title: string
}

export const comparedUnits: Readonly<Record<ComparedMetric, ComparedUnit>> = {
  cost: { unit: '$/Mtok', better: 'lower', title: 'cost' },
  throughput: { unit: 'output tok/s', better: 'higher', title: 'throughput' },
  requests: { unit: 'requests/s', better: 'higher', title: 'requests' },
  goodput: { unit: 'requests/s', better: 'higher', title: 'goodput' },
  ttft: { unit: 'ms', better: 'lower', title: 'TTFT' },
  tpot: { unit: 'ms', better: 'lower', title: 'TPOT' },
  itl: { unit: 'ms', better: 'lower', title: 'ITL' },
  e2e: { unit: 'ms', better: 'lower', title: 'E2E' },
  errors: { unit: 'share', better: 'lower', title: 'errors' },
  joules: { unit: 'J/output tok', better: 'lower', title: 'energy' },
}

export function isLatency(metric: ComparedMetric): metric is LatencyMetric {
  return (latencyMetrics as readonly ComparedMetric[]).includes(metric)
}

/** "ttft p95", "cost". */
export function figureName(metric: ComparedMetric, statistic: ComparedStatistic | null): string {
  return statistic === null ? metric : `${metric} ${statistic}`
}
