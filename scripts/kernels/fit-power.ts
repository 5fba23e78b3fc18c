import {
  decodeAttentionBytes,
  decodeAttentionFlop,
  prefillAttentionBytes,
  prefillAttentionFlop,
} from '../../src/perf/kernels/attention.ts'
import { distinctExperts, expertBytes, expertsFlop } from '../../src/perf/kernels/experts.ts'
import { gemmBytes, gemmFlop } from '../../src/perf/kernels/gemm.ts'
import {
  deepSeekV3,
  latentDecodeBytes,
  latentDecodeFlop,
  latentProjections,
} from '../../src/perf/kernels/latent-attention.ts'
import { peakName, weightBytes } from '../../src/perf/kernels/peaks.ts'
import { type KernelActivity, type PowerCoefficients, powerShare } from '../../src/perf/kernels/power.ts'
import type {
  AttentionFormat,
  KernelAccelerator,
  KernelEntry,
  WeightFormat,
} from '../../src/perf/kernels/types.ts'
import { fitEntry, type Sample } from './fit-entry.ts'
import { label } from './fit-gemm.ts'
import type { Coefficient } from './levenberg-marquardt.ts'
import { numberIn, type TableRow, textIn } from './parquet-table.ts'
import { weightFormats } from './systems.ts'
import { findTables, groupedRows } from './tables.ts'

interface Work {
  readonly bytes: number
  readonly flop: number
  readonly peak: 'bf16' | 'fp8' | 'fp4'
}

interface PowerTable {
  /** Stored as the entry's format. */
  readonly name: string
  readonly family: string
  readonly table: string
  readonly columns: readonly string[]
  readonly work: (row: TableRow, device: KernelAccelerator) => Work | null
}

const cacheFormat = (row: TableRow): AttentionFormat =>
  textIn(row, 'kv_cache_dtype').startsWith('fp8') ? 'fp8-kv' : 'bf16'
const attentionColumns = [
  'batch_size',
  'isl',
  'step',
  'num_heads',
  'num_key_value_heads',
  'head_dim',
  'kv_cache_dtype',
  'window_size',
]
const heads = (row: TableRow) => ({
  sequences: numberIn(row, 'batch_size'),
  heads: numberIn(row, 'num_heads'),
  keyValueHeads: numberIn(row, 'num_key_value_heads') || numberIn(row, 'num_heads'),
  headDimension: numberIn(row, 'head_dim'),
  windowTokens: Number(row.window_size ?? 0),
})

const powerTables: readonly PowerTable[] = [
  {
    name: 'gemm',
    family: 'gemm',
    table: 'gemm_perf',
    columns: ['gemm_dtype', 'm', 'n', 'k'],
    work: (row, device) => {
      const format = weightFormats[textIn(row, 'gemm_dtype')] as WeightFormat | undefined
      if (!format) return null
      const shape = { m: numberIn(row, 'm'), n: numberIn(row, 'n'), k: numberIn(row, 'k') }
      return { bytes: gemmBytes(shape, format), flop: gemmFlop(shape), peak: peakName(device, format) }
    },
  },
  {
    name: 'decode-attention',
    family: 'attention',
    table: 'generation_attention_perf',
    columns: attentionColumns,
    work: row => {
      const shape = { ...heads(row), contextTokens: numberIn(row, 'isl') + numberIn(row, 'step') }
      return {
        bytes: decodeAttentionBytes(shape, cacheFormat(row)),
        flop: decodeAttentionFlop(shape),
        peak: 'bf16',
      }
    },
  },
  {
    name: 'prefill-attention',
    family: 'attention',
    table: 'context_attention_perf',
    columns: attentionColumns,
    work: row => {
      const shape = { ...heads(row), newTokens: numberIn(row, 'isl'), pastTokens: numberIn(row, 'step') }
      return {
        bytes: prefillAttentionBytes(shape, cacheFormat(row)),
        flop: prefillAttentionFlop(shape),
        peak: 'bf16',
      }
    },
  },
  {
    name: 'experts',
    family: 'moe',
    table: 'moe_perf',
    columns: [
      'moe_dtype',
      'num_tokens',
      'hidden_size',
      'inter_size',
      'topk',
      'num_experts',
      'moe_tp_size',
      'moe_ep_size',
    ],
    work: (row, device) => {
      const format = weightFormats[textIn(row, 'moe_dtype')] as WeightFormat | undefined
      if (!format) return null
      const shape = {
        tokens: numberIn(row, 'num_tokens'),
        hiddenSize: numberIn(row, 'hidden_size'),
        expertWidth: numberIn(row, 'inter_size'),
        experts: numberIn(row, 'num_experts'),
        topK: numberIn(row, 'topk'),
        expertParallel: numberIn(row, 'moe_ep_size'),
        tensorParallel: numberIn(row, 'moe_tp_size'),
      }
      const bytes = distinctExperts(shape, 1) * expertBytes(shape, format)
      return { bytes, flop: expertsFlop(shape), peak: peakName(device, format) }
    },
  },
  {
    name: 'latent-decode-module',
    family: 'mla',
    table: 'mla_generation_module_perf',
    columns: ['batch_size', 'isl', 'step', 'num_heads', 'kv_cache_dtype', 'gemm_type'],
    work: row => {
      const weights = (weightFormats[textIn(row, 'gemm_type')] ?? 'bf16') as WeightFormat
      const sequences = numberIn(row, 'batch_size')
      const shape = {
        sequences,
        tokens: numberIn(row, 'isl') + numberIn(row, 'step'),
        heads: numberIn(row, 'num_heads'),
      }
      const elements = latentProjections(deepSeekV3, shape.heads)
      return {
        bytes: elements * weightBytes[weights] + latentDecodeBytes(shape, cacheFormat(row)),
        flop: 2 * sequences * elements + latentDecodeFlop(shape),
        peak: 'bf16',
      }
    },
  },
]

const shares = (name: string, start: number): Coefficient => ({
  name,
  start,
  minimum: 0.001,
  maximum: 3,
  pull: 0.005,
})

function coefficientsFor(peaks: ReadonlySet<string>): Coefficient[] {
  return [
    { name: 'idle', start: 0.2, minimum: 0.05, maximum: 0.7 },
    shares('memory', 0.5),
    shares('computeBf16', 0.8),
    ...(peaks.has('fp8') ? [shares('computeFp8', 0.8)] : []),
    ...(peaks.has('fp4') ? [shares('computeFp4', 0.8)] : []),
    { name: 'ramp', start: 0.1, minimum: 0.001, maximum: 0.8, pull: 0.005 },
    { name: 'rampSeconds', start: 1e-4, minimum: 1e-5, maximum: 1e-2, pull: 0.01 },
    { name: 'cap', start: 0.98, minimum: 0.85, maximum: 1.02, pull: 0.02 },
  ]
}

/** Board power of each operator as a share of the power limit; the entry's format names the operator. */
export async function fitPower(
  dataFolder: string,
  accelerators: Readonly<Record<string, KernelAccelerator>>,
): Promise<KernelEntry[]> {
  const entries: KernelEntry[] = []
  for (const kind of powerTables) {
    for (const table of findTables(dataFolder, kind.family, kind.table, true)) {
      const device = accelerators[table.acceleratorId]!
      const columns = [...kind.columns, 'latency', 'power', 'power_limit']
      const [group] = await groupedRows(table, columns, () => 'all')
      const samples: Sample<KernelActivity>[] = []
      const peaks = new Set<string>()
      for (const row of group![1]) {
        const watts = Number(row.power ?? 0)
        const work = watts > 0 ? kind.work(row, device) : null
        if (!work) continue
        const seconds = numberIn(row, 'latency') / 1e3
        const rate = device.peakFlopPerSecond[work.peak] ?? device.peakFlopPerSecond.bf16
        peaks.add(work.peak)
        samples.push({
          shape: {
            memoryShare: Math.min(1, work.bytes / seconds / device.memoryBytesPerSecond),
            computeShare: Math.min(1, work.flop / seconds / rate),
            peak: work.peak,
            seconds,
          },
          seconds: watts / numberIn(row, 'power_limit'),
          shapeKey: kind.columns.map(column => textIn(row, column)).join(),
        })
      }
      const entry = fitEntry(
        { operator: 'power', format: kind.name, ...label(table) },
        samples,
        coefficientsFor(peaks),
        (activity, values) => powerShare(activity, values as unknown as PowerCoefficients),
      )
      if (entry) entries.push(entry)
    }
  }
  return entries
}
