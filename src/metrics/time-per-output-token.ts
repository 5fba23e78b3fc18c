/**
 * TPOT of one request: (l − f) ÷ (n − 1), the mean time between its tokens after the first one. Undefined for n < 2.
 * Some tools divide the whole latency by n instead, which mixes the prompt in (docs/models/metrics.md §6).
 */
import type { RequestRecord } from './record.ts'
import { microsecondsPerMillisecond } from './time-units.ts'

/** Milliseconds per token; NaN for fewer than two tokens, and where the times of tokens are not known. */
export function tpotMs(record: RequestRecord): number {
  if (record.outputTokens < 2) return Number.NaN
  return (record.lastTokenUs - record.firstTokenUs) / ((record.outputTokens - 1) * microsecondsPerMillisecond)
}
