import type { AttentionFormat, KernelAccelerator, WeightFormat } from './types.ts'

/** Bytes per weight, block scales included (see model/number-format.ts for the formats). */
export const weightBytes: Readonly<Record<WeightFormat, number>> = {
  bf16: 2,
  fp8: 1,
  'fp8-block': 1,
  nvfp4: 4.5 / 8,
  mxfp4: 4.25 / 8,
  'mxfp4-fp8': 4.25 / 8,
  int4: 4.125 / 8,
}

/** Bytes per activation element that a product in this format reads. */
export const activationBytes: Readonly<Record<WeightFormat, number>> = {
  bf16: 2,
  fp8: 1,
  'fp8-block': 1,
  nvfp4: 4.5 / 8,
  mxfp4: 2,
  'mxfp4-fp8': 1,
  int4: 2,
}

const peakNames: Readonly<Record<WeightFormat, 'bf16' | 'fp8' | 'fp4'>> = {
  bf16: 'bf16',
  fp8: 'fp8',
  'fp8-block': 'fp8',
  nvfp4: 'fp4',
  mxfp4: 'bf16',
  'mxfp4-fp8': 'fp8',
  int4: 'bf16',
}

/** The peak a format's efficiency refers to: its own unit, or the next wider one the device has. */
export function peakName(accelerator: KernelAccelerator, format: WeightFormat): 'bf16' | 'fp8' | 'fp4' {
  const { fp8, fp4 } = accelerator.peakFlopPerSecond
  const wanted = peakNames[format]
  if (wanted === 'fp4' && fp4 === null) return fp8 === null ? 'bf16' : 'fp8'
  if (wanted === 'fp8' && fp8 === null) return 'bf16'
  return wanted
}

/** FLOP/s of that peak. */
export function weightPeak(accelerator: KernelAccelerator, format: WeightFormat): number {
  return accelerator.peakFlopPerSecond[peakName(accelerator, format)] ?? accelerator.peakFlopPerSecond.bf16
}

/** FLOP/s that attention products in this format are measured against. */
export function attentionPeak(accelerator: KernelAccelerator, format: AttentionFormat): number {
  const { bf16, fp8 } = accelerator.peakFlopPerSecond
  return format === 'fp8' ? (fp8 ?? bf16) : bf16
}

/** Bytes per key-value cache element. */
export function cacheBytes(format: AttentionFormat): number {
  return format === 'bf16' ? 2 : 1
}
