/**
 * Number formats by part for a row's precision label. The label names the checkpoint, not every part: gpt-oss packs
 * only its experts, NVFP4 checkpoints of mixture-of-experts models keep attention in bf16, heads stay bf16.
 * KV cache (docs/models/measured-rows.md): fp8 for TensorRT-LLM and vLLM except with bf16 checkpoints; SGLang keeps bf16 for
 * grouped-query attention and, before Blackwell and CDNA4, for latent attention.
 */
import type { NumberFormat } from '../../model/architecture.ts'
import type { Engine, Precision } from '../../perf/deployment.ts'

const latentAttention = /DeepSeek|Kimi-K2|GLM-5/
const keepsAttentionIn16Bit = /DeepSeek|Kimi|MiniMax|GLM|Qwen3\.5|Qwen3\.6/
const blockScaledFp8 = /DeepSeek|Qwen3|MiniMax|GLM/
const olderThanFp8Latents = /^(h100|h200|h800|h20|gh200|a100|mi300x|mi325x)/
const amd = /^mi\d/

export function precisionOf(
  modelId: string,
  rowPrecision: string,
  engine: Engine,
  acceleratorId: string,
): Precision {
  const parts = weightFormats(modelId, plainLabel(rowPrecision), acceleratorId)
  return {
    ...parts,
    head: 'bf16',
    keyValueCache: keyValueFormat(modelId, parts.preset, engine, acceleratorId),
  }
}

/** Checkpoints' own labels → the short ones: bits of weights × activations, block and packing names. */
const labelPatterns: readonly (readonly [RegExp, string])[] = [
  [/^(w4a16|w4a8|int4.*|uint4|awq.*|gptq.*|int4_wo)$/, 'int4'],
  [/^(w8a8|w8a16|int8.*)$/, 'int8'],
  [/^(fp8.*|float8.*|w8a8_fp8)$/, 'fp8'],
  [/^(nvfp4.*|w4a4_nvfp4)$/, 'nvfp4'],
  [/^(mxfp4.*|w4a16_mxfp4|w4a8_mxfp4.*)$/, 'mxfp4'],
  [/^(bfloat16|float16|fp16|half)$/, 'bf16'],
]

function plainLabel(label: string): string {
  const plain = label.trim().toLowerCase().replaceAll('-', '_')
  return labelPatterns.find(([pattern]) => pattern.test(plain))?.[1] ?? plain
}

type WeightParts = Omit<Precision, 'head' | 'keyValueCache'>

function weightFormats(modelId: string, label: string, acceleratorId: string): WeightParts {
  if (/gpt-oss/.test(modelId) && label !== 'bf16' && label !== '') {
    return { ...allParts('mxfp4', 'bf16'), routedExperts: 'mxfp4' }
  }
  switch (label) {
    case '':
    case 'bf16':
    case 'fp16':
    case 'bfloat16':
      return allParts('bf16', 'bf16')
    case 'fp8':
      // The checkpoint that is called fp8 has experts of four bits (config.json: expert_dtype fp4).
      if (/DeepSeek-V4/.test(modelId)) return { ...allParts('fp8', 'fp8-block'), routedExperts: 'mxfp4' }
      return allParts('fp8', blockScaledFp8.test(modelId) ? 'fp8-block' : 'fp8')
    case 'int8':
      return allParts('int8', 'int8')
    case 'int4':
      return /Kimi/.test(modelId)
        ? { ...allParts('int4', 'bf16'), routedExperts: 'int4' }
        : allParts('int4', 'int4')
    case 'fp4':
    case 'nvfp4':
    case 'mxfp4':
      return fourBit(modelId, label === 'mxfp4' || amd.test(acceleratorId) ? 'mxfp4' : 'nvfp4')
    default:
      return allParts(label, 'bf16')
  }
}

function fourBit(modelId: string, format: 'nvfp4' | 'mxfp4'): WeightParts {
  // DeepSeek-V4 ships with MXFP4 experts and block-scaled FP8 for the rest.
  if (/DeepSeek-V4/.test(modelId)) return { ...allParts('mxfp4', 'fp8-block'), routedExperts: 'mxfp4' }
  const attention = keepsAttentionIn16Bit.test(modelId) ? 'bf16' : format
  return { ...allParts(format, format), attention }
}

function allParts(preset: string, format: NumberFormat): WeightParts {
  return {
    preset,
    attention: format,
    denseFeedForward: format,
    routedExperts: format,
    sharedExperts: format,
  }
}

function keyValueFormat(
  modelId: string,
  preset: string,
  engine: Engine,
  acceleratorId: string,
): NumberFormat {
  if (preset === 'bf16') return 'bf16'
  if (engine !== 'sglang') return 'fp8'
  if (!latentAttention.test(modelId)) return 'bf16'
  return olderThanFp8Latents.test(acceleratorId) ? 'bf16' : 'fp8'
}
