import { activationBytes, weightBytes, weightPeak } from './peaks.ts'
import { smoothMaximum } from './smooth-maximum.ts'
import type { KernelAccelerator, WeightFormat } from './types.ts'

/** Dense product of an m×k activation with a k×n weight. */
export interface GemmShape {
  readonly m: number
  readonly n: number
  readonly k: number
}

export interface GemmCoefficients {
  /** Launch, prologue and (where the engine does it inside) activation quantisation. */
  readonly floorSeconds: number
  /** Share of memory bandwidth for large operands. */
  readonly mbu: number
  /** Share of peak for large products. */
  readonly mfu: number
  /** Output elements whose work is wasted per launch: the partly filled last wave of tiles. */
  readonly tileElements: number
  /** Elements of the inner dimension whose time is lost filling the pipeline. */
  readonly depthElements: number
  readonly sharpness: number
}

/** Operands and bf16 result, each moved once. */
export function gemmBytes(shape: GemmShape, format: WeightFormat): number {
  const { m, n, k } = shape
  return weightBytes[format] * n * k + activationBytes[format] * m * k + 2 * m * n
}

export function gemmFlop(shape: GemmShape): number {
  return 2 * shape.m * shape.n * shape.k
}

/**
 * floor + smoothMax(bytes ÷ (BW·mbu), 2(mn + tile)(k + depth) ÷ (peak·mfu)).
 * The compute side is mfu(m,n,k) = mfu · mn/(mn+tile) · k/(k+depth): growing in all three, no tile quantisation.
 */
export function gemmTime(
  shape: GemmShape,
  format: WeightFormat,
  accelerator: KernelAccelerator,
  coefficients: GemmCoefficients,
  /** Format whose unit computes, where the coefficients were borrowed from another format. */
  computeFormat: WeightFormat = format,
): number {
  const { floorSeconds, mbu, mfu, tileElements, depthElements, sharpness } = coefficients
  const memory = gemmBytes(shape, format) / (accelerator.memoryBytesPerSecond * mbu)
  const work = 2 * (shape.m * shape.n + tileElements) * (shape.k + depthElements)
  return (
    floorSeconds + smoothMaximum(memory, work / (weightPeak(accelerator, computeFormat) * mfu), sharpness)
  )
}
