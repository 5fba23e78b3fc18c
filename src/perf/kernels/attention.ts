import { attentionPeak, cacheBytes } from './peaks.ts'
import { smoothMaximum } from './smooth-maximum.ts'
import type { AttentionFormat, KernelAccelerator } from './types.ts'

/** One layer of grouped-query attention on one rank; heads are per rank. */
export interface DecodeAttentionShape {
  readonly sequences: number
  /** Cached tokens per sequence, the new one included. */
  readonly contextTokens: number
  readonly heads: number
  readonly keyValueHeads: number
  readonly headDimension: number
  /** Sliding window; 0 = none. */
  readonly windowTokens?: number
}

export interface DecodeAttentionCoefficients {
  readonly floorSeconds: number
  /** Share of bandwidth for a large cache. */
  readonly mbu: number
  /** mbu(bytes) = mbu ÷ (1 + rootBytes ÷ √bytes): small caches do not fill the device. */
  readonly rootBytes: number
  /** Heads of 64 or 256 instead of 128: bytes count (dimension/128)^dimensionExponent. */
  readonly dimensionExponent: number
  readonly mfu: number
  /** Per sequence and key-value head: scheduling and the merge of split results. */
  readonly pairSeconds: number
  readonly sharpness: number
}

function visibleTokens(contextTokens: number, windowTokens: number | undefined): number {
  return windowTokens && windowTokens > 0 ? Math.min(contextTokens, windowTokens) : contextTokens
}

/** Keys and values read plus queries in and results out (bf16). */
export function decodeAttentionBytes(shape: DecodeAttentionShape, format: AttentionFormat): number {
  const tokens = visibleTokens(shape.contextTokens, shape.windowTokens)
  const cache = 2 * shape.keyValueHeads * tokens * cacheBytes(format)
  return shape.sequences * shape.headDimension * (cache + 4 * shape.heads)
}

export function decodeAttentionFlop(shape: DecodeAttentionShape): number {
  const tokens = visibleTokens(shape.contextTokens, shape.windowTokens)
  return 4 * shape.sequences * shape.heads * shape.headDimension * tokens
}

export function decodeAttentionTime(
  shape: DecodeAttentionShape,
  format: AttentionFormat,
  accelerator: KernelAccelerator,
  coefficients: DecodeAttentionCoefficients,
): number {
  const { floorSeconds, mbu, rootBytes, dimensionExponent, mfu, pairSeconds, sharpness } = coefficients
  const bytes = decodeAttentionBytes(shape, format)
  const efficiency = Math.min(1, mbu / (shape.headDimension / 128) ** dimensionExponent)
  const memory = (bytes + rootBytes * Math.sqrt(bytes)) / (accelerator.memoryBytesPerSecond * efficiency)
  const compute = decodeAttentionFlop(shape) / (attentionPeak(accelerator, 'bf16') * mfu)
  const pairs = shape.sequences * shape.keyValueHeads
  return floorSeconds + pairs * pairSeconds + smoothMaximum(memory, compute, sharpness)
}

/** Causal attention of newTokens per sequence over pastTokens and themselves. */
export interface PrefillAttentionShape {
  readonly sequences: number
  readonly newTokens: number
  readonly pastTokens?: number
  readonly heads: number
  readonly keyValueHeads: number
  readonly headDimension: number
  readonly windowTokens?: number
}

export interface PrefillAttentionCoefficients {
  readonly floorSeconds: number
  readonly mbu: number
  readonly mfu: number
  /** Query rows × heads wasted per launch. */
  readonly tileRows: number
  /** Keys per query whose time is lost at a row's start and at the diagonal. */
  readonly depthTokens: number
  /** Products of head dimension d cost 128·(d/128)^dimensionExponent. */
  readonly dimensionExponent: number
  /** Per sequence and head. */
  readonly pairSeconds: number
  readonly sharpness: number
}

/** Mean keys a query sees: half the new tokens plus the past, capped by the window. */
export function meanVisibleTokens(shape: PrefillAttentionShape): number {
  const past = shape.pastTokens ?? 0
  const fresh = shape.newTokens
  const window = shape.windowTokens && shape.windowTokens > 0 ? shape.windowTokens : Number.POSITIVE_INFINITY
  if (window >= past + fresh) return past + (fresh + 1) / 2
  const growing = Math.max(0, Math.min(fresh, window - past))
  return (growing * (past + (growing + 1) / 2) + (fresh - growing) * window) / fresh
}

export function prefillAttentionFlop(shape: PrefillAttentionShape): number {
  return 4 * shape.sequences * shape.heads * shape.headDimension * shape.newTokens * meanVisibleTokens(shape)
}

export function prefillAttentionBytes(shape: PrefillAttentionShape, format: AttentionFormat): number {
  const queries = 4 * shape.newTokens * shape.heads
  const cached = 2 * (shape.newTokens + (shape.pastTokens ?? 0)) * shape.keyValueHeads * cacheBytes(format)
  return shape.sequences * shape.headDimension * (queries + cached)
}

export function prefillAttentionTime(
  shape: PrefillAttentionShape,
  format: AttentionFormat,
  accelerator: KernelAccelerator,
  coefficients: PrefillAttentionCoefficients,
): number {
  const { floorSeconds, mbu, mfu, tileRows, depthTokens, dimensionExponent, pairSeconds, sharpness } =
    coefficients
  const memory = prefillAttentionBytes(shape, format) / (accelerator.memoryBytesPerSecond * mbu)
  const pairs = shape.sequences * shape.heads
  const ratio = shape.headDimension / 128
  const efficiency = Math.min(1, mfu * ratio ** (1 - dimensionExponent))
  const work =
    4 * shape.headDimension * (pairs * shape.newTokens + tileRows) * (meanVisibleTokens(shape) + depthTokens)
  const compute = work / (attentionPeak(accelerator, format) * efficiency)
  return floorSeconds + pairs * pairSeconds + smoothMaximum(memory, compute, sharpness)
}
