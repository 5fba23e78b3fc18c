import { describe, expect, it } from 'vitest'
import type { Accelerator } from '../../catalog/types.ts'
import type { ModelArchitecture } from '../../model/architecture.ts'
import { precisionOf } from './precision-of.ts'
import { rowPhysicsFrom } from './row-physics.ts'

const dense: ModelArchitecture = {
  className: 'Example',
  family: 'example',
  hiddenSize: 1000,
  vocabularySize: 10_000,
  maximumPositionTokens: 4096,
  layers: 10,
  layerGroups: [
    {
      count: 10,
      attention: {
        kind: 'gqa',
        queryHeads: 8,
        keyValueHeads: 8,
        keyHeadDimension: 125,
        valueHeadDimension: 125,
        windowTokens: null,
        keysAreValues: false,
        sparse: null,
      },
      feedForward: { kind: 'dense', intermediateSize: 4000, gated: true },
      parameters: {
        attentionSharded: 4e6,
        attentionReplicated: 0,
        denseFeedForward: 12e6,
        routedExperts: 0,
        sharedExperts: 0,
        router: 0,
        other: 0,
      },
    },
  ],
  embeddingParameters: 1e7,
  headParameters: 1e7,
  tiedEmbeddings: false,
  multiTokenPrediction: null,
  visionParameters: null,
  parameters: { total: 1.8e8, active: 1.8e8 },
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

const accelerator = {
  memoryBandwidthBytesPerSecond: 1e12,
  peakFlopsPerSecond: { bf16: 1e15, fp8: 2e15, fp4: null },
} as Accelerator

const physics = rowPhysicsFrom(
  id => (id === 'dense' ? dense : null),
  id => (id === 'device' ? accelerator : null),
)
const bf16 = precisionOf('dense', 'bf16', 'vllm', 'device')

describe('rowPhysicsFrom', () => {
  it('counts what a token is multiplied with', () => {
    expect(physics.layers('dense')).toBe(10)
    expect(physics.matrixParameters('dense')).toBe(1.7e8)
    expect(physics.isMixtureOfExperts('dense')).toBe(false)
  })

  it('times the weights of one rank at full bandwidth', () => {
    const seconds = physics.weightSeconds({
      modelId: 'dense',
      acceleratorId: 'device',
      parallelism: { tensor: 2, pipeline: 1, attentionData: 1, expert: 1 },
      precision: bf16,
      engine: 'vllm',
      sequences: 4,
    })
    // Layers and head, two bytes each, over two ranks.
    expect(seconds).toBeCloseTo(1.7e8 / 1e12, 6)
  })

  it('takes the next wider peak for a format without hardware', () => {
    expect(physics.peakFlopsPerSecond('device', bf16)).toBe(1e15)
    expect(physics.peakFlopsPerSecond('device', precisionOf('dense', 'fp4', 'vllm', 'device'))).toBe(2e15)
  })

  it('answers null for what it does not know', () => {
    expect(physics.layers('other')).toBeNull()
    expect(physics.isMixtureOfExperts('other')).toBeNull()
    expect(physics.matrixParameters('other')).toBeNull()
    expect(physics.peakFlopsPerSecond('other', bf16)).toBeNull()
  })
})
