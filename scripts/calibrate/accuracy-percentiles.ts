/** Percentiles of dated DeepSeek-R1 runs against the analytic percentiles of the same deployment and load. */
import type { PointLookups } from '../../src/accuracy/evaluate-point.ts'
import { type ErrorStatistics, errorStatistics } from '../../src/accuracy/score.ts'
import { present } from '../../src/core/assert.ts'
import type { CoefficientSet } from '../../src/perf/coefficients.ts'
import type { LatencySummary } from '../../src/perf/deployment.ts'
import { predict } from '../../src/perf/predict.ts'
import type { UnfittedFile } from './accuracy-unfitted.ts'

export interface PercentileErrors {
  readonly metric: string
  readonly mode: 'aggregated' | 'disaggregated'
  readonly percentile: string
  readonly errors: ErrorStatistics
  /** The same of the spread alone: percentile ÷ mean, predicted against measured. */
  readonly spread: ErrorStatistics | null
}

const metrics = [
  ['TTFT', 'ttft', 'ttft'],
  ['TPOT', 'tpot', 'tpot'],
  ['end to end', 'e2el', 'endToEnd'],
] as const
const percentiles = [
  ['median', 'p50Ms'],
  ['p90', 'p90Ms'],
  ['p99', 'p99Ms'],
] as const satisfies readonly (readonly [string, keyof LatencySummary])[]

export function percentileErrors(
  file: UnfittedFile | undefined,
  lookups: PointLookups,
  coefficients: CoefficientSet,
): PercentileErrors[] {
  if (file === undefined) return []
  const records = new Map(file.records.map(record => [record.text('point_id'), record]))
  const pairs = new Map<string, { errors: number[]; spread: number[] }>()
  for (const { point } of file.scored) {
    const { deployment, load } = point
    const record = records.get(point.id)
    if (point.suspect !== null || load.kind !== 'closed' || record === undefined) continue
    const pool = deployment.mode === 'aggregated' ? deployment.pool : deployment.decode
    const performance = predict({
      modelId: point.modelId,
      architecture: present(lookups.architecture(point.modelId), 'scored points have a model'),
      accelerator: present(lookups.accelerator(pool.acceleratorId), 'scored points have an accelerator'),
      deployment,
      shape: point.shape,
      load: { kind: 'closed', concurrency: load.concurrency, requests: load.requests },
      coefficients,
    })
    if (!performance.feasible) continue
    for (const [name, column, field] of metrics) {
      const summary = performance[field]
      const mean = record.positive(`mean_${column}`)
      for (const [percentile, key] of percentiles) {
        const measured = record.positive(`${percentile}_${column}`)
        if (measured === null) continue
        const id = `${name}|${deployment.mode}|${percentile}`
        const pair = pairs.get(id) ?? { errors: [], spread: [] }
        pairs.set(id, pair)
        pair.errors.push(summary[key] / 1e3 / measured - 1)
        if (mean !== null) pair.spread.push(summary[key] / summary.meanMs / (measured / mean) - 1)
      }
    }
  }
  return [...pairs].map(([id, { errors, spread }]) => {
    const [metric, mode, percentile] = id.split('|') as [string, PercentileErrors['mode'], string]
    return {
      metric,
      mode,
      percentile,
      errors: errorStatistics(errors),
      spread: spread.length === 0 ? null : errorStatistics(spread),
    }
  })
}
