import type { KernelAccelerator } from './types.ts'

/** fp8 quantisation of a tokens × width activation with a given scale: bf16 in, fp8 out. */
export interface QuantizeShape {
  readonly tokens: number
  readonly width: number
}

export interface QuantizeCoefficients {
  readonly floorSeconds: number
  readonly mbu: number
}

export function quantizeTime(
  shape: QuantizeShape,
  accelerator: KernelAccelerator,
  coefficients: QuantizeCoefficients,
): number {
  const bytes = 3 * shape.tokens * shape.width
  return coefficients.floorSeconds + bytes / (accelerator.memoryBytesPerSecond * coefficients.mbu)
}
