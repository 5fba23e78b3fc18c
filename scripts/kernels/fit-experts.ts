import {
  type ExpertsCoefficients,
  type ExpertsShape,
  expertsTime,
  type RoutingSkew,
} from '../../src/perf/kernels/experts.ts'
import type { KernelAccelerator, KernelEntry, WeightFormat } from '../../src/perf/kernels/types.ts'
import { fitEntry, floorSeconds, mbu, mfu, type Sample, sharpness } from './fit-entry.ts'
import { label } from './fit-gemm.ts'
import type { Coefficient } from './levenberg-marquardt.ts'
import { numberIn, textIn } from './parquet-table.ts'
import { type FilterLog, rowFilters } from './row-filters.ts'
import { weightFormats } from './systems.ts'
import { findTables, groupedRows } from './tables.ts'

const coefficients: readonly Coefficient[] = [
  floorSeconds(2e-5),
  mbu,
  { ...mfu, start: 0.45, maximum: 0.85, pull: 0.02 },
  { name: 'tileRows', start: 16, minimum: 0.5, maximum: 256, pull: 0.02 },
  sharpness,
  { name: 'gammaBalanced', start: 1.05, minimum: 0.6, maximum: 1.4 },
  { name: 'gammaPowerLaw101', start: 0.95, minimum: 0.6, maximum: 1.4 },
  { name: 'gammaPowerLaw12', start: 0.92, minimum: 0.6, maximum: 1.4 },
  { name: 'imbalanceExponent', start: 0.2, minimum: 0.001, maximum: 0.9, pull: 0.01 },
  { name: 'activationPasses', start: 2, minimum: 0.2, maximum: 12, pull: 0.02 },
  { name: 'foreignRowShare', start: 0.2, minimum: 0.001, maximum: 1, pull: 0.01 },
]

const skews: Readonly<Record<string, RoutingSkew>> = {
  balanced: 'balanced',
  'power_law_1.01': 'power-law-1.01',
  'power_law_1.2': 'power-law-1.2',
}

const columns = [
  'moe_dtype',
  'num_tokens',
  'hidden_size',
  'inter_size',
  'topk',
  'num_experts',
  'moe_tp_size',
  'moe_ep_size',
  'distribution',
  'kernel_source',
  'latency',
]

/** Nemotron experts have no gate: top-22 latent experts, and hidden size 2688. */
function isGated(shape: ExpertsShape, kernel: string): boolean {
  return !kernel.includes('nongated') && shape.topK !== 22 && shape.hiddenSize !== 2688
}

export async function fitExperts(
  dataFolder: string,
  accelerators: Readonly<Record<string, KernelAccelerator>>,
  log: FilterLog,
): Promise<KernelEntry[]> {
  const entries: KernelEntry[] = []
  for (const table of findTables(dataFolder, 'moe', 'moe_perf')) {
    const accelerator = accelerators[table.acceleratorId]!
    for (const [name, rows] of await groupedRows(table, columns, row => textIn(row, 'moe_dtype'))) {
      const format = weightFormats[name] as WeightFormat | undefined
      if (!format) continue
      if (table.engine === 'vllm' && format === 'fp8' && table.generation === 'hopper') {
        log.keep(rowFilters.slowExperts, rows, () => false)
        continue
      }
      if (table.engine === 'sglang' && format === 'mxfp4' && table.generation === 'hopper') {
        log.keep(rowFilters.genericExperts, rows, () => false)
        continue
      }
      const all = rows.map(row => ({
        kernel: textIn(row, 'kernel_source'),
        shape: {
          tokens: numberIn(row, 'num_tokens'),
          hiddenSize: numberIn(row, 'hidden_size'),
          expertWidth: numberIn(row, 'inter_size'),
          experts: numberIn(row, 'num_experts'),
          topK: numberIn(row, 'topk'),
          expertParallel: numberIn(row, 'moe_ep_size'),
          tensorParallel: numberIn(row, 'moe_tp_size'),
          skew: skews[textIn(row, 'distribution')]!,
        } satisfies ExpertsShape,
        seconds: numberIn(row, 'latency') / 1e3,
      }))
      const gated = log.keep(rowFilters.plainExperts, all, row => isGated(row.shape, row.kernel))
      const entry = fitEntry(
        { operator: 'experts', format, ...label(table) },
        fastestKernel(gated),
        coefficients,
        (shape, values) => expertsTime(shape, format, accelerator, values as unknown as ExpertsCoefficients),
      )
      if (entry) entries.push(entry)
    }
  }
  return entries
}

/** TRT-LLM autotunes between cutlass and minimum-latency kernels: of several kernels for a shape the fastest counts. */
function fastestKernel(rows: readonly { shape: ExpertsShape; seconds: number }[]): Sample<ExpertsShape>[] {
  const best = new Map<string, Sample<ExpertsShape>>()
  for (const { shape, seconds } of rows) {
    const { tokens, skew, ...model } = shape
    const shapeKey = Object.values(model).join()
    const key = `${shapeKey}|${tokens}|${skew}`
    const known = best.get(key)
    if (!known || seconds < known.seconds) best.set(key, { shape, seconds, shapeKey })
  }
  return [...best.values()]
}
