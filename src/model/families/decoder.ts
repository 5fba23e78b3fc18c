/** The ordinary decoder: grouped-query attention and dense or expert feed-forward in every layer. */
import { checkHeadGroups, groupedQueryPart, readHeads } from '../attention/grouped-query.ts'
import type { ConfigFields } from '../config-fields.ts'
import { expertLayers, hasExperts, readExperts } from '../expert-fields.ts'
import { densePart, expertsPart } from '../feed-forward.ts'
import { joinLayer, type Layer, layerParameterCount, noFeedForward } from '../layer.ts'
import {
  type ReaderInput,
  readLayerCount,
  readTiedEmbeddings,
  readWidth,
  type TextModel,
  vocabularyParameters,
} from '../text-model.ts'
import { readWindows } from '../window-fields.ts'
import { type BiasRule, type DecoderTraits, decoderTraits, unknownDecoder } from './decoder-traits.ts'

export function readDecoder(input: ReaderInput): TextModel {
  const traits = decoderTraits[input.modelType]
  return readDecoderWith(
    traits === undefined ? { ...input, unknownClass: true } : input,
    traits ?? unknownDecoder,
  )
}

export function readDecoderWith(input: ReaderInput, traits: DecoderTraits): TextModel {
  // Hugging Face omits class defaults only from nested sections, so a flat file must state its own sizes.
  const nested = input.text !== input.root
  const text = nested ? input.text.withDefaults(traits.defaults) : input.text
  const scoped = { ...input, text }
  const hiddenSize = readWidth(text, 'hidden_size')
  const layerCount = readLayerCount(text)
  const vocabularySize = text.count('vocab_size')
  const maximumPositionTokens = text.count('max_position_embeddings')
  refuseSharedCache(text)
  const heads = readHeads(text, hiddenSize)
  const queryHeads = headsPerLayer(text, layerCount, heads.queryHeads)
  const keyValueHeads = headsPerLayer(text, layerCount, heads.keyValueHeads, 'num_key_value_heads_per_layer')
  const windows = readWindows(text, layerCount, traits.window, maximumPositionTokens)
  const feedForward = feedForwardParts(text, traits, hiddenSize, layerCount)
  const queryKeyNorm = resolveNorm(text, traits)
  const layers = windows.map((windowTokens, index): Layer => {
    const layerHeads = queryHeads[index] ?? heads.queryHeads
    const layerKeyValueHeads = keyValueHeads[index] ?? heads.keyValueHeads
    checkHeadGroups(text, layerHeads, layerKeyValueHeads)
    const attention = groupedQueryPart({
      hiddenSize,
      queryHeads: layerHeads,
      keyValueHeads: layerKeyValueHeads,
      keyHeadDimension: heads.headDimension,
      valueHeadDimension: heads.headDimension,
      windowTokens,
      queryKeyValueBias: bias(text, traits.queryKeyValueBias),
      outputBias: bias(text, traits.outputBias),
      outputGate: resolveGate(text, traits),
      queryKeyNorm,
      sinks: traits.sinks,
    })
    return joinLayer(attention, feedForward[index] ?? noFeedForward, traits.normsPerLayer * hiddenSize)
  })
  const tiedEmbeddings = readTiedEmbeddings(scoped, traits.tied)
  const vocabulary = vocabularyParameters(vocabularySize, hiddenSize, tiedEmbeddings)
  return {
    family: traits.family,
    hiddenSize,
    vocabularySize,
    maximumPositionTokens,
    layers,
    tiedEmbeddings,
    ...vocabulary,
    otherParameters: traits.finalNorms * hiddenSize + (bias(text, traits.headBias) ? vocabularySize : 0),
    multiTokenPrediction: readMultiTokenPrediction(text, hiddenSize, layers.at(-1)),
    embeddingIsActive: traits.embeddingIsActive,
  }
}

/**
 * MTP modules under their various names. Each holds one layer like the last, a projection of the two concatenated
 * hidden states and three norms (DeepSeek-V3 report §2.2); embedding and head are shared with the model.
 */
export function readMultiTokenPrediction(
  text: ConfigFields,
  hiddenSize: number,
  lastLayer: Layer | undefined,
): TextModel['multiTokenPrediction'] {
  const used = text.boolean('use_mtp', true)
  const modules = text.optionalWhole('num_mtp_modules') ?? 0
  const perModule = text.optionalWhole('mtp_transformer_layers') ?? 1
  const stated = text.optionalWhole('num_nextn_predict_layers', 'mtp_num_hidden_layers', 'mtp_num_layers')
  const layers = stated ?? modules * perModule
  if (!used || layers === 0 || lastLayer === undefined) return null
  return {
    layers,
    parametersPerLayer:
      layerParameterCount(lastLayer.parameters) + 2 * hiddenSize * hiddenSize + 3 * hiddenSize,
  }
}

function feedForwardParts(text: ConfigFields, traits: DecoderTraits, hiddenSize: number, layers: number) {
  const moe = hasExperts(text)
  const mask = expertLayers(text, layers)
  const experts = moe ? readExperts(text, layers, traits.expertWidthField) : []
  return mask.map((sparse, index) => {
    const expert = experts[index]
    if (sparse && expert !== undefined) {
      return expertsPart({
        hiddenSize,
        ...expert,
        gated: traits.gated,
        bias: traits.expertBias,
        routerBias: traits.routerBias,
        sharedGate: traits.sharedGate && expert.sharedIntermediateSize > 0,
      })
    }
    return densePart({
      hiddenSize,
      intermediateSize: readWidth(text, 'intermediate_size'),
      gated: traits.gated,
      bias: bias(text, traits.feedForwardBias),
    })
  })
}

function headsPerLayer(
  text: ConfigFields,
  layers: number,
  heads: number,
  name = 'num_attention_heads_per_layer',
): readonly number[] {
  const list = text.perLayerWholes(layers, name)
  if (list === null) return new Array<number>(layers).fill(heads)
  const zero = list.indexOf(0)
  if (zero >= 0) text.fail(name, `entry ${zero} is 0`)
  return list
}

function bias(text: ConfigFields, rule: BiasRule): boolean {
  return typeof rule === 'boolean' ? rule : text.boolean(rule, false)
}

function resolveNorm(text: ConfigFields, traits: DecoderTraits): 'none' | 'head' | 'full' {
  const stated = text.optionalBoolean('use_qk_norm', 'qk_layernorm')
  if (traits.family.startsWith('cohere')) return stated === true ? 'full' : 'none'
  if (traits.queryKeyNorm !== 'field') return traits.queryKeyNorm
  return stated === true ? 'head' : 'none'
}

/** Laguna states its gate: gating "per-head" or "per-element", gating_types the same per layer. */
function resolveGate(text: ConfigFields, traits: DecoderTraits): DecoderTraits['outputGate'] {
  if (traits.family !== 'laguna') return traits.outputGate
  const gating = text.raw('gating')
  const types = text.optionalList('gating_types') ?? []
  const words = new Set(
    [...types, gating].map(word => (typeof word === 'string' ? word.replace('_', '-') : word)),
  )
  if (words.size > 1) text.refuse('gating_types', 'differs from gating; mixed gates are not understood')
  if (gating === 'per-head') return 'per-head'
  if (gating === 'per-element' || gating === true) return 'per-element'
  if (gating === undefined || gating === false) return 'none'
  return text.fail('gating', 'must be "per-head" or "per-element"')
}

function refuseSharedCache(text: ConfigFields): void {
  if (text.boolean('use_cla', false)) text.refuse('use_cla', 'cross-layer KV sharing is not understood')
  const shared = text.optionalWhole('num_kv_shared_layers')
  if (shared !== null && shared > 0) {
    text.refuse('num_kv_shared_layers', `is ${shared}; layers that share KV are not understood`)
  }
  const kinds = text.optionalList('attn_type_list')
  if (kinds?.some(kind => kind !== 1) === true) {
    text.fail('attn_type_list', 'has an entry other than 1 (softmax attention)')
  }
}
