/**
 * MLPerf: mlperf_log_summary.txt and mlperf_log_detail.txt of LoadGen (lines read in mlcommons/inference, loadgen/results.cc at
 * 05a9cec), and result_summary.json of MLPerf Endpoints (mlcommons/endpoints, src/inference_endpoint/metrics/report.py at
 * 03cd909). Nanoseconds there, milliseconds here.
 */
import {
  type ImportedLoad,
  type ImportedRun,
  importedLoad,
  knownFigures,
  type LatencyFigures,
  runOf,
  unknownFigures,
} from './imported-run.ts'
import { fieldAt, firstTextAt, isObject, numberAt, refuseMeasurements, textAt } from './json-fields.ts'
import type { MeasuredDocument } from './measured-file.ts'

/** Of a summary's first lines. */
export function isMlperfSummary(firstLines: readonly string[]): boolean {
  return firstLines.some(line => line.trim() === 'MLPerf Results Summary')
}

/** Of a detail log's first lines. */
export function isMlperfDetail(firstLines: readonly string[]): boolean {
  return firstLines.some(line => line.startsWith(':::MLLOG'))
}

const nanosecondsPerMillisecond = 1e6

/** `Mean latency (ns)   : 11230` as key → value. */
export function importMlperfSummary(lines: Iterable<string>, file: string): ImportedRun {
  const fields = new Map<string, string>()
  for (const line of lines) {
    const colon = line.indexOf(':')
    if (colon > 0) fields.set(line.slice(0, colon).trim(), line.slice(colon + 1).trim())
  }
  const number = (key: string) => {
    const text = fields.get(key)
    const value = text === undefined ? Number.NaN : Number(text)
    return Number.isFinite(value) ? value : null
  }
  const ms = (key: string) => {
    const value = number(key)
    return value === null ? null : value / nanosecondsPerMillisecond
  }
  const figures = (name: string, percentile: string): LatencyFigures | null =>
    orNothing({
      ...unknownFigures,
      meanMs: ms(`Mean ${name} (ns)`),
      minimumMs: ms(`Min ${name} (ns)`),
      maximumMs: ms(`Max ${name} (ns)`),
      p50Ms: ms(`50.00 percentile ${percentile} (ns)`),
      p90Ms: ms(`90.00 percentile ${percentile} (ns)`),
      p95Ms: ms(`95.00 percentile ${percentile} (ns)`),
      p99Ms: ms(`99.00 percentile ${percentile} (ns)`),
    })
  const scenario = fields.get('Scenario')
  const result = fields.get('Result is')
  if (scenario === undefined || result === undefined) {
    refuseMeasurements(
      'the summary has no Scenario or no "Result is" line',
      file,
      'the log is cut off: take mlperf_log_summary.txt of a run that ended',
    )
  }
  return loadgenRun(file, scenario, result, {
    e2e: figures('latency', 'latency'),
    ttft: figures('First Token latency', 'first token latency'),
    tpot: figures('Time to Output Token', 'time to output token'),
    samplesPerSecond:
      number('Completed samples per second') ??
      number('Samples per second') ??
      number('Scheduled samples per second'),
    tokensPerSecond: number('Completed tokens per second') ?? number('Tokens per second'),
    targetRate: number('target_qps'),
    samples: null,
  })
}

/** Lines of `:::MLLOG {"key": …, "value": …}`. */
export function importMlperfDetail(lines: Iterable<string>, file: string): ImportedRun {
  const fields = new Map<string, unknown>()
  let number = 0
  for (const line of lines) {
    number++
    if (!line.startsWith(':::MLLOG')) continue
    const entry = entryOf(line, `${file}:${number}`)
    fields.set(entry.key, entry.value)
  }
  const at = (key: string) => {
    const value = fields.get(key)
    return typeof value === 'number' && Number.isFinite(value) ? value : null
  }
  const ms = (key: string) => {
    const value = at(key)
    return value === null ? null : value / nanosecondsPerMillisecond
  }
  const percentiles = (key: (percentile: string) => string) => ({
    p50Ms: ms(key('50.00')),
    p90Ms: ms(key('90.00')),
    p95Ms: ms(key('95.00')),
    p99Ms: ms(key('99.00')),
  })
  const validity = fields.get('result_validity')
  if (typeof validity !== 'string') {
    refuseMeasurements(
      'the log has no result_validity',
      file,
      'the run did not end: take the log of one that did',
    )
  }
  const scenario = fields.get('effective_scenario') ?? fields.get('requested_scenario')
  return loadgenRun(file, typeof scenario === 'string' ? scenario : 'scenario not said', validity, {
    e2e: orNothing({
      ...unknownFigures,
      meanMs: ms('result_mean_latency_ns'),
      minimumMs: ms('result_min_latency_ns'),
      maximumMs: ms('result_max_latency_ns'),
      ...percentiles(percentile => `result_${percentile}_percentile_latency_ns`),
    }),
    ttft: orNothing({
      ...unknownFigures,
      meanMs: ms('result_first_token_mean_latency_ns'),
      minimumMs: ms('result_first_token_min_latency_ns'),
      maximumMs: ms('result_first_token_max_latency_ns'),
      ...percentiles(percentile => `result_first_token_${percentile}_percentile_latency_ns`),
    }),
    tpot: orNothing({
      ...unknownFigures,
      meanMs: ms('result_time_to_output_token_mean'),
      minimumMs: ms('result_time_to_output_token_min'),
      maximumMs: ms('result_time_to_output_token_max'),
      ...percentiles(percentile => `result_time_per_output_token_${percentile}_percentile_ns`),
    }),
    samplesPerSecond: at('result_completed_samples_per_sec') ?? at('result_samples_per_second'),
    tokensPerSecond: at('result_tokens_per_second'),
    targetRate: at('effective_target_qps'),
    samples: at('result_query_count'),
  })
}

function entryOf(line: string, where: string): { readonly key: string; readonly value: unknown } {
  let entry: unknown
  try {
    entry = JSON.parse(line.slice(':::MLLOG'.length))
  } catch {
    entry = undefined
  }
  if (!isObject(entry) || typeof entry.key !== 'string') {
    refuseMeasurements(
      'the line is cut off or no MLLOG entry',
      where,
      'take mlperf_log_detail.txt as it was written',
    )
  }
  return { key: entry.key, value: entry.value }
}

interface LoadgenFigures {
  readonly e2e: LatencyFigures | null
  readonly ttft: LatencyFigures | null
  readonly tpot: LatencyFigures | null
  readonly samplesPerSecond: number | null
  readonly tokensPerSecond: number | null
  readonly targetRate: number | null
  readonly samples: number | null
}

function loadgenRun(file: string, scenario: string, validity: string, figures: LoadgenFigures): ImportedRun {
  const isServer = scenario.toLowerCase() === 'server'
  const load: ImportedLoad = isServer
    ? importedLoad(null, figures.targetRate, 'server')
    : importedLoad(/single/i.test(scenario) ? 1 : null, null, scenario.toLowerCase())
  return runOf({
    tool: 'mlperf-loadgen',
    files: [file],
    load,
    latency: { service: knownFigures({ ttft: figures.ttft, tpot: figures.tpot, e2e: figures.e2e }) },
    counts: { served: figures.samples },
    rates: {
      requestsPerSecond: figures.samplesPerSecond,
      outputTokensPerSecond: figures.tokensPerSecond,
    },
    verdict:
      validity === 'VALID'
        ? { level: 'valid', reasons: [] }
        : { level: 'invalid', reasons: [`LoadGen: ${validity}`] },
    notes: [
      'LoadGen calls a sample what others call a request; a rate counts one sample less than there were',
    ],
  })
}

export function isEndpointsSummary(value: Readonly<Record<string, unknown>>): boolean {
  return 'n_samples_issued' in value && 'n_samples_completed' in value
}

export function importEndpoints({ value, where }: MeasuredDocument, file: string): ImportedRun {
  const durationNs = numberAt(value, 'duration_ns', where)
  const figures = (name: string): LatencyFigures | null => {
    if (!isObject(fieldAt(value, name))) return null
    const ms = (path: string) => {
      const found = numberAt(value, `${name}.${path}`, where)
      return found === null ? null : found / nanosecondsPerMillisecond
    }
    // Percentiles stand under "50" or "50.0", whose dot is no path.
    const perc = fieldAt(value, `${name}.percentiles`)
    const percentile = (q: string) => {
      const found = isObject(perc) ? (perc[q] ?? perc[`${q}.0`]) : undefined
      return typeof found === 'number' ? found / nanosecondsPerMillisecond : null
    }
    return orNothing({
      ...unknownFigures,
      meanMs: ms('avg'),
      standardDeviationMs: ms('std_dev'),
      minimumMs: ms('min'),
      maximumMs: ms('max'),
      p50Ms: percentile('50') ?? ms('median'),
      p90Ms: percentile('90'),
      p95Ms: percentile('95'),
      p99Ms: percentile('99'),
    })
  }
  const complete = fieldAt(value, 'complete')
  return runOf({
    tool: 'mlperf-endpoints',
    toolVersion: textAt(value, 'version', where),
    files: [file],
    model: firstTextAt(value, ['run_config.model.name', 'run_config.model']),
    load: importedLoad(
      numberAt(value, 'run_config.load_pattern.target_concurrency', where),
      numberAt(value, 'run_config.load_pattern.target_qps', where),
      'load not said',
    ),
    durationSeconds: durationNs === null ? null : durationNs / 1e9,
    latency: {
      service: knownFigures({
        ttft: figures('ttft'),
        tpot: figures('tpot'),
        e2e: figures('latency'),
      }),
    },
    counts: {
      served: numberAt(value, 'n_samples_completed', where),
      failed: numberAt(value, 'n_samples_failed', where),
    },
    tokens: { output: numberAt(value, 'output_sequence_lengths.total', where) },
    rates: {
      requestsPerSecond: numberAt(value, 'qps', where),
      outputTokensPerSecond: numberAt(value, 'tps', where),
    },
    verdict:
      complete === false
        ? {
            level: 'invalid',
            reasons: [`the run was not complete (${textAt(value, 'state', where) ?? 'state not said'})`],
          }
        : null,
    notes: ['TPOT and output tokens by its own tokenizer, after the run'],
  })
}

function orNothing(figures: LatencyFigures): LatencyFigures | null {
  return figures.meanMs === null && figures.p50Ms === null ? null : figures
}
