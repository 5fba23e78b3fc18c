import { weightBytes, weightPeak } from './peaks.ts'
import { smoothMaximum } from './smooth-maximum.ts'
import type { KernelAccelerator, WeightFormat } from './types.ts'

/** Routing of the measurement: even, or a power law (exponent 1.01 or 1.2) over experts. */
export type RoutingSkew = 'balanced' | 'power-law-1.01' | 'power-law-1.2'

/** One mixture-of-experts layer (gated: three matrices per expert) on the busiest rank. */
export interface ExpertsShape {
  /** Tokens of the whole expert-parallel group. */
  readonly tokens: number
  readonly hiddenSize: number
  readonly expertWidth: number
  readonly experts: number
  readonly topK: number
  readonly expertParallel: number
  /** Ranks that split each expert. */
  readonly tensorParallel: number
  readonly skew?: RoutingSkew
}

export interface ExpertsCoefficients {
  /** Routing, permutation, activation and launches. */
  readonly floorSeconds: number
  readonly mbu: number
  readonly mfu: number
  /** Rows of padding per touched expert (grouped products work in tiles). */
  readonly tileRows: number
  readonly sharpness: number
  /** Exponent γ of distinct experts = E_local(1 − (1 − k/E)^(T^γ)) by routing. */
  readonly gammaBalanced: number
  readonly gammaPowerLaw101: number
  readonly gammaPowerLaw12: number
  /** The busiest of n ranks gets n^imbalanceExponent times its share of rows under a power law. */
  readonly imbalanceExponent: number
  /** Times each routed row's activations cross memory (permute, quantise, activate, combine). */
  readonly activationPasses: number
  /** The same for rows routed to other ranks, as a share. */
  readonly foreignRowShare: number
}

const gammas = {
  balanced: 'gammaBalanced',
  'power-law-1.01': 'gammaPowerLaw101',
  'power-law-1.2': 'gammaPowerLaw12',
} as const

/** Experts of this rank that at least one of the tokens is routed to. */
export function distinctExperts(shape: ExpertsShape, gamma: number): number {
  const local = shape.experts / shape.expertParallel
  const share = Math.min(shape.topK / shape.experts, 1 - 1e-9)
  return local * -Math.expm1(Math.log1p(-share) * shape.tokens ** gamma)
}

/** Bytes of one expert on one rank. */
export function expertBytes(shape: ExpertsShape, format: WeightFormat): number {
  return (3 * shape.hiddenSize * shape.expertWidth * weightBytes[format]) / shape.tensorParallel
}

/** FLOP of this rank under even load. */
export function expertsFlop(shape: ExpertsShape): number {
  const rows = (shape.tokens * shape.topK) / shape.expertParallel
  return (6 * shape.hiddenSize * shape.expertWidth * rows) / shape.tensorParallel
}

export function expertsTime(
  shape: ExpertsShape,
  format: WeightFormat,
  accelerator: KernelAccelerator,
  coefficients: ExpertsCoefficients,
  /** Format whose unit computes, where the coefficients were borrowed from another format. */
  computeFormat: WeightFormat = format,
): number {
  const skew = shape.skew ?? 'power-law-1.01'
  const touched = distinctExperts(shape, coefficients[gammas[skew]])
  const memory =
    (touched * expertBytes(shape, format)) / (accelerator.memoryBytesPerSecond * coefficients.mbu)
  const routed = shape.tokens * shape.topK
  const rows = routed / shape.expertParallel
  const away = 1 - 1 / shape.expertParallel
  const busiest = rows * shape.expertParallel ** (skew === 'balanced' ? 0 : coefficients.imbalanceExponent)
  const perRow = (6 * shape.hiddenSize * shape.expertWidth) / shape.tensorParallel
  const work = perRow * (busiest + touched * coefficients.tileRows)
  const compute = work / (weightPeak(accelerator, computeFormat) * coefficients.mfu)
  const rowBytes = 2 * (2 * shape.hiddenSize + (3 * shape.expertWidth) / shape.tensorParallel)
  const moved = (busiest + coefficients.foreignRowShare * routed * away) * rowBytes
  const activations = (coefficients.activationPasses * moved) / accelerator.memoryBytesPerSecond
  return coefficients.floorSeconds + smoothMaximum(memory, compute, coefficients.sharpness) + activations
}
