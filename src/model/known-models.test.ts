/**
 * Models whose config we do not ship, with the fields of their published config.json typed from memory and the
 * published parameter counts: that the readers hold beyond the catalog.
 */
import { describe, expect, it } from 'vitest'
import { keyValueBytesPerToken } from './kv-cache.ts'
import { parseModelConfig } from './parse-model-config.ts'

interface KnownModel {
  readonly name: string
  /** Billions, total and active. */
  readonly total: number
  readonly active?: number
  /** Bytes of KV cache a token adds in bf16. */
  readonly kv?: number
  readonly config: Readonly<Record<string, unknown>>
}

function causal(className: string, modelType: string, config: Readonly<Record<string, unknown>>) {
  return { architectures: [className], model_type: modelType, torch_dtype: 'bfloat16', ...config }
}

function sizes(
  hidden: number,
  layers: number,
  heads: number,
  kv: number,
  vocabulary: number,
  context: number,
) {
  return {
    hidden_size: hidden,
    num_hidden_layers: layers,
    num_attention_heads: heads,
    num_key_value_heads: kv,
    vocab_size: vocabulary,
    max_position_embeddings: context,
  }
}

const latent = { kv_lora_rank: 512, qk_nope_head_dim: 128, qk_rope_head_dim: 64, v_head_dim: 128 }

const every = (layers: number, period: number, full: string, other: string) =>
  Array.from({ length: layers }, (_, index) => ((index + 1) % period === 0 ? full : other))

const knownModels: readonly KnownModel[] = [
  {
    name: 'Mistral Nemo 12B (head_dim apart from hidden/heads)',
    total: 12.25,
    kv: 40 * 2 * 8 * 128 * 2,
    config: causal('MistralForCausalLM', 'mistral', {
      ...sizes(5120, 40, 32, 8, 131_072, 1_024_000),
      head_dim: 128,
      intermediate_size: 14_336,
      sliding_window: null,
    }),
  },
  {
    name: 'Mistral Small 3.1 24B (wrapper)',
    total: 23.57,
    kv: 40 * 2 * 8 * 128 * 2,
    config: {
      architectures: ['Mistral3ForConditionalGeneration'],
      model_type: 'mistral3',
      text_config: {
        model_type: 'mistral',
        ...sizes(5120, 40, 32, 8, 131_072, 131_072),
        head_dim: 128,
        intermediate_size: 32_768,
        sliding_window: null,
      },
    },
  },
  {
    name: 'Mistral Large 3 675B (latent attention)',
    total: 673,
    config: causal('MistralLarge3ForCausalLM', 'mistral_large_3', {
      ...sizes(7168, 61, 128, 128, 131_072, 294_912),
      ...latent,
      q_lora_rank: 1536,
      intermediate_size: 16_384,
      moe_intermediate_size: 4096,
      n_routed_experts: 128,
      num_experts_per_tok: 4,
      n_shared_experts: 1,
      first_k_dense_replace: 3,
      tie_word_embeddings: false,
    }),
  },
  {
    name: 'DeepSeek V2 Lite (queries uncompressed)',
    total: 15.7,
    kv: 27 * 576 * 2,
    config: causal('DeepseekV2ForCausalLM', 'deepseek_v2', {
      ...sizes(2048, 27, 16, 16, 102_400, 163_840),
      ...latent,
      q_lora_rank: null,
      intermediate_size: 10_944,
      moe_intermediate_size: 1408,
      n_routed_experts: 64,
      num_experts_per_tok: 6,
      n_shared_experts: 2,
      first_k_dense_replace: 1,
    }),
  },
  {
    name: 'GLM-4.5-Air',
    total: 106,
    active: 12,
    config: causal('Glm4MoeForCausalLM', 'glm4_moe', {
      ...sizes(4096, 46, 96, 8, 151_552, 131_072),
      head_dim: 128,
      attention_bias: true,
      use_qk_norm: false,
      intermediate_size: 10_944,
      moe_intermediate_size: 1408,
      n_routed_experts: 128,
      num_experts_per_tok: 8,
      n_shared_experts: 1,
      first_k_dense_replace: 1,
      num_nextn_predict_layers: 1,
    }),
  },
  {
    name: 'Qwen2-57B-A14B',
    total: 57.4,
    active: 14.2,
    config: causal('Qwen2MoeForCausalLM', 'qwen2_moe', {
      ...sizes(3584, 28, 28, 4, 151_936, 32_768),
      intermediate_size: 18_944,
      moe_intermediate_size: 2560,
      num_experts: 64,
      num_experts_per_tok: 8,
      shared_expert_intermediate_size: 20_480,
      decoder_sparse_step: 1,
    }),
  },
  {
    name: 'OLMoE 1B-7B',
    total: 6.92,
    active: 1.3,
    config: causal('OlmoeForCausalLM', 'olmoe', {
      ...sizes(2048, 16, 16, 16, 50_304, 4096),
      intermediate_size: 1024,
      num_experts: 64,
      num_experts_per_tok: 8,
    }),
  },
  {
    name: 'Falcon 7B (multi-query)',
    total: 6.92,
    kv: 32 * 2 * 64 * 2,
    config: causal('FalconForCausalLM', 'falcon', {
      hidden_size: 4544,
      num_hidden_layers: 32,
      num_attention_heads: 71,
      vocab_size: 65_024,
      multi_query: true,
      parallel_attn: true,
      new_decoder_architecture: false,
      bias: false,
    }),
  },
  {
    name: 'Falcon 180B (grouped)',
    total: 179.5,
    config: causal('FalconForCausalLM', 'falcon', {
      hidden_size: 14_848,
      num_hidden_layers: 80,
      num_attention_heads: 232,
      num_kv_heads: 8,
      vocab_size: 65_024,
      new_decoder_architecture: true,
      bias: false,
    }),
  },
  {
    name: 'Phi-3 mini',
    total: 3.82,
    config: causal('Phi3ForCausalLM', 'phi3', {
      ...sizes(3072, 32, 32, 32, 32_064, 4096),
      intermediate_size: 8192,
      sliding_window: 2047,
    }),
  },
  {
    name: 'Phi-3.5 MoE',
    total: 41.9,
    active: 6.6,
    kv: 32 * 2 * 8 * 128 * 2,
    config: causal('PhiMoEForCausalLM', 'phimoe', {
      ...sizes(4096, 32, 32, 8, 32_064, 131_072),
      intermediate_size: 6400,
      num_local_experts: 16,
      num_experts_per_tok: 2,
      attention_bias: true,
      lm_head_bias: true,
      sliding_window: 131_072,
    }),
  },
  {
    name: 'Command R 35B (tied by class default)',
    total: 34.98,
    config: causal('CohereForCausalLM', 'cohere', {
      ...sizes(8192, 40, 64, 64, 256_000, 131_072),
      intermediate_size: 22_528,
    }),
  },
  {
    name: 'Command R+ 104B',
    total: 103.8,
    config: causal('CohereForCausalLM', 'cohere', {
      ...sizes(12_288, 64, 96, 8, 256_000, 131_072),
      intermediate_size: 33_792,
      use_qk_norm: true,
    }),
  },
  {
    name: 'Jamba v0.1',
    total: 51.57,
    active: 12.1,
    kv: 4 * 2 * 8 * 128 * 2,
    config: causal('JambaForCausalLM', 'jamba', {
      ...sizes(4096, 32, 32, 8, 65_536, 262_144),
      intermediate_size: 14_336,
      num_experts: 16,
      num_experts_per_tok: 2,
      attn_layer_period: 8,
      attn_layer_offset: 4,
      expert_layer_period: 2,
      expert_layer_offset: 1,
      mamba_d_state: 16,
      mamba_d_conv: 4,
      mamba_expand: 2,
      mamba_dt_rank: 256,
      mamba_conv_bias: true,
      mamba_proj_bias: false,
      tie_word_embeddings: false,
    }),
  },
  {
    name: 'Hunyuan A13B (lists per layer)',
    total: 80.4,
    active: 13,
    config: causal('HunYuanMoEV1ForCausalLM', 'hunyuan_v1_moe', {
      ...sizes(4096, 32, 32, 8, 128_167, 32_768),
      attention_head_dim: 128,
      intermediate_size: 3072,
      moe_intermediate_size: new Array(32).fill(3072),
      num_experts: 64,
      moe_topk: new Array(32).fill(8),
      num_shared_expert: new Array(32).fill(1),
      use_qk_norm: true,
      use_cla: false,
      tie_word_embeddings: true,
    }),
  },
  {
    name: 'Ernie 4.5 300B-A47B',
    total: 300,
    active: 47,
    config: causal('Ernie4_5_MoeForCausalLM', 'ernie4_5_moe', {
      ...sizes(8192, 54, 64, 8, 103_424, 131_072),
      intermediate_size: 28_672,
      moe_intermediate_size: 3584,
      moe_num_experts: 64,
      moe_k: 8,
      moe_num_shared_experts: 0,
      moe_layer_start_index: 3,
      moe_layer_end_index: 53,
      moe_layer_interval: 1,
      use_bias: false,
      tie_word_embeddings: false,
    }),
  },
  {
    name: 'LFM2 1.2B (short convolutions)',
    total: 1.17,
    kv: 6 * 2 * 8 * 64 * 2,
    config: causal('Lfm2ForCausalLM', 'lfm2', {
      ...sizes(2048, 16, 32, 8, 65_536, 128_000),
      block_ff_dim: 12_288,
      block_auto_adjust_ff_dim: true,
      block_ffn_dim_multiplier: 1.0,
      block_multiple_of: 256,
      conv_L_cache: 3,
      conv_bias: false,
      full_attn_idxs: [2, 5, 8, 10, 12, 14],
    }),
  },
  {
    name: 'StarCoder2 7B',
    total: 7.17,
    config: causal('Starcoder2ForCausalLM', 'starcoder2', {
      ...sizes(4608, 32, 36, 4, 49_152, 16_384),
      intermediate_size: 18_432,
      sliding_window: 4096,
      use_bias: true,
    }),
  },
  {
    name: 'GPT-2',
    total: 0.1244,
    kv: 12 * 2 * 768 * 2,
    config: causal('GPT2LMHeadModel', 'gpt2', {
      n_embd: 768,
      n_layer: 12,
      n_head: 12,
      n_positions: 1024,
      n_ctx: 1024,
      vocab_size: 50_257,
    }),
  },
  {
    name: 'GPT-2 XL: 300 KiB a token',
    total: 1.558,
    kv: 307_200,
    config: causal('GPT2LMHeadModel', 'gpt2', {
      n_embd: 1600,
      n_layer: 48,
      n_head: 25,
      n_positions: 1024,
      vocab_size: 50_257,
    }),
  },
  {
    name: 'GPT-NeoX 20B',
    total: 20.55,
    config: causal('GPTNeoXForCausalLM', 'gpt_neox', {
      hidden_size: 6144,
      num_hidden_layers: 44,
      num_attention_heads: 64,
      intermediate_size: 24_576,
      vocab_size: 50_432,
      max_position_embeddings: 2048,
      tie_word_embeddings: false,
    }),
  },
  {
    name: 'BLOOM 176B',
    total: 176.25,
    config: causal('BloomForCausalLM', 'bloom', {
      hidden_size: 14_336,
      n_layer: 70,
      num_attention_heads: 112,
      vocab_size: 250_880,
    }),
  },
  {
    name: 'Kimi Linear 48B-A3B',
    total: 49.1,
    kv: 7 * 576 * 2,
    config: causal('KimiLinearForCausalLM', 'kimi_linear', {
      ...sizes(2304, 27, 32, 32, 163_840, 1_048_576),
      ...latent,
      q_lora_rank: null,
      intermediate_size: 9216,
      moe_intermediate_size: 1024,
      num_experts: 256,
      num_experts_per_token: 8,
      num_shared_experts: 1,
      first_k_dense_replace: 1,
      moe_layer_freq: 1,
      linear_attn_config: {
        num_heads: 32,
        head_dim: 128,
        short_conv_kernel_size: 4,
        full_attn_layers: [4, 8, 12, 16, 20, 24, 27],
        kda_layers: [1, 2, 3, 5, 6, 7, 9, 10, 11, 13, 14, 15, 17, 18, 19, 21, 22, 23, 25, 26],
      },
      tie_word_embeddings: false,
    }),
  },
  {
    name: 'MiMo V2 Flash',
    total: 309,
    active: 15,
    kv: 9 * 4 * (192 + 128) * 2,
    config: causal('MiMoV2FlashForCausalLM', 'mimo_v2_flash', {
      ...sizes(4096, 48, 64, 4, 152_576, 262_144),
      head_dim: 192,
      v_head_dim: 128,
      swa_num_attention_heads: 64,
      swa_num_key_value_heads: 8,
      swa_head_dim: 192,
      swa_v_head_dim: 128,
      sliding_window: 128,
      hybrid_layer_pattern: Array.from({ length: 48 }, (_, index) =>
        index === 0 || (index + 1) % 6 === 0 ? 0 : 1,
      ),
      moe_layer_freq: [0, ...new Array(47).fill(1)],
      intermediate_size: 16_384,
      moe_intermediate_size: 2048,
      n_routed_experts: 256,
      num_experts_per_tok: 8,
      n_shared_experts: null,
      add_swa_attention_sink_bias: true,
      tie_word_embeddings: false,
    }),
  },
  {
    name: 'Step-3 (wrapper, enumerated expert layers)',
    total: 316,
    active: 38,
    config: {
      architectures: ['Step3VLForConditionalGeneration'],
      model_type: 'step3_vl',
      text_config: {
        model_type: 'step3_text',
        architectures: ['Step3TextForCausalLM'],
        hidden_size: 7168,
        intermediate_size: 18_432,
        num_attention_heads: 64,
        num_attention_groups: 1,
        num_hidden_layers: 61,
        max_seq_len: 65_536,
        vocab_size: 128_815,
        moe_intermediate_size: 5120,
        moe_num_experts: 48,
        moe_top_k: 3,
        share_expert_dim: 5120,
        share_q_dim: 2048,
        head_dim: 256,
        moe_layers_enum: Array.from({ length: 56 }, (_, index) => index + 4).join(','),
        tie_word_embeddings: false,
      },
    },
  },
  {
    name: 'Seed-OSS 36B',
    total: 36.15,
    config: causal('SeedOssForCausalLM', 'seed_oss', {
      ...sizes(5120, 64, 80, 8, 155_136, 524_288),
      head_dim: 128,
      intermediate_size: 27_648,
      attention_bias: true,
      attention_out_bias: false,
      tie_word_embeddings: false,
    }),
  },
  {
    name: 'MiniMax M1 (lightning attention)',
    total: 456,
    active: 45.9,
    config: causal('MiniMaxM1ForCausalLM', 'minimax_m1', {
      ...sizes(6144, 80, 64, 8, 200_064, 10_240_000),
      head_dim: 128,
      intermediate_size: 9216,
      num_local_experts: 32,
      num_experts_per_tok: 2,
      shared_intermediate_size: 0,
      attn_type_list: Array.from({ length: 80 }, (_, index) => ((index + 1) % 8 === 0 ? 1 : 0)),
      tie_word_embeddings: false,
    }),
  },
  {
    name: 'Bamba 9B',
    total: 9.78,
    kv: 3 * 2 * 8 * 128 * 2,
    config: causal('BambaForCausalLM', 'bamba', {
      ...sizes(4096, 32, 32, 8, 128_256, 262_144),
      intermediate_size: 14_336,
      attn_layer_indices: [9, 18, 27],
      mamba_n_heads: 128,
      mamba_d_head: 64,
      mamba_n_groups: 1,
      mamba_d_state: 128,
      mamba_d_conv: 4,
      mamba_expand: 2,
      tie_word_embeddings: false,
    }),
  },
  {
    name: 'Granite 4.0 H Small',
    total: 32.2,
    active: 9,
    kv: 4 * 2 * 8 * 128 * 2,
    config: causal('GraniteMoeHybridForCausalLM', 'granitemoehybrid', {
      ...sizes(4096, 40, 32, 8, 100_352, 131_072),
      intermediate_size: 768,
      shared_intermediate_size: 1536,
      num_local_experts: 72,
      num_experts_per_tok: 10,
      layer_types: Array.from({ length: 40 }, (_, index) => (index % 10 === 5 ? 'attention' : 'mamba')),
      mamba_n_heads: 128,
      mamba_d_head: 64,
      mamba_n_groups: 1,
      mamba_d_state: 128,
      mamba_d_conv: 4,
      mamba_expand: 2,
      tie_word_embeddings: true,
    }),
  },
  {
    name: 'Qwen3-VL 235B (wrapper)',
    total: 235,
    active: 22,
    config: {
      architectures: ['Qwen3VLMoeForConditionalGeneration'],
      model_type: 'qwen3_vl_moe',
      text_config: {
        model_type: 'qwen3_vl_moe_text',
        ...sizes(4096, 94, 64, 4, 151_936, 262_144),
        head_dim: 128,
        intermediate_size: 12_288,
        moe_intermediate_size: 1536,
        num_experts: 128,
        num_experts_per_tok: 8,
        decoder_sparse_step: 1,
        mlp_only_layers: [],
      },
      tie_word_embeddings: false,
    },
  },
  {
    name: 'LLaVA 1.5 7B (Llama defaults in text_config)',
    total: 6.74,
    config: {
      architectures: ['LlavaForConditionalGeneration'],
      model_type: 'llava',
      text_config: {
        _name_or_path: 'lmsys/vicuna-7b-v1.5',
        architectures: ['LlamaForCausalLM'],
        max_position_embeddings: 4096,
        model_type: 'llama',
        vocab_size: 32_064,
      },
    },
  },
  {
    name: 'InternVL3 8B (llm_config)',
    total: 7.6,
    config: {
      architectures: ['InternVLChatModel'],
      model_type: 'internvl_chat',
      llm_config: {
        architectures: ['Qwen2ForCausalLM'],
        model_type: 'qwen2',
        ...sizes(3584, 28, 28, 4, 151_674, 32_768),
        intermediate_size: 18_944,
        use_sliding_window: false,
        max_window_layers: 70,
        sliding_window: null,
      },
    },
  },
  {
    name: 'OLMo 3 7B (windows by layer_types)',
    total: 7.3,
    kv: 8 * 2 * 32 * 128 * 2,
    config: causal('Olmo3ForCausalLM', 'olmo3', {
      ...sizes(4096, 32, 32, 32, 100_278, 65_536),
      intermediate_size: 11_008,
      sliding_window: 4096,
      layer_types: every(32, 4, 'full_attention', 'sliding_attention'),
      tie_word_embeddings: false,
    }),
  },
  {
    name: 'Cohere Command A 111B (pattern of four)',
    total: 111,
    kv: 16 * 2 * 8 * 128 * 2,
    config: causal('Cohere2ForCausalLM', 'cohere2', {
      ...sizes(12_288, 64, 96, 8, 256_000, 131_072),
      head_dim: 128,
      intermediate_size: 36_864,
      sliding_window: 4096,
      sliding_window_pattern: 4,
    }),
  },
  {
    name: 'ChatGLM3 6B',
    total: 6.24,
    kv: 28 * 2 * 2 * 128 * 2,
    config: causal('ChatGLMModel', 'chatglm', {
      hidden_size: 4096,
      num_layers: 28,
      num_attention_heads: 32,
      multi_query_attention: true,
      multi_query_group_num: 2,
      kv_channels: 128,
      ffn_hidden_size: 13_696,
      padded_vocab_size: 65_024,
      seq_length: 8192,
      add_qkv_bias: true,
      add_bias_linear: false,
      tie_word_embeddings: false,
    }),
  },
]

describe('models beyond the catalog', () => {
  it.each(knownModels.map(model => [model.name, model] as const))('%s', (_, model) => {
    const architecture = parseModelConfig(JSON.stringify(model.config))
    expect(Math.abs(architecture.parameters.total / 1e9 / model.total - 1)).toBeLessThan(0.02)
    if (model.active !== undefined) {
      expect(Math.abs(architecture.parameters.active / 1e9 / model.active - 1)).toBeLessThan(0.12)
    }
    if (model.kv !== undefined) expect(keyValueBytesPerToken(architecture, 'bf16')).toBe(model.kv)
  })
})
