/**
 * Measured points that may stand under a predicted curve: the same model and accelerator, lengths within a tenth.
 * The rows hold latencies of a closed loop; tokens per second follow by Little's law: concurrency ÷ time of a request.
 */
import type { Neighbour } from '../../src/accuracy/neighbours.ts'
import type { PlanRequest } from '../../src/plan/types.ts'
import type { MeasuredPoint } from './protocol.ts'

/** Largest ratio of lengths; InferenceX measures 1,024 and 8,192, people ask 1,000 and 8,000. */
const lengthRatio = 1.1

export function measuredNear(
  neighbours: readonly Neighbour[],
  modelId: string,
  acceleratorId: string,
  { shape }: PlanRequest,
): MeasuredPoint[] {
  // The measured runs found nothing in a prefix cache.
  if (shape.cachedTokens > 0) return []
  return neighbours
    .filter(
      row =>
        row.model === modelId &&
        row.accelerator === acceleratorId &&
        near(row.inputTokens, shape.inputTokens) &&
        near(row.outputTokens, shape.outputTokens),
    )
    .map(row => {
      const requestSeconds = (row.ttftMs + row.tpotMs * (row.outputTokens - 1)) / 1000
      const tokensPerSecond = (row.concurrency * (row.inputTokens + row.outputTokens)) / requestSeconds
      return {
        acceleratorId: row.accelerator,
        engine: row.engine,
        precision: row.precision,
        layout: row.layout,
        devices: row.devices,
        inputTokens: row.inputTokens,
        outputTokens: row.outputTokens,
        concurrency: row.concurrency,
        tpotMs: row.tpotMs,
        ttftMs: row.ttftMs,
        date: row.date,
        tokensPerSecondPerUser: 1000 / row.tpotMs,
        tokensPerSecondPerDevice: tokensPerSecond / row.devices,
      }
    })
}

function near(a: number, b: number): boolean {
  return a <= b * lengthRatio && b <= a * lengthRatio
}
