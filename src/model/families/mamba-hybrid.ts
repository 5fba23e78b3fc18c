/** Hybrids with a mixer and a feed-forward block in each layer: Bamba, Granite 4 (Mamba-2), Jamba (Mamba-1), LFM2. */
import { groupedQueryPart, readHeads } from '../attention/grouped-query.ts'
import { mamba1Part, mamba2Part, shortConvolutionPart } from '../attention/mamba.ts'
import type { ConfigFields } from '../config-fields.ts'
import { expertLayers, hasExperts, readExperts } from '../expert-fields.ts'
import { densePart, expertsPart } from '../feed-forward.ts'
import { type AttentionPart, type FeedForwardPart, joinLayer } from '../layer.ts'
import {
  type ReaderInput,
  readLayerCount,
  readTiedEmbeddings,
  readWidth,
  type TextModel,
  vocabularyParameters,
} from '../text-model.ts'

interface HybridParts {
  readonly family: string
  readonly tied: boolean
  readonly mixer: AttentionPart
  readonly full: readonly boolean[]
  readonly feedForward: readonly FeedForwardPart[]
  readonly queryKeyNorm: 'none' | 'head'
}

/** Mamba-2 with attention at attn_layer_indices (Bamba) or where layer_types says so (Granite 4). */
export function readMamba2Hybrid(input: ReaderInput): TextModel {
  const { text } = input
  const hiddenSize = readWidth(text, 'hidden_size')
  const layerCount = readLayerCount(text)
  const heads = text.count('mamba_n_heads')
  const expand = text.optionalCount('mamba_expand') ?? 2
  const stated = text.raw('mamba_d_head')
  if ((expand * hiddenSize) % heads !== 0) {
    text.fail('mamba_n_heads', `is ${heads}, which does not divide ${expand} × hidden_size`)
  }
  const mixer = mamba2Part({
    hiddenSize,
    heads,
    headDimension: typeof stated === 'number' ? text.count('mamba_d_head') : (expand * hiddenSize) / heads,
    groups: text.count('mamba_n_groups'),
    stateSize: text.count('mamba_d_state'),
    kernel: text.count('mamba_d_conv'),
    convolutionBias: text.boolean('mamba_conv_bias', true),
    projectionBias: text.boolean('mamba_proj_bias', false),
  })
  const granite = input.modelType === 'granitemoehybrid'
  return finish(input, hiddenSize, {
    family: granite ? 'granite-hybrid' : 'bamba',
    tied: granite,
    mixer,
    full: readFullLayers(text, layerCount),
    feedForward: granite
      ? graniteFeedForward(text, hiddenSize, layerCount)
      : plainFeedForward(text, hiddenSize, layerCount),
    queryKeyNorm: 'none',
  })
}

function readFullLayers(text: ConfigFields, layers: number): readonly boolean[] {
  const words = text.perLayerWords(layers, text.has('layer_types') ? 'layer_types' : 'layers_block_type', [
    'mamba',
    'attention',
    'full_attention',
    'linear_attention',
  ] as const)
  const indices = text.optionalList('attn_layer_indices')
  if (words !== null) return words.map(word => word === 'attention' || word === 'full_attention')
  if (indices === null) text.fail('layer_types', 'is missing (nor is there attn_layer_indices)')
  return Array.from({ length: layers }, (_, index) => indices.includes(index))
}

/** Granite 4: experts when there are any, and always a shared block of shared_intermediate_size. */
function graniteFeedForward(
  text: ConfigFields,
  hiddenSize: number,
  layers: number,
): readonly FeedForwardPart[] {
  if (!hasExperts(text)) {
    const intermediateSize = readWidth(text, 'shared_intermediate_size')
    return new Array<FeedForwardPart>(layers).fill(densePart({ hiddenSize, intermediateSize, gated: true }))
  }
  return readExperts(text, layers, 'intermediate_size').map(expert =>
    expertsPart({ hiddenSize, ...expert, gated: true }),
  )
}

function plainFeedForward(
  text: ConfigFields,
  hiddenSize: number,
  layers: number,
): readonly FeedForwardPart[] {
  const intermediateSize = readWidth(text, 'intermediate_size')
  const bias = text.boolean('mlp_bias', false)
  return new Array<FeedForwardPart>(layers).fill(
    densePart({ hiddenSize, intermediateSize, gated: true, bias }),
  )
}

/** Jamba: attention every attn_layer_period layers from its offset, experts every expert_layer_period from theirs. */
export function readJamba(input: ReaderInput): TextModel {
  const { text } = input
  const hiddenSize = readWidth(text, 'hidden_size')
  const layerCount = readLayerCount(text)
  const every = (period: number, offset: number) =>
    Array.from({ length: layerCount }, (_, index) => index % period === offset % period)
  const rank = text.raw('mamba_dt_rank')
  const timeStepRank =
    rank === undefined || rank === 'auto' ? Math.ceil(hiddenSize / 16) : text.count('mamba_dt_rank')
  const mixer = mamba1Part({
    hiddenSize,
    expand: text.count('mamba_expand'),
    stateSize: text.count('mamba_d_state'),
    kernel: text.count('mamba_d_conv'),
    timeStepRank,
    convolutionBias: text.boolean('mamba_conv_bias', true),
    projectionBias: text.boolean('mamba_proj_bias', false),
  })
  const intermediateSize = readWidth(text, 'intermediate_size')
  const experts = hasExperts(text) ? readExperts(text, layerCount, 'intermediate_size') : []
  const sparse = every(text.count('expert_layer_period'), text.optionalWhole('expert_layer_offset') ?? 0)
  const feedForward = sparse.map((isSparse, index) => {
    const expert = experts[index]
    return isSparse && expert !== undefined
      ? expertsPart({ hiddenSize, ...expert, gated: true })
      : densePart({ hiddenSize, intermediateSize, gated: true })
  })
  return finish(input, hiddenSize, {
    family: 'jamba',
    tied: false,
    mixer,
    full: every(text.count('attn_layer_period'), text.optionalWhole('attn_layer_offset') ?? 0),
    feedForward,
    queryKeyNorm: 'none',
  })
}

/** LFM2: gated short convolutions between attention layers. */
export function readLfm2(input: ReaderInput): TextModel {
  const { text } = input
  const hiddenSize = readWidth(text, 'hidden_size')
  const layerCount = readLayerCount(text)
  const words = text.perLayerWords(layerCount, 'layer_types', ['conv', 'full_attention'] as const)
  const indices = text.optionalList('full_attn_idxs')
  if (words === null && indices === null) text.fail('layer_types', 'is missing')
  const full = Array.from({ length: layerCount }, (_, index) =>
    words === null ? indices?.includes(index) === true : words[index] === 'full_attention',
  )
  const intermediateSize = lfm2Width(text)
  const mask = expertLayers(text, layerCount)
  const experts = hasExperts(text) ? readExperts(text, layerCount, null) : []
  return finish(input, hiddenSize, {
    family: 'lfm2',
    tied: true,
    mixer: shortConvolutionPart(hiddenSize, text.count('conv_L_cache'), text.boolean('conv_bias', false)),
    full,
    feedForward: mask.map((sparse, index) => {
      const expert = experts[index]
      return sparse && expert !== undefined
        ? expertsPart({
            hiddenSize,
            ...expert,
            gated: true,
            routerBias: text.boolean('use_expert_bias', true),
          })
        : densePart({ hiddenSize, intermediateSize, gated: true })
    }),
    queryKeyNorm: 'head',
  })
}

/** Lfm2MLP: 2/3 of the stated width, times a multiplier, rounded up, when block_auto_adjust_ff_dim. */
function lfm2Width(text: ConfigFields): number {
  const width = readWidth(text, 'block_ff_dim', 'intermediate_size')
  const multiple = text.optionalCount('block_multiple_of') ?? 256
  const multiplier = text.optionalNumber('block_ffn_dim_multiplier') ?? 1
  if (!text.boolean('block_auto_adjust_ff_dim', false)) return width
  return multiple * Math.ceil(Math.floor(multiplier * Math.floor((2 * width) / 3)) / multiple)
}

function finish(input: ReaderInput, hiddenSize: number, parts: HybridParts): TextModel {
  const { text } = input
  const vocabularySize = text.count('vocab_size')
  const { queryHeads, keyValueHeads, headDimension } = readHeads(text, hiddenSize)
  const bias = text.boolean('attention_bias', false)
  const full = groupedQueryPart({
    hiddenSize,
    queryHeads,
    keyValueHeads,
    keyHeadDimension: headDimension,
    valueHeadDimension: headDimension,
    windowTokens: null,
    queryKeyNorm: parts.queryKeyNorm,
    queryKeyValueBias: bias,
    outputBias: bias,
  })
  const layers = parts.feedForward.map((feedForward, index) =>
    joinLayer(parts.full[index] === true ? full : parts.mixer, feedForward, 2 * hiddenSize),
  )
  const tiedEmbeddings = readTiedEmbeddings(input, parts.tied)
  return {
    family: parts.family,
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
