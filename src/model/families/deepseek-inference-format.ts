/**
 * DeepSeek's own inference format (inference/configs/*.json in their repositories): other key names for the same model.
 * Absent keys have the defaults of ModelArgs in inference/model.py: bf16, 16 k tokens × YaRN factor 40 over 4096.
 */
import { isJsonObject, type JsonObject, type JsonValue } from '../lenient-json.ts'

const names: Readonly<Record<string, string>> = {
  vocab_size: 'vocab_size',
  dim: 'hidden_size',
  inter_dim: 'intermediate_size',
  moe_inter_dim: 'moe_intermediate_size',
  n_layers: 'num_hidden_layers',
  n_dense_layers: 'first_k_dense_replace',
  n_heads: 'num_attention_heads',
  n_routed_experts: 'n_routed_experts',
  n_shared_experts: 'n_shared_experts',
  n_activated_experts: 'num_experts_per_tok',
  q_lora_rank: 'q_lora_rank',
  kv_lora_rank: 'kv_lora_rank',
  qk_nope_head_dim: 'qk_nope_head_dim',
  qk_rope_head_dim: 'qk_rope_head_dim',
  v_head_dim: 'v_head_dim',
  index_n_heads: 'index_n_heads',
  index_head_dim: 'index_head_dim',
  index_topk: 'index_topk',
}

/** Translates the format to Hugging Face's names, or returns null when the file is not of this format. */
export function translateInferenceFormat(value: JsonValue): JsonObject | null {
  if (!isJsonObject(value)) return null
  if (!('inter_dim' in value && 'n_layers' in value && 'kv_lora_rank' in value && !('model_type' in value)))
    return null
  const translated: Record<string, JsonValue> = {
    model_type: value.score_func === 'sigmoid' ? 'deepseek_v3' : 'deepseek_v2',
    architectures: ['DeepSeek inference format'],
    tie_word_embeddings: false,
    max_position_embeddings: 163_840,
  }
  for (const [key, entry] of Object.entries(value)) translated[names[key] ?? key] = entry
  if (value.dtype === 'fp8') {
    translated.quantization_config = { quant_method: 'fp8', weight_block_size: [128, 128] }
  }
  translated.torch_dtype = 'bfloat16'
  delete translated.dtype
  return translated
}
