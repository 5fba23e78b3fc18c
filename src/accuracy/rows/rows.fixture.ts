/** Points and physics for tests of row rules. */
import type { MeasuredPoint } from '../measured-point.ts'
import { precisionOf } from './precision-of.ts'
import type { RowPhysics } from './row-physics.ts'
import { inferenceXShape } from './shapes.ts'

/** A clean aggregated closed-loop point; parts can be replaced. */
export function examplePoint(parts: Partial<MeasuredPoint> = {}): MeasuredPoint {
  return {
    id: 'example',
    file: 'serving_latency',
    modelId: 'meta-llama/Llama-3.1-8B',
    deployment: {
      mode: 'aggregated',
      engine: 'vllm',
      precision: precisionOf('meta-llama/Llama-3.1-8B', 'fp8', 'vllm', 'h100-sxm'),
      speculation: null,
      pool: {
        acceleratorId: 'h100-sxm',
        parallelism: { tensor: 1, pipeline: 1, attentionData: 1, expert: 1 },
        replicas: 1,
      },
    },
    shape: inferenceXShape(1024, 1024),
    nominalInputTokens: 1024,
    nominalOutputTokens: 1024,
    load: { kind: 'closed', concurrency: 8, requests: 80 },
    statistic: 'mean',
    ttftMs: 50,
    tpotMs: 8,
    totalTokensPerSecondPerDevice: null,
    outputTokensPerSecondPerDevice: null,
    joulesPerOutputToken: null,
    devices: 1,
    multiNode: false,
    date: null,
    engineVersion: null,
    group: 'group',
    decisionGroup: 'decision',
    suspect: null,
    ...parts,
  }
}

/** A model of 32 layers and 8e9 parameters whose weights take 4 ms, on a device of 1e15 FLOP/s. */
export const examplePhysics: RowPhysics = {
  layers: () => 32,
  matrixParameters: () => 8e9,
  isMixtureOfExperts: modelId => /MoE|235B/.test(modelId),
  weightSeconds: () => 0.004,
  leastDevices: () => 1,
  peakFlopsPerSecond: () => 1e15,
}

/** Knows nothing. */
export const unknownPhysics: RowPhysics = {
  layers: () => null,
  matrixParameters: () => null,
  isMixtureOfExperts: () => null,
  weightSeconds: () => null,
  leastDevices: () => null,
  peakFlopsPerSecond: () => null,
}
