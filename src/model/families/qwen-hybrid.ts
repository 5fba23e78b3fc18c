/** Qwen3-Next and Qwen3.5 to 3.8: three Gated DeltaNet layers to one gated full-attention layer. */
import { gatedDeltaNetPart, readDeltaNet } from '../attention/gated-delta-net.ts'
import { groupedQueryPart, readHeads } from '../attention/grouped-query.ts'
import type { ConfigFields } from '../config-fields.ts'
import { expertLayers, hasExperts, readExperts } from '../expert-fields.ts'
import { densePart, expertsPart } from '../feed-forward.ts'
import { joinLayer } from '../layer.ts'
import {
  type ReaderInput,
  readLayerCount,
  readTiedEmbeddings,
  readWidth,
  type TextModel,
  vocabularyParameters,
} from '../text-model.ts'
import { readMultiTokenPrediction } from './decoder.ts'

export function readQwenHybrid(input: ReaderInput): TextModel {
  const { text } = input
  const hiddenSize = readWidth(text, 'hidden_size')
  const layerCount = readLayerCount(text)
  const vocabularySize = text.count('vocab_size')
  const { queryHeads, keyValueHeads, headDimension } = readHeads(text, hiddenSize)
  const bias = text.boolean('attention_bias', false)
  if (text.boolean('use_sliding_window', false))
    text.refuse('use_sliding_window', 'is not understood in this class')
  const full = groupedQueryPart({
    hiddenSize,
    queryHeads,
    keyValueHeads,
    keyHeadDimension: headDimension,
    valueHeadDimension: headDimension,
    windowTokens: null,
    // Gated in these classes unless the config says otherwise.
    outputGate: text.boolean('attn_output_gate', true) ? 'per-element' : 'none',
    queryKeyNorm: 'head',
    queryKeyValueBias: bias,
    outputBias: bias,
  })
  const linear = gatedDeltaNetPart(readDeltaNet(text, hiddenSize))
  const mask = expertLayers(text, layerCount)
  const experts = hasExperts(text) ? readExperts(text, layerCount, null) : []
  const feedForward = mask.map((sparse, index) => {
    const expert = experts[index]
    return sparse && expert !== undefined
      ? expertsPart({ hiddenSize, ...expert, gated: true, sharedGate: expert.sharedIntermediateSize > 0 })
      : densePart({ hiddenSize, intermediateSize: readWidth(text, 'intermediate_size'), gated: true })
  })
  const layers = fullAttentionLayers(text, layerCount).map((isFull, index) =>
    joinLayer(isFull ? full : linear, feedForward[index]!, 2 * hiddenSize),
  )
  const tiedEmbeddings = readTiedEmbeddings(input, false)
  return {
    family: input.modelType.startsWith('qwen3_next') ? 'qwen3-next' : 'qwen3.5',
    hiddenSize,
    vocabularySize,
    maximumPositionTokens: text.count('max_position_embeddings'),
    layers,
    tiedEmbeddings,
    ...vocabularyParameters(vocabularySize, hiddenSize, tiedEmbeddings),
    otherParameters: hiddenSize,
    // The predictor is a full-attention layer.
    multiTokenPrediction: readMultiTokenPrediction(
      text,
      hiddenSize,
      joinLayer(full, feedForward.at(-1)!, 2 * hiddenSize),
    ),
    embeddingIsActive: true,
  }
}

/** layer_types, else every full_attention_interval-th layer is full (class default 4). */
function fullAttentionLayers(text: ConfigFields, layers: number): readonly boolean[] {
  const types = text.perLayerWords(layers, 'layer_types', ['linear_attention', 'full_attention'] as const)
  const interval = text.optionalCount('full_attention_interval') ?? 4
  if (types !== null) return types.map(type => type === 'full_attention')
  return Array.from({ length: layers }, (_, index) => (index + 1) % interval === 0)
}
