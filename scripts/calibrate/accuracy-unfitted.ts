/** Errors on measured files that the fit does not learn from, with the shipped coefficients. */
import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import type { MeasuredPoint, MeasuredRows } from '../../src/accuracy/measured-point.ts'
import type { Predictor } from '../../src/accuracy/predictor-file.ts'
import { readMeasuredRows } from '../../src/accuracy/read-measured-rows.ts'
import {
  type ErrorStatistics,
  errorStatistics,
  type MetricName,
  relativeError,
  type ScoredPoint,
} from '../../src/accuracy/score.ts'
import { type CsvRecord, parseCsv } from '../../src/core/csv.ts'
import { geometricMean } from '../../src/core/statistics.ts'

export interface UnfittedFile {
  readonly name: string
  readonly rows: MeasuredRows
  readonly scored: readonly ScoredPoint[]
  /** Points without a prediction, by reason. */
  readonly unpredicted: Readonly<Record<string, number>>
  readonly records: readonly CsvRecord[]
}

/** null where the folder has no such file. */
export function readUnfitted(folder: string, name: string, predictor: Predictor): UnfittedFile | null {
  const path = join(folder, 'measured', name)
  if (!existsSync(path)) return null
  const text = readFileSync(path, 'utf8')
  const rows = readMeasuredRows(text, predictor.physics)
  const scored: ScoredPoint[] = []
  const unpredicted: Record<string, number> = {}
  for (const point of rows.points) {
    const outcome = predictor.predict(point)
    if ('skipped' in outcome) unpredicted[outcome.skipped] = (unpredicted[outcome.skipped] ?? 0) + 1
    else scored.push({ point, prediction: outcome })
  }
  return { name, rows, scored, unpredicted, records: parseCsv(text).records }
}

export interface UnfittedErrors {
  readonly id: string
  readonly file: string
  readonly title: string
  readonly metric: MetricName
  /** Over measurements. */
  readonly rows: ErrorStatistics
  /** Over distinct questions, repeated measurements of one taken together by their geometric mean. */
  readonly questions: ErrorStatistics
}

interface UnfittedSlice {
  readonly id: string
  readonly file: string
  readonly title: string
  readonly metric: MetricName
  readonly keep?: (point: MeasuredPoint, scenarioOf: (point: MeasuredPoint) => string) => boolean
}

const mlperf = 'mlperf_inference.csv'
const output = 'output_throughput_per_gpu' as const
const clean = (point: MeasuredPoint) => point.suspect === null

const slices: readonly UnfittedSlice[] = [
  {
    id: 'trtllm-throughput',
    file: 'trtllm_perf_overview.csv',
    title: 'tokens/s/GPU, TensorRT-LLM maximum-throughput tables',
    metric: 'throughput_per_gpu',
    keep: clean,
  },
  ...(['Offline', 'Server', 'Interactive'] as const).map(
    (scenario): UnfittedSlice => ({
      id: `mlperf-${scenario.toLowerCase()}`,
      file: mlperf,
      title: `output tokens/s/GPU, MLPerf Inference, ${scenario}`,
      metric: output,
      keep: (point, scenarioOf) => scenarioOf(point) === scenario,
    }),
  ),
  {
    id: 'mlperf-offline-server',
    file: mlperf,
    title: 'the same, Offline and Server together',
    metric: output,
    keep: (point, scenarioOf) => /^(Offline|Server)$/.test(scenarioOf(point)),
  },
  ...(
    [
      ['tpot', 'TPOT'],
      ['ttft', 'TTFT'],
      ['throughput_per_gpu', 'tokens/s/GPU'],
    ] as const
  ).flatMap(([metric, name]): UnfittedSlice[] => [
    {
      id: `online-${metric}`,
      file: 'trtllm_online_serving.csv',
      title: `${name}, TensorRT-LLM open-loop rates`,
      metric,
      keep: clean,
    },
    {
      id: `dated-aggregated-${metric}`,
      file: 'serving_deepseek_r1_dated.csv',
      title: `${name}, dated DeepSeek-R1 runs, aggregated`,
      metric,
      keep: (point: MeasuredPoint) => clean(point) && point.deployment.mode === 'aggregated',
    },
    {
      id: `dated-disaggregated-${metric}`,
      file: 'serving_deepseek_r1_dated.csv',
      title: `${name}, dated DeepSeek-R1 runs, disaggregated`,
      metric,
      keep: (point: MeasuredPoint) => clean(point) && point.deployment.mode === 'disaggregated',
    },
  ]),
]

export function unfittedErrors(files: readonly UnfittedFile[]): UnfittedErrors[] {
  return slices.flatMap(({ id, file: name, title, metric, keep }) => {
    const file = files.find(one => one.name === name)
    if (file === undefined) return []
    const scenarioOf = scenarios(file)
    const kept = file.scored
      .filter(({ point }) => keep === undefined || keep(point, scenarioOf))
      .flatMap(one => {
        const error = relativeError(one, metric)
        return error === null ? [] : [{ ...one, error }]
      })
    if (kept.length === 0) return []
    const questions = [...Map.groupBy(kept, ({ point }) => questionOf(point, scenarioOf)).values()]
    return [
      {
        id,
        file: name,
        title,
        metric,
        rows: errorStatistics(kept.map(one => one.error)),
        // Predictions of one question are equal but for the count of devices: the mean ratio is the ratio to the mean run.
        questions: errorStatistics(
          questions.map(same => geometricMean(same.map(one => Math.max(1e-9, 1 + one.error))) - 1),
        ),
      },
    ]
  })
}

/** A measurement's own column "scenario", which its point does not keep. */
function scenarios({ records }: UnfittedFile): (point: MeasuredPoint) => string {
  const byLine = new Map(records.map(record => [`line ${record.line}`, record]))
  return ({ id }) => byLine.get(id)?.text('scenario') ?? ''
}

/** What was asked: repeated runs and other makers' machines with the same accelerators ask the same. */
function questionOf(point: MeasuredPoint, scenarioOf: (point: MeasuredPoint) => string): string {
  const { deployment } = point
  const pool = deployment.mode === 'aggregated' ? deployment.pool : deployment.decode
  return JSON.stringify([
    point.modelId,
    pool.acceleratorId,
    deployment.engine,
    point.alternatives === undefined ? point.group : deployment.precision.preset,
    point.nominalInputTokens,
    Math.round(point.nominalOutputTokens / 10),
    point.load,
    scenarioOf(point),
  ])
}
