/**
 * What the classes of ordinary decoders do beyond what their config says. Each entry follows the class of that
 * model_type in Hugging Face transformers (configuration_*.py for defaults, modeling_*.py for biases and norms).
 */
import type { JsonValue } from '../lenient-json.ts'
import type { WindowRule } from '../window-fields.ts'

/** Whether a bias exists: fixed by the class, or the name of the boolean field that says so (absent = false). */
export type BiasRule = boolean | string

export interface DecoderTraits {
  readonly family: string
  readonly queryKeyValueBias: BiasRule
  readonly outputBias: BiasRule
  readonly feedForwardBias: BiasRule
  readonly gated: boolean
  /** 'field': per-head norm when use_qk_norm (or qk_layernorm) is true. */
  readonly queryKeyNorm: 'none' | 'head' | 'full' | 'field'
  /** Weights per layer norm times norms per layer, in units of hidden size (LayerNorm with bias counts 2). */
  readonly normsPerLayer: number
  /** Of the final norm, in the same unit. */
  readonly finalNorms: number
  readonly window: WindowRule
  /** Class default of tie_word_embeddings; null = must be stated. */
  readonly tied: boolean | null
  /** Field that holds the expert width when moe_intermediate_size is absent. */
  readonly expertWidthField: string | null
  /** Shared expert has a scalar gate (Qwen2-MoE). */
  readonly sharedGate: boolean
  readonly routerBias: boolean
  readonly outputGate: 'none' | 'per-head' | 'per-element'
  /** Biases inside experts and router (gpt-oss) and one attention sink per head. */
  readonly expertBias: boolean
  readonly sinks: boolean
  readonly headBias: BiasRule
  readonly embeddingIsActive: boolean
  /** Values of the class for fields that may be absent inside a text_config. */
  readonly defaults: Readonly<Record<string, JsonValue>>
}

const llama: DecoderTraits = {
  family: 'llama',
  queryKeyValueBias: 'attention_bias',
  outputBias: 'attention_bias',
  feedForwardBias: 'mlp_bias',
  gated: true,
  queryKeyNorm: 'none',
  normsPerLayer: 2,
  finalNorms: 1,
  window: 'never',
  tied: false,
  expertWidthField: null,
  sharedGate: false,
  routerBias: false,
  outputGate: 'none',
  expertBias: false,
  sinks: false,
  headBias: false,
  embeddingIsActive: true,
  defaults: {},
}

function like(base: DecoderTraits, changes: Partial<DecoderTraits>): DecoderTraits {
  return { ...base, ...changes }
}

/** Class defaults of LlamaConfig and MistralConfig: a LLaVA text_config may state nothing but what differs. */
const llamaDefaults = {
  vocab_size: 32_000,
  hidden_size: 4096,
  intermediate_size: 11_008,
  num_hidden_layers: 32,
  num_attention_heads: 32,
  max_position_embeddings: 2048,
}
const mistralDefaults = {
  ...llamaDefaults,
  intermediate_size: 14_336,
  num_key_value_heads: 8,
  max_position_embeddings: 131_072,
  sliding_window: 4096,
}
const gemma3Defaults = {
  vocab_size: 262_208,
  hidden_size: 2304,
  intermediate_size: 9216,
  num_hidden_layers: 26,
  num_attention_heads: 8,
  num_key_value_heads: 4,
  head_dim: 256,
  max_position_embeddings: 131_072,
  sliding_window: 4096,
  sliding_window_pattern: 6,
}

const mistral = like(llama, {
  family: 'mistral',
  queryKeyValueBias: false,
  outputBias: false,
  feedForwardBias: false,
  window: 'all',
  defaults: mistralDefaults,
})
const qwen2 = like(llama, {
  family: 'qwen2',
  queryKeyValueBias: true,
  outputBias: false,
  feedForwardBias: false,
  window: 'upper',
})
const qwen2Moe = like(qwen2, { family: 'qwen2-moe', sharedGate: true })
const qwen3 = like(llama, { family: 'qwen3', queryKeyNorm: 'head', feedForwardBias: false, window: 'upper' })
const gemma = like(llama, {
  family: 'gemma',
  tied: true,
  feedForwardBias: false,
  defaults: { head_dim: 256, hidden_size: 3072, vocab_size: 256_000, max_position_embeddings: 8192 },
})
const gemma2 = like(gemma, { family: 'gemma2', normsPerLayer: 4, window: { fullEvery: 2 } })
const gemma3 = like(gemma2, {
  family: 'gemma3',
  queryKeyNorm: 'head',
  window: { fullEvery: 6 },
  defaults: gemma3Defaults,
})
const olmo2 = like(llama, { family: 'olmo2', queryKeyNorm: 'full', feedForwardBias: false })
const granite = like(llama, { family: 'granite' })
const cohere = like(llama, {
  family: 'cohere',
  feedForwardBias: false,
  tied: true,
  normsPerLayer: 1,
  queryKeyNorm: 'none',
})
const glm4Moe = like(llama, {
  family: 'glm4-moe',
  outputBias: false,
  feedForwardBias: false,
  queryKeyNorm: 'field',
  routerBias: true,
})
const ernie = like(llama, {
  family: 'ernie4.5',
  queryKeyValueBias: 'use_bias',
  outputBias: 'use_bias',
  feedForwardBias: 'use_bias',
  tied: true,
})
const hunyuan = like(llama, { family: 'hunyuan', queryKeyNorm: 'field', feedForwardBias: 'mlp_bias' })
const layerNormed = like(llama, { normsPerLayer: 4, finalNorms: 2 })

/** By model_type of the language model section. */
export const decoderTraits: Readonly<Record<string, DecoderTraits>> = {
  llama: like(llama, { defaults: llamaDefaults }),
  mistral,
  ministral: like(mistral, { family: 'mistral' }),
  ministral3: like(mistral, { family: 'mistral' }),
  mixtral: like(mistral, { family: 'mixtral', expertWidthField: 'intermediate_size' }),
  qwen2,
  qwen2_vl: qwen2,
  qwen2_vl_text: qwen2,
  qwen2_5_vl: qwen2,
  qwen2_5_vl_text: qwen2,
  qwen2_moe: qwen2Moe,
  qwen3,
  qwen3_vl_text: qwen3,
  qwen3_moe: like(qwen3, { family: 'qwen3-moe' }),
  qwen3_vl_moe_text: like(qwen3, { family: 'qwen3-moe' }),
  qwen3_omni_moe_text: like(qwen3, { family: 'qwen3-moe' }),
  mimo: like(qwen2, { family: 'mimo' }),
  phi3: like(llama, { family: 'phi3', queryKeyValueBias: false, outputBias: false, window: 'all' }),
  phimoe: like(layerNormed, {
    family: 'phimoe',
    feedForwardBias: false,
    window: 'all',
    expertWidthField: 'intermediate_size',
    headBias: 'lm_head_bias',
  }),
  gemma,
  gemma2,
  gemma3,
  gemma3_text: gemma3,
  gpt_oss: like(llama, {
    family: 'gpt-oss',
    feedForwardBias: false,
    window: { fullEvery: 2 },
    expertWidthField: 'intermediate_size',
    expertBias: true,
    sinks: true,
    embeddingIsActive: false,
  }),
  olmo: like(llama, { family: 'olmo', normsPerLayer: 0, finalNorms: 0 }),
  olmo2,
  olmo3: like(olmo2, { family: 'olmo3', window: { fullEvery: 4 } }),
  olmoe: like(olmo2, { family: 'olmoe', expertWidthField: 'intermediate_size' }),
  granite,
  granitemoe: like(granite, { family: 'granite-moe', expertWidthField: 'intermediate_size' }),
  granitemoeshared: like(granite, { family: 'granite-moe', expertWidthField: 'intermediate_size' }),
  cohere,
  cohere2: like(cohere, { family: 'cohere2', window: { fullEvery: 4 } }),
  glm: like(llama, { family: 'glm', outputBias: false, feedForwardBias: false }),
  glm4: like(llama, { family: 'glm4', outputBias: false, feedForwardBias: false, normsPerLayer: 4 }),
  glm4_moe: glm4Moe,
  glm4v_text: like(llama, { family: 'glm4', outputBias: false, feedForwardBias: false, normsPerLayer: 4 }),
  glm4v_moe_text: glm4Moe,
  ernie4_5: ernie,
  ernie4_5_moe: like(ernie, { family: 'ernie4.5-moe', routerBias: true }),
  hunyuan_v1_dense: hunyuan,
  hunyuan_v1_moe: like(hunyuan, { family: 'hunyuan-moe', expertWidthField: 'intermediate_size' }),
  hunyuan: like(hunyuan, { family: 'hunyuan-moe', expertWidthField: 'intermediate_size' }),
  seed_oss: like(llama, { family: 'seed-oss', outputBias: 'attention_out_bias' }),
  smollm3: like(llama, { family: 'smollm3', tied: true }),
  minimax_m2: like(llama, {
    family: 'minimax-m2',
    queryKeyValueBias: false,
    outputBias: false,
    queryKeyNorm: 'full',
    expertWidthField: 'intermediate_size',
    routerBias: true,
  }),
  laguna: like(llama, { family: 'laguna', queryKeyNorm: 'head', routerBias: true, window: 'unknown' }),
  muse_glimmer_text: like(llama, {
    family: 'muse',
    feedForwardBias: false,
    normsPerLayer: 4,
    outputGate: 'per-element',
    window: { fullEvery: 4 },
  }),
  dots1: like(qwen3, { family: 'dots1', routerBias: true }),
  bailing_moe: like(llama, {
    family: 'bailing-moe',
    queryKeyValueBias: 'use_qkv_bias',
    outputBias: 'use_bias',
    feedForwardBias: false,
    queryKeyNorm: 'field',
  }),
  bailing_moe_v2: like(llama, {
    family: 'bailing-moe',
    queryKeyValueBias: 'use_qkv_bias',
    outputBias: 'use_bias',
    feedForwardBias: false,
    queryKeyNorm: 'head',
    routerBias: true,
  }),
  starcoder2: like(layerNormed, {
    family: 'starcoder2',
    queryKeyValueBias: 'use_bias',
    outputBias: 'use_bias',
    feedForwardBias: 'use_bias',
    gated: false,
    window: 'all',
    tied: true,
  }),
  stablelm: like(layerNormed, { family: 'stablelm', queryKeyValueBias: 'use_qkv_bias', outputBias: false }),
  nemotron: like(layerNormed, { family: 'nemotron', gated: false }),
  arcee: like(llama, { family: 'arcee', gated: false }),
  apertus: like(llama, { family: 'apertus', gated: false, queryKeyNorm: 'head' }),
  exaone4: like(llama, {
    family: 'exaone4',
    queryKeyNorm: 'head',
    feedForwardBias: false,
    window: 'unknown',
  }),
  internlm2: like(llama, { family: 'internlm2', queryKeyValueBias: 'bias', outputBias: 'bias' }),
  internlm3: like(llama, { family: 'internlm3', queryKeyValueBias: 'qkv_bias', outputBias: 'bias' }),
  helium: like(llama, { family: 'helium' }),
  phi: like(llama, {
    family: 'phi',
    queryKeyValueBias: true,
    outputBias: true,
    feedForwardBias: true,
    gated: false,
    normsPerLayer: 2,
    finalNorms: 2,
    headBias: true,
  }),
}

/** A class we do not know may pass only as a plain Llama-like decoder: no windows, tying stated. */
export const unknownDecoder: DecoderTraits = like(llama, {
  window: 'unknown',
  tied: null,
  queryKeyNorm: 'field',
})
