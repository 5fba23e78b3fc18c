import {
  type LinearAttentionCoefficients,
  type LinearAttentionShape,
  linearDecodeTime,
  linearPrefillTime,
} from '../../src/perf/kernels/linear-attention.ts'
import type { KernelAccelerator, KernelEntry } from '../../src/perf/kernels/types.ts'
import { fitEntry, floorSeconds, mbu, mfu, type Sample, sharpness } from './fit-entry.ts'
import { label } from './fit-gemm.ts'
import type { Coefficient } from './levenberg-marquardt.ts'
import { numberIn, type TableRow, textIn } from './parquet-table.ts'
import { findTables, groupedRows } from './tables.ts'

const decode: readonly Coefficient[] = [floorSeconds(6e-6), mbu]
const prefill: readonly Coefficient[] = [
  floorSeconds(3e-5),
  { ...mbu, start: 0.3, minimum: 0.005 },
  { ...mfu, start: 0.1, minimum: 0.002 },
  { name: 'chainSeconds', start: 2e-8, minimum: 1e-10, maximum: 1e-6 },
  sharpness,
]

const columns = ['phase', 'kernel_source', 'batch_size', 'seq_len', 'num_k_heads', 'num_v_heads', 'latency']

/** Gated delta net: the convolution and the delta rule are timed apart and belong together. */
function layerSamples(rows: readonly TableRow[]): Sample<LinearAttentionShape>[] {
  interface Layer {
    readonly shape: LinearAttentionShape
    convolution?: number
    rule?: number
  }
  const layers = new Map<string, Layer>()
  for (const row of rows) {
    const shape = {
      sequences: numberIn(row, 'batch_size'),
      tokens: numberIn(row, 'seq_len'),
      keyHeads: numberIn(row, 'num_k_heads'),
      valueHeads: numberIn(row, 'num_v_heads'),
    }
    const key = Object.values(shape).join()
    const layer: Layer = layers.get(key) ?? { shape }
    const seconds = numberIn(row, 'latency') / 1e3
    if (textIn(row, 'kernel_source').includes('conv1d')) layer.convolution = seconds
    else layer.rule = seconds
    layers.set(key, layer)
  }
  return [...layers.values()].flatMap(({ shape, convolution, rule }) =>
    convolution === undefined || rule === undefined
      ? []
      : [
          {
            shape,
            seconds: convolution + rule,
            shapeKey: `${shape.keyHeads},${shape.valueHeads},${shape.sequences}`,
          },
        ],
  )
}

export async function fitLinearAttention(
  dataFolder: string,
  accelerators: Readonly<Record<string, KernelAccelerator>>,
): Promise<KernelEntry[]> {
  const entries: KernelEntry[] = []
  for (const table of findTables(dataFolder, 'linear_attention', 'gdn_perf')) {
    const accelerator = accelerators[table.acceleratorId]!
    for (const [phase, rows] of await groupedRows(table, columns, row => textIn(row, 'phase'))) {
      const decoding = phase === 'generation'
      const time = decoding ? linearDecodeTime : linearPrefillTime
      const entry = fitEntry(
        { operator: decoding ? 'linear-decode' : 'linear-prefill', format: 'bf16', ...label(table) },
        layerSamples(rows),
        decoding ? decode : prefill,
        (shape, values) => time(shape, accelerator, values as unknown as LinearAttentionCoefficients),
      )
      if (entry) entries.push(entry)
    }
  }
  return entries
}
