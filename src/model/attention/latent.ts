/** Multi-head latent attention (DeepSeek-V2, arXiv:2405.04434 §2.1) and its sparse index (DeepSeek-V3.2 report §2). */
import type { SparseSelection } from '../architecture.ts'
import type { AttentionPart } from '../layer.ts'

export interface LatentShape {
  readonly hiddenSize: number
  readonly queryHeads: number
  /** 0 when queries are not compressed. */
  readonly queryRank: number
  readonly latentRank: number
  readonly ropeDimension: number
  readonly noPositionDimension: number
  readonly valueHeadDimension: number
  readonly sparse: SparseSelection | null
  readonly bias: boolean
  /** Full-rank sigmoid gate on the attention output (Kimi K3). */
  readonly outputGate: boolean
}

/**
 * Parameters: q_a d·r_q, q_b r_q·h·(nope + rope), kv_a d·(c + rope), kv_b c·h·(nope + v), o h·v·d.
 * The down-projections have no heads, so every tensor-parallel rank holds them whole.
 */
export function latentPart(shape: LatentShape): AttentionPart {
  const { hiddenSize, queryHeads, queryRank, latentRank, ropeDimension } = shape
  const queryWidth = queryHeads * (shape.noPositionDimension + ropeDimension)
  const valueWidth = queryHeads * shape.valueHeadDimension
  const keyDown = latentRank + ropeDimension
  const queries = queryRank > 0 ? queryRank * queryWidth : hiddenSize * queryWidth
  const keysAndValues = latentRank * queryHeads * (shape.noPositionDimension + shape.valueHeadDimension)
  const outputs = valueWidth * hiddenSize
  const gate = shape.outputGate ? hiddenSize * valueWidth : 0
  const index = indexParameters(shape)
  return {
    attention: {
      kind: 'mla',
      queryHeads,
      queryRank,
      latentRank,
      ropeDimension,
      noPositionDimension: shape.noPositionDimension,
      valueHeadDimension: shape.valueHeadDimension,
      sparse: shape.sparse,
      compressionTokens: 1,
      windowTokens: 0,
    },
    sharded: queries + keysAndValues + outputs + gate,
    replicated: hiddenSize * (queryRank + keyDown) + index.matrices,
    other: queryRank + latentRank + (shape.bias ? queryRank + keyDown + hiddenSize : 0) + index.norms,
  }
}

/** Lightning indexer: queries from the compressed query, one shared key, one weight per index head. */
function indexParameters(shape: LatentShape): { matrices: number; norms: number } {
  const sparse = shape.sparse
  if (sparse === null || sparse.indexHeads === 0) return { matrices: 0, norms: 0 }
  const { indexHeads, indexHeadDimension } = sparse
  return {
    matrices:
      shape.queryRank * indexHeads * indexHeadDimension +
      shape.hiddenSize * indexHeadDimension +
      shape.hiddenSize * indexHeads,
    norms: 2 * indexHeadDimension,
  }
}
