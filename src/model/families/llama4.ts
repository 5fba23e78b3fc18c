/**
 * Llama 4 (Llama4TextConfig): three of four layers attend within chunks and use RoPE, every fourth is global without
 * position (no_rope_layers); experts every interleave_moe_layer_step layers beside one shared expert.
 */
import { groupedQueryPart, readHeads } from '../attention/grouped-query.ts'
import { expertLayers, readExperts } from '../expert-fields.ts'
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
import { readWindows } from '../window-fields.ts'

export function readLlama4(input: ReaderInput): TextModel {
  const { text } = input
  const hiddenSize = readWidth(text, 'hidden_size')
  const layerCount = readLayerCount(text)
  const vocabularySize = text.count('vocab_size')
  const maximumPositionTokens = text.count('max_position_embeddings')
  const { queryHeads, keyValueHeads, headDimension } = readHeads(text, hiddenSize)
  const expertWidth = readWidth(text, 'intermediate_size')
  const denseWidth = readWidth(text, 'intermediate_size_mlp')
  const mask = expertLayers(text, layerCount)
  const experts = readExperts(text, layerCount, 'intermediate_size')
  const bias = text.boolean('attention_bias', false)
  const windows = chunkedLayers(input, layerCount, maximumPositionTokens)
  const layers = windows.map((windowTokens, index) => {
    const expert = experts[index]
    return joinLayer(
      groupedQueryPart({
        hiddenSize,
        queryHeads,
        keyValueHeads,
        keyHeadDimension: headDimension,
        valueHeadDimension: headDimension,
        windowTokens,
        queryKeyValueBias: bias,
        outputBias: bias,
      }),
      mask[index] === true && expert !== undefined
        ? expertsPart({ hiddenSize, ...expert, gated: true, sharedIntermediateSize: expertWidth })
        : densePart({ hiddenSize, intermediateSize: denseWidth, gated: true }),
      2 * hiddenSize,
    )
  })
  const tiedEmbeddings = readTiedEmbeddings(input, false)
  return {
    family: 'llama4',
    hiddenSize,
    vocabularySize,
    maximumPositionTokens,
    layers,
    tiedEmbeddings,
    ...vocabularyParameters(vocabularySize, hiddenSize, tiedEmbeddings),
    otherParameters: hiddenSize,
    multiTokenPrediction: null,
    embeddingIsActive: true,
  }
}

/** attention_chunk_size for layers with RoPE; no_rope_layers marks those with 1, absent = every 4th without. */
function chunkedLayers(input: ReaderInput, layers: number, maximum: number): readonly (number | null)[] {
  const { text } = input
  const flags = text.optionalList('no_rope_layers') ?? []
  const interval = text.optionalCount('no_rope_layer_interval') ?? 4
  // 8192 is the class default of attention_chunk_size.
  const chunk = text.optionalCount('attention_chunk_size') ?? 8192
  if (text.has('layer_types')) return readWindows(text, layers, 'never', maximum)
  if (flags.length > 0) {
    const perLayer = text.perLayerWholes(layers, 'no_rope_layers') ?? []
    return perLayer.map(usesRope => (usesRope === 0 ? null : chunk))
  }
  return Array.from({ length: layers }, (_, index) => ((index + 1) % interval === 0 ? null : chunk))
}
