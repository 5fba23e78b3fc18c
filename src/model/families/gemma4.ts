/**
 * Gemma 4 (Gemma4TextConfig): windowed layers with ordinary heads, global layers with wider heads whose keys are also
 * the values (attention_k_eq_v); with enable_moe_block, experts beside the dense block, both in every layer.
 */
import { checkHeadGroups, groupedQueryPart } from '../attention/grouped-query.ts'
import { readExperts } from '../expert-fields.ts'
import { densePart, expertsPart } from '../feed-forward.ts'
import { type FeedForwardPart, joinLayer } from '../layer.ts'
import {
  type ReaderInput,
  readLayerCount,
  readTiedEmbeddings,
  readWidth,
  type TextModel,
  vocabularyParameters,
} from '../text-model.ts'
import { readWindows } from '../window-fields.ts'

export function readGemma4(input: ReaderInput): TextModel {
  const { text } = input
  const hiddenSize = readWidth(text, 'hidden_size')
  const layerCount = readLayerCount(text)
  const vocabularySize = text.count('vocab_size')
  const maximumPositionTokens = text.count('max_position_embeddings')
  for (const name of ['num_kv_shared_layers', 'hidden_size_per_layer_input']) {
    if ((text.optionalWhole(name) ?? 0) > 0)
      text.refuse(name, 'is set; layers that share KV or inputs are not understood')
  }
  const queryHeads = text.count('num_attention_heads')
  const keyValueHeads = text.count('num_key_value_heads')
  const globalKeyValueHeads = text.optionalCount('num_global_key_value_heads') ?? keyValueHeads
  checkHeadGroups(text, queryHeads, keyValueHeads)
  checkHeadGroups(text, queryHeads, globalKeyValueHeads, 'num_global_key_value_heads')
  const headDimension = text.count('head_dim')
  const globalHeadDimension = text.optionalCount('global_head_dim') ?? headDimension
  const keysAreValues = text.boolean('attention_k_eq_v', false)
  const feedForward = readFeedForward(input, hiddenSize, layerCount)
  const layers = readWindows(text, layerCount, { fullEvery: 6 }, maximumPositionTokens).map(windowTokens => {
    const global = windowTokens === null
    const dimension = global ? globalHeadDimension : headDimension
    return joinLayer(
      groupedQueryPart({
        hiddenSize,
        queryHeads,
        // Only keys that double as values use the global head count (Gemma4TextAttention.use_alternative_attention).
        keyValueHeads: global && keysAreValues ? globalKeyValueHeads : keyValueHeads,
        keyHeadDimension: dimension,
        valueHeadDimension: dimension,
        windowTokens,
        keysAreValues: global && keysAreValues,
        queryKeyNorm: 'head',
      }),
      feedForward.part,
      (4 + feedForward.extraNorms) * hiddenSize + 1,
    )
  })
  const tiedEmbeddings = readTiedEmbeddings(input, true)
  return {
    family: 'gemma4',
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

/** The dense block stands beside the experts like a shared expert, and is counted as one. */
function readFeedForward(
  input: ReaderInput,
  hiddenSize: number,
  layers: number,
): { part: FeedForwardPart; extraNorms: number } {
  const { text } = input
  const intermediateSize = readWidth(text, 'intermediate_size')
  if (!text.boolean('enable_moe_block', false)) {
    return { part: densePart({ hiddenSize, intermediateSize, gated: true }), extraNorms: 0 }
  }
  const expert = readExperts(text, layers, null)[0] ?? text.fail('num_experts', 'is missing')
  const experts = expertsPart({
    hiddenSize,
    ...expert,
    gated: true,
    sharedIntermediateSize: intermediateSize,
  })
  // Router scale (hidden) and per-expert scale; three more norms around the expert branch.
  return { part: { ...experts, other: experts.other + hiddenSize + expert.experts }, extraNorms: 3 }
}
