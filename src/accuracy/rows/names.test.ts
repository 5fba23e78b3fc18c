import { describe, expect, it } from 'vitest'
import { acceleratorIdOf, engineOf, modelIdOf } from './names.ts'

describe('modelIdOf', () => {
  it.each([
    ['deepseek-ai/DeepSeek-V3', 'deepseek-ai/DeepSeek-R1'],
    ['nvidia/DeepSeek-R1-NVFP4', 'deepseek-ai/DeepSeek-R1'],
    ['deepseek-r1-0528', 'deepseek-ai/DeepSeek-R1'],
    ['nvidia/DeepSeek-V3.1-NVFP4', 'deepseek-ai/DeepSeek-R1'],
    ['deepseek-ai/DeepSeek-V3.2', 'deepseek-ai/DeepSeek-V3.2'],
    ['dsv4', 'deepseek-ai/DeepSeek-V4-Pro'],
    ['nvidia/Llama-3.1-8B-Instruct-FP8', 'meta-llama/Llama-3.1-8B'],
    ['meta-llama/Meta-Llama-3.1-8B', 'meta-llama/Llama-3.1-8B'],
    ['LLaMA v3.3 70B', 'meta-llama/Llama-3.1-70B'],
    ['Llama 70B', 'meta-llama/Llama-2-70b-hf'],
    ['llama70b', 'meta-llama/Llama-3.1-70B'],
    ['GPT-OSS 120B', 'openai/gpt-oss-120b'],
    ['Qwen/Qwen3-235B-A22B-FP8', 'Qwen/Qwen3-235B-A22B'],
    ['Qwen3 30B A3B', 'Qwen/Qwen3-30B-A3B'],
    ['qwen3.5', 'Qwen/Qwen3.5-397B-A17B'],
    ['mistralai/Mixtral-8x7B-v0.1', 'mistralai/Mixtral-8x7B-v0.1'],
    ['some/Unknown-Model', 'some/Unknown-Model'],
  ])('%s is %s', (name, id) => {
    expect(modelIdOf(name)).toBe(id)
  })
})

describe('acceleratorIdOf', () => {
  it.each([
    ['h200_sxm', 'h200-sxm'],
    ['b200', 'b200-sxm'],
    ['gb200', 'gb200-nvl72'],
    ['NVIDIA GB200 NVL72 192GB', 'gb200-nvl72'],
    ['NVIDIA RTX PRO 6000 Blackwell Server Edition', 'rtx-pro-6000'],
    ['NVIDIA H100 SXM 80GB', 'h100-sxm'],
    ['NVIDIA H200-NVL-141GB', 'h200-nvl'],
    ['NVIDIA A100-SXM4-80GB', 'a100-80-sxm'],
    ['mi355x', 'mi355x'],
    ['h20', 'h20-sxm'],
    ['NVIDIA L40S', 'l40s'],
    ['tpu-v9', 'tpu-v9'],
  ])('%s is %s', (name, id) => {
    expect(acceleratorIdOf(name)).toBe(id)
  })
})

describe('engineOf', () => {
  it('names the engine under an orchestrator', () => {
    expect(['dynamo-trt', 'TensorRT-LLM', 'llmd-vllm', 'mori-sglang', 'atom-disagg'].map(engineOf)).toEqual([
      'trtllm',
      'trtllm',
      'vllm',
      'sglang',
      'atom',
    ])
    expect(engineOf('lmdeploy')).toBeNull()
  })
})
