/** DeepSeek V4: compressed attention, hyper-connections (arXiv:2512.24880), experts in every layer. */
import { compressedLatentPart, overlappingRatio } from '../attention/compressed-latent.ts'
import { readExperts } from '../expert-fields.ts'
import { expertsPart } from '../feed-forward.ts'
import { joinLayer, layerParameterCount } from '../layer.ts'
import {
  type ReaderInput,
  readLayerCount,
  readTiedEmbeddings,
  readWidth,
  type TextModel,
  vocabularyParameters,
} from '../text-model.ts'

export function readDeepSeekV4(input: ReaderInput): TextModel {
  const { text } = input
  const hiddenSize = readWidth(text, 'hidden_size')
  const layerCount = readLayerCount(text)
  const vocabularySize = text.count('vocab_size')
  const queryHeads = text.count('num_attention_heads')
  const headDimension = text.count('head_dim')
  const ropeDimension = text.count('qk_rope_head_dim')
  if (text.count('num_key_value_heads') !== 1) text.fail('num_key_value_heads', 'must be 1 in this class')
  if (ropeDimension >= headDimension) text.fail('qk_rope_head_dim', `is not below head_dim ${headDimension}`)
  const ratios = readRatios(input, layerCount)
  const experts = readExperts(text, layerCount, null)
  const streams = text.count('hc_mult')
  const attentionOf = (compressionTokens: number) =>
    compressedLatentPart({
      hiddenSize,
      queryHeads,
      headDimension,
      ropeDimension,
      queryRank: text.count('q_lora_rank'),
      outputGroups: text.count('o_groups'),
      outputRank: text.count('o_lora_rank'),
      windowTokens: text.count('sliding_window'),
      compressionTokens,
      indexHeads: text.count('index_n_heads'),
      indexHeadDimension: text.count('index_head_dim'),
      indexTopEntries: text.count('index_topk'),
    })
  const hyperConnections = 2 * hyperConnectionParameters(streams, hiddenSize)
  // The first num_hash_layers route by token id through a table of integers, which is no parameter.
  text.optionalWhole('num_hash_layers')
  const layerOf = (ratio: number, index: number) => {
    const expert = experts[index] ?? text.fail('n_routed_experts', `is missing for layer ${index}`)
    const feedForward = expertsPart({ hiddenSize, ...expert, gated: true, routerBias: true })
    return joinLayer(attentionOf(ratio), feedForward, 2 * hiddenSize + hyperConnections)
  }
  const layers = ratios.map(layerOf)
  const tiedEmbeddings = readTiedEmbeddings(input, false)
  const predictors = text.optionalWhole('num_nextn_predict_layers') ?? 0
  const predictor = layerOf(0, 0)
  return {
    family: 'deepseek-v4',
    hiddenSize,
    vocabularySize,
    maximumPositionTokens: text.count('max_position_embeddings'),
    layers,
    tiedEmbeddings,
    ...vocabularyParameters(vocabularySize, hiddenSize, tiedEmbeddings),
    otherParameters: hiddenSize + streams * streams * hiddenSize + streams + 1,
    multiTokenPrediction:
      predictors === 0
        ? null
        : {
            layers: predictors,
            parametersPerLayer:
              layerParameterCount(predictor.parameters) + 2 * hiddenSize * hiddenSize + 3 * hiddenSize,
          },
    embeddingIsActive: true,
  }
}

/** compress_ratios: one entry per layer, then one per MTP module. */
function readRatios(input: ReaderInput, layers: number): readonly number[] {
  const ratios = input.text.perLayerWholes(layers, 'compress_ratios', true)
  if (ratios === null) return input.text.fail('compress_ratios', 'is missing')
  for (const [index, ratio] of ratios.entries()) {
    if (ratio !== 0 && ratio < overlappingRatio) {
      input.text.refuse('compress_ratios', `entry ${index} is ${ratio}; known are 0, 4 and larger`)
    }
  }
  return ratios
}

/** Per sublayer: (2 + n)·n mixing rows over n·d, as many biases, three scales (reference model.py, class Block). */
function hyperConnectionParameters(streams: number, hiddenSize: number): number {
  const rows = (2 + streams) * streams
  return rows * streams * hiddenSize + rows + 3
}
