import { smoothMaximum } from './smooth-maximum.ts'
import type { KernelAccelerator } from './types.ts'

/** One gated-delta-net layer on one rank (Qwen3.5 family: heads of 128 × 128); heads are per rank. */
export interface LinearAttentionShape {
  readonly sequences: number
  /** 1 for decode. */
  readonly tokens: number
  readonly keyHeads: number
  readonly valueHeads: number
  readonly headDimension?: number
}

export interface LinearAttentionCoefficients {
  readonly floorSeconds: number
  readonly mbu: number
  readonly mfu: number
  /** Per token of one sequence: chunks of a sequence follow one another. */
  readonly chainSeconds: number
  readonly sharpness: number
}

/** Recurrent state in fp32: one square matrix per value head. */
export function stateBytes(shape: LinearAttentionShape): number {
  const dimension = shape.headDimension ?? 128
  return 4 * shape.sequences * shape.valueHeads * dimension * dimension
}

/** Activations of the convolution and the delta rule, bf16, in and out. */
function activationBytes(shape: LinearAttentionShape): number {
  const width = (2 * shape.keyHeads + shape.valueHeads) * (shape.headDimension ?? 128)
  return 2 * 3 * shape.sequences * shape.tokens * width
}

/** Decode: the state is read and written once. No dependence on the context. */
export function linearDecodeTime(
  shape: LinearAttentionShape,
  accelerator: KernelAccelerator,
  coefficients: LinearAttentionCoefficients,
): number {
  const bytes = 2 * stateBytes(shape) + activationBytes(shape)
  return coefficients.floorSeconds + bytes / (accelerator.memoryBytesPerSecond * coefficients.mbu)
}

/** Chunked form (chunks of 64): state update and read-out plus the products inside a chunk. */
export function linearPrefillFlop(shape: LinearAttentionShape): number {
  const dimension = shape.headDimension ?? 128
  const perToken = shape.valueHeads * (4 * dimension * dimension + 6 * 64 * dimension)
  return shape.sequences * shape.tokens * perToken
}

export function linearPrefillTime(
  shape: LinearAttentionShape,
  accelerator: KernelAccelerator,
  coefficients: LinearAttentionCoefficients,
): number {
  const { floorSeconds, mbu, mfu, chainSeconds, sharpness } = coefficients
  const memory = (2 * stateBytes(shape) + activationBytes(shape)) / (accelerator.memoryBytesPerSecond * mbu)
  const compute = linearPrefillFlop(shape) / (accelerator.peakFlopPerSecond.bf16 * mfu)
  return floorSeconds + shape.tokens * chainSeconds + smoothMaximum(memory, compute, sharpness)
}
