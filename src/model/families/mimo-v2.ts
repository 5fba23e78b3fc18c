/** MiMo-V2-Flash: full and windowed layers with head counts of their own (swa_*), value heads narrower than key heads. */
import { checkHeadGroups, groupedQueryPart } from '../attention/grouped-query.ts'
import type { ConfigFields } from '../config-fields.ts'
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
import { readMultiTokenPrediction } from './decoder.ts'

export function readMiMoV2(input: ReaderInput): TextModel {
  const { text } = input
  const hiddenSize = readWidth(text, 'hidden_size')
  const layerCount = readLayerCount(text)
  const vocabularySize = text.count('vocab_size')
  const windowTokens = text.count('sliding_window', 'sliding_window_size')
  const full = attention(text, hiddenSize, '', null)
  const windowed = attention(text, hiddenSize, 'swa_', windowTokens)
  const pattern =
    text.perLayerWholes(layerCount, 'hybrid_layer_pattern') ?? text.fail('hybrid_layer_pattern', 'is missing')
  const mask = expertLayers(text, layerCount)
  const experts = readExperts(text, layerCount, null)
  const layers = mask.map((sparse, index) =>
    joinLayer(
      pattern[index] === 1 ? windowed : full,
      sparse
        ? expertsPart({ hiddenSize, ...experts[index]!, gated: true, routerBias: true })
        : densePart({ hiddenSize, intermediateSize: readWidth(text, 'intermediate_size'), gated: true }),
      2 * hiddenSize,
    ),
  )
  const tiedEmbeddings = readTiedEmbeddings(input, false)
  return {
    family: 'mimo-v2',
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

function attention(text: ConfigFields, hiddenSize: number, prefix: string, windowTokens: number | null) {
  const queryHeads = text.count(`${prefix}num_attention_heads`, 'num_attention_heads')
  const keyValueHeads = text.count(`${prefix}num_key_value_heads`, 'num_key_value_heads')
  checkHeadGroups(text, queryHeads, keyValueHeads, `${prefix}num_key_value_heads`)
  const keyHeadDimension = text.count(`${prefix}head_dim`, 'head_dim')
  return groupedQueryPart({
    hiddenSize,
    queryHeads,
    keyValueHeads,
    keyHeadDimension,
    valueHeadDimension: text.optionalCount(`${prefix}v_head_dim`, 'v_head_dim') ?? keyHeadDimension,
    windowTokens,
    queryKeyValueBias: text.boolean('attention_bias', false),
    sinks: text.boolean(
      windowTokens === null ? 'add_full_attention_sink_bias' : 'add_swa_attention_sink_bias',
      false,
    ),
  })
}
