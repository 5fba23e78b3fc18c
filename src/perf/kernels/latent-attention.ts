import { meanVisibleTokens } from './attention.ts'
import { attentionPeak, cacheBytes, weightBytes, weightPeak } from './peaks.ts'
import { smoothMaximum } from './smooth-maximum.ts'
import type { AttentionFormat, KernelAccelerator, WeightFormat } from './types.ts'

/** Sizes of one multi-head latent attention layer. */
export interface LatentModel {
  readonly hiddenSize: number
  readonly queryRank: number
  readonly latentRank: number
  readonly ropeDimension: number
  readonly nopeDimension: number
  readonly valueDimension: number
}

/** DeepSeek-V3 (technical report, arXiv 2412.19437, §4.2); all latent tables were measured with it. */
export const deepSeekV3: LatentModel = {
  hiddenSize: 7168,
  queryRank: 1536,
  latentRank: 512,
  ropeDimension: 64,
  nopeDimension: 128,
  valueDimension: 128,
}

/** One layer on one rank; heads are per rank, the latent cache is whole on every rank. */
export interface LatentShape {
  readonly sequences: number
  /** Decode: cached tokens per sequence. Prefill: new tokens per sequence. */
  readonly tokens: number
  /** Prefill only: tokens cached before. */
  readonly pastTokens?: number
  readonly heads: number
  readonly model?: LatentModel
  /** Modules only: format of the projections. */
  readonly weights?: WeightFormat
}

/** Weights of the projections on one rank: down-projections whole, the rest by head. */
export function latentProjections(model: LatentModel, heads: number): number {
  const { hiddenSize, queryRank, latentRank, ropeDimension, nopeDimension, valueDimension } = model
  const down = hiddenSize * (queryRank + latentRank + ropeDimension)
  const query = queryRank * (nopeDimension + ropeDimension)
  const absorb = latentRank * (nopeDimension + valueDimension)
  return down + heads * (query + absorb + valueDimension * hiddenSize)
}

export interface LatentDecodeCoefficients {
  readonly floorSeconds: number
  readonly mbu: number
  /** mbu(bytes) = mbu ÷ (1 + rootBytes ÷ √bytes). */
  readonly rootBytes: number
  readonly mfu: number
  /** Heads of padding: query tiles are at least so high. */
  readonly headTile: number
  readonly sequenceSeconds: number
  readonly sharpness: number
}

/** Absorbed decode: every head reads the same latent cache (latent + rope elements per token). */
export function latentDecodeBytes(shape: LatentShape, format: AttentionFormat): number {
  const { latentRank, ropeDimension } = shape.model ?? deepSeekV3
  const cache = shape.tokens * (latentRank + ropeDimension) * cacheBytes(format)
  return shape.sequences * (cache + 2 * shape.heads * (2 * latentRank + ropeDimension))
}

export function latentDecodeFlop(shape: LatentShape): number {
  const { latentRank, ropeDimension } = shape.model ?? deepSeekV3
  return 2 * shape.sequences * shape.tokens * shape.heads * (2 * latentRank + ropeDimension)
}

export function latentDecodeTime(
  shape: LatentShape,
  format: AttentionFormat,
  accelerator: KernelAccelerator,
  coefficients: LatentDecodeCoefficients,
): number {
  const { floorSeconds, mbu, rootBytes, mfu, headTile, sequenceSeconds, sharpness } = coefficients
  const bytes = latentDecodeBytes(shape, format)
  const memory = (bytes + rootBytes * Math.sqrt(bytes)) / (accelerator.memoryBytesPerSecond * mbu)
  const padded = latentDecodeFlop({ ...shape, heads: shape.heads + headTile })
  const compute = padded / (attentionPeak(accelerator, 'bf16') * mfu)
  return floorSeconds + shape.sequences * sequenceSeconds + smoothMaximum(memory, compute, sharpness)
}

export interface LatentPrefillCoefficients {
  readonly floorSeconds: number
  readonly mfu: number
  readonly tileRows: number
  readonly depthTokens: number
  readonly pairSeconds: number
}

/** Prefill un-absorbed: ordinary attention with nope+rope keys and narrower values. */
export function latentPrefillFlop(shape: LatentShape): number {
  const { nopeDimension, ropeDimension, valueDimension } = shape.model ?? deepSeekV3
  const rows = shape.sequences * shape.heads * shape.tokens
  const keys = meanVisibleTokens(asPrefill(shape))
  return 2 * rows * keys * (nopeDimension + ropeDimension + valueDimension)
}

export function latentPrefillTime(
  shape: LatentShape,
  format: AttentionFormat,
  accelerator: KernelAccelerator,
  coefficients: LatentPrefillCoefficients,
): number {
  const { nopeDimension, ropeDimension, valueDimension } = shape.model ?? deepSeekV3
  const { floorSeconds, mfu, tileRows, depthTokens, pairSeconds } = coefficients
  const pairs = shape.sequences * shape.heads
  const keys = meanVisibleTokens(asPrefill(shape)) + depthTokens
  const work = 2 * (pairs * shape.tokens + tileRows) * keys * (nopeDimension + ropeDimension + valueDimension)
  return floorSeconds + pairs * pairSeconds + work / (attentionPeak(accelerator, format) * mfu)
}

/** Projections of a whole attention module: streamed at mbuWeights, multiplied at mfuWeights. */
export interface ProjectionCoefficients {
  readonly mbuWeights: number
  readonly mfuWeights: number
}

export function projectionTime(
  shape: LatentShape,
  tokens: number,
  accelerator: KernelAccelerator,
  coefficients: ProjectionCoefficients,
): number {
  const weights = shape.weights ?? 'bf16'
  const elements = latentProjections(shape.model ?? deepSeekV3, shape.heads)
  const memory =
    (elements * weightBytes[weights]) / (accelerator.memoryBytesPerSecond * coefficients.mbuWeights)
  const compute = (2 * tokens * elements) / (weightPeak(accelerator, weights) * coefficients.mfuWeights)
  return smoothMaximum(memory, compute, 3)
}

/** Attention module of one decode step: projections for one token per sequence, then latent attention. */
export function latentDecodeModuleTime(
  shape: LatentShape,
  format: AttentionFormat,
  accelerator: KernelAccelerator,
  coefficients: LatentDecodeCoefficients & ProjectionCoefficients,
): number {
  const projections = projectionTime(shape, shape.sequences, accelerator, coefficients)
  return projections + latentDecodeTime(shape, format, accelerator, coefficients)
}

/** Prefill runs without a graph: the host's dispatch (floor) hides the work of short prompts, or the other way round. */
export function latentPrefillModuleTime(
  shape: LatentShape,
  format: AttentionFormat,
  accelerator: KernelAccelerator,
  coefficients: LatentPrefillCoefficients & ProjectionCoefficients,
): number {
  const projections = projectionTime(shape, shape.sequences * shape.tokens, accelerator, coefficients)
  const attention = latentPrefillTime(shape, format, accelerator, { ...coefficients, floorSeconds: 0 })
  return smoothMaximum(coefficients.floorSeconds, projections + attention, 3)
}

function asPrefill(shape: LatentShape) {
  const { sequences, tokens, heads } = shape
  return {
    sequences,
    newTokens: tokens,
    pastTokens: shape.pastTokens ?? 0,
    heads,
    keyValueHeads: heads,
    headDimension: 128,
  }
}
