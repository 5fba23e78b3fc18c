import type { KernelAccelerator } from './types.ts'

/** Bytes is the full message per rank: the vector to reduce, or what a rank holds after gathering / sends in all. */
export interface CollectiveShape {
  readonly bytes: number
  readonly ranks: number
}

export type CollectiveKind = 'all-reduce' | 'all-gather' | 'reduce-scatter' | 'all-to-all'

export interface CollectiveCoefficients {
  /** Latency of two ranks, and its growth per doubling of ranks. */
  readonly latencySeconds: number
  readonly latencyPerDoubling: number
  /** Share of the link's one-direction bandwidth for large messages. */
  readonly busEfficiency: number
  /** busEfficiency falls as (n/2)^−busDecay: 0 with a switch, more over PCIe trees; negative with in-switch reduction. */
  readonly busDecay: number
  /** Extra time of the mid-size regime (protocol switches), reached at halfBytes. */
  readonly middleSeconds: number
  readonly halfBytes: number
}

/** Bytes each rank must send at least: ring bound for all-reduce, one share less than all for the others. */
export function collectiveTraffic(kind: CollectiveKind, shape: CollectiveShape): number {
  const away = (shape.ranks - 1) / shape.ranks
  return (kind === 'all-reduce' ? 2 : 1) * away * shape.bytes
}

/** No table has more ranks; beyond it bandwidth per rank is taken as constant. */
const measuredRanks = 8

/** latency(n) + middle·bytes/(bytes + half) + traffic ÷ (link·bus). */
export function collectiveTime(
  kind: CollectiveKind,
  shape: CollectiveShape,
  accelerator: KernelAccelerator,
  coefficients: CollectiveCoefficients,
): number {
  if (shape.ranks <= 1) return 0
  const { latencySeconds, latencyPerDoubling, busEfficiency, busDecay, middleSeconds, halfBytes } =
    coefficients
  const doublings = Math.log2(shape.ranks) - 1
  const latency = latencySeconds + latencyPerDoubling * doublings
  const middle = (middleSeconds * shape.bytes * (1 + doublings)) / (shape.bytes + halfBytes)
  const bus = Math.min(1, busEfficiency * (Math.min(shape.ranks, measuredRanks) / 2) ** -busDecay)
  return latency + middle + collectiveTraffic(kind, shape) / (accelerator.linkBytesPerSecond * bus)
}
