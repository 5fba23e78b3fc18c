import { describe, expect, it } from 'vitest'
import { precisionOf } from './precision-of.ts'

describe('precisionOf', () => {
  it('reads an empty label as a bf16 checkpoint, cache included', () => {
    expect(precisionOf('Qwen/Qwen3-32B', '', 'vllm', 'h100-sxm')).toMatchObject({
      preset: 'bf16',
      attention: 'bf16',
      keyValueCache: 'bf16',
    })
  })

  it('packs only the experts of gpt-oss, whatever the four- or eight-bit label', () => {
    for (const label of ['fp4', 'nvfp4', 'FP8']) {
      expect(precisionOf('openai/gpt-oss-120b', label, 'trtllm', 'h200-sxm')).toMatchObject({
        preset: 'mxfp4',
        attention: 'bf16',
        routedExperts: 'mxfp4',
        denseFeedForward: 'bf16',
      })
    }
  })

  it('keeps attention of NVFP4 DeepSeek in bf16, but not that of Llama', () => {
    expect(precisionOf('deepseek-ai/DeepSeek-R1', 'fp4', 'trtllm', 'b200-sxm')).toMatchObject({
      attention: 'bf16',
      routedExperts: 'nvfp4',
    })
    expect(precisionOf('meta-llama/Llama-3.1-70B', 'fp4', 'trtllm', 'b200-sxm').attention).toBe('nvfp4')
  })

  it('means MXFP4 by fp4 on AMD', () => {
    expect(precisionOf('deepseek-ai/DeepSeek-R1', 'fp4', 'sglang', 'mi355x').routedExperts).toBe('mxfp4')
  })

  it('uses block scales for the fp8 checkpoints that have them', () => {
    expect(precisionOf('deepseek-ai/DeepSeek-R1', 'fp8', 'trtllm', 'h200-sxm').attention).toBe('fp8-block')
    expect(precisionOf('meta-llama/Llama-3.1-70B', 'fp8', 'trtllm', 'h200-sxm').attention).toBe('fp8')
  })

  it('mixes formats of DeepSeek-V4 and of int4 Kimi as shipped', () => {
    expect(precisionOf('deepseek-ai/DeepSeek-V4-Pro', 'fp4', 'vllm', 'b200-sxm')).toMatchObject({
      attention: 'fp8-block',
      routedExperts: 'mxfp4',
    })
    expect(precisionOf('moonshotai/Kimi-K2.5', 'int4', 'vllm', 'h200-sxm')).toMatchObject({
      attention: 'bf16',
      routedExperts: 'int4',
    })
  })

  it('chooses the cache by stack: SGLang keeps bf16 except for latent attention on newer devices', () => {
    const cache = (model: string, engine: 'sglang' | 'vllm', accelerator: string) =>
      precisionOf(model, 'fp8', engine, accelerator).keyValueCache
    expect(cache('Qwen/Qwen3.5-397B-A17B', 'sglang', 'b200-sxm')).toBe('bf16')
    expect(cache('deepseek-ai/DeepSeek-R1', 'sglang', 'h200-sxm')).toBe('bf16')
    expect(cache('deepseek-ai/DeepSeek-R1', 'sglang', 'b200-sxm')).toBe('fp8')
    expect(cache('Qwen/Qwen3.5-397B-A17B', 'vllm', 'h200-sxm')).toBe('fp8')
  })
})
