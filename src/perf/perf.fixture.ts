/** Hand-made model, device and coefficients for tests of perf/ and plan/: numbers are round on purpose. */
import { readFileSync } from 'node:fs'
import type { Accelerator } from '../catalog/types.ts'
import type { ModelArchitecture } from '../model/architecture.ts'
import type { CoefficientName, CoefficientSet } from './coefficients.ts'
import type { AggregatedDeployment, Parallelism, Precision } from './deployment.ts'

/** Llama-3.1-70B by its published dimensions. */
export const denseModel: ModelArchitecture = {
  className: 'LlamaForCausalLM',
  family: 'llama',
  hiddenSize: 8192,
  vocabularySize: 128256,
  maximumPositionTokens: 131072,
  layers: 80,
  layerGroups: [
    {
      count: 80,
      attention: {
        kind: 'gqa',
        queryHeads: 64,
        keyValueHeads: 8,
        keyHeadDimension: 128,
        valueHeadDimension: 128,
        windowTokens: null,
        keysAreValues: false,
        sparse: null,
      },
      feedForward: { kind: 'dense', intermediateSize: 28672, gated: true },
      parameters: {
        attentionSharded: 8192 * 128 * (64 + 8 + 8) + 64 * 128 * 8192,
        attentionReplicated: 0,
        denseFeedForward: 3 * 8192 * 28672,
        routedExperts: 0,
        sharedExperts: 0,
        router: 0,
        other: 2 * 8192,
      },
    },
  ],
  embeddingParameters: 128256 * 8192,
  headParameters: 128256 * 8192,
  tiedEmbeddings: false,
  multiTokenPrediction: null,
  visionParameters: null,
  parameters: { total: 70.55e9, active: 70.55e9 },
  checkpointFormats: {
    attention: 'bf16',
    denseFeedForward: 'bf16',
    routedExperts: 'bf16',
    sharedExperts: 'bf16',
    embedding: 'bf16',
    head: 'bf16',
  },
  checkpointKvFormat: null,
}

/** DeepSeek-R1 by its published dimensions: 3 dense and 58 MoE layers. */
export const latentMoeModel: ModelArchitecture = (() => {
  const attention = {
    kind: 'mla',
    queryHeads: 128,
    queryRank: 1536,
    latentRank: 512,
    ropeDimension: 64,
    noPositionDimension: 128,
    valueHeadDimension: 128,
    sparse: null,
    compressionTokens: 1,
    windowTokens: 0,
  } as const
  const sharded = 1536 * 128 * 192 + 512 * 128 * 256 + 128 * 128 * 7168
  const replicated = 7168 * (1536 + 576)
  return {
    ...denseModel,
    className: 'DeepseekV3ForCausalLM',
    family: 'deepseek',
    hiddenSize: 7168,
    vocabularySize: 129280,
    layers: 61,
    layerGroups: [
      {
        count: 3,
        attention,
        feedForward: { kind: 'dense', intermediateSize: 18432, gated: true },
        parameters: {
          attentionSharded: sharded,
          attentionReplicated: replicated,
          denseFeedForward: 3 * 7168 * 18432,
          routedExperts: 0,
          sharedExperts: 0,
          router: 0,
          other: 0,
        },
      },
      {
        count: 58,
        attention,
        feedForward: {
          kind: 'moe',
          experts: 256,
          expertsPerToken: 8,
          expertIntermediateSize: 2048,
          gated: true,
          expertHiddenSize: 7168,
          sharedIntermediateSize: 2048,
        },
        parameters: {
          attentionSharded: sharded,
          attentionReplicated: replicated,
          denseFeedForward: 0,
          routedExperts: 256 * 3 * 7168 * 2048,
          sharedExperts: 3 * 7168 * 2048,
          router: 7168 * 256,
          other: 0,
        },
      },
    ],
    embeddingParameters: 129280 * 7168,
    headParameters: 129280 * 7168,
    multiTokenPrediction: { layers: 1, parametersPerLayer: 11.6e9 },
    parameters: { total: 671e9, active: 37.5e9 },
  }
})()

export const device: Accelerator = {
  id: 'h200-sxm',
  name: 'H200 SXM',
  vendor: 'NVIDIA',
  generation: 'hopper',
  aliases: ['h200'],
  memoryBytes: 141e9,
  memoryBandwidthBytesPerSecond: 4.8e12,
  peakFlopsPerSecond: { bf16: 989e12, fp8: 1979e12, fp4: null },
  scaleUp: { domainDevices: 8, bandwidthBytesPerSecond: 450e9, technology: 'NVLink4' },
  scaleOutBytesPerSecond: 50e9,
  tdpWatts: 700,
  allInWatts: 1370,
  devicesPerNode: 8,
  launch: '2024-11',
  engines: ['vllm', 'sglang', 'trtllm'],
  provenance: { source: 'test', asOf: '2026-11-20', confidence: 'published' },
}

export function fp8Precision(): Precision {
  return {
    preset: 'fp8',
    attention: 'fp8',
    denseFeedForward: 'fp8',
    routedExperts: 'fp8',
    sharedExperts: 'fp8',
    head: 'bf16',
    keyValueCache: 'fp8',
  }
}

export function aggregated(
  parallelism: Partial<Parallelism> = {},
  overrides: Partial<AggregatedDeployment> = {},
): AggregatedDeployment {
  return {
    mode: 'aggregated',
    engine: 'vllm',
    precision: fp8Precision(),
    speculation: null,
    pool: {
      acceleratorId: device.id,
      parallelism: { tensor: 8, pipeline: 1, attentionData: 1, expert: 1, ...parallelism },
      replicas: 1,
    },
    ...overrides,
  }
}

/** The shipped priors without any fitted effect. */
export const priorsOnly: CoefficientSet = (() => {
  const file = JSON.parse(
    readFileSync(new URL('../../data/calibration/priors.json', import.meta.url), 'utf8'),
  ) as {
    coefficients: Record<CoefficientName, { values: Record<string, number> }>
  }
  const priors = Object.fromEntries(
    Object.entries(file.coefficients).map(([name, entry]) => [name, entry.values]),
  )
  return {
    schema: 'coefficients/1',
    source: 'priors only',
    asOf: '2026-11-20',
    priors: priors as CoefficientSet['priors'],
    effects: {},
  }
})()

export const shape = {
  inputTokens: 1000,
  outputTokens: 500,
  cachedTokens: 0,
  inputVariation: 0,
  outputVariation: 0,
}
