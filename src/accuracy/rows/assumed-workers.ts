/**
 * What a disaggregated row ran on when it does not say: how many workers, how wide, attention split over ranks or not.
 * Such rows are predicted and marked suspect; they are in no clean metric and never in the fit.
 *
 * Rules, the first that applies (how well they do on rows with counts: docs/models/measured-rows.md):
 *  1. a row of the same file with the same model, accelerator, engine, precision, lengths and worker sizes, measured at
 *     a quarter to four times the load: its pools (nearestTwin);
 *  2. 30 users or more per rank of one decode worker, or a worker of more than 16 devices: one decode worker with attention data parallelism; fewer: four
 *     tensor-parallel decode workers. As many prefill workers as the decode pool's rate needs, by the rough physics
 *     below.
 */
import type { Engine, Parallelism, Precision } from '../../perf/deployment.ts'
import type { RowPhysics } from './row-physics.ts'

export interface WorkerQuestion {
  readonly modelId: string
  readonly acceleratorId: string
  readonly engine: Engine
  readonly precision: Precision
  /** Mean lengths as sent. */
  readonly inputTokens: number
  readonly outputTokens: number
  readonly concurrency: number
  /** Devices of one worker as written; 1 may mean that nobody wrote it down. */
  readonly prefillRanks: number
  readonly decodeRanks: number
}

export interface PoolLayout {
  readonly parallelism: Parallelism
  readonly replicas: number
}

export interface AssumedPools {
  readonly prefill: PoolLayout
  readonly decode: PoolLayout
}

/** Users per rank of a single decode worker from which recipes spread attention over the ranks. */
const usersPerSpreadRank = 30
const tensorDecodeWorkers = 4
/** Recipes split heads over two nodes of eight at most; wider workers spread attention. */
const widestTensorWorker = 16
/** The wide decode worker of the rack recipes, and from which load on a worker of unknown width is one. */
const wideDecodeRanks = 32
const usersPerRankOfWideWorkers = 64
/** A twin may have up to so many times the load, or as many times less. */
const twinLoadFactor = 4

export function assumedPools(question: WorkerQuestion, physics: RowPhysics | null): AssumedPools {
  const prefillRanks = ranksThatHold(question.prefillRanks, question, physics)
  const decodeRanks =
    question.decodeRanks > 1
      ? ranksThatHold(question.decodeRanks, question, physics)
      : assumedDecodeRanks(question, prefillRanks)
  const spread = question.concurrency / decodeRanks >= usersPerSpreadRank || decodeRanks > widestTensorWorker
  const decodeWorkers = spread ? 1 : tensorDecodeWorkers
  const sized = { ...question, prefillRanks, decodeRanks }
  return {
    prefill: {
      parallelism: workerLayout(prefillRanks, spread || question.engine === 'trtllm'),
      replicas: prefillWorkersFor(sized, decodeWorkers, physics),
    },
    decode: { parallelism: workerLayout(decodeRanks, spread), replicas: decodeWorkers },
  }
}

/** Unknown width of a decode worker: wide under many users, else as wide as a prefill worker. */
export function assumedDecodeRanks(
  question: Pick<WorkerQuestion, 'concurrency' | 'acceleratorId'>,
  prefillRanks: number,
): number {
  const wide = question.concurrency >= usersPerRankOfWideWorkers * prefillRanks
  return wide && isRack(question.acceleratorId) ? wideDecodeRanks : prefillRanks
}

/** Racks of one scale-up domain, on which dumps write all devices of a deployment as one tensor size. */
export function isRack(acceleratorId: string): boolean {
  return acceleratorId.startsWith('gb')
}

/** Narrowest and widest workers of the rack recipes: four devices share a tray. */
const trayDevices = 4
const usersPerRankOfSpreadRack = 16

/**
 * A whole rack deployment of `devices` devices, split: prefill workers of one tray (or what the weights need). Below 16
 * users per other device one of them feeds tensor-parallel decode workers (8 wide for TensorRT-LLM, else a tray) on all
 * the rest; above, decode is one attention-data worker of the largest power of two up to 32, prefill gets the rest.
 */
export function splitOfWholeSystem(
  devices: number,
  question: WorkerQuestion,
  physics: RowPhysics | null,
): AssumedPools {
  const prefillRanks = ranksThatHold(trayDevices, question, physics)
  const rest = Math.max(prefillRanks, devices - prefillRanks)
  const narrow = question.engine === 'trtllm' && rest % 8 === 0 ? 8 : prefillRanks
  const spread = question.concurrency / rest >= usersPerRankOfSpreadRack
  if (!spread && rest % narrow === 0) {
    return {
      prefill: { parallelism: workerLayout(prefillRanks, question.engine === 'trtllm'), replicas: 1 },
      decode: { parallelism: workerLayout(narrow, false), replicas: rest / narrow },
    }
  }
  const decodeRanks = Math.min(wideDecodeRanks, 2 ** Math.floor(Math.log2(rest)))
  const prefillWorkers = Math.max(1, Math.floor((devices - decodeRanks) / prefillRanks))
  return {
    prefill: { parallelism: workerLayout(prefillRanks, true), replicas: prefillWorkers },
    decode: { parallelism: workerLayout(decodeRanks, true), replicas: 1 },
  }
}

/** Written width, at least what the weights need: legacy rows write 1 for workers of 4 to 48 devices. */
function ranksThatHold(
  written: number,
  { modelId, acceleratorId, precision, engine }: WorkerQuestion,
  physics: RowPhysics | null,
): number {
  return Math.max(written, physics?.leastDevices(modelId, acceleratorId, precision, engine) ?? 1)
}

function workerLayout(ranks: number, spread: boolean): Parallelism {
  return spread
    ? { tensor: 1, pipeline: 1, attentionData: ranks, expert: ranks }
    : { tensor: ranks, pipeline: 1, attentionData: 1, expert: 1 }
}

/** Prompts run at a fifth of peak; a decode step reads weights at two thirds of the bandwidth, plus 0.1 ms a layer. */
const promptUtilisation = 0.2
const weightReadSlowdown = 1.5
const secondsPerLayer = 1e-4

function prefillWorkersFor(
  question: WorkerQuestion,
  decodeWorkers: number,
  physics: RowPhysics | null,
): number {
  const { modelId, acceleratorId, precision, engine, decodeRanks } = question
  const active = physics?.matrixParameters(modelId) ?? null
  const peak = physics?.peakFlopsPerSecond(acceleratorId, precision) ?? null
  const layers = physics?.layers(modelId) ?? null
  const weightSeconds = physics?.weightSeconds({
    modelId,
    acceleratorId,
    precision,
    engine,
    parallelism: workerLayout(decodeRanks, true),
    sequences: question.concurrency / decodeWorkers,
  })
  if (active === null || peak === null || layers === null || weightSeconds == null) return 1
  const stepSeconds = weightReadSlowdown * weightSeconds + secondsPerLayer * layers
  const requestsPerSecond = question.concurrency / (question.outputTokens * stepSeconds)
  const promptSeconds =
    (2 * active * question.inputTokens) / (question.prefillRanks * peak * promptUtilisation)
  return Math.max(1, Math.ceil(requestsPerSecond * promptSeconds))
}

/** A measured deployment with counts and what must agree for its pools to be inherited. */
export interface KnownPools {
  readonly key: string
  readonly concurrency: number
  readonly pools: AssumedPools
}

/** The pools of the row with the nearest load among those that agree; null beyond a factor of four. */
export function nearestTwin(
  known: readonly KnownPools[],
  key: string,
  concurrency: number,
): AssumedPools | null {
  let best: KnownPools | null = null
  let bestDistance = Math.log(twinLoadFactor) + 1e-9
  for (const one of known) {
    if (one.key !== key) continue
    const distance = Math.abs(Math.log(one.concurrency / concurrency))
    if (distance >= bestDistance) continue
    best = one
    bestDistance = distance
  }
  return best?.pools ?? null
}
