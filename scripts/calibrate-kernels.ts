/**
 * Fits compact efficiency curves to measured kernel tables.
 *   node scripts/calibrate-kernels.ts <data folder>   → data/calibration/kernels.json and the table in docs/models/kernels.md
 */
import { readFileSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import type { KernelAccelerator, KernelEntry, KernelsFile } from '../src/perf/kernels/types.ts'
import { fitDecodeAttention, fitPrefillAttention } from './kernels/fit-attention.ts'
import { fitCollectives } from './kernels/fit-collectives.ts'
import { tablesAsOf } from './kernels/fit-entry.ts'
import { fitExchange } from './kernels/fit-exchange.ts'
import { fitExperts } from './kernels/fit-experts.ts'
import { fitGemm } from './kernels/fit-gemm.ts'
import { fitLatentAttention } from './kernels/fit-latent-attention.ts'
import { fitLinearAttention } from './kernels/fit-linear-attention.ts'
import { fitPower } from './kernels/fit-power.ts'
import { fitQuantize } from './kernels/fit-quantize.ts'
import { kernelPriors } from './kernels/kernel-priors.ts'
import { writeKernelsJson } from './kernels/kernels-json.ts'
import { withResidualTables } from './kernels/residual-tables.ts'
import { FilterLog } from './kernels/row-filters.ts'
import { readAccelerators } from './kernels/systems.ts'
import { tablesSource } from './kernels/tables.ts'

type FitStage = (
  dataFolder: string,
  accelerators: Readonly<Record<string, KernelAccelerator>>,
  log: FilterLog,
) => Promise<KernelEntry[]>

const stages: readonly [string, FitStage][] = [
  ['all-reduce, all-to-all', fitCollectives],
  ['dispatch and combine', fitExchange],
  ['gemm', fitGemm],
  ['quantize', fitQuantize],
  ['decode attention', fitDecodeAttention],
  ['prefill attention', fitPrefillAttention],
  ['latent and sparse attention', fitLatentAttention],
  ['linear attention', fitLinearAttention],
  ['experts', fitExperts],
  ['power', fitPower],
]

async function main(): Promise<void> {
  const dataFolder = process.argv[2]
  if (!dataFolder) throw new Error('usage: node scripts/calibrate-kernels.ts <data folder>')
  const root = join(dirname(fileURLToPath(import.meta.url)), '..')
  const accelerators = readAccelerators(dataFolder)
  const log = new FilterLog()
  const entries: KernelEntry[] = []
  for (const [name, stage] of stages) {
    const started = performance.now()
    const fitted = await stage(dataFolder, accelerators, log)
    entries.push(...fitted)
    console.error(`${name}: ${fitted.length} entries, ${((performance.now() - started) / 1e3).toFixed(1)} s`)
  }
  const file: KernelsFile = {
    schema: 'kernels/1',
    asOf: tablesAsOf,
    source: tablesSource,
    accelerators,
    filters: log.summary(),
    entries,
    priors: kernelPriors(entries, accelerators),
  }
  writeFileSync(join(root, 'data', 'calibration', 'kernels.json'), writeKernelsJson(file))
  const page = join(root, 'docs', 'models', 'kernels.md')
  writeFileSync(page, withResidualTables(readFileSync(page, 'utf8'), file))
}

await main()
