/**
 * The few numbers between physics and reality. Each coefficient has a prior (kernel tables, an earlier study or an assumption,
 * see docs/models/performance.md §3) and additive effects in ln space, fitted with shrinkage towards zero
 * (scripts/calibrate.ts), so that an unseen accelerator, engine or model falls back level by level to the prior.
 */
import type { Accelerator, Generation } from '../catalog/types.ts'
import type { ModelArchitecture, NumberFormat } from '../model/architecture.ts'
import { type Deployment, type Engine, layoutText, type Pool, type Precision } from './deployment.ts'

export const coefficientNames = [
  /** Share of memory bandwidth reached on dense weights, routed experts, KV cache. */
  'mbuWeights',
  'mbuExperts',
  'mbuCache',
  /** Share of peak FLOP/s reached in dense products, expert products, attention. */
  'mfuDense',
  'mfuExperts',
  'mfuAttention',
  /** Latency of one 8-rank collective, µs, and share of link bandwidth reached on large ones. */
  'collectiveMicroseconds',
  'busEfficiency',
  /** Launch and small-kernel time per layer, µs: attention part and feed-forward part. */
  'attentionLayerMicroseconds',
  'feedForwardLayerMicroseconds',
  /** Scheduler, sampling and host work per step, and per running sequence, µs. */
  'stepMicroseconds',
  'sequenceMicroseconds',
  /** A step with prefill tokens is not captured in a graph: the host launches each layer, µs per layer. */
  'eagerLayerMicroseconds',
  /** Front end: per request (ms) and per prompt token (µs), and decode steps until the first token is handed over. */
  'requestMilliseconds',
  'promptTokenMicroseconds',
  'firstTokenLagSteps',
  /** Experts touched by T tokens: E(1 − (1 − k/E)^(T^routingExponent)); surplus of the fullest expert rank. */
  'routingExponent',
  'expertImbalance',
  /** Tokens by which a matrix product behaves larger than it is (tile padding). */
  'paddingTokens',
  /** What remains of a measured cell after everything above: one factor on every step. 1 where nothing was measured. */
  'stepFactor',
  /** Cross-node collectives: latency relative to in-domain ones. */
  'scaleOutLatencyFactor',
  /** Disaggregation: router and hand-off per request (ms), KV transfer (GB/s per request), prefill work relative to aggregated. */
  'handoffMilliseconds',
  'transferGigabytesPerSecond',
  'prefillPoolWork',
  /** Speculation: emitted drafts relative to the acceptance table, cost of one draft pass relative to one layer + head. */
  'acceptanceScale',
  'draftCost',
  /** Board power as share of TDP: always, and added while reading memory, computing, and communicating or launching. */
  'powerIdle',
  'powerMemory',
  'powerCompute',
  'powerOther',
] as const

export type CoefficientName = (typeof coefficientNames)[number]

/** Values in natural units for one cell (accelerator × engine × model × precision). */
export type LocalCoefficients = Readonly<Record<CoefficientName, number>>

/** Coefficients that are shares: ln-space effects pass through a smooth ceiling at 1. */
const shares: ReadonlySet<CoefficientName> = new Set([
  'mbuWeights',
  'mbuExperts',
  'mbuCache',
  'mfuDense',
  'mfuExperts',
  'mfuAttention',
  'busEfficiency',
])

export interface FittedEffect {
  /** ln-space shift added to the prior. */
  readonly shift: number
  /** Posterior standard deviation of the shift. */
  readonly sigma: number
  /** Measurements that inform it. */
  readonly rows: number
}

export interface CoefficientSet {
  readonly schema: 'coefficients/1'
  readonly source: string
  readonly asOf: string
  /** Prior by coefficient, optionally by level ("hopper/fp8"); the most specific key wins. */
  readonly priors: Readonly<Record<CoefficientName, Readonly<Record<string, number>>>>
  /** "coefficient|level:value" → effect. */
  readonly effects: Readonly<Record<string, FittedEffect>>
  /** A user's own calibration, by calibratedCell: laid over everything above (`tokenwright calibrate`). */
  readonly calibrations?: Readonly<Record<string, CellCalibration>>
}

/** What a user's own measurements of one cell say. */
export interface CellCalibration {
  /** ln-space shifts on top of prior and effects. */
  readonly shifts: Readonly<Partial<Record<CoefficientName, number>>>
  /** Measured points behind it, and the layouts they ran in (layoutText): elsewhere in the cell it is a guess. */
  readonly points: number
  readonly layouts: readonly string[]
  /** The file or folder they are from. */
  readonly source: string
}

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

/** Levels at which a coefficient may deviate from its prior, from general to special. */
export function effectLevels(name: CoefficientName, cell: Cell): string[] {
  const levels = [`vendor:${cell.vendor}`, `generation:${cell.generation}`]
  const engine = `engine:${cell.engine}`
  const generationEngine = `generation-engine:${cell.generation}/${cell.engine}`
  switch (name) {
    case 'mbuWeights':
    case 'mfuDense':
      levels.push(engine, generationEngine, `generation-format:${cell.generation}/${cell.denseFormat}`)
      break
    case 'mbuExperts':
    case 'mfuExperts':
      levels.push(
        engine,
        generationEngine,
        `generation-format:${cell.generation}/${cell.expertFormat}`,
        `engine-format:${cell.engine}/${cell.expertFormat}`,
      )
      break
    case 'attentionLayerMicroseconds':
      levels.push(
        engine,
        generationEngine,
        `attention:${cell.attentionKind}`,
        `floor-format:${cell.denseFormat}`,
      )
      break
    case 'feedForwardLayerMicroseconds':
      levels.push(
        engine,
        generationEngine,
        `feed-forward:${cell.feedForwardKind}`,
        `floor-format:${feedForwardFormat(cell)}`,
      )
      break
    case 'stepFactor':
      return [
        `feed-forward:${cell.feedForwardKind}`,
        `model:${cell.modelKey}`,
        `cell:${cell.modelKey}/${cell.acceleratorId}/${cell.engine}/${feedForwardFormat(cell)}`,
      ]
    case 'routingExponent':
    case 'expertImbalance':
    case 'paddingTokens':
    case 'scaleOutLatencyFactor':
      levels.length = 0
      levels.push('all:all')
      break
    case 'handoffMilliseconds':
    case 'transferGigabytesPerSecond':
    case 'prefillPoolWork':
      levels.push(engine)
      break
    case 'acceptanceScale':
    case 'draftCost':
      levels.push(engine, `model:${cell.modelKey}`)
      return levels
    case 'powerIdle':
    case 'powerMemory':
    case 'powerCompute':
    case 'powerOther':
      levels.push(`accelerator:${cell.acceleratorId}`)
      return levels
    default:
      levels.push(engine, generationEngine)
  }
  if (modelEffects.has(name)) levels.push(`model:${cell.modelKey}`)
  if (cellEffects.has(name)) {
    levels.push(`accelerator:${cell.acceleratorId}`, `model-engine:${cell.modelKey}/${cell.engine}`)
  }
  if (name === 'firstTokenLagSteps' || name === 'promptTokenMicroseconds' || name === 'requestMilliseconds')
    levels.push(`model-engine:${cell.modelKey}/${cell.engine}`)
  if (name === 'attentionLayerMicroseconds' && cell.disaggregated) levels.push(`disaggregated:${cell.engine}`)
  return levels
}

/** Format of the weights that most bytes are in: experts where there are any. */
function feedForwardFormat(cell: Cell): NumberFormat {
  return cell.feedForwardKind === 'dense' ? cell.denseFormat : cell.expertFormat
}

/** Coefficients in which whole models differ in ways their shape does not tell (kernel choice, expert skew). */
const modelEffects: ReadonlySet<CoefficientName> = new Set([
  'mbuExperts',
  'mfuExperts',
  'mfuDense',
  'attentionLayerMicroseconds',
  'feedForwardLayerMicroseconds',
  'eagerLayerMicroseconds',
  'firstTokenLagSteps',
])

const cellEffects: ReadonlySet<CoefficientName> = new Set(['attentionLayerMicroseconds', 'mfuExperts'])

/** Coefficient values for a cell: exp(ln prior + Σ shifts), shares held below 1. */
export function resolveCoefficients(set: CoefficientSet, cell: Cell): LocalCoefficients {
  const local = {} as Record<CoefficientName, number>
  const own = set.calibrations?.[calibratedCell(cell)]
  const carried = cell.layout === undefined || own?.layouts.includes(cell.layout) ? 1 : carriedToOtherLayouts
  for (const name of coefficientNames) {
    let logValue = Math.log(priorOf(set, name, cell)) + carried * (own?.shifts[name] ?? 0)
    for (const level of effectLevels(name, cell)) {
      const effect = set.effects[`${name}|${level}`]
      if (effect !== undefined) logValue += effect.shift
    }
    local[name] = valueFromLog(name, logValue)
  }
  return local
}

/**
 * Part of a calibration's shifts that is carried over to layouts of the cell that were not measured. Chosen on held-out rows of
 * other layouts (serving_latency, TPOT): where the cell had been fitted about half is best and all is worse than nothing, where the
 * model had never been seen the more the better. The errors with what is chosen: `npm run accuracy:calibrated -- DATA
 * --unseen-models`, "other layouts".
 */
export const carriedToOtherLayouts = 0.7

/**
 * Where a user's calibration holds: model × accelerator × engine × format of most weights. Block-scaled FP8 is FP8 here: which
 * of the two a checkpoint uses is not what a user says.
 */
export function calibratedCell(cell: Cell): string {
  const format = feedForwardFormat(cell)
  return `${cell.modelKey}/${cell.acceleratorId}/${cell.engine}/${format === 'fp8-block' ? 'fp8' : format}`
}

/** Natural value of a ln-space coefficient; shares approach 1 smoothly: (x⁻⁴ + 1)^(−1/4). */
export function valueFromLog(name: CoefficientName, logValue: number): number {
  const value = Math.exp(logValue)
  return shares.has(name) ? (value ** -4 + 1) ** -0.25 : value
}

/**
 * Most specific prior: accelerator or kernel generation, engine and format; then fewer of them; then the kind of layer or the engine;
 * then the default.
 */
export function priorOf(set: CoefficientSet, name: CoefficientName, cell: Cell): number {
  const table = set.priors[name]
  const format =
    name === 'mbuExperts' || name === 'mfuExperts'
      ? cell.expertFormat
      : name === 'mbuCache'
        ? cell.cacheFormat
        : cell.denseFormat
  for (const family of [cell.acceleratorId, cell.kernelGeneration]) {
    for (const engine of [cell.engine, '*']) {
      const value = table[`${family}/${engine}/${format}`] ?? table[`${family}/${engine}`]
      if (value !== undefined) return value
    }
  }
  return (
    table[`${cell.attentionKind}/${cell.engine}`] ??
    table[cell.attentionKind] ??
    table[cell.feedForwardKind] ??
    table[cell.engine] ??
    table.default!
  )
}
