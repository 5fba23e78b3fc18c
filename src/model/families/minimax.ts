/** MiniMax M3 (block-sparse attention with an index, arXiv report §2) and MiniMax-01/M1 (lightning attention hybrid). */
import type { SparseSelection } from '../architecture.ts'
import { groupedQueryPart, readHeads } from '../attention/grouped-query.ts'
import { lightningPart } from '../attention/mamba.ts'
import type { ConfigFields } from '../config-fields.ts'
import { expertLayers, readExperts } from '../expert-fields.ts'
import { densePart, expertsPart } from '../feed-forward.ts'
import { type AttentionPart, joinLayer } from '../layer.ts'
import {
  type ReaderInput,
  readLayerCount,
  readTiedEmbeddings,
  readWidth,
  type TextModel,
  vocabularyParameters,
} from '../text-model.ts'
import { readMultiTokenPrediction } from './decoder.ts'

export function readMiniMaxM3(input: ReaderInput): TextModel {
  const { text } = input
  const hiddenSize = readWidth(text, 'hidden_size')
  const layerCount = readLayerCount(text)
  const heads = readHeads(text, hiddenSize)
  const sparse = readBlockSparse(text, layerCount)
  const mask = expertLayers(text, layerCount)
  const experts = readExperts(text, layerCount, 'intermediate_size')
  const gated = text.boolean('attention_output_gate', false)
  const layers = mask.map((isExpert, index) => {
    const expert = experts[index]
    const selection = sparse[index] ?? null
    const dense = groupedQueryPart({
      hiddenSize,
      queryHeads: heads.queryHeads,
      keyValueHeads: heads.keyValueHeads,
      keyHeadDimension: heads.headDimension,
      valueHeadDimension: heads.headDimension,
      windowTokens: null,
      sparse: selection,
      outputGate: gated ? 'per-element' : 'none',
      queryKeyNorm: text.boolean('use_qk_norm', false) ? 'head' : 'none',
    })
    return joinLayer(
      withIndex(dense, selection, hiddenSize),
      isExpert && expert !== undefined
        ? expertsPart({
            hiddenSize,
            ...expert,
            gated: true,
            routerBias: text.boolean('use_routing_bias', false),
          })
        : densePart({
            hiddenSize,
            intermediateSize: readWidth(text, 'dense_intermediate_size'),
            gated: true,
          }),
      2 * hiddenSize,
    )
  })
  return finish(input, 'minimax-m3', hiddenSize, layers)
}

/** Index queries (one per index head), one shared index key, and their norms; no value branch. */
function withIndex(part: AttentionPart, sparse: SparseSelection | null, hiddenSize: number): AttentionPart {
  if (sparse === null) return part
  const { indexHeads, indexHeadDimension } = sparse
  return {
    ...part,
    replicated: part.replicated + hiddenSize * indexHeadDimension * (indexHeads + 1),
    other: part.other + 2 * indexHeadDimension,
  }
}

function readBlockSparse(text: ConfigFields, layers: number): readonly (SparseSelection | null)[] {
  const none = new Array<SparseSelection | null>(layers).fill(null)
  const section = text.section('sparse_attention_config')
  if (section === null || !section.boolean('use_sparse_attention', true)) return none
  const indexHeadDimension = section.count('sparse_index_dim')
  const selection: SparseSelection = {
    indexHeads: section.count('sparse_num_index_heads'),
    indexHeadDimension,
    topTokens: section.count('sparse_topk_blocks') * section.count('sparse_block_size'),
    indexKeyElementsPerToken: indexHeadDimension,
  }
  const frequency = section.perLayerWholes(layers, 'sparse_attention_freq')
  const withoutValue = section.perLayerWholes(layers, 'sparse_disable_index_value')
  if (frequency === null) return section.fail('sparse_attention_freq', 'is missing')
  return frequency.map((flag, index) => {
    if (flag === 0) return null
    if (withoutValue?.[index] === 0) {
      section.refuse(
        'sparse_disable_index_value',
        `entry ${index} is 0; an index with values is not understood`,
      )
    }
    return selection
  })
}

export function readMiniMaxLightning(input: ReaderInput): TextModel {
  const { text } = input
  const hiddenSize = readWidth(text, 'hidden_size')
  const layerCount = readLayerCount(text)
  const heads = readHeads(text, hiddenSize)
  const experts = readExperts(text, layerCount, 'intermediate_size')
  const full = groupedQueryPart({
    hiddenSize,
    queryHeads: heads.queryHeads,
    keyValueHeads: heads.keyValueHeads,
    keyHeadDimension: heads.headDimension,
    valueHeadDimension: heads.headDimension,
    windowTokens: null,
  })
  const lightning = lightningPart(hiddenSize, heads.queryHeads, heads.headDimension)
  const words = text.perLayerWords(layerCount, 'layer_types', ['linear_attention', 'full_attention'] as const)
  const flags = text.perLayerWholes(layerCount, 'attn_type_list')
  if (words === null && flags === null) text.fail('attn_type_list', 'is missing')
  if (flags?.some(flag => flag > 1) === true) text.fail('attn_type_list', 'has an entry other than 0 and 1')
  const layers = experts.map((expert, index) => {
    const isFull = words === null ? flags?.[index] === 1 : words[index] === 'full_attention'
    return joinLayer(
      isFull ? full : lightning,
      expertsPart({ hiddenSize, ...expert, gated: true }),
      2 * hiddenSize,
    )
  })
  return finish(input, 'minimax-01', hiddenSize, layers)
}

function finish(
  input: ReaderInput,
  family: string,
  hiddenSize: number,
  layers: TextModel['layers'],
): TextModel {
  const { text } = input
  const vocabularySize = text.count('vocab_size')
  const tiedEmbeddings = readTiedEmbeddings(input, false)
  return {
    family,
    hiddenSize,
    vocabularySize,
    maximumPositionTokens: text.count('max_position_embeddings'),
    layers,
    tiedEmbeddings,
    ...vocabularyParameters(vocabularySize, hiddenSize, tiedEmbeddings),
    otherParameters: hiddenSize,
    multiTokenPrediction: readMultiTokenPrediction(text, hiddenSize, layers.at(-1)),
    embeddingIsActive: true,
  }
}
