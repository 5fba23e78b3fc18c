/** Kimi Linear (arXiv:2510.26692) and Kimi K3: Kimi Delta Attention with every fourth layer latent, latent MoE in K3. */
import { kimiDeltaPart } from '../attention/kimi-delta.ts'
import { latentPart } from '../attention/latent.ts'
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
import { readLatentFields } from './deepseek.ts'

export function readKimiLinear(input: ReaderInput): TextModel {
  const { text } = input
  const hiddenSize = readWidth(text, 'hidden_size')
  const layerCount = readLayerCount(text)
  const vocabularySize = text.count('vocab_size')
  const linear = text.section('linear_attn_config') ?? text.fail('linear_attn_config', 'is missing')
  const delta = kimiDeltaPart({
    hiddenSize,
    heads: linear.count('num_heads'),
    headDimension: linear.count('head_dim'),
    kernel: linear.count('short_conv_kernel_size'),
    fullRankGate: linear.boolean('use_full_rank_gate', false),
  })
  const latent = latentPart({
    hiddenSize,
    ...readLatentFields(text),
    sparse: null,
    bias: false,
    outputGate: text.boolean('mla_use_output_gate', false),
  })
  const latentSize = text.optionalCount('routed_expert_hidden_size')
  const latentNorm = text.boolean('latent_moe_use_norm', false)
  // Attention residuals (K3 report §2.2): a query vector and a norm before each of the two sublayers.
  const residuals = text.has('attn_res_block_size') ? 4 * hiddenSize : 0
  const mask = expertLayers(text, layerCount)
  const experts = hasExperts(text) ? readExperts(text, layerCount, null) : []
  const kinds = readKinds(text, linear, layerCount)
  const layers = mask.map((sparse, index) => {
    const expert = experts[index]
    return joinLayer(
      kinds[index] === 'delta' ? delta : latent,
      sparse && expert !== undefined
        ? expertsPart({ hiddenSize, ...expert, gated: true, latentSize, latentNorm, routerBias: true })
        : densePart({ hiddenSize, intermediateSize: readWidth(text, 'intermediate_size'), gated: true }),
      2 * hiddenSize + residuals,
    )
  })
  const tiedEmbeddings = readTiedEmbeddings(input, false)
  return {
    family: latentSize === null ? 'kimi-linear' : 'kimi-k3',
    hiddenSize,
    vocabularySize,
    maximumPositionTokens: text.count('max_position_embeddings', 'model_max_length'),
    layers,
    tiedEmbeddings,
    ...vocabularyParameters(vocabularySize, hiddenSize, tiedEmbeddings),
    otherParameters: hiddenSize + residuals / 2,
    multiTokenPrediction: readMultiTokenPrediction(text, hiddenSize, layers.at(-1)),
    embeddingIsActive: true,
  }
}

/** kda_layers and full_attn_layers number layers from 1 and together cover each exactly once. */
function readKinds(
  text: ConfigFields,
  linear: ConfigFields,
  layers: number,
): readonly ('delta' | 'latent')[] {
  const kinds = new Array<'delta' | 'latent' | null>(layers).fill(null)
  const mark = (name: string, kind: 'delta' | 'latent') => {
    for (const entry of linear.optionalList(name) ?? []) {
      if (typeof entry !== 'number' || !Number.isInteger(entry) || entry < 1 || entry > layers) {
        linear.fail(name, `must list layer numbers from 1 to ${layers}`)
      }
      if (kinds[entry - 1] !== null) linear.fail(name, `layer ${entry} is listed twice`)
      kinds[entry - 1] = kind
    }
  }
  mark('kda_layers', 'delta')
  mark('full_attn_layers', 'latent')
  return kinds.map((kind, index) => {
    if (kind === null) text.fail('linear_attn_config.kda_layers', `says nothing of layer ${index + 1}`)
    return kind
  })
}
