/** The deployment behind a row of serving_latency: as stated, as a copy states it, or assumed and said to be. */
import type { Deployment, Engine, Parallelism, Precision } from '../../perf/deployment.ts'
import {
  type AssumedPools,
  assumedPools,
  isRack,
  type KnownPools,
  nearestTwin,
  splitOfWholeSystem,
  type WorkerQuestion,
} from './assumed-workers.ts'
import { canonicalLayout, expertsMissTheDevices, isPossibleLayout } from './canonical-layout.ts'
import { precisionOf } from './precision-of.ts'
import type { SuspectReason } from './reasons.ts'
import type { RowPhysics } from './row-physics.ts'
import { skip } from './row-result.ts'
import { layoutOf, type Row, writtenLayout } from './serving-latency-row.ts'
import { inferenceXShape } from './shapes.ts'
import { speculationOfRow } from './speculation-of-row.ts'

export interface Context {
  readonly physics: RowPhysics | null
  /** Disaggregated rows of the file that state their workers. */
  readonly known: readonly KnownPools[]
}

export interface Placed {
  readonly deployment: Deployment
  readonly doubt: SuspectReason | null
}

export function aggregated(
  row: Row,
  twins: readonly Row[],
  engine: Engine,
  speculated: boolean,
  context: Context,
): Placed | ReturnType<typeof skip> {
  const written = writtenLayout(row.record, '')
  const parallelism = layoutOf(written, row.source)
  if (parallelism === null) return skip(row.id, 'noLayout')
  if (!isPossibleLayout(parallelism)) return skip(row.id, 'impossibleLayout')
  if (isWholeSystem(row, parallelism)) return wholeSystem(row, engine, parallelism.tensor, context)
  const kept =
    parallelism.attentionData > 1 ? parallelism : (dataParallelTwin(twins, parallelism) ?? parallelism)
  const { modelId, acceleratorId } = row
  const isMixture = context.physics?.isMixtureOfExperts(modelId) === true
  return {
    deployment: {
      mode: 'aggregated',
      engine,
      precision: precisionOf(modelId, row.record.text('precision'), engine, acceleratorId),
      speculation: speculated ? speculationOfRow(modelId, 'mtp') : null,
      pool: { acceleratorId, parallelism: kept, replicas: 1 },
    },
    doubt: isMixture && expertsMissTheDevices(written, parallelism) ? 'expertLayout' : null,
  }
}

/** Rule 4: the March dump sometimes loses the attention-data flag; a copy that has it, on as many devices, is right. */
function dataParallelTwin(twins: readonly Row[], parallelism: Parallelism): Parallelism | null {
  for (const twin of twins) {
    const layout = layoutOf(writtenLayout(twin.record, ''), twin.source)
    if (layout === null || layout.attentionData <= 1 || !isPossibleLayout(layout)) continue
    if (layout.tensor * layout.attentionData === parallelism.tensor) return layout
  }
  return null
}

/** Rule 5: on rack systems the dumps write a disaggregated system's total devices as the tensor size. */
function isWholeSystem(row: Row, parallelism: Parallelism): boolean {
  const fromDump = row.source === 'database' || row.source === 'march' || row.source === 'april'
  return fromDump && isRack(row.acceleratorId) && parallelism.tensor > 4
}

export function disaggregated(row: Row, engine: Engine, context: Context): Placed | ReturnType<typeof skip> {
  const known = knownPools(row)
  if (known !== null) {
    const { prefill, decode } = known.pools
    if (!isPossibleLayout(prefill.parallelism) || !isPossibleLayout(decode.parallelism)) {
      return skip(row.id, 'impossibleLayout')
    }
    return placed(row, engine, known.pools, null)
  }
  const question = workerQuestion(row, engine)
  if (question === null) return skip(row.id, 'noLayout')
  const { prefillRanks, decodeRanks } = question
  if (isRack(row.acceleratorId) && prefillRanks === decodeRanks && prefillRanks > widestRackPrefill) {
    return wholeSystem(row, engine, prefillRanks, context)
  }
  const twin = nearestTwin(context.known, twinKey(row, prefillRanks, decodeRanks), row.concurrency)
  return placed(row, engine, twin ?? assumedPools(question, context.physics), 'assumedWorkers')
}

/** Rack recipes have prefill workers of 4 or 8 devices: more on both sides are all devices of the deployment. */
const widestRackPrefill = 8

function wholeSystem(row: Row, engine: Engine, devices: number, { physics }: Context): Placed {
  const question = questionOf(row, engine, devices, devices)
  return placed(row, engine, splitOfWholeSystem(devices, question, physics), 'assumedSplit')
}

function placed(row: Row, engine: Engine, pools: AssumedPools, doubt: SuspectReason | null): Placed {
  const { acceleratorId } = row
  const deployment = {
    mode: 'disaggregated',
    engine,
    precision: precisionOfRow(row, engine),
    speculation: null,
    prefill: { acceleratorId, ...pools.prefill },
    decode: { acceleratorId, ...pools.decode },
  } as const
  return { deployment, doubt }
}

function precisionOfRow({ record, modelId, acceleratorId }: Row, engine: Engine): Precision {
  return precisionOf(modelId, record.text('precision'), engine, acceleratorId)
}

function workerQuestion(row: Row, engine: Engine): WorkerQuestion | null {
  const prefill = ranksOf(row, 'prefill_')
  const decode = ranksOf(row, 'decode_')
  return prefill === null || decode === null ? null : questionOf(row, engine, prefill, decode)
}

function questionOf(row: Row, engine: Engine, prefillRanks: number, decodeRanks: number): WorkerQuestion {
  const { modelId, acceleratorId, concurrency } = row
  const { inputTokens, outputTokens } = inferenceXShape(row.inputTokens, row.outputTokens)
  const precision = precisionOfRow(row, engine)
  return {
    modelId,
    acceleratorId,
    engine,
    precision,
    inputTokens,
    outputTokens,
    concurrency,
    prefillRanks,
    decodeRanks,
  }
}

/** Devices of one worker as written; null when no size is given. */
function ranksOf({ record }: Row, prefix: 'prefill_' | 'decode_'): number | null {
  const { tensor, attentionData } = writtenLayout(record, prefix)
  return tensor === null && attentionData === null ? null : (tensor || 1) * (attentionData || 1)
}

/** Pools of a disaggregated row that states its workers. */
export function knownPools(row: Row): KnownPools | null {
  const { record, concurrency } = row
  const prefillWorkers = record.positive('prefill_num_workers')
  const decodeWorkers = record.positive('decode_num_workers')
  const prefill = canonicalLayout(writtenLayout(record, 'prefill_'), false)
  const decode = canonicalLayout(writtenLayout(record, 'decode_'), false)
  if (prefillWorkers === null || decodeWorkers === null || prefill === null || decode === null) return null
  const ranks = (p: Parallelism) => p.tensor * p.attentionData
  return {
    key: twinKey(row, ranks(prefill), ranks(decode)),
    concurrency,
    pools: {
      prefill: { parallelism: prefill, replicas: prefillWorkers },
      decode: { parallelism: decode, replicas: decodeWorkers },
    },
  }
}

function twinKey(row: Row, prefillRanks: number, decodeRanks: number): string {
  const { record, modelId, acceleratorId, inputTokens, outputTokens } = row
  const named = [modelId, acceleratorId, record.text('backend'), record.text('precision')]
  return [...named, inputTokens, outputTokens, prefillRanks, decodeRanks].join(' | ')
}
