/** A bill shared over the token classes and idle time. The parts add up to the bill to the last nano-dollar. */
import { splitByWeights } from '../core/money.ts'
import type { Allocation, AllocationWeights, NanoUsd } from './types.ts'

/** Splits the bill by the declared weights (largest remainder); all weights zero means that all of it was idle. */
export function allocate(billNanoUsd: NanoUsd, weights: AllocationWeights): Allocation {
  const classes = [weights.uncachedInput, weights.cachedInput, weights.output]
  const nothingRan = [...classes, weights.idle].every(weight => weight === 0)
  const parts = splitByWeights(billNanoUsd, [...classes, nothingRan ? 1 : weights.idle])
  return {
    method: weights.method,
    billNanoUsd,
    uncachedInputNanoUsd: parts[0]!,
    cachedInputNanoUsd: parts[1]!,
    outputNanoUsd: parts[2]!,
    idleNanoUsd: parts[3]!,
  }
}
