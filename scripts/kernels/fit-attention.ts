import {
  type DecodeAttentionCoefficients,
  type DecodeAttentionShape,
  decodeAttentionTime,
  type PrefillAttentionCoefficients,
  type PrefillAttentionShape,
  prefillAttentionTime,
} from '../../src/perf/kernels/attention.ts'
import type { AttentionFormat, KernelAccelerator, KernelEntry } from '../../src/perf/kernels/types.ts'
import { fitEntry, floorSeconds, mbu, mfu, type Sample, sharpness } from './fit-entry.ts'
import { label } from './fit-gemm.ts'
import type { Coefficient } from './levenberg-marquardt.ts'
import { numberIn, type TableRow, textIn } from './parquet-table.ts'
import { type FilterLog, rowFilters } from './row-filters.ts'
import { findTables, groupedRows } from './tables.ts'

const decodeCoefficients: readonly Coefficient[] = [
  floorSeconds(1e-5),
  mbu,
  { name: 'rootBytes', start: 1000, minimum: 1, maximum: 1e5, pull: 0.01 },
  { name: 'dimensionExponent', start: 0.05, minimum: -0.4, maximum: 0.6, pull: 0.02 },
  { ...mfu, start: 0.3 },
  { name: 'pairSeconds', start: 1e-8, minimum: 1e-11, maximum: 1e-6 },
  sharpness,
]

const prefillCoefficients: readonly Coefficient[] = [
  floorSeconds(1e-5),
  { ...mbu, start: 0.6 },
  mfu,
  { name: 'tileRows', start: 1e4, minimum: 10, maximum: 1e6 },
  { name: 'depthTokens', start: 100, minimum: 1, maximum: 3000, pull: 0.01 },
  { name: 'dimensionExponent', start: 0.7, minimum: 0.2, maximum: 1.4, pull: 0.02 },
  { name: 'pairSeconds', start: 3e-9, minimum: 1e-11, maximum: 1e-6 },
  sharpness,
]

const shared = [
  'batch_size',
  'isl',
  'num_heads',
  'num_key_value_heads',
  'head_dim',
  'kv_cache_dtype',
  'attn_dtype',
  'step',
  'window_size',
  'latency',
]

function attentionFormat(row: TableRow): AttentionFormat {
  if (!textIn(row, 'kv_cache_dtype').startsWith('fp8')) return 'bf16'
  return textIn(row, 'attn_dtype').startsWith('fp8') ? 'fp8' : 'fp8-kv'
}

function headKey(row: TableRow): string {
  return ['num_heads', 'num_key_value_heads', 'head_dim', 'window_size'].map(name => textIn(row, name)).join()
}

export async function fitDecodeAttention(
  dataFolder: string,
  accelerators: Readonly<Record<string, KernelAccelerator>>,
  log: FilterLog,
): Promise<KernelEntry[]> {
  const entries: KernelEntry[] = []
  for (const table of findTables(dataFolder, 'attention', 'generation_attention_perf')) {
    const accelerator = accelerators[table.acceleratorId]!
    for (const [name, rows] of await groupedRows(table, shared, attentionFormat)) {
      const format = (name === 'fp8' ? 'fp8-kv' : name) as AttentionFormat
      let samples: Sample<DecodeAttentionShape>[] = rows.map(row => ({
        shape: {
          sequences: numberIn(row, 'batch_size'),
          contextTokens: numberIn(row, 'isl') + numberIn(row, 'step'),
          heads: numberIn(row, 'num_heads'),
          keyValueHeads: numberIn(row, 'num_key_value_heads') || numberIn(row, 'num_heads'),
          headDimension: numberIn(row, 'head_dim'),
          windowTokens: Number(row.window_size ?? 0),
        },
        seconds: numberIn(row, 'latency') / 1e3,
        shapeKey: headKey(row),
      }))
      samples = log.keep(
        rowFilters.wideGroups,
        samples,
        ({ shape }) => shape.heads <= 32 * shape.keyValueHeads,
      )
      samples = log.keep(rowFilters.largeHeads, samples, ({ shape }) => shape.headDimension <= 256)
      const entry = fitEntry(
        { operator: 'decode-attention', format, ...label(table) },
        samples,
        decodeCoefficients,
        (shape, values) =>
          decodeAttentionTime(shape, format, accelerator, values as unknown as DecodeAttentionCoefficients),
      )
      if (entry) entries.push(entry)
    }
  }
  return entries
}

export async function fitPrefillAttention(
  dataFolder: string,
  accelerators: Readonly<Record<string, KernelAccelerator>>,
  log: FilterLog,
): Promise<KernelEntry[]> {
  const entries: KernelEntry[] = []
  for (const table of findTables(dataFolder, 'attention', 'context_attention_perf')) {
    const accelerator = accelerators[table.acceleratorId]!
    const blackwell = table.generation.startsWith('blackwell')
    for (const [name, rows] of await groupedRows(table, shared, attentionFormat)) {
      const format = name as AttentionFormat
      if (table.engine === 'sglang' && format === 'fp8-kv') {
        log.keep(rowFilters.mixedCache, rows, () => false)
        continue
      }
      let samples: Sample<PrefillAttentionShape>[] = rows.map(row => ({
        shape: {
          sequences: numberIn(row, 'batch_size'),
          newTokens: numberIn(row, 'isl'),
          pastTokens: numberIn(row, 'step'),
          heads: numberIn(row, 'num_heads'),
          keyValueHeads: numberIn(row, 'num_key_value_heads') || numberIn(row, 'num_heads'),
          headDimension: numberIn(row, 'head_dim'),
          windowTokens: Number(row.window_size ?? 0),
        },
        seconds: numberIn(row, 'latency') / 1e3,
        shapeKey: headKey(row),
      }))
      samples = log.keep(rowFilters.largeHeads, samples, ({ shape }) => shape.headDimension <= 256)
      if (table.engine === 'sglang' && blackwell)
        samples = log.keep(rowFilters.blackwellOddHeads, samples, ({ shape }) => shape.headDimension !== 192)
      const entry = fitEntry(
        { operator: 'prefill-attention', format, ...label(table) },
        samples,
        prefillCoefficients,
        (shape, values) =>
          prefillAttentionTime(shape, format, accelerator, values as unknown as PrefillAttentionCoefficients),
      )
      if (entry) entries.push(entry)
    }
  }
  return entries
}
