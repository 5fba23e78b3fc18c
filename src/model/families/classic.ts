/** Decoders of before 2023 and their descendants: GPT-2, GPT-NeoX, Falcon, BLOOM, OPT, GPT-BigCode, ChatGLM. */
import { checkHeadGroups, groupedQueryPart } from '../attention/grouped-query.ts'
import type { ConfigFields } from '../config-fields.ts'
import { densePart } from '../feed-forward.ts'
import { joinLayer } from '../layer.ts'
import {
  type ReaderInput,
  readLayerCount,
  readTiedEmbeddings,
  readWidth,
  type TextModel,
} from '../text-model.ts'

interface ClassicShape {
  readonly family: string
  readonly hiddenSize: number
  readonly layers: number
  readonly queryHeads: number
  readonly keyValueHeads: number
  readonly headDimension: number
  readonly intermediateSize: number
  readonly gated: boolean
  readonly queryKeyValueBias: boolean
  readonly bias: boolean
  readonly vocabularySize: number
  readonly maximumPositionTokens: number
  /** Learned position table of so many rows. */
  readonly positionRows: number
  readonly normsPerLayer: number
  readonly finalNorms: number
  readonly tied: boolean
}

/** GPT-2 (n_embd, n_head, n_layer) and GPT-BigCode, its multi-query child. */
export function readGpt2(input: ReaderInput): TextModel {
  const { text } = input
  const hiddenSize = readWidth(text, 'n_embd', 'hidden_size')
  const queryHeads = text.count('n_head', 'num_attention_heads')
  const positions = text.count('n_positions', 'n_ctx', 'max_position_embeddings')
  const multiQuery = input.modelType === 'gpt_bigcode' && text.boolean('multi_query', true)
  return build(input, {
    family: input.modelType === 'gpt_bigcode' ? 'gpt-bigcode' : 'gpt2',
    hiddenSize,
    layers: readLayerCount(text, 'n_layer', 'num_hidden_layers'),
    queryHeads,
    keyValueHeads: multiQuery ? 1 : queryHeads,
    headDimension: divide(text, 'n_head', hiddenSize, queryHeads),
    intermediateSize: text.optionalCount('n_inner') ?? 4 * hiddenSize,
    gated: false,
    queryKeyValueBias: true,
    bias: true,
    vocabularySize: text.count('vocab_size'),
    maximumPositionTokens: positions,
    positionRows: positions,
    normsPerLayer: 4,
    finalNorms: 2,
    tied: readTiedEmbeddings(input, true),
  })
}

export function readGptNeoX(input: ReaderInput): TextModel {
  const { text } = input
  const hiddenSize = readWidth(text, 'hidden_size')
  const queryHeads = text.count('num_attention_heads')
  const bias = text.boolean('attention_bias', true)
  return build(input, {
    family: 'gpt-neox',
    hiddenSize,
    layers: readLayerCount(text),
    queryHeads,
    keyValueHeads: queryHeads,
    headDimension: divide(text, 'num_attention_heads', hiddenSize, queryHeads),
    intermediateSize: readWidth(text, 'intermediate_size'),
    gated: false,
    queryKeyValueBias: bias,
    bias: true,
    vocabularySize: text.count('vocab_size'),
    maximumPositionTokens: text.count('max_position_embeddings'),
    positionRows: 0,
    normsPerLayer: 4,
    finalNorms: 2,
    tied: readTiedEmbeddings(input, false),
  })
}

/** Falcon: multi-query (7B) or grouped (new_decoder_architecture); a parallel block has one or two LayerNorms. */
export function readFalcon(input: ReaderInput): TextModel {
  const { text } = input
  const hiddenSize = readWidth(text, 'hidden_size', 'n_embd')
  const queryHeads = text.count('num_attention_heads', 'n_head')
  const grouped = text.boolean('new_decoder_architecture', false)
  const multiQuery = text.boolean('multi_query', true)
  const stated = text.optionalCount('num_kv_heads', 'n_head_kv')
  const keyValueHeads = grouped ? (stated ?? queryHeads) : multiQuery ? 1 : queryHeads
  checkHeadGroups(text, queryHeads, keyValueHeads, 'num_kv_heads')
  const parallel = text.boolean('parallel_attn', true)
  const norms = text.optionalCount('num_ln_in_parallel_attn') ?? (grouped ? 2 : 1)
  const bias = text.boolean('bias', false)
  return build(input, {
    family: 'falcon',
    hiddenSize,
    layers: readLayerCount(text, 'num_hidden_layers', 'n_layer'),
    queryHeads,
    keyValueHeads,
    headDimension: divide(text, 'num_attention_heads', hiddenSize, queryHeads),
    intermediateSize: text.optionalCount('ffn_hidden_size') ?? 4 * hiddenSize,
    gated: false,
    queryKeyValueBias: bias,
    bias,
    vocabularySize: text.count('vocab_size'),
    // FalconConfig's default; RoPE models of the family were trained on 2048.
    maximumPositionTokens: text.optionalCount('max_position_embeddings') ?? 2048,
    positionRows: 0,
    normsPerLayer: parallel ? 2 * norms : 4,
    finalNorms: 2,
    tied: readTiedEmbeddings(input, true),
  })
}

export function readBloom(input: ReaderInput): TextModel {
  const { text } = input
  const hiddenSize = readWidth(text, 'hidden_size', 'n_embed')
  const queryHeads = text.count('n_head', 'num_attention_heads')
  return build(input, {
    family: 'bloom',
    hiddenSize,
    layers: readLayerCount(text, 'n_layer', 'num_hidden_layers'),
    queryHeads,
    keyValueHeads: queryHeads,
    headDimension: divide(text, 'n_head', hiddenSize, queryHeads),
    intermediateSize: 4 * hiddenSize,
    gated: false,
    queryKeyValueBias: true,
    bias: true,
    vocabularySize: text.count('vocab_size'),
    // ALiBi has no table; BLOOM was trained on 2048 tokens (arXiv:2211.05100).
    maximumPositionTokens: text.optionalCount('seq_length') ?? 2048,
    positionRows: 0,
    normsPerLayer: 4,
    finalNorms: 4,
    tied: readTiedEmbeddings(input, true),
  })
}

export function readOpt(input: ReaderInput): TextModel {
  const { text } = input
  const hiddenSize = readWidth(text, 'hidden_size')
  const queryHeads = text.count('num_attention_heads')
  const positions = text.count('max_position_embeddings')
  const projected = text.optionalCount('word_embed_proj_dim')
  if (projected !== null && projected !== hiddenSize) {
    text.refuse('word_embed_proj_dim', 'differs from hidden_size, which is not understood')
  }
  return build(input, {
    family: 'opt',
    hiddenSize,
    layers: readLayerCount(text),
    queryHeads,
    keyValueHeads: queryHeads,
    headDimension: divide(text, 'num_attention_heads', hiddenSize, queryHeads),
    intermediateSize: readWidth(text, 'ffn_dim'),
    gated: false,
    queryKeyValueBias: true,
    bias: true,
    vocabularySize: text.count('vocab_size'),
    maximumPositionTokens: positions,
    positionRows: positions + 2,
    normsPerLayer: 4,
    finalNorms: 2,
    tied: readTiedEmbeddings(input, true),
  })
}

/** ChatGLM 2 and 3, GLM-4-9B in its first packaging. */
export function readChatGlm(input: ReaderInput): TextModel {
  const { text } = input
  const hiddenSize = readWidth(text, 'hidden_size')
  const queryHeads = text.count('num_attention_heads')
  const keyValueHeads = text.boolean('multi_query_attention', false)
    ? text.count('multi_query_group_num')
    : queryHeads
  checkHeadGroups(text, queryHeads, keyValueHeads, 'multi_query_group_num')
  return build(input, {
    family: 'chatglm',
    hiddenSize,
    layers: readLayerCount(text, 'num_layers'),
    queryHeads,
    keyValueHeads,
    headDimension: text.count('kv_channels'),
    intermediateSize: readWidth(text, 'ffn_hidden_size'),
    gated: true,
    queryKeyValueBias: text.boolean('add_qkv_bias', false),
    bias: text.boolean('add_bias_linear', false),
    vocabularySize: text.count('padded_vocab_size', 'vocab_size'),
    maximumPositionTokens: text.count('seq_length'),
    positionRows: 0,
    normsPerLayer: 2,
    finalNorms: 1,
    tied: readTiedEmbeddings(input, false),
  })
}

function divide(text: ConfigFields, name: string, hiddenSize: number, heads: number): number {
  if (hiddenSize % heads !== 0)
    text.fail(name, `is ${heads}, which does not divide hidden size ${hiddenSize}`)
  return hiddenSize / heads
}

function build(input: ReaderInput, shape: ClassicShape): TextModel {
  const { hiddenSize } = shape
  if (hiddenSize > 2 ** 22) input.text.fail('hidden_size', 'larger than any model has')
  const layer = joinLayer(
    groupedQueryPart({
      ...shape,
      keyHeadDimension: shape.headDimension,
      valueHeadDimension: shape.headDimension,
      windowTokens: null,
      outputBias: shape.bias,
    }),
    densePart(shape),
    shape.normsPerLayer * hiddenSize,
  )
  const matrix = shape.vocabularySize * hiddenSize
  return {
    family: shape.family,
    hiddenSize,
    vocabularySize: shape.vocabularySize,
    maximumPositionTokens: shape.maximumPositionTokens,
    layers: new Array(shape.layers).fill(layer),
    tiedEmbeddings: shape.tied,
    embeddingParameters: matrix + shape.positionRows * hiddenSize,
    headParameters: shape.tied ? 0 : matrix,
    otherParameters: shape.finalNorms * hiddenSize,
    multiTokenPrediction: null,
    embeddingIsActive: true,
  }
}
