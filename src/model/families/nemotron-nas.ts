/** Nemotron NAS (DeciLM): Llama whose layers were each chosen by search, listed in block_configs (arXiv:2411.19146). */
import { groupedQueryPart, readHeadDimension } from '../attention/grouped-query.ts'
import type { ConfigFields } from '../config-fields.ts'
import { densePart } from '../feed-forward.ts'
import { type AttentionPart, type FeedForwardPart, joinLayer, noAttention, noFeedForward } from '../layer.ts'
import {
  type ReaderInput,
  readLayerCount,
  readTiedEmbeddings,
  readWidth,
  type TextModel,
  vocabularyParameters,
} from '../text-model.ts'

export function readNemotronNas(input: ReaderInput): TextModel {
  const { text } = input
  const hiddenSize = readWidth(text, 'hidden_size')
  const layerCount = readLayerCount(text)
  const vocabularySize = text.count('vocab_size')
  const queryHeads = text.count('num_attention_heads')
  const headDimension = readHeadDimension(text, hiddenSize, queryHeads)
  const blocks = text.perLayerList(layerCount, 'block_configs') ?? text.fail('block_configs', 'is missing')
  text.raw('num_key_value_heads', 'intermediate_size')
  const layers = blocks.map((block, index) => {
    const fields = text.entrySection('block_configs', index, block)
    const attention = readAttention(fields, hiddenSize, queryHeads, headDimension)
    const feedForward = readFeedForward(fields, hiddenSize)
    const norms =
      (attention === noAttention ? 0 : hiddenSize) + (feedForward === noFeedForward ? 0 : hiddenSize)
    return joinLayer(attention, feedForward, norms)
  })
  const tiedEmbeddings = readTiedEmbeddings(input, false)
  return {
    family: 'nemotron-nas',
    hiddenSize,
    vocabularySize,
    maximumPositionTokens: text.count('max_position_embeddings'),
    layers,
    tiedEmbeddings,
    ...vocabularyParameters(vocabularySize, hiddenSize, tiedEmbeddings),
    otherParameters: hiddenSize,
    multiTokenPrediction: null,
    embeddingIsActive: true,
  }
}

function readAttention(
  block: ConfigFields,
  hiddenSize: number,
  queryHeads: number,
  headDimension: number,
): AttentionPart {
  const fields = block.section('attention') ?? block.fail('attention', 'is missing')
  if (fields.boolean('no_op', false)) return noAttention
  if (fields.boolean('replace_with_linear', false))
    return { ...noAttention, sharded: hiddenSize * hiddenSize }
  refuse(fields, 'sparsify')
  const group = fields.count('n_heads_in_group')
  if (queryHeads % group !== 0) fields.fail('n_heads_in_group', `does not divide ${queryHeads} heads`)
  return groupedQueryPart({
    hiddenSize,
    queryHeads,
    keyValueHeads: queryHeads / group,
    keyHeadDimension: headDimension,
    valueHeadDimension: headDimension,
    windowTokens: fields.optionalCount('window_length'),
  })
}

/** Width: 2/3 of ffn_mult × hidden, rounded up to a multiple of 256 (modeling_decilm.py, _ffn_mult_to_intermediate_size). */
function readFeedForward(block: ConfigFields, hiddenSize: number): FeedForwardPart {
  const fields = block.section('ffn') ?? block.fail('ffn', 'is missing')
  if (fields.boolean('no_op', false)) return noFeedForward
  if (fields.boolean('replace_with_linear', false))
    return { ...noFeedForward, dense: hiddenSize * hiddenSize }
  refuse(fields, 'sparsify')
  refuse(fields, 'moe')
  const explicit = fields.optionalCount('intermediate_size')
  const multiple = fields.optionalNumber('ffn_mult')
  if (explicit === null && multiple === null) fields.fail('ffn_mult', 'is missing')
  const intermediateSize =
    explicit ?? Math.ceil(Math.floor((2 * (multiple ?? 0) * hiddenSize) / 3) / 256) * 256
  if (intermediateSize < 1) fields.fail('ffn_mult', 'gives a width of 0')
  return densePart({ hiddenSize, intermediateSize, gated: true })
}

function refuse(fields: ConfigFields, name: string): void {
  if (fields.has(name)) fields.refuse(name, 'is set and not understood')
}
