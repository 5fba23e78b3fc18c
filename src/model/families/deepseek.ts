/**
 * Latent attention with DeepSeek's mixture of experts: DeepSeek V2, V3, R1, V3.2 (sparse attention), Kimi K2,
 * GLM-5 (sparse, index shared between layers from 5.2 on), GLM-4.7-Flash, Mistral Large 3.
 */
import type { SparseSelection } from '../architecture.ts'
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

const familyNames: Readonly<Record<string, string>> = {
  deepseek_v2: 'deepseek-v2',
  deepseek_v32: 'deepseek-v3.2',
  kimi_k2: 'kimi-k2',
  glm_moe_dsa: 'glm-5',
  glm4_moe_lite: 'glm-4.7-flash',
}

export function readDeepSeek(input: ReaderInput): TextModel {
  const { text } = input
  const hiddenSize = readWidth(text, 'hidden_size')
  const layerCount = readLayerCount(text)
  const vocabularySize = text.count('vocab_size')
  const attention = readLatentFields(text)
  const sparse = readSparseSelections(text, layerCount, attention.queryRank)
  const bias = text.boolean('attention_bias', false)
  const mask = expertLayers(text, layerCount)
  const experts = hasExperts(text) ? readExperts(text, layerCount, null) : []
  const layers = mask.map((isSparse, index) => {
    const expert = experts[index]
    return joinLayer(
      latentPart({ hiddenSize, ...attention, sparse: sparse[index] ?? null, bias, outputGate: false }),
      isSparse && expert !== undefined
        ? // DeepSeek-V2 routes by softmax, without correction values.
          expertsPart({ hiddenSize, ...expert, gated: true, routerBias: input.modelType !== 'deepseek_v2' })
        : densePart({ hiddenSize, intermediateSize: readWidth(text, 'intermediate_size'), gated: true }),
      2 * hiddenSize,
    )
  })
  const tiedEmbeddings = readTiedEmbeddings(input, false)
  return {
    family: familyNames[input.modelType] ?? 'deepseek-v3',
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

/** Ranks and head dimensions of latent attention. head_dim in these configs is the RoPE part or unused: not read. */
export function readLatentFields(text: ConfigFields) {
  text.raw('head_dim', 'qk_head_dim', 'num_key_value_heads')
  return {
    queryHeads: text.count('num_attention_heads'),
    queryRank: text.optionalWhole('q_lora_rank') ?? 0,
    latentRank: text.count('kv_lora_rank'),
    ropeDimension: text.count('qk_rope_head_dim'),
    noPositionDimension: text.count('qk_nope_head_dim'),
    valueHeadDimension: text.count('v_head_dim'),
  }
}

/** DeepSeek sparse attention: index_* fields; layers marked "shared" reuse the selection of an earlier layer. */
function readSparseSelections(
  text: ConfigFields,
  layers: number,
  queryRank: number,
): readonly (SparseSelection | null)[] {
  if (!text.has('index_topk', 'index_n_heads', 'index_head_dim')) {
    return new Array<SparseSelection | null>(layers).fill(null)
  }
  if (queryRank === 0) text.fail('q_lora_rank', 'is missing, but the sparse index takes its queries from it')
  const indexHeadDimension = text.count('index_head_dim')
  const own: SparseSelection = {
    indexHeads: text.count('index_n_heads'),
    indexHeadDimension,
    topTokens: text.count('index_topk'),
    indexKeyElementsPerToken: indexHeadDimension,
  }
  const shared: SparseSelection = { ...own, indexHeads: 0, indexKeyElementsPerToken: 0 }
  return indexerTypes(text, layers).map(type => (type === 'full' ? own : shared))
}

/** indexer_types, else a pattern of F and S, else every index_topk_freq-th layer (GlmMoeDsaConfig.__post_init__). */
function indexerTypes(text: ConfigFields, layers: number): readonly ('full' | 'shared')[] {
  const types = text.perLayerWords(layers, 'indexer_types', ['full', 'shared'] as const, true)
  const pattern = text.optionalString('index_topk_pattern')
  const frequency = text.optionalCount('index_topk_freq') ?? 1
  const offset = text.optionalWhole('index_skip_topk_offset') ?? 2
  if (types !== null) return types
  if (pattern !== null) {
    if (!/^[FS]+$/.test(pattern) || pattern.length < layers) {
      text.fail('index_topk_pattern', `must be at least ${layers} letters F or S`)
    }
    return Array.from({ length: layers }, (_, index) => (pattern[index] === 'F' ? 'full' : 'shared'))
  }
  return Array.from({ length: layers }, (_, index) =>
    Math.max(index - offset + 1, 0) % frequency === 0 ? 'full' : 'shared',
  )
}
