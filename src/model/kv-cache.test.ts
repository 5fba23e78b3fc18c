import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import {
  keyValueBytesPerToken,
  keyValueBytesPerTokenByPart,
  keyValueCacheBytes,
  layerCacheElements,
  perSequenceStateBytes,
} from './kv-cache.ts'
import { shippedArchitecture, shippedModels } from './shipped-models-file.ts'
import { summariseModel } from './summarise.ts'

describe('published and measured bytes per token', () => {
  it.each([
    // DeepSeek-V3, ISCA 2025 (arXiv:2505.09343) table 1
    ['deepseek-ai/DeepSeek-V3', 70_272],
    ['Qwen/Qwen2.5-72B', 327_680],
    ['meta-llama/Llama-3.1-405B', 516_096],
    // llama.cpp allocates 256 MiB, 640 MiB and 256 MiB at 2048 tokens
    ['meta-llama/Llama-3.1-8B', 131_072],
    ['meta-llama/Llama-3.1-70B', 327_680],
    ['mistralai/Mixtral-8x7B-v0.1', 131_072],
  ])('%s: %i in 16 bit', (id, bytes) => {
    const architecture = shippedArchitecture(id)
    expect(keyValueBytesPerToken(architecture, 'bf16')).toBe(bytes)
    expect(summariseModel(architecture).kvBytesPerToken).toEqual({
      '1024': bytes,
      '32768': bytes,
      '131072': bytes,
    })
  })

  it('DeepSeek V3.2 in its fp8 layout: 656 + 132 bytes a token and layer', () => {
    const architecture = shippedArchitecture('deepseek-ai/DeepSeek-V3.2')
    expect(keyValueBytesPerTokenByPart(architecture, 'fp8')).toEqual({ main: 40_016, index: 8_052 })
    expect(keyValueBytesPerTokenByPart(architecture, 'bf16')).toEqual({ main: 70_272, index: 8_052 })
    expect(summariseModel(architecture).fp8UsesDeepSeekLayout).toBe(true)
  })

  it('DeepSeek V4 Pro at 1 M tokens: a tenth of V3.2', () => {
    const context = 2 ** 20
    const v4 = keyValueCacheBytes(shippedArchitecture('deepseek-ai/DeepSeek-V4-Pro'), context, 'fp8')
    const v32 = keyValueCacheBytes(shippedArchitecture('deepseek-ai/DeepSeek-V3.2'), context, 'fp8')
    expect(v4 / v32).toBeGreaterThan(0.095)
    expect(v4 / v32).toBeLessThan(0.105)
  })

  it('vLLM fits 41,408 tokens of Llama 3.1 8B in 2,588 blocks of 16', () => {
    const perBlock = keyValueCacheBytes(shippedArchitecture('meta-llama/Llama-3.1-8B'), 16, 'bf16')
    expect(perBlock).toBe(2 * 2 ** 20)
  })

  it('GLM-5.2 keeps index keys in 21 of 78 layers', () => {
    const { index } = keyValueBytesPerTokenByPart(shippedArchitecture('zai-org/GLM-5.2'), 'bf16')
    expect(index).toBe(21 * 132)
  })
})

describe('curves', () => {
  it('Gemma 3: 52 layers stop at 1024 tokens, 10 go on', () => {
    const architecture = shippedArchitecture('google/gemma-3-27b-it')
    const perTokenAndLayer = 2 * 16 * 128 * 2
    expect(keyValueCacheBytes(architecture, 1024, 'bf16')).toBe(62 * perTokenAndLayer * 1024)
    expect(keyValueCacheBytes(architecture, 131_072, 'bf16')).toBe(
      perTokenAndLayer * (10 * 131_072 + 52 * 1024),
    )
    expect(keyValueBytesPerToken(architecture, 'bf16')).toBe(10 * perTokenAndLayer)
  })

  it('Llama 4: chunks of 8192 in 36 of 48 layers', () => {
    const architecture = shippedArchitecture('meta-llama/Llama-4-Scout-17B-16E-Instruct')
    const perTokenAndLayer = 2 * 8 * 128 * 2
    expect(keyValueCacheBytes(architecture, 131_072, 'bf16')).toBe(
      perTokenAndLayer * (12 * 131_072 + 36 * 8192),
    )
  })

  it('Gemma 4: global layers store one tensor for keys and values', () => {
    const architecture = shippedArchitecture('google/gemma-4-26B-A4B')
    expect(keyValueBytesPerToken(architecture, 'bf16')).toBe(5 * 2 * 512 * 2)
  })

  it('Nemotron Super 49B: 49 layers have attention', () => {
    const architecture = shippedArchitecture('nvidia/Llama-3_3-Nemotron-Super-49B-v1')
    expect(keyValueBytesPerToken(architecture, 'bf16')).toBe(49 * 2 * 8 * 128 * 2)
  })

  const architectures = shippedModels.map(model => shippedArchitecture(model.id))

  it('never fall and never go below zero, in any format', () => {
    fc.assert(
      fc.property(
        fc.constantFrom(...architectures),
        fc.nat(2 ** 21),
        fc.nat(10_000),
        fc.constantFrom('bf16', 'fp8', 'nvfp4', 'int8'),
        (architecture, context, more, format) => {
          const before = keyValueCacheBytes(architecture, context, format)
          expect(before).toBeGreaterThanOrEqual(0)
          expect(keyValueCacheBytes(architecture, context + more, format)).toBeGreaterThanOrEqual(before)
        },
      ),
    )
  })

  it('end up growing by keyValueBytesPerToken', () => {
    fc.assert(
      fc.property(
        fc.constantFrom(...architectures),
        fc.constantFrom('bf16', 'fp8'),
        (architecture, format) => {
          const from = 2 ** 18
          const growth =
            keyValueCacheBytes(architecture, 2 * from, format) -
            keyValueCacheBytes(architecture, from, format)
          expect(growth / from).toBeCloseTo(keyValueBytesPerToken(architecture, format), 6)
        },
      ),
    )
  })
})

describe('per-rank elements', () => {
  it('latent attention has nothing to shard, grouped attention everything', () => {
    const latent = shippedArchitecture('deepseek-ai/DeepSeek-V3').layerGroups[0]
    const grouped = shippedArchitecture('meta-llama/Llama-3.1-8B').layerGroups[0]
    expect(layerCacheElements(latent!.attention, 10)).toEqual({
      shardable: 0,
      replicated: 5760,
      keyValueHeads: null,
    })
    expect(layerCacheElements(grouped!.attention, 10)).toEqual({
      shardable: 20_480,
      replicated: 0,
      keyValueHeads: 8,
    })
  })

  it('MiniMax M3 shards keys and values but not the index', () => {
    const sparse = shippedArchitecture('MiniMaxAI/MiniMax-M3').layerGroups.find(
      group => group.attention.kind === 'gqa' && group.attention.sparse !== null,
    )
    expect(layerCacheElements(sparse!.attention, 1)).toEqual({
      shardable: 1024,
      replicated: 128,
      keyValueHeads: 4,
    })
  })
})

describe('state per sequence', () => {
  it('Qwen3-Next: 36 layers of 32 heads × 128 × 128 in fp32, convolutions in 16 bit', () => {
    const bytes = 36 * (32 * 128 * 128 * 4 + (2 * 2048 + 4096) * 3 * 2)
    expect(perSequenceStateBytes(shippedArchitecture('Qwen/Qwen3-Next-80B-A3B-Thinking'), 'bf16')).toBe(bytes)
  })

  it('is zero for plain transformers', () => {
    expect(perSequenceStateBytes(shippedArchitecture('meta-llama/Llama-3.1-8B'), 'bf16')).toBe(0)
  })
})
