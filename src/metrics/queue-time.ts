/** Queue time: from sent to the first step that worked on the request. Only who sees inside the server knows it. */
import type { RequestRecord } from './record.ts'
import { microsecondsPerMillisecond } from './time-units.ts'

/** started − s, milliseconds; NaN when it never left the queue, or nobody saw it leave. */
export function queueMs(record: RequestRecord): number {
  return (record.startedUs - record.sentUs) / microsecondsPerMillisecond
}
