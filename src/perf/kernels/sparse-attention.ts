import { meanVisibleTokens } from './attention.ts'
import { type LatentShape, type ProjectionCoefficients, projectionTime } from './latent-attention.ts'
import { attentionPeak, cacheBytes } from './peaks.ts'
import { smoothMaximum } from './smooth-maximum.ts'
import type { AttentionFormat, KernelAccelerator } from './types.ts'

/**
 * DeepSeek sparse attention (V3.2 technical report, §2): an indexer scores every cached token (64 heads of 128 in fp8,
 * one 132-byte key per token), then latent attention reads the best 2,048.
 */
export interface SparseShape extends LatentShape {
  readonly indexHeads?: number
  readonly selectedTokens?: number
}

const indexDimension = 128
const indexKeyBytes = 132

export interface SparseCoefficients extends ProjectionCoefficients {
  /** Whole module: projections, indexer, top-k and attention launches. */
  readonly floorSeconds: number
  /** Per sequence (decode) or token (prefill): top-k selection and gathering. */
  readonly rowSeconds: number
  /** Of the scan over index keys (decode) … */
  readonly mbuIndex: number
  /** … or the index products (prefill), as a share of the bf16 peak. */
  readonly mfuIndex: number
  /** Of the attention over selected tokens. */
  readonly mbu: number
  readonly mfu: number
  readonly headTile: number
}

function selectedOf(shape: SparseShape, visible: number): number {
  return Math.min(visible, shape.selectedTokens ?? 2048)
}

/** One decode step of the module: floor + projections + index scan + sparse attention. */
export function sparseDecodeTime(
  shape: SparseShape,
  format: AttentionFormat,
  accelerator: KernelAccelerator,
  coefficients: SparseCoefficients,
): number {
  const bandwidth = accelerator.memoryBytesPerSecond
  const scan = (shape.sequences * shape.tokens * indexKeyBytes) / (bandwidth * coefficients.mbuIndex)
  const selected = selectedOf(shape, shape.tokens)
  const read = (shape.sequences * selected * 576 * cacheBytes(format)) / (bandwidth * coefficients.mbu)
  const flop = 2 * shape.sequences * selected * (shape.heads + coefficients.headTile) * 1088
  const compute = flop / (attentionPeak(accelerator, 'bf16') * coefficients.mfu)
  return (
    coefficients.floorSeconds +
    shape.sequences * coefficients.rowSeconds +
    projectionTime(shape, shape.sequences, accelerator, coefficients) +
    scan +
    Math.max(read, compute)
  )
}

/** Prefill of the module: absorbed attention over the selected tokens, hidden behind host dispatch when short. */
export function sparsePrefillTime(
  shape: SparseShape,
  accelerator: KernelAccelerator,
  coefficients: SparseCoefficients,
): number {
  const { sequences, tokens, heads } = shape
  const visible = meanVisibleTokens({
    sequences,
    newTokens: tokens,
    pastTokens: shape.pastTokens ?? 0,
    heads,
    keyValueHeads: heads,
    headDimension: 128,
  })
  const rows = sequences * tokens
  const peak = attentionPeak(accelerator, 'bf16')
  const index =
    (2 * rows * visible * (shape.indexHeads ?? 64) * indexDimension) / (peak * coefficients.mfuIndex)
  const flop = 2 * rows * selectedOf(shape, visible) * (heads + coefficients.headTile) * 1088
  const work =
    rows * coefficients.rowSeconds +
    projectionTime(shape, rows, accelerator, coefficients) +
    index +
    flop / (peak * coefficients.mfu)
  return smoothMaximum(coefficients.floorSeconds, work, 3)
}
