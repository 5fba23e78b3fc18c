import {
  type LatentDecodeCoefficients,
  type LatentPrefillCoefficients,
  type LatentShape,
  latentDecodeModuleTime,
  latentDecodeTime,
  latentPrefillModuleTime,
  latentPrefillTime,
  type ProjectionCoefficients,
} from '../../src/perf/kernels/latent-attention.ts'
import {
  type SparseCoefficients,
  sparseDecodeTime,
  sparsePrefillTime,
} from '../../src/perf/kernels/sparse-attention.ts'
import type {
  AttentionFormat,
  KernelAccelerator,
  KernelEntry,
  KernelOperator,
  WeightFormat,
} from '../../src/perf/kernels/types.ts'
import { fitEntry, floorSeconds, mbu, mfu, type Sample, sharpness } from './fit-entry.ts'
import { label } from './fit-gemm.ts'
import type { Coefficient } from './levenberg-marquardt.ts'
import { numberIn, type TableRow, textIn } from './parquet-table.ts'
import { type FilterLog, rowFilters } from './row-filters.ts'
import { weightFormats } from './systems.ts'
import { findTables, groupedRows } from './tables.ts'

const headTile: Coefficient = { name: 'headTile', start: 8, minimum: 0.1, maximum: 128, pull: 0.01 }
const projections: readonly Coefficient[] = [
  { ...mbu, name: 'mbuWeights', start: 0.6 },
  { ...mfu, name: 'mfuWeights' },
]
/** A module is some ten launches: floor of at least 10 µs, milliseconds where the host dispatches eagerly. */
const moduleFloor: Coefficient = { name: 'floorSeconds', start: 1e-4, minimum: 1e-5, maximum: 1e-2 }
const decode: readonly Coefficient[] = [
  floorSeconds(1.2e-5),
  mbu,
  { name: 'rootBytes', start: 1000, minimum: 1, maximum: 1e5, pull: 0.01 },
  mfu,
  headTile,
  { name: 'sequenceSeconds', start: 1e-8, minimum: 1e-11, maximum: 1e-5 },
  sharpness,
]
const prefill: readonly Coefficient[] = [
  floorSeconds(1.2e-5),
  mfu,
  { name: 'tileRows', start: 1e4, minimum: 10, maximum: 1e6 },
  { name: 'depthTokens', start: 100, minimum: 1, maximum: 3000, pull: 0.01 },
  { name: 'pairSeconds', start: 3e-9, minimum: 1e-11, maximum: 1e-6 },
]
const sparse: readonly Coefficient[] = [
  moduleFloor,
  { name: 'rowSeconds', start: 1e-7, minimum: 1e-11, maximum: 1e-5 },
  { ...mbu, name: 'mbuIndex', start: 0.4, minimum: 0.005 },
  { ...mfu, name: 'mfuIndex', start: 0.3 },
  { ...mbu, start: 0.5, minimum: 0.02 },
  mfu,
  headTile,
  ...projections,
]

type Time = (shape: LatentShape, format: AttentionFormat, device: KernelAccelerator, values: never) => number

interface Stage {
  readonly operator: KernelOperator
  readonly family: string
  readonly table: string
  readonly coefficients: readonly Coefficient[]
  readonly time: Time
}

const stages: readonly Stage[] = [
  stage('latent-decode', 'mla', 'generation_mla_perf', decode, (s, f, d, v: LatentDecodeCoefficients) =>
    latentDecodeTime(s, f, d, v),
  ),
  stage('latent-prefill', 'mla', 'context_mla_perf', prefill, (s, f, d, v: LatentPrefillCoefficients) =>
    latentPrefillTime(s, f, d, v),
  ),
  stage(
    'latent-decode-module',
    'mla',
    'mla_generation_module_perf',
    [moduleFloor, ...decode.slice(1), ...projections],
    (s, f, d, v: LatentDecodeCoefficients & ProjectionCoefficients) => latentDecodeModuleTime(s, f, d, v),
  ),
  stage(
    'latent-prefill-module',
    'mla',
    'mla_context_module_perf',
    [moduleFloor, ...prefill.slice(1), ...projections],
    (s, f, d, v: LatentPrefillCoefficients & ProjectionCoefficients) => latentPrefillModuleTime(s, f, d, v),
  ),
  stage(
    'sparse-decode-module',
    'sparse_attention',
    'dsa_generation_module_perf',
    sparse.filter(({ name }) => name !== 'mfuIndex'),
    (s, f, d, v: SparseCoefficients) => sparseDecodeTime(s, f, d, v),
  ),
  stage(
    'sparse-prefill-module',
    'sparse_attention',
    'dsa_context_module_perf',
    sparse.filter(({ name }) => name !== 'mbuIndex' && name !== 'mbu'),
    (s, _f, d, v: SparseCoefficients) => sparsePrefillTime(s, d, v),
  ),
]

function stage<Values>(
  operator: KernelOperator,
  family: string,
  table: string,
  coefficients: readonly Coefficient[],
  time: (shape: LatentShape, format: AttentionFormat, device: KernelAccelerator, values: Values) => number,
): Stage {
  return { operator, family, table, coefficients, time: time as Time }
}

const columns = [
  'op_name',
  'model',
  'mla_dtype',
  'kv_cache_dtype',
  'gemm_type',
  'num_heads',
  'batch_size',
  'isl',
  'step',
  'latency',
]

function formatOf(row: TableRow): AttentionFormat {
  if (!textIn(row, 'kv_cache_dtype').startsWith('fp8')) return 'bf16'
  return textIn(row, 'mla_dtype').startsWith('fp8') ? 'fp8' : 'fp8-kv'
}

/** DeepSeek shapes only, and of sparse modules those that run their own indexer. */
function isDeepSeek(row: TableRow): boolean {
  const model = textIn(row, 'model')
  return (model === '' || model.includes('DeepSeek-V3')) && !textIn(row, 'op_name').includes('skip_indexer')
}

export async function fitLatentAttention(
  dataFolder: string,
  accelerators: Readonly<Record<string, KernelAccelerator>>,
  log: FilterLog,
): Promise<KernelEntry[]> {
  const entries: KernelEntry[] = []
  for (const { operator, family, table: name, coefficients, time } of stages) {
    const decoding = operator.includes('decode')
    for (const table of findTables(dataFolder, family, name)) {
      const accelerator = accelerators[table.acceleratorId]!
      for (const [group, rows] of await groupedRows(table, columns, formatOf)) {
        const format = group as AttentionFormat
        if (
          table.engine === 'sglang' &&
          table.generation === 'hopper' &&
          operator === 'latent-decode' &&
          format !== 'bf16'
        ) {
          log.keep(rowFilters.brokenLatentCache, rows, () => false)
          continue
        }
        const samples: Sample<LatentShape>[] = log.keep(rowFilters.otherModels, rows, isDeepSeek).map(row => {
          const weights = (weightFormats[textIn(row, 'gemm_type')] ?? 'bf16') as WeightFormat
          const tokens = numberIn(row, 'isl')
          const past = numberIn(row, 'step')
          const heads = numberIn(row, 'num_heads')
          const sequences = numberIn(row, 'batch_size')
          return {
            shape: decoding
              ? { sequences, tokens: tokens + past, heads, weights }
              : { sequences, tokens, pastTokens: past, heads, weights },
            seconds: numberIn(row, 'latency') / 1e3,
            shapeKey: `${sequences},${heads},${weights}`,
          }
        })
        const entry = fitEntry(
          { operator, format, ...label(table) },
          samples,
          coefficients,
          (shape, values) => time(shape, format, accelerator, values as never),
        )
        if (entry) entries.push(entry)
      }
    }
  }
  return entries
}
