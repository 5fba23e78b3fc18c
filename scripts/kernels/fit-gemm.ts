import {
  type GemmCoefficients,
  type GemmShape,
  gemmBytes,
  gemmFlop,
  gemmTime,
} from '../../src/perf/kernels/gemm.ts'
import { weightPeak } from '../../src/perf/kernels/peaks.ts'
import type { KernelAccelerator, KernelEntry, WeightFormat } from '../../src/perf/kernels/types.ts'
import { fitEntry, floorSeconds, mbu, mfu, type Sample, sharpness } from './fit-entry.ts'
import type { Coefficient } from './levenberg-marquardt.ts'
import { numberIn, textIn } from './parquet-table.ts'
import { type FilterLog, rowFilters } from './row-filters.ts'
import { weightFormats } from './systems.ts'
import { findTables, groupedRows } from './tables.ts'

const coefficients: readonly Coefficient[] = [
  floorSeconds(3e-6),
  mbu,
  { ...mfu, start: 0.7 },
  { name: 'tileElements', start: 5e5, minimum: 1e3, maximum: 3e7 },
  { name: 'depthElements', start: 200, minimum: 1, maximum: 5000, pull: 0.01 },
  sharpness,
]

/** Eager dispatch floor of vLLM's fp8_block table, seconds, by generation. */
const eagerFloors: Readonly<Record<string, number>> = {
  hopper: 56e-6,
  blackwell: 200e-6,
  'blackwell-ultra': 155e-6,
}

export async function fitGemm(
  dataFolder: string,
  accelerators: Readonly<Record<string, KernelAccelerator>>,
  log: FilterLog,
): Promise<KernelEntry[]> {
  const entries: KernelEntry[] = []
  for (const table of findTables(dataFolder, 'gemm', 'gemm_perf')) {
    const accelerator = accelerators[table.acceleratorId]!
    const groups = await groupedRows(table, ['gemm_dtype', 'm', 'n', 'k', 'latency'], row =>
      textIn(row, 'gemm_dtype'),
    )
    for (const [name, rows] of groups) {
      const format = weightFormats[name] as WeightFormat | undefined
      if (!format) continue
      let samples: Sample<GemmShape>[] = rows.map(row => {
        const shape = { m: numberIn(row, 'm'), n: numberIn(row, 'n'), k: numberIn(row, 'k') }
        return { shape, seconds: numberIn(row, 'latency') / 1e3, shapeKey: `${shape.n},${shape.k}` }
      })
      const eager =
        table.engine === 'vllm' && format === 'fp8-block' ? eagerFloors[table.generation] : undefined
      if (eager) {
        const roofline = (shape: GemmShape) =>
          Math.max(
            gemmBytes(shape, format) / accelerator.memoryBytesPerSecond,
            gemmFlop(shape) / weightPeak(accelerator, format),
          )
        samples = log.keep(rowFilters.eagerFloor, samples, sample => roofline(sample.shape) > 2 * eager)
      }
      const spec = eager
        ? coefficients.map(c => (c.name === 'floorSeconds' ? { ...c, maximum: 1e-5 } : c))
        : coefficients
      const entry = fitEntry({ operator: 'gemm', format, ...label(table) }, samples, spec, (shape, values) =>
        gemmTime(shape, format, accelerator, values as unknown as GemmCoefficients),
      )
      if (entry) entries.push(entry)
    }
  }
  return entries
}

export function label(table: {
  acceleratorId: string
  generation: string
  engine: string
  engineVersion: string
  source: string
}) {
  const { acceleratorId, generation, engine, engineVersion, source } = table
  return { acceleratorId, generation, engine, engineVersion, source }
}
