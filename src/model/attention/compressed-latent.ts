/**
 * DeepSeek-V4's compressed attention: one shared 512-wide key that is also the value, kept for a short window and
 * merged over 4 tokens (CSA, with an index that selects) or 128 tokens (HCA, all attended).
 * Source: DeepSeek-V4 technical report §2 and the reference inference/model.py (classes Attention, Compressor, Indexer).
 */
import type { AttentionPart } from '../layer.ts'
import { groupedQueryPart } from './grouped-query.ts'

export interface CompressedShape {
  readonly hiddenSize: number
  readonly queryHeads: number
  readonly headDimension: number
  readonly ropeDimension: number
  readonly queryRank: number
  readonly outputGroups: number
  readonly outputRank: number
  readonly windowTokens: number
  /** 0 = window only. */
  readonly compressionTokens: number
  readonly indexHeads: number
  readonly indexHeadDimension: number
  readonly indexTopEntries: number
}

/** Ratio at which the compressor overlaps neighbouring groups and an index selects entries. */
export const overlappingRatio = 4

export function compressedLatentPart(shape: CompressedShape): AttentionPart {
  const { hiddenSize, queryHeads, headDimension, queryRank, compressionTokens } = shape
  const heads = queryHeads * headDimension
  const sharded =
    queryRank * heads + heads * shape.outputRank + shape.outputGroups * shape.outputRank * hiddenSize
  const down = hiddenSize * (queryRank + headDimension)
  const other = queryRank + headDimension + queryHeads
  if (compressionTokens === 0) {
    const windowOnly = groupedQueryPart({
      hiddenSize,
      queryHeads,
      keyValueHeads: 1,
      keyHeadDimension: headDimension,
      valueHeadDimension: headDimension,
      windowTokens: shape.windowTokens,
      keysAreValues: true,
    })
    return { attention: windowOnly.attention, sharded, replicated: down, other }
  }
  const selects = compressionTokens === overlappingRatio
  const compressor = compressorParameters(hiddenSize, headDimension, compressionTokens)
  const index = selects
    ? queryRank * shape.indexHeads * shape.indexHeadDimension +
      hiddenSize * shape.indexHeads +
      compressorParameters(hiddenSize, shape.indexHeadDimension, compressionTokens)
    : 0
  return {
    attention: {
      kind: 'mla',
      queryHeads,
      queryRank,
      latentRank: headDimension - shape.ropeDimension,
      ropeDimension: shape.ropeDimension,
      noPositionDimension: headDimension - shape.ropeDimension,
      valueHeadDimension: headDimension,
      sparse: selects
        ? {
            indexHeads: shape.indexHeads,
            indexHeadDimension: shape.indexHeadDimension,
            topTokens: shape.indexTopEntries,
            indexKeyElementsPerToken: shape.indexHeadDimension / compressionTokens,
          }
        : null,
      compressionTokens,
      windowTokens: shape.windowTokens,
    },
    sharded,
    replicated: down + compressor + index,
    other,
  }
}

/** Value and gate projections (doubled when groups overlap), a position table, a norm. */
function compressorParameters(hiddenSize: number, dimension: number, ratio: number): number {
  const width = (ratio === overlappingRatio ? 2 : 1) * dimension
  return 2 * hiddenSize * width + ratio * width + dimension
}
