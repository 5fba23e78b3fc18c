/**
 * End-to-end latency: l − s, to the last chunk with content or reasoning. A usage chunk and the end mark of the stream do
 * not count, so the record's lastTokenUs is taken and not endedUs. docs/models/metrics.md §1.
 */
import type { RequestRecord } from './record.ts'
import { microsecondsPerMillisecond } from './time-units.ts'

/** l − s, milliseconds; NaN when no token came. */
export function serviceEndToEndMs(record: RequestRecord): number {
  return (record.lastTokenUs - record.sentUs) / microsecondsPerMillisecond
}

/** l − scheduled, milliseconds: with the time the request stood in line at the client. NaN when no token came. */
export function responseEndToEndMs(record: RequestRecord): number {
  return (record.lastTokenUs - record.scheduledUs) / microsecondsPerMillisecond
}
