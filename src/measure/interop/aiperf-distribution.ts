/** A metric as AIPerf's summary holds it: unit, mean, extremes, percentiles by linear interpolation, population deviation. */
import { mean, quantile } from '../../core/statistics.ts'

/** JsonMetricResult of aiperf 0.13.0, src/aiperf/common/models/export_models.py. */
export interface AiperfMetric {
  readonly unit: string
  readonly avg: number
  readonly p1?: number
  readonly p5?: number
  readonly p10?: number
  readonly p25?: number
  readonly p50?: number
  readonly p75?: number
  readonly p90?: number
  readonly p95?: number
  readonly p99?: number
  readonly min?: number
  readonly max?: number
  readonly std?: number
  readonly count?: number
  readonly sum?: number
}

/** Of a metric with a value a request; null when none has one. */
export function aiperfDistribution(unit: string, values: readonly number[]): AiperfMetric | null {
  const known = values.filter(value => Number.isFinite(value)).sort((a, b) => a - b)
  if (known.length === 0) return null
  const avg = mean(known)
  const at = (q: number) => quantile(known, q)
  return {
    unit,
    avg,
    p1: at(0.01),
    p5: at(0.05),
    p10: at(0.1),
    p25: at(0.25),
    p50: at(0.5),
    p75: at(0.75),
    p90: at(0.9),
    p95: at(0.95),
    p99: at(0.99),
    min: known[0]!,
    max: known.at(-1)!,
    std: Math.sqrt(mean(known.map(value => (value - avg) ** 2))),
    count: known.length,
    sum: known.reduce((total, value) => total + value, 0),
  }
}

/** Of a total or a rate: one figure, in `avg`. */
export function aiperfScalar(unit: string, value: number): AiperfMetric {
  return { unit, avg: value }
}
