/**
 * The guard against silent guesses: a config whose fields signal structure that no reader looked at is refused. For a
 * known class only tell-tale names count; for an unknown class every field must be understood or known to be harmless.
 */
import { type ConfigFields, describe } from './config-fields.ts'
import { isJsonObject, type JsonValue } from './lenient-json.ts'

/** Names that speak of another kind of attention, cache or layer order. */
const tellTale =
  /(^|_)(ssm|mamba|conv|kda|lora|latent|sparse|compress\w*|recurrent|rwkv|retention|hybrid|deltanet|linear_(attn|num|key|value)\w*)(_|$)|^(index_\w+|\w*layer_types|layers_block_type|block_configs|block_types?|\w*layer_pattern|attn_type_list|\w*attention_types?|\w*attn_types?|attn_layer_\w+|full_attn_\w+|full_attention_interval|cla_\w+)$/

/** Fields with such names that say nothing about sizes (cla_share_factor: only with use_cla, which is refused). */
const harmlessTellTale =
  /(dtype|_act|_init\w*|_eps|_kernels?|dropout|_range|_bias|interleave|_offset|chunk_size|_iteration|initializer|_theta|_(alpha|beta)(_factor)?)$|^(index_topk_freq|index_share_for_mtp_iteration|linear_attn_output_gate|conv_dim(_out)?|cla_share_factor)$|^(vision|audio|image|video|speech)_/

/** Fields of a plain decoder that matter to training, generation or the tokenizer, not to sizes. */
const harmless = new RegExp(
  [
    // tokens, tokenizer, naming
    '_token(_id|_index)?s?$|^(bos|eos|pad|sep|unk)(_|$)|^tokenizer|^_|^architectures$|^model_type$|^auto_map$',
    'id2label$|label2id$|^transformers_version$|^license|^unsloth|^task_specific|^problem_type$|^finetuning',
    // numerics, positions, activation
    '_eps$|epsilon$|rope|rotary|theta|_act$|^(hidden_)?activation(_function)?$|dtype$|softcap',
    '(scale|scaling|scaling_factor|multiplier)$|^query_pre_attn_scalar$|^mup_|^initial_context_length$',
    // training
    'dropout$|_pdrop$|_drop$|^initializer|^init_(std|method)|loss|jitter|^pretraining_tp$|^seq_aux$|^ep_size$',
    // routing that changes which experts, not how many
    '^norm_topk_prob$|^scoring_func$|^topk_group$|^n_group$|^topk_method$|^moe_router_\\w+$',
    // generation defaults of PretrainedConfig, runtime
    '^use_(cache|bfloat16)$|^torchscript$|^(max|min)_length$|^return_dict|^output_|^chunk_size_feed_forward$',
    '^(do_sample|early_stopping|decoder_start|forced|num_return|is_decoder|is_encoder_decoder|tie_encoder)',
    '^(temperature|top_[kp]|typical_p|suppress|remove_invalid|prefix|pruned_heads|bad_words|tf_legacy)',
    'beam|penalty|no_repeat_ngram|^(add_)?cross_attention(_hidden_size)?$|^cache_implementation$',
    'attn_implementation|^use_flash|^num_logits_to_keep$|^(quantization|compression)_config$',
    // other modalities, counted elsewhere
    '^(vision|image|video|audio|mm)_',
  ].join('|'),
)

export function refuseUnknownStructure(text: ConfigFields, unknownClass: boolean, className: string): void {
  // Hunyuan states ranks of latent attention even where it says use_mla: false.
  const unread = text.unread()
  const usesLatent = unread.find(([name]) => name === 'use_mla')?.[1]
  const withoutLatent = usesLatent === false
  const rankRead = text.has('kv_lora_rank') && !unread.some(([name]) => name === 'kv_lora_rank')
  if (usesLatent === true && !rankRead) {
    text.refuse('use_mla', `is true, which is not understood for class ${className}`)
  }
  for (const [name, value] of unread) {
    if (name === 'use_mla') continue
    if (isTrivial(value)) continue
    const unusedLatent = withoutLatent && /_lora_rank$/.test(name)
    const suspicious = tellTale.test(name) && !harmlessTellTale.test(name) && !unusedLatent
    if (suspicious) {
      text.refuse(name, `is ${describe(value)}, a structure that is not understood for class ${className}`)
    }
    if (unknownClass && !harmless.test(name)) {
      text.fail(
        name,
        `is ${describe(value)} and not understood; class ${className} is unknown and passes only as a plain decoder`,
        'see docs/models/architecture-of-a-model.md for the classes that are understood',
      )
    }
  }
}

function isTrivial(value: JsonValue): boolean {
  if (value === null || value === false || value === 0 || value === '') return true
  if (Array.isArray(value)) return value.length === 0
  return isJsonObject(value) && Object.keys(value).length === 0
}
