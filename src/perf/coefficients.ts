/**
 * The few numbers between physics and reality. Each coefficient has a prior (kernel tables, an earlier study or an assumption,
 * see docs/models/performance.md §3) and additive effects in ln space, fitted with shrinkage towards zero
 * (scripts/calibrate.ts), so that an unseen accelerator, engine or model falls back level by level to the prior.
 */
import { type Cell, feedForwardFormat } from './cell.ts'
import { effectLevels } from './effect-levels.ts'

export { type AttentionKind, architectureKey, type Cell, cellOf } from './cell.ts'
export { effectLevels } from './effect-levels.ts'

/**
 * All of them, with nothing known. Written out because values for a cell are made from a copy: V8 turns objects that grow by computed
 * names into hash tables, whose reads take twice the time of a whole search (they are read some 30 times a step).
 */
const unresolved = {
  /** Share of memory bandwidth reached on dense weights, routed experts, KV cache. */
  mbuWeights: 0,
  mbuExperts: 0,
  mbuCache: 0,
  /** Share of peak FLOP/s reached in dense products, expert products, attention. */
  mfuDense: 0,
  mfuExperts: 0,
  mfuAttention: 0,
  /** Latency of one 8-rank collective, µs, and share of link bandwidth reached on large ones. */
  collectiveMicroseconds: 0,
  busEfficiency: 0,
  /** Launch and small-kernel time per layer, µs: attention part and feed-forward part. */
  attentionLayerMicroseconds: 0,
  feedForwardLayerMicroseconds: 0,
  /** Scheduler, sampling and host work per step, and per running sequence, µs. */
  stepMicroseconds: 0,
  sequenceMicroseconds: 0,
  /** A step with prefill tokens is not captured in a graph: the host launches each layer, µs per layer. */
  eagerLayerMicroseconds: 0,
  /** Front end: per request (ms) and per prompt token (µs), and decode steps until the first token is handed over. */
  requestMilliseconds: 0,
  promptTokenMicroseconds: 0,
  firstTokenLagSteps: 0,
  /** Experts touched by T tokens: E(1 − (1 − k/E)^(T^routingExponent)); surplus of the fullest expert rank. */
  routingExponent: 0,
  expertImbalance: 0,
  /** Tokens by which a matrix product behaves larger than it is (tile padding). */
  paddingTokens: 0,
  /** What remains of a measured cell after everything above: one factor on every step. 1 where nothing was measured. */
  stepFactor: 0,
  /** Cross-node collectives: latency relative to in-domain ones. */
  scaleOutLatencyFactor: 0,
  /** Disaggregation: router and hand-off per request (ms), KV transfer (GB/s per request), prefill work relative to aggregated. */
  handoffMilliseconds: 0,
  transferGigabytesPerSecond: 0,
  prefillPoolWork: 0,
  /** Speculation: emitted drafts relative to the acceptance table, cost of one draft pass relative to one layer + head. */
  acceptanceScale: 0,
  draftCost: 0,
  /** Board power as share of TDP: always, and added while reading memory, computing, and communicating or launching. */
  powerIdle: 0,
  powerMemory: 0,
  powerCompute: 0,
  powerOther: 0,
}

export const coefficientNames = Object.keys(unresolved) as CoefficientName[]

export type CoefficientName = keyof typeof unresolved

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

/** Coefficient values for a cell: exp(ln prior + Σ shifts), shares held below 1. */
export function resolveCoefficients(set: CoefficientSet, cell: Cell): LocalCoefficients {
  const local: Record<CoefficientName, number> = { ...unresolved }
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
