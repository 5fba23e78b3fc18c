/**
 * mlperf_inference: audited tokens per second. Offline sends all queries at once; Server and Interactive report the
 * largest Poisson rate whose p99 TTFT and p99 TPOT stay within limits. Only output tokens count.
 *
 * What the results do not publish is assumed, and never enters the fit:
 *  - mean input lengths (from memory: mlperfWorkloads), so every row is suspect;
 *  - the layout, where `tp` is empty: the best of tensor parallel 1, 2, 4, 8 that divide the accelerators, with equal
 *    replicas on the rest, as submitters search it; with expert sizes also attention data parallelism on all ranks;
 *  - the precision: `fp16` on devices with fp8 (its token rates need more than half of the 16-bit peak; not so for
 *    GPT-J), UNSET and fp32 are taken as fp8;
 *  - the engine, where only a framework is named: vLLM on AMD, TensorRT-LLM on NVIDIA.
 */
import type { CsvRecord } from '../../core/csv.ts'
import {
  type AggregatedDeployment,
  devicesPerReplica,
  type Engine,
  type Parallelism,
} from '../../perf/deployment.ts'
import type { MeasuredPoint } from '../measured-point.ts'
import { isPossibleLayout } from './canonical-layout.ts'
import { decisionGroupOf, groupOf } from './groups.ts'
import { type MlperfWorkload, mlperfWorkloadOf } from './mlperf-workloads.ts'
import { acceleratorIdOf, engineOf } from './names.ts'
import { precisionOf } from './precision-of.ts'
import { type SuspectReason, suspectReasons } from './reasons.ts'
import { type RowResult, skip } from './row-result.ts'
import { speculationOfRow } from './speculation-of-row.ts'

export function readMlperfMeasurement(rows: readonly [CsvRecord, ...CsvRecord[]]): RowResult {
  const [record] = rows
  const id = `line ${record.line}`
  const accelerators = record.text('accelerator')
  const workload = mlperfWorkloadOf(record.text('model'))
  if (workload === 'not text') return skip(id, 'notLanguageModel')
  if (workload === null) return skip(id, 'noLengths')
  if (/^cpu only/i.test(accelerators)) return skip(id, 'withoutAccelerator')
  if (/\(x\d+\).*\(x\d+\)/i.test(accelerators)) return skip(id, 'mixedAccelerators')
  const value = rows.find(row => row.text('metric') === 'throughput_output')?.positive('value') ?? null
  if (value === null) return skip(id, 'noValue')
  const devices = record.positive('n_accelerators')
  if (devices === null || !Number.isInteger(devices)) return skip(id, 'noLayout')
  const outputTokens = record.positive('osl_mean') ?? workload.outputTokens
  const load = loadOf(record, workload)
  if (load === null) return skip(id, 'unknownScenario')
  const { modelId } = workload
  const named = acceleratorIdOf(accelerators)
  const acceleratorId = relatives[named] ?? named
  const engine = engineOfSubmission(record.text('engine'), acceleratorId)
  const tiers = layoutTiers(record, devices)
  const first = tiers[0]?.[0]
  if (first === undefined) return skip(id, 'impossibleLayout')
  const base = {
    mode: 'aggregated',
    engine,
    precision: precisionOf(
      modelId,
      precisionLabel(record.text('precision'), acceleratorId, workload),
      engine,
      acceleratorId,
    ),
    // Interactive DeepSeek-R1 is the one workload for which the rules allow speculation (its own MTP head, v6.0).
    speculation:
      workload.speculates && record.text('scenario') === 'Interactive'
        ? speculationOfRow(modelId, 'mtp')
        : null,
  } as const
  const alternatives = tiers.map(layouts =>
    layouts.map(
      (parallelism): AggregatedDeployment => ({ ...base, pool: { acceleratorId, parallelism, replicas: 1 } }),
    ),
  )
  const replicas = Math.max(1, Math.floor(devices / devicesPerReplica(first)))
  const deployment: AggregatedDeployment = { ...base, pool: { acceleratorId, parallelism: first, replicas } }
  const { inputTokens, inputVariation, outputVariation } = workload
  const point: MeasuredPoint = {
    id,
    file: 'mlperf_inference',
    modelId,
    deployment,
    alternatives,
    shape: { inputTokens, outputTokens, cachedTokens: 0, inputVariation, outputVariation },
    nominalInputTokens: inputTokens,
    nominalOutputTokens: outputTokens,
    load,
    statistic: 'mean',
    ttftMs: null,
    tpotMs: null,
    totalTokensPerSecondPerDevice: null,
    outputTokensPerSecondPerDevice: value / devices,
    joulesPerOutputToken: null,
    devices,
    multiNode: (record.number('nodes') ?? 1) > 1,
    date: record.text('date') || null,
    engineVersion: record.text('engine') || null,
    group: groupOf(modelId, deployment),
    decisionGroup: decisionGroupOf(modelId, acceleratorId, inputTokens, workload.outputTokens),
    suspect: suspectReasons[doubtOf(workload, named !== acceleratorId)],
  }
  return { point, campaign: `${modelId} | ${acceleratorId} | ${record.text('source')}` }
}

function doubtOf(workload: MlperfWorkload, otherAccelerator: boolean): SuspectReason {
  if (workload.standsIn) return 'relatedModel'
  return otherAccelerator ? 'relatedAccelerator' : 'inputLengthUnpublished'
}

/** Limits as the row states them, else those of the workload. */
function loadOf(record: CsvRecord, workload: MlperfWorkload): MeasuredPoint['load'] | null {
  const scenario = record.text('scenario')
  if (scenario === 'Offline') return { kind: 'offline' }
  const stated = /TTFT *<= *([\d.]+) *ms.*TPOT *<= *([\d.]+) *ms/i.exec(record.text('latency_constraint'))
  if (stated) return { kind: 'limited', ttftP99Ms: Number(stated[1]), tpotP99Ms: Number(stated[2]) }
  const limits = scenario === 'Server' || scenario === 'Interactive' ? workload.limitsMs[scenario] : undefined
  return limits === undefined ? null : { kind: 'limited', ttftP99Ms: limits[0], tpotP99Ms: limits[1] }
}

function engineOfSubmission(text: string, acceleratorId: string): Engine {
  return engineOf(text) ?? (/^mi\d|^arc/.test(acceleratorId) ? 'vllm' : 'trtllm')
}

const withoutFp8 = /^(a100|a30|a10g|arc|t4)/

function precisionLabel(text: string, acceleratorId: string, { standsIn }: MlperfWorkload): string {
  const plain = text.toLowerCase()
  if (plain === 'uint4') return 'int4'
  if (plain === 'fp16' && !standsIn && !withoutFp8.test(acceleratorId)) return 'fp8'
  return plain === 'unset' || plain === 'fp32' || plain.includes('/') ? 'fp8' : plain
}

/** Same chip and memory on another board: H200 NVL has the SXM module's memory and a sixth less compute. */
const relatives: Readonly<Record<string, string>> = { 'h200-nvl': 'h200-sxm' }

const tensorSizes = [1, 2, 4, 8]

/** What the configuration file states; then, as it often belongs to another scenario, all that could have been tried. */
function layoutTiers(record: CsvRecord, devices: number): Parallelism[][] {
  const pipeline = record.positive('pp') ?? 1
  const expert = record.positive('ep') ?? 1
  const tensor = record.positive('tp')
  const stated = tensor === null ? [] : [{ tensor, pipeline, attentionData: 1, expert }]
  if (tensor !== null && expert > 1) stated.push(spreadLayout(tensor, pipeline))
  const searched = tensorSizes
    .filter(size => devices % size === 0)
    .flatMap(size => [
      { tensor: size, pipeline: 1, attentionData: 1, expert: 1 },
      ...(size > 1 ? [spreadLayout(size, 1)] : []),
    ])
  return [stated.filter(isPossibleLayout), searched].filter(layouts => layouts.length > 0)
}

function spreadLayout(ranks: number, pipeline: number): Parallelism {
  return { tensor: 1, pipeline, attentionData: ranks, expert: ranks }
}
