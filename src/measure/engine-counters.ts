/** An engine's own counters at one moment, read from its metrics: tokens, requests, and how busy it is. */
import { assert } from '../core/assert.ts'
import {
  type CounterName,
  type CounterSource,
  counterNames,
  type EngineMetrics,
  engineMetrics,
  type MetricEngine,
  metricEngines,
  processStartMetric,
} from './engine-metrics.ts'
import type { Sample } from './prometheus-text.ts'

/** One counter with its series apart, so that a single replica that begins anew is noticed among others. */
export interface Counter {
  /** Names of the metrics, joined by " + ". */
  readonly metric: string
  readonly value: number
  readonly series: Readonly<Record<string, number>>
  /** Prompt tokens without those that were found in the cache. */
  readonly uncachedOnly: boolean
  /** How far the printed value may be from the true one: half of its last digit, over all series. */
  readonly rounding: number
}

export interface EngineCounters {
  readonly engine: MetricEngine
  /** Null for what it does not count. */
  readonly counters: Readonly<Record<CounterName, Counter | null>>
  readonly gauges: EngineGauges
  /** When the process started, seconds since 1970; null when it does not say. */
  readonly startedAtSeconds: number | null
}

/** Null for what the engine does not tell. */
export interface EngineGauges {
  readonly running: number | null
  readonly waiting: number | null
  /** Share of the KV cache in use, mean over replicas. */
  readonly cacheUse: number | null
  /** Series that told of running requests: replicas, or data-parallel ranks. */
  readonly replicas: number
}

/**
 * Reads counters summed over replicas and ranks; null when no engine is recognised. `model` leaves other models of the
 * same server out, unless the server calls none by that name (an alias, a gateway's name).
 */
export function readCounters(samples: readonly Sample[], model: string | null = null): EngineCounters | null {
  const engine = metricEngines.find(name => speaks(samples, name))
  if (engine === undefined) return null
  const metrics = engineMetrics[engine]
  const own = ofModel(samples, metrics.modelLabel, model).filter(isFirstRank)
  const started = samples.filter(sample => sample.name === processStartMetric).map(({ value }) => value)
  return {
    engine,
    counters: Object.fromEntries(
      counterNames.map(name => [name, counterOf(own, metrics, metrics.counters[name])]),
    ) as Record<CounterName, Counter | null>,
    gauges: gaugesOf(own, metrics),
    startedAtSeconds: started.length === 0 ? null : Math.max(...started),
  }
}

/** Whether a counter ran backwards or went away between two readings of one address, or its process is a new one. */
export function resetBetween(before: EngineCounters, after: EngineCounters): boolean {
  if (before.engine !== after.engine) return true
  if (
    before.startedAtSeconds !== null &&
    after.startedAtSeconds !== null &&
    before.startedAtSeconds !== after.startedAtSeconds
  )
    return true
  return counterNames.some(name => {
    const earlier = before.counters[name]
    const later = after.counters[name]
    if (earlier === null) return false
    if (later === null) return true
    return Object.entries(earlier.series).some(([key, value]) => {
      const now = later.series[key]
      return now === undefined ? value > 0 : now < value
    })
  })
}

/** Whether all counters stand where they stood: what had ended has been counted. */
export function sameCounts(one: EngineCounters, other: EngineCounters): boolean {
  return counterNames.every(name => one.counters[name]?.value === other.counters[name]?.value)
}

/** Prefixes are the engines' own; TensorRT-LLM's early metrics have none, but say so in a label. */
function speaks(samples: readonly Sample[], engine: MetricEngine): boolean {
  const prefix = engine === 'trtllm' ? 'trtllm_' : `${engine}:`
  return samples.some(
    ({ name, labels }) =>
      name.startsWith(prefix) ||
      (engine === 'trtllm' && name === 'request_success_total' && labels.engine_type === 'trtllm'),
  )
}

function ofModel(samples: readonly Sample[], label: string, model: string | null): readonly Sample[] {
  if (model === null || !samples.some(({ labels }) => labels[label] === model)) return samples
  return samples.filter(({ labels }) => labels[label] === undefined || labels[label] === model)
}

/** Ranks of one tensor- or pipeline-parallel group tell the same thing several times (SGLang's scheduler metrics). */
function isFirstRank({ labels }: Sample): boolean {
  return (labels.tp_rank ?? '0') === '0' && (labels.pp_rank ?? '0') === '0'
}

function counterOf(
  samples: readonly Sample[],
  { significantDigits }: EngineMetrics,
  sources: readonly CounterSource[],
): Counter | null {
  const source = sources.find(({ metrics }) =>
    metrics.every(metric => samples.some(({ name }) => name === metric)),
  )
  if (source === undefined) return null
  const { metrics, optional = [], without, uncachedOnly = false } = source
  const names = new Set([...metrics, ...optional])
  const series: Record<string, number> = {}
  let value = 0
  let rounding = 0
  for (const sample of samples) {
    if (!names.has(sample.name) || !Number.isFinite(sample.value)) continue
    if (without?.values.includes(sample.labels[without.label] ?? '')) continue
    const key = seriesKey(sample)
    series[key] = (series[key] ?? 0) + sample.value
    value += sample.value
    if (significantDigits !== null) rounding += halfLastDigit(sample.value, significantDigits)
  }
  return { metric: [...metrics].join(' + '), value, series, uncachedOnly, rounding }
}

function seriesKey({ name, labels }: Sample): string {
  return `${name}${JSON.stringify(Object.entries(labels).sort(([a], [b]) => (a < b ? -1 : 1)))}`
}

/** 0 while every digit of a whole number is printed. */
function halfLastDigit(value: number, digits: number): number {
  assert(digits >= 1, 'a number has digits')
  if (Math.abs(value) < 10 ** digits) return 0
  return 10 ** (Math.floor(Math.log10(Math.abs(value))) - digits + 1) / 2
}

function gaugesOf(samples: readonly Sample[], { running, waiting, cacheUse }: EngineMetrics): EngineGauges {
  const values = (names: readonly string[]) => {
    const name = names.find(one => samples.some(sample => sample.name === one))
    return samples
      .filter(sample => sample.name === name && Number.isFinite(sample.value))
      .map(({ value }) => value)
  }
  const sum = (list: readonly number[]) =>
    list.length === 0 ? null : list.reduce((running, value) => running + value, 0)
  const runningValues = values(running)
  const use = values(cacheUse)
  const useSum = sum(use)
  return {
    running: sum(runningValues),
    waiting: sum(values(waiting)),
    cacheUse: useSum === null ? null : useSum / use.length,
    replicas: runningValues.length,
  }
}
