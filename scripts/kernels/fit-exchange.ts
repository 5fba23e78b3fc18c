import {
  type ExchangeCoefficients,
  type ExchangeFormat,
  type ExchangeMethod,
  type ExchangeShape,
  exchangeTime,
} from '../../src/perf/kernels/expert-exchange.ts'
import type { KernelAccelerator, KernelEntry } from '../../src/perf/kernels/types.ts'
import { fitEntry, type Sample } from './fit-entry.ts'
import { label } from './fit-gemm.ts'
import type { Coefficient } from './levenberg-marquardt.ts'
import { numberIn, type TableRow, textIn } from './parquet-table.ts'
import { weightFormats } from './systems.ts'
import { type FoundTable, findTables, groupedRows } from './tables.ts'

const coefficients: readonly Coefficient[] = [
  { name: 'latencySeconds', start: 1.5e-5, minimum: 1e-6, maximum: 1e-3 },
  { name: 'latencyPerDoubling', start: 1e-6, minimum: 1e-9, maximum: 1e-4, pull: 0.02 },
  { name: 'busEfficiency', start: 0.6, minimum: 0.02, maximum: 1 },
  { name: 'hiddenTokens', start: 8, minimum: 0.01, maximum: 2000, pull: 0.01 },
]

/** DeepEP was swept inside one node: 8 ranks, 4 on a GB200 tray. */
function nodeRanks(table: FoundTable): number {
  return table.acceleratorId === 'gb200-nvl72' ? 4 : 8
}

/** DeepEP's published setting for normal kernels; fewer leave bandwidth unused. */
const streamingMultiprocessors = 24

export async function fitExchange(
  dataFolder: string,
  accelerators: Readonly<Record<string, KernelAccelerator>>,
): Promise<KernelEntry[]> {
  const entries: KernelEntry[] = []
  const fitPart = (
    table: FoundTable,
    operator: 'expert-dispatch' | 'expert-combine',
    engine: string,
    format: ExchangeFormat,
    method: ExchangeMethod,
    samples: Sample<ExchangeShape>[],
  ) => {
    const accelerator = accelerators[table.acceleratorId]!
    const entry = fitEntry(
      { operator, format, ...label(table), engine },
      samples,
      coefficients,
      (shape, values) =>
        exchangeTime(shape, format, method, accelerator, values as unknown as ExchangeCoefficients),
    )
    if (entry) entries.push(entry)
  }
  const shapeColumns = ['hidden_size', 'num_token', 'num_topk', 'num_experts']
  for (const method of ['low-latency', 'normal'] as const) {
    const name = method === 'low-latency' ? 'll' : 'normal'
    const timed = method === 'low-latency' ? 'avg_t_us' : 'transmit_us'
    const columns = [...shapeColumns, 'dispatch_sms', `dispatch_${timed}`, `combine_${timed}`]
    for (const table of findTables(dataFolder, 'comm', `wideep_deepep_${name}_perf`)) {
      const [group] = await groupedRows(table, columns, () => 'all')
      const rows = group![1].filter(
        row => method === 'low-latency' || numberIn(row, 'dispatch_sms') === streamingMultiprocessors,
      )
      for (const part of ['dispatch', 'combine'] as const) {
        const samples = rows.map(row => ({
          shape: {
            tokensPerRank: numberIn(row, 'num_token'),
            hiddenSize: numberIn(row, 'hidden_size'),
            topK: numberIn(row, 'num_topk'),
            ranks: nodeRanks(table),
          },
          seconds: numberIn(row, `${part}_${timed}`) / 1e6,
          shapeKey: shapeColumns.map(column => textIn(row, column)).join(),
        }))
        fitPart(
          table,
          `expert-${part}`,
          `deepep-${method}`,
          part === 'dispatch' ? 'fp8' : 'bf16',
          method,
          samples,
        )
      }
    }
  }
  const columns = [
    'op_name',
    'kernel_source',
    'moe_dtype',
    'num_tokens',
    'hidden_size',
    'topk',
    'moe_ep_size',
    'latency',
  ]
  for (const table of findTables(dataFolder, 'comm', 'trtllm_alltoall_perf')) {
    for (const [name, rows] of await groupedRows(table, columns, row => textIn(row, 'moe_dtype'))) {
      const format = weightFormats[name] as ExchangeFormat
      fitPart(table, 'expert-dispatch', table.engine, format, 'normal', dispatchSamples(rows))
      if (format !== 'bf16') continue
      const combine = rows.filter(row => textIn(row, 'op_name') === 'alltoall_combine')
      fitPart(
        table,
        'expert-combine',
        table.engine,
        'bf16',
        'normal',
        combine.map(row => exchangeSample(row, 0)),
      )
    }
  }
  return entries
}

/** Two-sided dispatch needs its preparation (counts and offsets) first. */
function dispatchSamples(rows: readonly TableRow[]): Sample<ExchangeShape>[] {
  const twoSided = rows.filter(row => textIn(row, 'kernel_source') === 'NVLinkTwoSided')
  const key = (row: TableRow) => `${row.num_tokens},${row.moe_ep_size}`
  const preparation = new Map(
    twoSided
      .filter(row => textIn(row, 'op_name') === 'alltoall_prepare')
      .map(row => [key(row), numberIn(row, 'latency') / 1e3]),
  )
  return twoSided
    .filter(row => textIn(row, 'op_name') === 'alltoall_dispatch' && preparation.has(key(row)))
    .map(row => exchangeSample(row, preparation.get(key(row))!))
}

function exchangeSample(row: TableRow, extraSeconds: number): Sample<ExchangeShape> {
  const tokensPerRank = numberIn(row, 'num_tokens')
  const ranks = numberIn(row, 'moe_ep_size')
  return {
    shape: { tokensPerRank, hiddenSize: numberIn(row, 'hidden_size'), topK: numberIn(row, 'topk'), ranks },
    seconds: numberIn(row, 'latency') / 1e3 + extraSeconds,
    shapeKey: `${tokensPerRank},${ranks}`,
  }
}
