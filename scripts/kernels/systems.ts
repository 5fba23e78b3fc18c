import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import type { KernelAccelerator } from '../../src/perf/kernels/types.ts'

/** Folder names of the measured tables and the accelerator ids they belong to. */
export const systems: readonly { folder: string; acceleratorId: string; generation: string }[] = [
  { folder: 'h100_sxm', acceleratorId: 'h100-sxm', generation: 'hopper' },
  { folder: 'h200_sxm', acceleratorId: 'h200-sxm', generation: 'hopper' },
  { folder: 'b200_sxm', acceleratorId: 'b200-sxm', generation: 'blackwell' },
  { folder: 'gb200', acceleratorId: 'gb200-nvl72', generation: 'blackwell' },
  { folder: 'b300_sxm', acceleratorId: 'b300-sxm', generation: 'blackwell-ultra' },
  { folder: 'a100_sxm', acceleratorId: 'a100-80-sxm', generation: 'ampere' },
  { folder: 'l40s', acceleratorId: 'l40s', generation: 'ada' },
]

interface FactEntry {
  readonly id: string
  readonly memoryBandwidthGBs: number
  readonly denseTflops: { readonly bf16: number; readonly fp8: number | null; readonly fp4: number | null }
  readonly scaleUp: { readonly perDeviceUniGBs: number }
  readonly tdpW: number
}

/** PCIe 4.0 ×16, one direction: the link of a device without a scale-up fabric (PCI-SIG, 31.5 GB/s). */
const pcieBytesPerSecond = 31.5e9

/** Peaks the efficiencies refer to, from the facts file (GB/s, TFLOP/s → SI). */
export function readAccelerators(dataFolder: string): Record<string, KernelAccelerator> {
  const facts = JSON.parse(readFileSync(join(dataFolder, 'facts', 'accelerators.json'), 'utf8')) as {
    readonly entries: readonly FactEntry[]
  }
  const found: Record<string, KernelAccelerator> = {}
  for (const system of systems) {
    const fact = facts.entries.find(entry => entry.id === system.acceleratorId)
    if (!fact) throw new Error(`no accelerator ${system.acceleratorId} in facts/accelerators.json`)
    const dense = fact.denseTflops
    const fp4 = fact.denseTflops.fp4
    found[fact.id] = {
      id: fact.id,
      generation: system.generation,
      memoryBytesPerSecond: fact.memoryBandwidthGBs * 1e9,
      peakFlopPerSecond: {
        bf16: dense.bf16 * 1e12,
        fp8: dense.fp8 === null ? null : dense.fp8 * 1e12,
        fp4: fp4 === null ? null : fp4 * 1e12,
      },
      linkBytesPerSecond:
        fact.scaleUp.perDeviceUniGBs > 0 ? fact.scaleUp.perDeviceUniGBs * 1e9 : pcieBytesPerSecond,
      powerLimitWatts: fact.tdpW,
    }
  }
  return found
}

/** Weight formats by the names of the tables. */
export const weightFormats: Readonly<Record<string, string>> = {
  bfloat16: 'bf16',
  fp8: 'fp8',
  fp8_block: 'fp8-block',
  nvfp4: 'nvfp4',
  w4a16_mxfp4: 'mxfp4',
  w4a8_mxfp4_mxfp8: 'mxfp4-fp8',
  int4_wo: 'int4',
}
