import { describe, expect, it } from 'vitest'
import { shippedArchitecture, shippedModels } from './shipped-models-file.ts'
import { summariseModel } from './summarise.ts'

/** Layers, and attention layers by kind, of every shipped model: [total, full, windowed, latent, other softmax, linear]. */
const layerCounts: Readonly<Record<string, readonly [number, number, number, number, number, number]>> = {
  'MiniMaxAI/MiniMax-M2.5': [62, 62, 0, 0, 0, 0],
  'MiniMaxAI/MiniMax-M2.7': [62, 62, 0, 0, 0, 0],
  'MiniMaxAI/MiniMax-M3': [60, 3, 0, 0, 57, 0],
  'Qwen/Qwen2.5-1.5B': [28, 28, 0, 0, 0, 0],
  'Qwen/Qwen2.5-32B': [64, 64, 0, 0, 0, 0],
  'Qwen/Qwen2.5-72B': [80, 80, 0, 0, 0, 0],
  'Qwen/Qwen2.5-7B': [28, 28, 0, 0, 0, 0],
  'Qwen/Qwen3-0.6B': [28, 28, 0, 0, 0, 0],
  'Qwen/Qwen3-1.7B': [28, 28, 0, 0, 0, 0],
  'Qwen/Qwen3-14B': [40, 40, 0, 0, 0, 0],
  'Qwen/Qwen3-235B-A22B': [94, 94, 0, 0, 0, 0],
  'Qwen/Qwen3-30B-A3B': [48, 48, 0, 0, 0, 0],
  'Qwen/Qwen3-32B': [64, 64, 0, 0, 0, 0],
  'Qwen/Qwen3-32B-FP8': [64, 64, 0, 0, 0, 0],
  'Qwen/Qwen3-8B': [36, 36, 0, 0, 0, 0],
  'Qwen/Qwen3-Next-80B-A3B-Thinking': [48, 12, 0, 0, 0, 36],
  'Qwen/Qwen3.5-27B': [64, 16, 0, 0, 0, 48],
  'Qwen/Qwen3.5-35B-A3B': [40, 10, 0, 0, 0, 30],
  'Qwen/Qwen3.5-397B-A17B': [60, 15, 0, 0, 0, 45],
  'Qwen/Qwen3.6-35B-A3B': [40, 10, 0, 0, 0, 30],
  'Qwen/Qwen3.8-2.4T-A95B': [92, 23, 0, 0, 0, 69],
  'codellama/CodeLlama-34b-Instruct-hf': [48, 48, 0, 0, 0, 0],
  'deepseek-ai/DeepSeek-R1': [61, 0, 0, 61, 0, 0],
  'deepseek-ai/DeepSeek-V2': [60, 0, 0, 60, 0, 0],
  'deepseek-ai/DeepSeek-V3': [61, 0, 0, 61, 0, 0],
  'deepseek-ai/DeepSeek-V3.1': [61, 0, 0, 61, 0, 0],
  'deepseek-ai/DeepSeek-V3.2': [61, 0, 0, 0, 61, 0],
  'deepseek-ai/DeepSeek-V4-Flash': [43, 0, 2, 0, 41, 0],
  'deepseek-ai/DeepSeek-V4-Pro': [61, 0, 0, 0, 61, 0],
  'google/gemma-2-27b-it': [46, 23, 23, 0, 0, 0],
  'google/gemma-3-27b-it': [62, 10, 52, 0, 0, 0],
  'google/gemma-4-26B-A4B': [30, 5, 25, 0, 0, 0],
  'meta-llama/Llama-2-70b-hf': [80, 80, 0, 0, 0, 0],
  'meta-llama/Llama-2-7b-hf': [32, 32, 0, 0, 0, 0],
  'meta-llama/Llama-3.3-70B-Instruct': [80, 80, 0, 0, 0, 0],
  'meta-llama/Llama-4-Maverick-17B-128E-Instruct': [48, 12, 36, 0, 0, 0],
  'meta-llama/Llama-4-Scout-17B-16E-Instruct': [48, 12, 36, 0, 0, 0],
  'meta-llama/Llama-3.1-405B': [126, 126, 0, 0, 0, 0],
  'meta-llama/Llama-3.1-70B': [80, 80, 0, 0, 0, 0],
  'meta-llama/Llama-3.1-8B': [32, 32, 0, 0, 0, 0],
  'meta-models/Muse-Glimmer-30B': [52, 13, 39, 0, 0, 0],
  'microsoft/Phi-mini-MoE-instruct': [32, 0, 32, 0, 0, 0],
  'microsoft/phi-4': [40, 40, 0, 0, 0, 0],
  'mistralai/Mistral-7B-v0.1': [32, 0, 32, 0, 0, 0],
  'mistralai/Mixtral-8x22B-v0.1': [56, 56, 0, 0, 0, 0],
  'mistralai/Mixtral-8x7B-v0.1': [32, 32, 0, 0, 0, 0],
  'moonshotai/Kimi-K2-Instruct': [61, 0, 0, 61, 0, 0],
  'moonshotai/Kimi-K2-Thinking': [61, 0, 0, 61, 0, 0],
  'moonshotai/Kimi-K2.5': [61, 0, 0, 61, 0, 0],
  'moonshotai/Kimi-K3': [93, 0, 0, 24, 0, 69],
  'nvidia/Gemma-4-31B-IT-NVFP4': [60, 10, 50, 0, 0, 0],
  'nvidia/Llama-3.1-70B-Instruct-FP8': [80, 80, 0, 0, 0, 0],
  'nvidia/Llama-3_3-Nemotron-Super-49B-v1': [80, 49, 0, 0, 0, 0],
  'nvidia/NVIDIA-Nemotron-3-Super-120B-A12B-FP8': [88, 8, 0, 0, 0, 40],
  'nvidia/NVIDIA-Nemotron-3-Ultra-550B-A55B-BF16': [108, 12, 0, 0, 0, 48],
  'nvidia/Nemotron-H-56B-Base-8K': [118, 10, 0, 0, 0, 54],
  'nvidia/Qwen3-235B-A22B-NVFP4': [94, 94, 0, 0, 0, 0],
  'openai/gpt-oss-120b': [36, 18, 18, 0, 0, 0],
  'openai/gpt-oss-20b': [24, 12, 12, 0, 0, 0],
  'poolside/Laguna-S-2.1-FP8': [48, 12, 36, 0, 0, 0],
  'zai-org/GLM-4.7': [92, 92, 0, 0, 0, 0],
  'zai-org/GLM-4.7-Flash': [47, 0, 0, 47, 0, 0],
  'zai-org/GLM-5': [78, 0, 0, 0, 78, 0],
  'zai-org/GLM-5.1': [78, 0, 0, 0, 78, 0],
  'zai-org/GLM-5.2': [78, 0, 0, 0, 78, 0],
  'zai-org/GLM-5.3': [78, 0, 0, 0, 78, 0],
}

/** 2 % where three digits are published, 3 % where fewer (1T, 27B) leave that much room. */
function bound(published: number): number {
  return published / 10 ** Math.floor(Math.log10(published)) >= 1.05 && significantDigits(published) >= 3
    ? 0.02
    : 0.03
}

function significantDigits(value: number): number {
  return String(value).replace(/0+$/, '').length
}

describe('shipped models', () => {
  it('are sixty-six', () => {
    expect(shippedModels).toHaveLength(66)
    expect(Object.keys(layerCounts).sort()).toEqual(shippedModels.map(model => model.id).sort())
  })

  it.each(shippedModels.map(model => [model.id, model] as const))('%s', (id, model) => {
    const architecture = shippedArchitecture(id)
    const summary = summariseModel(architecture)
    const { layers } = summary
    expect([
      layers.total,
      layers.fullAttention,
      layers.windowedAttention,
      layers.latentAttention,
      layers.sparseAttention + layers.compressedAttention,
      layers.linearAttention,
    ]).toEqual(layerCounts[id])
    const published = model.publishedTotalParameters
    if (published !== null) {
      expect(Math.abs(summary.parameters.total / published - 1)).toBeLessThan(bound(published))
    }
    const grouped = architecture.layerGroups.reduce((sum, group) => sum + group.count, 0)
    expect(grouped).toBe(architecture.layers)
    expect(architecture.parameters.active).toBeLessThanOrEqual(architecture.parameters.total)
  })
})

describe('exact parameter counts (safetensors totals on Hugging Face)', () => {
  it.each([
    ['meta-llama/Llama-2-7b-hf', 6_738_415_616],
    ['meta-llama/Llama-2-70b-hf', 68_976_648_192],
    ['meta-llama/Llama-3.1-8B', 8_030_261_248],
    ['meta-llama/Llama-3.1-70B', 70_553_706_496],
  ])('%s', (id, total) => {
    expect(shippedArchitecture(id).parameters.total).toBe(total)
  })
})

describe('active parameters, both embedding matrices counted (billions)', () => {
  it.each([
    ['mistralai/Mixtral-8x7B-v0.1', 12.88],
    ['Qwen/Qwen3-235B-A22B', 22.191],
    ['Qwen/Qwen3-Next-80B-A3B-Thinking', 3.875],
    ['deepseek-ai/DeepSeek-V3', 37.552],
    ['openai/gpt-oss-120b', 5.133],
    ['openai/gpt-oss-20b', 3.608],
    ['nvidia/NVIDIA-Nemotron-3-Super-120B-A12B-FP8', 12.77],
    ['meta-llama/Llama-4-Maverick-17B-128E-Instruct', 17.185],
  ])('%s', (id, billions) => {
    expect(shippedArchitecture(id).parameters.active / 1e9).toBeCloseTo(billions, 2)
  })

  it('agrees with the published count of Kimi K3 within 2 %', () => {
    expect(shippedArchitecture('moonshotai/Kimi-K3').parameters.active / 104e9).toBeCloseTo(1, 1)
  })
})

describe('multi-token prediction', () => {
  it.each([
    ['deepseek-ai/DeepSeek-V3', 1],
    ['moonshotai/Kimi-K2-Instruct', 0],
    ['Qwen/Qwen3.5-397B-A17B', 1],
    ['nvidia/NVIDIA-Nemotron-3-Ultra-550B-A55B-BF16', 1],
    ['MiniMaxAI/MiniMax-M2.5', 3],
  ])('%s ships %i', (id, layers) => {
    expect(shippedArchitecture(id).multiTokenPrediction?.layers ?? 0).toBe(layers)
  })

  it("DeepSeek V3's module has 11.6 billion parameters beside the shared embedding and head", () => {
    const module = shippedArchitecture('deepseek-ai/DeepSeek-V3').multiTokenPrediction
    expect((module?.parametersPerLayer ?? 0) / 1e9).toBeCloseTo(11.6, 1)
  })
})
