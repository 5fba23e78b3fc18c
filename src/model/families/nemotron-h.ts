/**
 * Nemotron-H and Nemotron 3 (arXiv:2504.03624): every layer is one block: M = Mamba-2, * = attention, - = dense,
 * E = experts (in a latent width when moe_latent_size is given), each after one norm.
 */
import { groupedQueryPart, readHeads } from '../attention/grouped-query.ts'
import { mamba2Part } from '../attention/mamba.ts'
import type { ConfigFields } from '../config-fields.ts'
import { hasExperts, readExperts } from '../expert-fields.ts'
import { densePart, expertsPart } from '../feed-forward.ts'
import { joinLayer, type Layer, layerParameterCount, noAttention, noFeedForward } from '../layer.ts'
import {
  maximumLayers,
  type ReaderInput,
  readLayerCount,
  readTiedEmbeddings,
  readWidth,
  type TextModel,
  vocabularyParameters,
} from '../text-model.ts'

const blockTypes = ['mamba', 'attention', 'mlp', 'moe'] as const
type BlockType = (typeof blockTypes)[number]
const letters: Readonly<Record<string, BlockType>> = { M: 'mamba', '*': 'attention', '-': 'mlp', E: 'moe' }

export function readNemotronH(input: ReaderInput): TextModel {
  const { text } = input
  const hiddenSize = readWidth(text, 'hidden_size')
  const vocabularySize = text.count('vocab_size')
  const blocks =
    readBlocks(text, 'layers_block_type', 'hybrid_override_pattern') ??
    text.fail('hybrid_override_pattern', 'is missing (nor is there layers_block_type)')
  if (text.has('num_hidden_layers') && readLayerCount(text) !== blocks.length) {
    text.fail('num_hidden_layers', `is ${text.count('num_hidden_layers')} for ${blocks.length} blocks`)
  }
  const build = blockBuilder(text, hiddenSize)
  const layers = blocks.map(build)
  const predictor = readBlocks(text, 'mtp_layers_block_type', 'mtp_hybrid_override_pattern')
  const predictors = text.optionalWhole('num_nextn_predict_layers') ?? 0
  const tiedEmbeddings = readTiedEmbeddings(input, false)
  return {
    family: 'nemotron-h',
    hiddenSize,
    vocabularySize,
    maximumPositionTokens: text.count('max_position_embeddings'),
    layers,
    tiedEmbeddings,
    ...vocabularyParameters(vocabularySize, hiddenSize, tiedEmbeddings),
    otherParameters: hiddenSize,
    multiTokenPrediction:
      predictor === null || predictors === 0
        ? null
        : {
            layers: predictors,
            parametersPerLayer:
              predictor.map(build).reduce((sum, layer) => sum + layerParameterCount(layer.parameters), 0) +
              2 * hiddenSize * hiddenSize +
              3 * hiddenSize,
          },
    embeddingIsActive: true,
  }
}

/** Blocks from a list of words or a pattern of letters. */
function readBlocks(text: ConfigFields, listName: string, patternName: string): readonly BlockType[] | null {
  const list = text.optionalList(listName)
  const pattern = text.optionalString(patternName)
  if (list !== null) {
    if (list.length === 0 || list.length > maximumLayers) text.fail(listName, `has ${list.length} entries`)
    return text.perLayerWords(list.length, listName, blockTypes)
  }
  if (pattern === null) return null
  if (pattern.length === 0 || pattern.length > maximumLayers) {
    text.fail(patternName, `has ${pattern.length} letters`)
  }
  return [...pattern].map(
    letter => letters[letter] ?? text.refuse(patternName, `has letter "${letter}"; known are M, *, - and E`),
  )
}

function blockBuilder(text: ConfigFields, hiddenSize: number): (type: BlockType) => Layer {
  const bias = text.boolean('mlp_bias', false)
  const built = new Map<BlockType, Layer>()
  const build = (type: BlockType): Layer => {
    switch (type) {
      case 'mamba':
        return joinLayer(readMamba(text, hiddenSize), noFeedForward, hiddenSize)
      case 'attention': {
        const { queryHeads, keyValueHeads, headDimension } = readHeads(text, hiddenSize)
        const attentionBias = text.boolean('attention_bias', false)
        const part = groupedQueryPart({
          hiddenSize,
          queryHeads,
          keyValueHeads,
          keyHeadDimension: headDimension,
          valueHeadDimension: headDimension,
          windowTokens: text.optionalCount('sliding_window'),
          queryKeyValueBias: attentionBias,
          outputBias: attentionBias,
        })
        return joinLayer(part, noFeedForward, hiddenSize)
      }
      case 'mlp': {
        const intermediateSize = readWidth(text, 'intermediate_size')
        return joinLayer(
          noAttention,
          densePart({ hiddenSize, intermediateSize, gated: false, bias }),
          hiddenSize,
        )
      }
      case 'moe': {
        if (!hasExperts(text)) text.fail('n_routed_experts', 'is missing, but there are expert blocks')
        const expert = readExperts(text, 1, null)[0]!
        const latentSize = text.optionalCount('moe_latent_size')
        const part = expertsPart({ hiddenSize, ...expert, gated: false, latentSize, routerBias: true })
        return joinLayer(noAttention, part, hiddenSize)
      }
    }
  }
  return type => {
    const layer = built.get(type) ?? build(type)
    built.set(type, layer)
    return layer
  }
}

function readMamba(text: ConfigFields, hiddenSize: number) {
  const projectionBias = text.boolean('mamba_proj_bias', false) || text.boolean('use_bias', false)
  return mamba2Part({
    hiddenSize,
    heads: text.count('mamba_num_heads'),
    headDimension: text.count('mamba_head_dim'),
    groups: text.count('n_groups', 'mamba_n_groups'),
    stateSize: text.count('ssm_state_size', 'mamba_d_state'),
    kernel: text.count('conv_kernel', 'mamba_d_conv'),
    convolutionBias: text.boolean('use_conv_bias', true),
    projectionBias,
  })
}
