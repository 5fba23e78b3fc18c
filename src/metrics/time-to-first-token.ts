/**
 * TTFT: how long a user waits for the first chunk that holds content or reasoning; a chunk with only a role is no token.
 *
 *   service   f − s           what the server did: from the moment the request was sent
 *   response  f − scheduled   what the user waited: also the time it stood in line at the client
 *
 * They part when a load generator or a client's limit holds requests back; looking at the first alone is "coordinated
 * omission" (G. Tene's term). docs/models/metrics.md §1.
 */
import type { RequestRecord } from './record.ts'
import { microsecondsPerMillisecond } from './time-units.ts'

/** f − s, milliseconds; NaN when no token came. */
export function serviceTtftMs(record: RequestRecord): number {
  return (record.firstTokenUs - record.sentUs) / microsecondsPerMillisecond
}

/** f − scheduled, milliseconds; NaN when no token came. */
export function responseTtftMs(record: RequestRecord): number {
  return (record.firstTokenUs - record.scheduledUs) / microsecondsPerMillisecond
}
