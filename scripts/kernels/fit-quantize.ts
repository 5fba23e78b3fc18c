import { type QuantizeCoefficients, quantizeTime } from '../../src/perf/kernels/quantize.ts'
import type { KernelAccelerator, KernelEntry } from '../../src/perf/kernels/types.ts'
import { fitEntry, floorSeconds, mbu } from './fit-entry.ts'
import { label } from './fit-gemm.ts'
import { numberIn, textIn } from './parquet-table.ts'
import { findTables, groupedRows } from './tables.ts'

/** fp8 quantisation of activations with a known scale (table scale_matrix). */
export async function fitQuantize(
  dataFolder: string,
  accelerators: Readonly<Record<string, KernelAccelerator>>,
): Promise<KernelEntry[]> {
  const entries: KernelEntry[] = []
  for (const table of findTables(dataFolder, 'quantize', 'scale_matrix_perf')) {
    const groups = await groupedRows(table, ['m', 'k', 'quant_dtype', 'latency'], row =>
      textIn(row, 'quant_dtype'),
    )
    for (const [format, rows] of groups) {
      if (format !== 'fp8') continue
      const samples = rows.map(row => ({
        shape: { tokens: numberIn(row, 'm'), width: numberIn(row, 'k') },
        seconds: numberIn(row, 'latency') / 1e3,
        shapeKey: textIn(row, 'k'),
      }))
      const accelerator = accelerators[table.acceleratorId]!
      const entry = fitEntry(
        { operator: 'quantize', format, ...label(table) },
        samples,
        [floorSeconds(2e-6), { ...mbu, start: 0.6 }],
        (shape, values) => quantizeTime(shape, accelerator, values as unknown as QuantizeCoefficients),
      )
      if (entry) entries.push(entry)
    }
  }
  return entries
}
