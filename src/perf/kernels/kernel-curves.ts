import * as attention from './attention.ts'
import * as collectives from './collectives.ts'
import { selectEntry } from './entry-selection.ts'
import * as exchange from './expert-exchange.ts'
import * as experts from './experts.ts'
import * as gemm from './gemm.ts'
import { attentionKin, exchangeKin, formatKin } from './kinship.ts'
import * as latent from './latent-attention.ts'
import * as linear from './linear-attention.ts'
import { type KernelActivity, type PowerCoefficients, powerShare } from './power.ts'
import * as quantize from './quantize.ts'
import * as sparse from './sparse-attention.ts'
import type {
  AttentionFormat,
  KernelAccelerator,
  KernelBasis,
  KernelEntry,
  KernelOperator,
  KernelsFile,
  KernelTime,
  WeightFormat,
} from './types.ts'

/** Where a kernel runs: the device with its own peaks, and the engine whose kernels are meant. */
export interface KernelPlace {
  readonly accelerator: KernelAccelerator
  readonly engine: string
}

export interface KernelWatts {
  readonly watts: number
  readonly basis: KernelBasis
  readonly entryId: string | null
}

type With<Shape, Format> = Shape & { readonly format: Format }

/** Times of single kernels (one layer, one rank) and the power they draw, from fitted efficiencies. */
export interface KernelCurves {
  gemmSeconds(shape: With<gemm.GemmShape, WeightFormat>, place: KernelPlace): KernelTime
  decodeAttentionSeconds(
    shape: With<attention.DecodeAttentionShape, AttentionFormat>,
    place: KernelPlace,
  ): KernelTime
  prefillAttentionSeconds(
    shape: With<attention.PrefillAttentionShape, AttentionFormat>,
    place: KernelPlace,
  ): KernelTime
  /** Latent attention kernel alone, or with its projections as one module. */
  mlaDecodeSeconds(
    shape: With<latent.LatentShape, AttentionFormat>,
    place: KernelPlace,
    part?: MlaPart,
  ): KernelTime
  mlaPrefillSeconds(
    shape: With<latent.LatentShape, AttentionFormat>,
    place: KernelPlace,
    part?: MlaPart,
  ): KernelTime
  /** DeepSeek sparse attention: whole module. */
  sparseDecodeSeconds(shape: With<sparse.SparseShape, AttentionFormat>, place: KernelPlace): KernelTime
  sparsePrefillSeconds(shape: With<sparse.SparseShape, AttentionFormat>, place: KernelPlace): KernelTime
  linearDecodeSeconds(shape: linear.LinearAttentionShape, place: KernelPlace): KernelTime
  linearPrefillSeconds(shape: linear.LinearAttentionShape, place: KernelPlace): KernelTime
  moeSeconds(shape: With<experts.ExpertsShape, WeightFormat>, place: KernelPlace): KernelTime
  allReduceSeconds(shape: collectives.CollectiveShape, place: KernelPlace): KernelTime
  allToAllSeconds(shape: collectives.CollectiveShape, place: KernelPlace): KernelTime
  collectiveSeconds(
    kind: collectives.CollectiveKind,
    shape: collectives.CollectiveShape,
    place: KernelPlace,
  ): KernelTime
  /** Token dispatch to experts or their combination; method as in DeepEP. */
  expertExchangeSeconds(
    part: 'dispatch' | 'combine',
    shape: With<exchange.ExchangeShape, exchange.ExchangeFormat>,
    place: KernelPlace,
    method?: exchange.ExchangeMethod,
  ): KernelTime
  quantizeSeconds(shape: quantize.QuantizeShape, place: KernelPlace): KernelTime
  operatorWatts(operator: KernelOperator, activity: KernelActivity, place: KernelPlace): KernelWatts
}

export type MlaPart = 'kernel' | 'module'

/** Operator whose power table stands for another's. */
const powerTables: Readonly<Partial<Record<KernelOperator, string>>> = {
  gemm: 'gemm',
  quantize: 'decode-attention',
  'decode-attention': 'decode-attention',
  'linear-decode': 'decode-attention',
  'prefill-attention': 'prefill-attention',
  'linear-prefill': 'prefill-attention',
  'latent-prefill': 'prefill-attention',
  'latent-prefill-module': 'prefill-attention',
  'sparse-prefill-module': 'prefill-attention',
  experts: 'experts',
}

type Evaluate = (entry: KernelEntry) => number

export function kernelCurves(file: Pick<KernelsFile, 'entries'>): KernelCurves {
  const chosen = new Map<string, ReturnType<typeof selectEntry>>()
  const select = (
    operator: KernelOperator,
    place: KernelPlace,
    formats: readonly string[],
    engine = place.engine,
  ) => {
    const { id, generation } = place.accelerator
    const key = [operator, id, generation, engine, formats[0]].join('/')
    if (!chosen.has(key))
      chosen.set(key, selectEntry(file.entries, operator, place.accelerator, engine, formats))
    return chosen.get(key) ?? null
  }
  const timed = (
    operator: KernelOperator,
    place: KernelPlace,
    formats: readonly string[],
    evaluate: Evaluate,
    engine?: string,
  ): KernelTime => {
    const selection = select(operator, place, formats, engine)
    if (!selection) throw new Error(`kernels.json has no entry for ${operator}`)
    const { entries, basis, entryId } = selection
    const logs = entries.map(entry => Math.log(Math.max(evaluate(entry), Number.MIN_VALUE)))
    const seconds = Math.exp(logs.reduce((sum, value) => sum + value, 0) / logs.length)
    return { seconds, basis, entryId }
  }
  const as = <T>(entry: KernelEntry) => entry.coefficients as unknown as T
  const latentTime =
    (phase: 'decode' | 'prefill'): KernelCurves['mlaDecodeSeconds'] =>
    (shape, place, part = 'kernel') => {
      const device = place.accelerator
      const { format } = shape
      const operator = `latent-${phase}${part === 'module' ? '-module' : ''}` as KernelOperator
      return timed(operator, place, attentionKin[format]!, entry => {
        if (phase === 'decode')
          return part === 'module'
            ? latent.latentDecodeModuleTime(shape, format, device, as(entry))
            : latent.latentDecodeTime(shape, format, device, as(entry))
        return part === 'module'
          ? latent.latentPrefillModuleTime(shape, format, device, as(entry))
          : latent.latentPrefillTime(shape, format, device, as(entry))
      })
    }
  const collective: KernelCurves['collectiveSeconds'] = (kind, shape, place) => {
    if (shape.ranks <= 1) return { seconds: 0, basis: 'fitted', entryId: null }
    const device = place.accelerator
    return timed(kind, place, ['bf16'], entry => collectives.collectiveTime(kind, shape, device, as(entry)))
  }
  return {
    gemmSeconds: (shape, place) =>
      timed('gemm', place, formatKin[shape.format], entry =>
        gemm.gemmTime(shape, shape.format, place.accelerator, as(entry), entry.format as WeightFormat),
      ),
    decodeAttentionSeconds: (shape, place) =>
      timed('decode-attention', place, attentionKin[shape.format]!, entry =>
        attention.decodeAttentionTime(shape, shape.format, place.accelerator, as(entry)),
      ),
    prefillAttentionSeconds: (shape, place) =>
      timed('prefill-attention', place, attentionKin[shape.format]!, entry =>
        attention.prefillAttentionTime(shape, entry.format as AttentionFormat, place.accelerator, as(entry)),
      ),
    mlaDecodeSeconds: latentTime('decode'),
    mlaPrefillSeconds: latentTime('prefill'),
    sparseDecodeSeconds: (shape, place) =>
      timed('sparse-decode-module', place, attentionKin[shape.format]!, entry =>
        sparse.sparseDecodeTime(shape, shape.format, place.accelerator, as(entry)),
      ),
    sparsePrefillSeconds: (shape, place) =>
      timed('sparse-prefill-module', place, attentionKin[shape.format]!, entry =>
        sparse.sparsePrefillTime(shape, place.accelerator, as(entry)),
      ),
    linearDecodeSeconds: (shape, place) =>
      timed('linear-decode', place, ['bf16'], entry =>
        linear.linearDecodeTime(shape, place.accelerator, as(entry)),
      ),
    linearPrefillSeconds: (shape, place) =>
      timed('linear-prefill', place, ['bf16'], entry =>
        linear.linearPrefillTime(shape, place.accelerator, as(entry)),
      ),
    moeSeconds: (shape, place) =>
      timed('experts', place, formatKin[shape.format], entry =>
        experts.expertsTime(shape, shape.format, place.accelerator, as(entry), entry.format as WeightFormat),
      ),
    allReduceSeconds: (shape, place) => collective('all-reduce', shape, place),
    allToAllSeconds: (shape, place) => collective('all-to-all', shape, place),
    collectiveSeconds: collective,
    expertExchangeSeconds: (part, shape, place, method = 'normal') => {
      if (shape.ranks <= 1) return { seconds: 0, basis: 'fitted', entryId: null }
      const engine = place.engine === 'trtllm' && method === 'normal' ? 'trtllm' : `deepep-${method}`
      return timed(
        `expert-${part}`,
        place,
        exchangeKin[shape.format]!,
        entry => exchange.exchangeTime(shape, shape.format, method, place.accelerator, as(entry)),
        engine,
      )
    },
    quantizeSeconds: (shape, place) =>
      timed('quantize', place, ['fp8'], entry => quantize.quantizeTime(shape, place.accelerator, as(entry))),
    operatorWatts: (operator, activity, place) => {
      const table = powerTables[operator] ?? 'latent-decode-module'
      const selection = select('power', place, [table])
      if (!selection)
        return { watts: assumedShare * place.accelerator.powerLimitWatts, basis: 'assumed', entryId: null }
      const shares = selection.entries.map(entry => powerShare(activity, as<PowerCoefficients>(entry)))
      const share = shares.reduce((sum, value) => sum + value, 0) / shares.length
      const { basis, entryId } = selection
      return { watts: share * place.accelerator.powerLimitWatts, basis, entryId }
    },
  }
}

/** Without any power table: middle of what decode draws (planners' measurements: 27 to 74 % of the limit). */
const assumedShare = 0.5
