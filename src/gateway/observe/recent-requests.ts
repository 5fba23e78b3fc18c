/** The last requests, for people who look now: in memory, a fixed number, newest first. */
import { assert } from '../../core/assert.ts'
import type { RequestSummary } from './request-summary.ts'

export interface RecentRequests {
  add(summary: RequestSummary): void
  /** Newest first. */
  last(count: number): readonly RequestSummary[]
  /** The newest of this id that is still here. */
  find(requestId: string): RequestSummary | null
  /** So many were added since the start: a cursor for `since`. */
  readonly added: number
  /** Those added after the cursor that are still here, newest first, at most so many. */
  since(cursor: number, count: number): readonly RequestSummary[]
}

export const mostRecentRequests = 1000

export function createRecentRequests(capacity = mostRecentRequests): RecentRequests {
  assert(capacity > 0 && capacity <= mostRecentRequests, 'a bounded number of requests is kept')
  const ring: RequestSummary[] = []
  let added = 0
  const newest = (count: number): RequestSummary[] =>
    Array.from(
      { length: Math.max(0, Math.min(count, ring.length)) },
      (_, back) => ring[(added - 1 - back) % capacity]!,
    )
  return {
    add(summary) {
      ring[added % capacity] = summary
      added++
    },
    last: newest,
    find: requestId => newest(capacity).find(summary => summary.requestId === requestId) ?? null,
    get added() {
      return added
    },
    since: (cursor, count) => newest(Math.min(count, added - cursor)),
  }
}
