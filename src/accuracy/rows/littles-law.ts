/** Throughput of a closed loop from its latencies (Little 1961): users ÷ time per request × tokens per request. */
import type { MeasuredPoint } from '../measured-point.ts'

/** Input + output tokens per second and device; null unless the load is a closed loop and both latencies are known. */
export function littlesLawTokensPerSecondPerDevice(
  point: Pick<MeasuredPoint, 'load' | 'shape' | 'devices'>,
  latency: { readonly ttftMs: number | null; readonly tpotMs: number | null },
): number | null {
  if (point.load.kind !== 'closed' || latency.ttftMs === null || latency.tpotMs === null) return null
  const { inputTokens, outputTokens } = point.shape
  const requestSeconds = (latency.ttftMs + latency.tpotMs * (outputTokens - 1)) / 1000
  return (point.load.concurrency * (inputTokens + outputTokens)) / requestSeconds / point.devices
}
