/** Layouts of InferenceX tables: per pool tensor and expert sizes, an attention-data flag and worker counts. */
import type { CsvRecord } from '../../core/csv.ts'
import type { Deployment, Engine, Parallelism, Precision, Speculation } from '../../perf/deployment.ts'
import {
  assumedDecodeRanks,
  assumedPools,
  isRack,
  type PoolLayout,
  splitOfWholeSystem,
  type WorkerQuestion,
} from './assumed-workers.ts'
import { isPossibleLayout } from './canonical-layout.ts'
import type { SkipReason, SuspectReason } from './reasons.ts'
import type { RowPhysics } from './row-physics.ts'

export interface InferenceXSetup {
  readonly record: CsvRecord
  readonly acceleratorId: string
  readonly engine: Engine
  readonly precision: Precision
  readonly speculation: Speculation | null
  readonly modelId: string
  /** Mean lengths as sent, and users: what assumed workers follow from. */
  readonly inputTokens: number
  readonly outputTokens: number
  readonly concurrency: number
  readonly physics: RowPhysics | null
}

export interface InferenceXDeployment {
  readonly deployment: Deployment
  /** What was assumed because the row does not say it; null when it says all. */
  readonly doubt: SuspectReason | null
}

/**
 * The deployment of a row, or why it has none. Aggregated rows use the decode columns; devices = tensor size (the
 * device columns multiply it by the expert size, which is an artefact of ingestion).
 */
export function inferenceXDeployment(setup: InferenceXSetup): InferenceXDeployment | SkipReason {
  const { record, acceleratorId, engine, precision, speculation } = setup
  const base = { engine, precision, speculation }
  if (!record.flag('disagg')) {
    const tensor = record.positive('decode_tp')
    if (tensor === null) return 'noLayout'
    const parallelism = spread(record, 'decode', tensor)
    if (!isPossibleLayout(parallelism)) return 'impossibleLayout'
    const pool = { acceleratorId, parallelism, replicas: 1 }
    return { deployment: { ...base, mode: 'aggregated', pool }, doubt: null }
  }
  const pools = poolsOf(setup)
  if (typeof pools === 'string') return pools
  return {
    deployment: {
      ...base,
      mode: 'disaggregated',
      prefill: { acceleratorId, ...pools.prefill },
      decode: { acceleratorId, ...pools.decode },
    },
    doubt: pools.doubt,
  }
}

interface Pools {
  readonly prefill: PoolLayout
  readonly decode: PoolLayout
  readonly doubt: SuspectReason | null
}

function poolsOf(setup: InferenceXSetup): Pools | SkipReason {
  const { record, acceleratorId, concurrency, physics } = setup
  const prefill = workerLayout(record, 'prefill')
  const decode = workerLayout(record, 'decode')
  if (prefill === 'impossibleLayout' || decode === 'impossibleLayout') return 'impossibleLayout'
  if (prefill === 'noWorkers' || decode === 'noWorkers') {
    const written = {
      prefill: record.positive('prefill_tp') ?? 1,
      decode: record.positive('decode_tp') ?? 1,
    }
    const question = questionOf(setup, written.prefill, written.decode)
    // Rack recipes have prefill workers of 4 or 8 devices: more on both sides are all devices of the deployment.
    return isRack(acceleratorId) && written.prefill === written.decode && written.prefill > 8
      ? { ...splitOfWholeSystem(written.prefill, question, physics), doubt: 'assumedSplit' }
      : { ...assumedPools(question, physics), doubt: 'assumedWorkers' }
  }
  if (prefill !== 'noWorkerSize' && decode !== 'noWorkerSize') return { prefill, decode, doubt: null }
  const stated = prefill === 'noWorkerSize' ? null : prefill
  const prefillRanks = stated === null ? 1 : stated.parallelism.tensor * stated.parallelism.attentionData
  const assumed = assumedPools(questionOf(setup, prefillRanks, 1), physics)
  const widths = assumed.prefill.parallelism
  const decodeRanks = assumedDecodeRanks({ acceleratorId, concurrency }, widths.tensor * widths.attentionData)
  return {
    prefill: stated ?? { ...assumed.prefill, replicas: record.positive('prefill_num_workers') ?? 1 },
    decode:
      decode === 'noWorkerSize'
        ? spreadPool(decodeRanks, record.positive('decode_num_workers') ?? 1)
        : decode,
    doubt: 'assumedWorkerSize',
  }
}

function questionOf(setup: InferenceXSetup, prefillRanks: number, decodeRanks: number): WorkerQuestion {
  const { modelId, acceleratorId, engine, precision, inputTokens, outputTokens, concurrency } = setup
  const named = { modelId, acceleratorId, engine, precision }
  return { ...named, inputTokens, outputTokens, concurrency, prefillRanks, decodeRanks }
}

/** No expert size is written, but a wide pool of attention-data ranks splits its experts over all of them. */
function spreadPool(ranks: number, replicas: number): PoolLayout {
  return { parallelism: { tensor: 1, pipeline: 1, attentionData: ranks, expert: ranks }, replicas }
}

/**
 * One pool's workers, or what the row does not say. Some stacks write tensor size 1 for attention-data workers; then
 * the expert size, or the pool's devices over its workers, tells how wide they are. A pool with twice the devices of
 * its workers runs twice as many.
 */
function workerLayout(
  record: CsvRecord,
  pool: 'prefill' | 'decode',
): PoolLayout | 'noWorkers' | 'noWorkerSize' | 'impossibleLayout' {
  const workers = record.positive(`${pool}_num_workers`)
  if (workers === null) return 'noWorkers'
  const tensor = record.positive(`${pool}_tp`) ?? 1
  const expert = record.positive(`${pool}_ep`) ?? 1
  const devices = record.positive(`num_${pool}_gpu`)
  const stated = Math.max(tensor, expert)
  const dataParallel = record.flag(`${pool}_dp_attention`)
  if (tensor === 1 && expert === 1 && dataParallel) {
    const ranks = (devices ?? 0) / workers
    return Number.isInteger(ranks) && ranks >= 2 ? spreadPool(ranks, workers) : 'noWorkerSize'
  }
  const parallelism = spread(record, pool, stated)
  if (!isPossibleLayout(parallelism)) return 'impossibleLayout'
  const replicas = devices === null ? workers : devices / stated
  if (!Number.isInteger(replicas) || replicas < workers) return { parallelism, replicas: workers }
  return { parallelism, replicas }
}

/** Attention data parallelism is all or nothing in these tables: every rank, or none. */
function spread(record: CsvRecord, pool: 'prefill' | 'decode', ranks: number): Parallelism {
  const dataParallel = record.flag(`${pool}_dp_attention`)
  return {
    tensor: dataParallel ? 1 : ranks,
    pipeline: 1,
    attentionData: dataParallel ? ranks : 1,
    expert: record.positive(`${pool}_ep`) ?? 1,
  }
}
