/** What coefficients depend on: the hardware, the engine, and which kernels a model's layers run. */
import type { Accelerator, Generation } from '../catalog/types.ts'
import type { ModelArchitecture, NumberFormat } from '../model/architecture.ts'
import { type Deployment, type Engine, layoutText, type Pool, type Precision } from './deployment.ts'

export type AttentionKind = 'gqa' | 'mla' | 'hybrid' | 'sparse-latent' | 'sparse-grouped' | 'compressed'

/** What coefficients depend on. */
export interface Cell {
  readonly vendor: string
  readonly generation: Generation
  readonly acceleratorId: string
  readonly engine: Engine
  readonly modelId: string
  /** Shape of the model: fine-tunes and renamed checkpoints share their parent's effects. */
  readonly modelKey: string
  /** Which kernels attention runs: 'sparse-latent' DeepSeek sparse attention, 'compressed' DeepSeek-V4, 'sparse-grouped' block-sparse GQA. */
  readonly attentionKind: AttentionKind
  readonly feedForwardKind: 'dense' | 'moe' | 'moe-shared'
  readonly denseFormat: NumberFormat
  readonly expertFormat: NumberFormat
  readonly cacheFormat: NumberFormat
  /** Generation whose kernel tables give the priors; the fit shares effects over `generation`. */
  readonly kernelGeneration: string
  readonly disaggregated: boolean
  /** Ranks exchange over the host's PCIe: what was learned on fabrics made for it does not carry over. */
  readonly hostLinks: boolean
  /** Layout of the engines that decode, as layoutText has it: only a user's own calibration looks at it. */
  readonly layout?: string
}

export function cellOf(
  modelId: string,
  architecture: ModelArchitecture,
  accelerator: Accelerator,
  deployment: Pick<Deployment, 'engine' | 'mode'> & {
    readonly precision: Precision
    readonly pool?: Pool
    readonly decode?: Pool
  },
): Cell {
  let sparseLatent = 0
  let sparseGrouped = 0
  let compressed = 0
  let linear = 0
  let mla = 0
  let moe = 0
  let shared = 0
  for (const group of architecture.layerGroups) {
    const a = group.attention
    if (a.kind === 'gqa' && a.sparse !== null) sparseGrouped += group.count
    if (a.kind === 'mla' && a.sparse !== null) sparseLatent += group.count
    if (a.kind === 'mla' && a.compressionTokens > 1) compressed += group.count
    if (a.kind === 'linear') linear += group.count
    if (a.kind === 'mla') mla += group.count
    if (group.feedForward.kind === 'moe') {
      moe += group.count
      if (group.feedForward.sharedIntermediateSize > 0) shared += group.count
    }
  }
  const { precision } = deployment
  const pool = deployment.pool ?? deployment.decode
  return {
    vendor: accelerator.vendor,
    generation: generationGroup(accelerator.generation),
    acceleratorId: accelerator.id,
    engine: deployment.engine,
    modelId,
    modelKey: architectureKey(architecture),
    attentionKind: attentionKind({ linear, compressed, sparseLatent, sparseGrouped, mla }),
    feedForwardKind: moe === 0 ? 'dense' : shared > 0 ? 'moe-shared' : 'moe',
    denseFormat: moe === 0 ? precision.denseFeedForward : precision.attention,
    expertFormat: precision.routedExperts,
    cacheFormat: precision.keyValueCache,
    kernelGeneration: kernelGeneration(accelerator.generation),
    disaggregated: deployment.mode === 'disaggregated',
    hostLinks: accelerator.scaleUp.technology.startsWith('PCIe'),
    ...(pool === undefined ? {} : { layout: layoutText(pool.parallelism) }),
  }
}

/** Dimensions that tell models apart in serving: hidden size, layers, heads, feed-forward or experts. */
export function architectureKey(architecture: ModelArchitecture): string {
  const last = architecture.layerGroups.reduce((best, group) => (group.count > best.count ? group : best))
  const { attention, feedForward } = last
  const heads =
    attention.kind === 'gqa'
      ? `h${attention.queryHeads}g${attention.keyValueHeads}`
      : attention.kind === 'mla'
        ? `h${attention.queryHeads}r${attention.latentRank}`
        : attention.kind
  const width =
    feedForward.kind === 'moe'
      ? `E${feedForward.experts}k${feedForward.expertsPerToken}f${feedForward.expertIntermediateSize}`
      : feedForward.kind === 'dense'
        ? `f${feedForward.intermediateSize}`
        : 'f0'
  return `d${architecture.hiddenSize}L${architecture.layers}${heads}${width}`
}

function attentionKind(layers: {
  linear: number
  compressed: number
  sparseLatent: number
  sparseGrouped: number
  mla: number
}): AttentionKind {
  if (layers.linear > 0) return 'hybrid'
  if (layers.compressed > 0) return 'compressed'
  if (layers.sparseLatent > 0) return 'sparse-latent'
  if (layers.sparseGrouped > 0) return 'sparse-grouped'
  return layers.mla > 0 ? 'mla' : 'gqa'
}

/** B300 and GB300 share kernels with B200: one group for coefficients. */
function generationGroup(generation: Generation): Generation {
  return generation === 'blackwell-ultra' ? 'blackwell' : generation
}

/** Kernel tables exist for NVIDIA generations; everything else takes their mean with a wide width. */
function kernelGeneration(generation: Generation): string {
  switch (generation) {
    case 'ampere':
    case 'ada':
    case 'hopper':
    case 'blackwell':
    case 'blackwell-ultra':
      return generation
    case 'rubin':
    case 'rtx-blackwell':
      return 'blackwell'
    case 'cdna2':
    case 'cdna3':
    case 'cdna4':
    case 'cdna5':
      return 'cdna'
    default:
      return 'other'
  }
}

/** Format of the weights that most bytes are in: experts where there are any. */
export function feedForwardFormat(cell: Cell): NumberFormat {
  return cell.feedForwardKind === 'dense' ? cell.denseFormat : cell.expertFormat
}
