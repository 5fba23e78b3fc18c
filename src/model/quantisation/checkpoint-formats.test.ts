import { describe, expect, it } from 'vitest'
import type { WeightFormats } from '../architecture.ts'
import { parseModelConfig } from '../parse-model-config.ts'
import { shippedArchitecture, shippedConfigText } from '../shipped-models-file.ts'

function formats(
  attention: WeightFormats['attention'],
  denseFeedForward: WeightFormats['attention'],
  routedExperts: WeightFormats['attention'],
  sharedExperts: WeightFormats['attention'],
): WeightFormats {
  return { attention, denseFeedForward, routedExperts, sharedExperts, embedding: 'bf16', head: 'bf16' }
}

describe('shipped checkpoints: attention, dense, experts, shared experts; KV', () => {
  it.each([
    ['meta-llama/Llama-3.1-8B', formats('bf16', 'bf16', 'bf16', 'bf16'), null],
    ['deepseek-ai/DeepSeek-V3', formats('fp8-block', 'fp8-block', 'fp8-block', 'fp8-block'), null],
    ['deepseek-ai/DeepSeek-V4-Pro', formats('fp8-block', 'fp8-block', 'mxfp4', 'fp8-block'), null],
    ['openai/gpt-oss-120b', formats('bf16', 'bf16', 'mxfp4', 'bf16'), null],
    // compressed-tensors with regular expressions for everything but the routed experts
    ['moonshotai/Kimi-K2.5', formats('bf16', 'bf16', 'int4', 'bf16'), null],
    ['moonshotai/Kimi-K3', formats('bf16', 'bf16', 'mxfp4', 'bf16'), null],
    ['poolside/Laguna-S-2.1-FP8', formats('bf16', 'fp8-block', 'fp8-block', 'bf16'), 'fp8'],
    // ModelOpt: 60 globs leave attention in bf16
    ['nvidia/Gemma-4-31B-IT-NVFP4', formats('bf16', 'nvfp4', 'nvfp4', 'nvfp4'), 'fp8'],
    // hf_quant_config.json only
    ['nvidia/Qwen3-235B-A22B-NVFP4', formats('nvfp4', 'nvfp4', 'nvfp4', 'nvfp4'), 'fp8'],
    ['nvidia/Llama-3.1-70B-Instruct-FP8', formats('fp8', 'fp8', 'fp8', 'fp8'), 'fp8'],
  ] as const)('%s', (id, weights, keyValue) => {
    const architecture = shippedArchitecture(id)
    expect(architecture.checkpointFormats).toEqual(weights)
    expect(architecture.checkpointKvFormat).toBe(keyValue)
  })
})

function withSection(section: unknown, id = 'Qwen/Qwen3-30B-A3B') {
  const config = { ...JSON.parse(shippedConfigText(id)), quantization_config: section }
  const { checkpointFormats, checkpointKvFormat } = parseModelConfig(JSON.stringify(config))
  return { ...checkpointFormats, keyValue: checkpointKvFormat }
}

describe('dialects', () => {
  it.each([
    [{ quant_method: 'gptq', bits: 4, group_size: 128 }, 'int4'],
    [{ quant_method: 'awq', bits: 4 }, 'int4'],
    [{ quant_method: 'bitsandbytes', load_in_8bit: true }, 'int8'],
    [{ quant_method: 'fbgemm_fp8', modules_to_not_convert: ['lm_head'] }, 'fp8'],
    [{ quant_method: 'modelopt', quant_algo: 'FP8' }, 'fp8'],
    [{ quant_method: 'quark', global_quant_config: { weight: { dtype: 'fp4', group_size: 32 } } }, 'mxfp4'],
    [{ quant_method: 'quark', global_quant_config: { weight: { dtype: 'fp8_e4m3' } } }, 'fp8'],
    [
      {
        quant_method: 'compressed-tensors',
        config_groups: { group_0: { targets: ['Linear'], weights: { num_bits: 8, type: 'int' } } },
      },
      'int8',
    ],
    [
      {
        quant_method: 'compressed-tensors',
        format: 'nvfp4-pack-quantized',
        config_groups: {
          group_0: { targets: ['Linear'], weights: { num_bits: 4, type: 'float', group_size: 16 } },
        },
      },
      'nvfp4',
    ],
  ])('%j', (section, format) => {
    expect(withSection(section)).toMatchObject({ attention: format, routedExperts: format, head: 'bf16' })
  })

  it('leaves out what most layers leave out, whether named by subtree, glob or expression', () => {
    const base = { quant_method: 'modelopt', quant_algo: 'NVFP4', kv_cache_quant_algo: 'FP8' }
    for (const ignore of [
      ['*self_attn*'],
      ['re:.*self_attn.*'],
      ['self_attn'],
      ['model.layers.*.self_attn'],
    ]) {
      expect(withSection({ ...base, ignore })).toMatchObject({
        attention: 'bf16',
        routedExperts: 'nvfp4',
        keyValue: 'fp8',
      })
    }
    expect(withSection({ ...base, ignore: ['model.layers.0.self_attn'] })).toMatchObject({
      attention: 'nvfp4',
    })
  })

  it('reads mixed precision by module', () => {
    const section = {
      quant_method: 'modelopt',
      quant_algo: 'MIXED_PRECISION',
      quantized_layers: {
        'model.layers.0.self_attn.q_proj': { quant_algo: 'FP8' },
        'model.layers.0.mlp.experts.0.gate_proj': { quant_algo: 'NVFP4' },
      },
    }
    expect(withSection(section)).toMatchObject({
      attention: 'fp8',
      routedExperts: 'nvfp4',
      denseFeedForward: 'bf16',
    })
  })
})
