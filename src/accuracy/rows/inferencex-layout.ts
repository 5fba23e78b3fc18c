/** Layouts of InferenceX tables: per pool tensor and expert sizes, an attention-data flag and worker counts. */
import type { CsvRecord } from '../../core/csv.ts'
import type { Deployment, Engine, Parallelism, Precision, Speculation } from '../../perf/deployment.ts'
import { isPossibleLayout } from './canonical-layout.ts'
import type { SkipReason } from './reasons.ts'

export interface InferenceXSetup {
  readonly record: CsvRecord
  readonly acceleratorId: string
  readonly engine: Engine
  readonly precision: Precision
  readonly speculation: Speculation | null
}

interface PoolLayout {
  readonly parallelism: Parallelism
  readonly replicas: number
}

/**
 * The deployment of a row, or why it has none. Aggregated rows use the decode columns; devices = tensor size (the
 * device columns multiply it by the expert size, which is an artefact of ingestion).
 */
export function inferenceXDeployment(setup: InferenceXSetup): Deployment | SkipReason {
  const { record, acceleratorId, engine, precision, speculation } = setup
  const base = { engine, precision, speculation }
  if (!record.flag('disagg')) {
    const tensor = record.positive('decode_tp')
    if (tensor === null) return 'noLayout'
    const parallelism = spread(record, 'decode', tensor)
    if (!isPossibleLayout(parallelism)) return 'impossibleLayout'
    return { ...base, mode: 'aggregated', pool: { acceleratorId, parallelism, replicas: 1 } }
  }
  const prefill = workerLayout(record, 'prefill')
  const decode = workerLayout(record, 'decode')
  if (typeof prefill === 'string') return prefill
  if (typeof decode === 'string') return decode
  return {
    ...base,
    mode: 'disaggregated',
    prefill: { acceleratorId, ...prefill },
    decode: { acceleratorId, ...decode },
  }
}

/**
 * One pool's workers. Some stacks write tensor size 1 for attention-data workers; then the expert size, or the pool's
 * devices over its workers, tells how wide they are. A pool with twice the devices of its workers runs twice as many.
 */
function workerLayout(record: CsvRecord, pool: 'prefill' | 'decode'): PoolLayout | SkipReason {
  const workers = record.positive(`${pool}_num_workers`)
  if (workers === null) return 'noWorkers'
  const tensor = record.positive(`${pool}_tp`) ?? 1
  const expert = record.positive(`${pool}_ep`) ?? 1
  const devices = record.positive(`num_${pool}_gpu`)
  const stated = Math.max(tensor, expert)
  const dataParallel = record.flag(`${pool}_dp_attention`)
  if (tensor === 1 && expert === 1 && dataParallel) {
    const ranks = (devices ?? 0) / workers
    if (!Number.isInteger(ranks) || ranks < 2) return 'noWorkerSize'
    // No expert size is written, but a wide pool of attention-data ranks splits its experts over all of them.
    const parallelism = { tensor: 1, pipeline: 1, attentionData: ranks, expert: ranks }
    return { parallelism, replicas: workers }
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
