import {
  type CollectiveCoefficients,
  type CollectiveKind,
  type CollectiveShape,
  collectiveTime,
} from '../../src/perf/kernels/collectives.ts'
import type { KernelAccelerator, KernelEntry } from '../../src/perf/kernels/types.ts'
import { fitEntry, type Sample } from './fit-entry.ts'
import { label } from './fit-gemm.ts'
import type { Coefficient } from './levenberg-marquardt.ts'
import { numberIn, textIn } from './parquet-table.ts'
import { type FilterLog, rowFilters } from './row-filters.ts'
import { findTables, groupedRows } from './tables.ts'

const coefficients: readonly Coefficient[] = [
  { name: 'latencySeconds', start: 4e-6, minimum: 5e-7, maximum: 1e-3 },
  { name: 'latencyPerDoubling', start: 1e-6, minimum: 1e-9, maximum: 1e-3 },
  { name: 'busEfficiency', start: 0.8, minimum: 0.02, maximum: 1 },
  { name: 'busDecay', start: 0, minimum: -0.4, maximum: 2 },
  { name: 'middleSeconds', start: 5e-6, minimum: 1e-8, maximum: 1e-3 },
  { name: 'halfBytes', start: 1e6, minimum: 1e4, maximum: 1e8, pull: 0.02 },
]

/** `message_size` counts elements of two bytes (README of the tables). */
const elementBytes = 2

const ncclKinds: Readonly<Record<string, CollectiveKind>> = {
  all_reduce: 'all-reduce',
  all_gather: 'all-gather',
  reduce_scatter: 'reduce-scatter',
  alltoall: 'all-to-all',
}

export async function fitCollectives(
  dataFolder: string,
  accelerators: Readonly<Record<string, KernelAccelerator>>,
  log: FilterLog,
): Promise<KernelEntry[]> {
  const entries: KernelEntry[] = []
  const fitPart = (
    table: {
      acceleratorId: string
      generation: string
      engine: string
      engineVersion: string
      source: string
    },
    kind: CollectiveKind,
    samples: Sample<CollectiveShape>[],
  ) => {
    const accelerator = accelerators[table.acceleratorId]!
    const entry = fitEntry(
      { operator: kind, format: 'bf16', ...label(table) },
      samples,
      coefficients,
      (shape, values) =>
        collectiveTime(kind, shape, accelerator, values as unknown as CollectiveCoefficients),
    )
    if (entry) entries.push(entry)
  }
  const columns = ['op_name', 'kernel_source', 'num_gpus', 'message_size', 'latency']
  for (const table of findTables(dataFolder, 'comm', 'custom_allreduce_perf')) {
    const [group] = await groupedRows(table, columns, () => 'all')
    const rows = log.keep(
      rowFilters.eagerCollective,
      group![1],
      row => !textIn(row, 'kernel_source').includes('eager'),
    )
    fitPart(
      table,
      'all-reduce',
      rows.map(row => sample(numberIn(row, 'num_gpus'), numberIn(row, 'message_size'), row.latency)),
    )
  }
  for (const table of findTables(dataFolder, 'comm', 'nccl_perf')) {
    const groups = await groupedRows(table, [...columns, 'nccl_dtype'], row => textIn(row, 'op_name'))
    for (const [name, rows] of groups) {
      const kind = ncclKinds[name]
      if (!kind) continue
      const half = rows.filter(row => textIn(row, 'nccl_dtype') === 'half')
      fitPart(
        table,
        kind,
        half.map(row => sample(numberIn(row, 'num_gpus'), numberIn(row, 'message_size'), row.latency)),
      )
    }
  }
  return entries
}

function sample(ranks: number, elements: number, latency: unknown): Sample<CollectiveShape> {
  return {
    shape: { ranks, bytes: elements * elementBytes },
    seconds: Number(latency) / 1e3,
    shapeKey: `${ranks},${elements}`,
  }
}
