/** Points for tests: Llama-3.1-70B in FP8 on H200 with vLLM, without any figure. */
import { aggregated, shape } from '../perf/perf.fixture.ts'
import type { MeasuredPoint } from './measured-point.ts'

export interface PointParts {
  readonly concurrency: number
  readonly tensor: number
  readonly inputTokens: number
}

export function measuredPoint(
  { concurrency, tensor, inputTokens }: PointParts,
  changes: Partial<MeasuredPoint> = {},
): MeasuredPoint {
  return {
    id: `${inputTokens} at ${concurrency}`,
    file: 'own_points',
    modelId: 'meta-llama/Llama-3.1-70B',
    deployment: aggregated({ tensor }),
    shape: { ...shape, inputTokens },
    nominalInputTokens: inputTokens,
    nominalOutputTokens: shape.outputTokens,
    load: { kind: 'closed', concurrency, requests: null },
    statistic: 'mean',
    ttftMs: null,
    tpotMs: null,
    totalTokensPerSecondPerDevice: null,
    outputTokensPerSecondPerDevice: null,
    joulesPerOutputToken: null,
    devices: tensor,
    multiNode: false,
    date: null,
    engineVersion: null,
    group: `TP${tensor}`,
    decisionGroup: 'test',
    suspect: null,
    ...changes,
  }
}
