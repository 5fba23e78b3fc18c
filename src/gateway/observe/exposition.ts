/**
 * Counts kept as plain numbers and written as Prometheus text when they are asked for. prom-client's own children cost 0.35 to 0.4 µs an
 * update (benchmarks/observe-cost.ts shows it), and a request makes some twenty.
 */
import type { MetricDefinition } from './metric-definitions.ts'

/** Counts of values up to each bound, not cumulated; the last one is beyond all bounds. */
export interface BucketCounts {
  readonly bounds: readonly number[]
  readonly counts: Float64Array
  sum: number
}

export function newBuckets(bounds: readonly number[]): BucketCounts {
  return { bounds, counts: new Float64Array(bounds.length + 1), sum: 0 }
}

export function observe(buckets: BucketCounts, seconds: number): void {
  const { bounds, counts } = buckets
  let index = 0
  while (index < bounds.length && seconds > bounds[index]!) index++
  counts[index]!++
  buckets.sum += seconds
}

export interface ExpositionWriter {
  /** Before the first sample of a metric; samples of one metric stand together. */
  begin(metric: MetricDefinition): void
  /** Values in the order of the metric's labels. */
  sample(labels: readonly string[], value: number): void
  buckets(labels: readonly string[], buckets: BucketCounts): void
  text(): string
}

/** Prometheus text 0.0.4. */
export function createExposition(): ExpositionWriter {
  const lines: string[] = []
  let current: MetricDefinition | null = null
  const named = (labels: readonly string[], bound: string | null): string => {
    const pairs = current!.labels.map((name, index) => `${name}="${escaped(labels[index]!)}"`)
    if (bound !== null) pairs.push(`le="${bound}"`)
    return pairs.length === 0 ? '' : `{${pairs.join(',')}}`
  }
  return {
    begin(metric) {
      current = metric
      lines.push(`# HELP ${metric.name} ${metric.help}`, `# TYPE ${metric.name} ${metric.type}`)
    },
    sample: (labels, value) => lines.push(`${current!.name}${named(labels, null)} ${value}`),
    buckets(labels, { bounds, counts, sum }) {
      const { name } = current!
      let total = 0
      for (const [index, bound] of bounds.entries()) {
        total += counts[index]!
        lines.push(`${name}_bucket${named(labels, String(bound))} ${total}`)
      }
      total += counts[bounds.length]!
      lines.push(`${name}_bucket${named(labels, '+Inf')} ${total}`)
      lines.push(`${name}_sum${named(labels, null)} ${sum}`, `${name}_count${named(labels, null)} ${total}`)
    },
    text: () => `${lines.join('\n')}\n`,
  }
}

function escaped(value: string): string {
  return value.replace(/\\/g, '\\\\').replace(/"/g, '\\"').replace(/\n/g, '\\n')
}
