/** How far predictions of measured points are off, and how much of a file they cover. */
import { mean, median, quantile } from '../core/statistics.ts'
import type { MeasuredPoint, MeasuredRows } from './measured-point.ts'
import { type RegretSummary, regretOf } from './regret.ts'
import { littlesLawTokensPerSecondPerDevice } from './rows/littles-law.ts'
import type { SkipKind } from './rows/reasons.ts'

/** What a prediction states; null or not finite where it states nothing. */
export interface PredictedValues {
  readonly tpotMs: number | null
  readonly ttftMs: number | null
  readonly totalTokensPerSecondPerDevice: number | null
  readonly outputTokensPerSecondPerDevice?: number | null
  readonly joulesPerOutputToken: number | null
}

export type PointOutcome = PredictedValues | { readonly skipped: string }

export interface ScoredPoint {
  readonly point: MeasuredPoint
  readonly prediction: PredictedValues
}

/** Relative errors: prediction ÷ measurement − 1. mape, median and p90 are of its size, bias is its mean with sign. */
export interface ErrorStatistics {
  readonly n: number
  readonly mape: number
  readonly median: number
  readonly p90: number
  readonly bias: number
  /** Share of rows predicted within half and one and a half times the measurement. */
  readonly shareWithinHalf: number
}

export const metricNames = [
  'tpot',
  'ttft',
  'throughput_per_gpu',
  'joules_per_output_token',
  /** Both sides by Little's law from TPOT and TTFT, where the file has no throughput. */
  'derived_throughput_per_gpu',
  /** Where the file counts output tokens only (MLPerf). */
  'output_throughput_per_gpu',
] as const

export type MetricName = (typeof metricNames)[number]

/** Only metrics with at least one row. */
export type Metrics = { readonly [name in MetricName]?: ErrorStatistics }

export type GroupScore = Metrics & {
  readonly model: string
  readonly accelerator: string
  readonly engine: string
  readonly mode: string
  readonly n: number
}

export interface Coverage {
  /** Measurements, copies counted once. */
  readonly distinct: number
  /** Measurements that do not state what ran. */
  readonly filtered: number
  readonly predicted: number
  /** Measurements of something else than language models. */
  readonly outside: number
  /** predicted ÷ (distinct − filtered − outside). */
  readonly share: number
  /** predicted ÷ distinct. */
  readonly shareOfDistinct: number
}

export interface FileScore {
  readonly file: string
  readonly rows: number
  readonly predicted: number
  readonly skipped: Readonly<Record<string, number>>
  readonly coverage: Coverage
  /** Rows predicted but not trusted, by reason. */
  readonly suspect: Readonly<Record<string, number>>
  /** Over clean rows: by the rules in rows/. */
  readonly metrics: Metrics
  /** Over all predicted rows, suspect ones included. */
  readonly metricsAllRows: Metrics
  /** Over clean rows, by model × accelerator × engine × mode; the largest first. */
  readonly groups: readonly GroupScore[]
  readonly regret: RegretSummary
}

/** @param outcomes one per point of `rows`, in the same order */
export function scoreFile(rows: MeasuredRows, outcomes: readonly PointOutcome[]): FileScore {
  const scored: ScoredPoint[] = []
  const reasons = rows.skipped.map(({ reason }) => reason)
  rows.points.forEach((point, index) => {
    const outcome = outcomes[index] ?? { skipped: 'not predicted' }
    if ('skipped' in outcome) reasons.push(outcome.skipped)
    else scored.push({ point, prediction: outcome })
  })
  const clean = scored.filter(({ point }) => point.suspect === null)
  const skippedAs = (wanted: SkipKind) => rows.skipped.filter(({ kind }) => kind === wanted).length
  const filtered = skippedAs('filtered')
  const outside = skippedAs('outside')
  return {
    file: rows.file,
    rows: rows.rows,
    predicted: scored.length,
    skipped: countBy(reasons),
    coverage: {
      distinct: rows.distinct,
      filtered,
      outside,
      predicted: scored.length,
      share: scored.length / Math.max(1, rows.distinct - filtered - outside),
      shareOfDistinct: scored.length / Math.max(1, rows.distinct),
    },
    suspect: countBy(scored.flatMap(({ point }) => point.suspect ?? [])),
    metrics: metricsOf(clean),
    metricsAllRows: metricsOf(scored),
    groups: groupScores(clean),
    regret: regretOf(clean),
  }
}

export function metricsOf(scored: readonly ScoredPoint[]): Metrics {
  const metrics: { -readonly [name in MetricName]?: ErrorStatistics } = {}
  for (const name of metricNames) {
    const errors = scored.flatMap(one => relativeError(one, name) ?? [])
    if (errors.length > 0) metrics[name] = errorStatistics(errors)
  }
  return metrics
}

export function errorStatistics(errors: readonly number[]): ErrorStatistics {
  const sizes = errors.map(Math.abs)
  return {
    n: errors.length,
    mape: mean(sizes),
    median: median(sizes),
    p90: quantile(sizes, 0.9),
    bias: mean(errors),
    shareWithinHalf: sizes.filter(size => size <= 0.5).length / sizes.length,
  }
}

/** Null where the measurement or the prediction lacks the metric. */
export function relativeError({ point, prediction }: ScoredPoint, name: MetricName): number | null {
  const measured = measuredValue(point, name)
  const predicted = predictedValue(point, prediction, name)
  if (measured === null || predicted === null || !Number.isFinite(predicted)) return null
  return predicted / measured - 1
}

function measuredValue(point: MeasuredPoint, name: MetricName): number | null {
  switch (name) {
    case 'tpot':
      return point.tpotMs
    case 'ttft':
      return point.ttftMs
    case 'throughput_per_gpu':
      return point.totalTokensPerSecondPerDevice
    case 'joules_per_output_token':
      return point.joulesPerOutputToken
    case 'derived_throughput_per_gpu':
      return point.totalTokensPerSecondPerDevice === null
        ? littlesLawTokensPerSecondPerDevice(point, point)
        : null
    case 'output_throughput_per_gpu':
      return point.totalTokensPerSecondPerDevice === null ? point.outputTokensPerSecondPerDevice : null
  }
}

function predictedValue(point: MeasuredPoint, prediction: PredictedValues, name: MetricName): number | null {
  switch (name) {
    case 'tpot':
      return prediction.tpotMs
    case 'ttft':
      return prediction.ttftMs
    case 'throughput_per_gpu':
      return prediction.totalTokensPerSecondPerDevice
    case 'joules_per_output_token':
      return prediction.joulesPerOutputToken
    case 'derived_throughput_per_gpu':
      return littlesLawTokensPerSecondPerDevice(point, prediction)
    case 'output_throughput_per_gpu':
      return prediction.outputTokensPerSecondPerDevice ?? null
  }
}

function groupScores(scored: readonly ScoredPoint[]): GroupScore[] {
  const groups = Map.groupBy(scored, ({ point }) => {
    const { deployment } = point
    const pool = deployment.mode === 'aggregated' ? deployment.pool : deployment.decode
    return [point.modelId, pool.acceleratorId, deployment.engine, deployment.mode].join('\n')
  })
  return [...groups]
    .map(([key, members]) => {
      const [model, accelerator, engine, mode] = key.split('\n') as [string, string, string, string]
      return { model, accelerator, engine, mode, n: members.length, ...metricsOf(members) }
    })
    .sort((a, b) => b.n - a.n)
}

function countBy(texts: readonly string[]): Record<string, number> {
  const counts = new Map<string, number>()
  for (const text of texts) counts.set(text, (counts.get(text) ?? 0) + 1)
  return Object.fromEntries([...counts].sort((a, b) => b[1] - a[1]))
}
