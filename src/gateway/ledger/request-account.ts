/** All that the ledger knows of one request, from the events that name it. */
import type { IntervalClosed, LedgerEvent, RequestAdjusted, RequestOpened, RequestSettled } from './events.ts'
import { chargeSum, costSum } from './postings.ts'
import type { RequestAccount } from './store.ts'

/** Null when none of the events names the request. Events in the order of the ledger. */
export function requestAccount(requestId: string, events: readonly LedgerEvent[]): RequestAccount | null {
  let opened: RequestOpened | null = null
  const settled: RequestSettled[] = []
  const adjusted: RequestAdjusted[] = []
  const intervals: IntervalClosed[] = []
  let totalNanoUsd = 0n
  for (const event of events) {
    if (event.kind === 'intervalClosed') {
      const own = [event, ...event.corrections]
        .flatMap(({ charges }) => charges)
        .filter(charge => charge.requestId === requestId)
      if (own.length === 0) continue
      intervals.push(event)
      for (const charge of own) totalNanoUsd += chargeSum(charge)
    } else if ('requestId' in event && event.requestId === requestId) {
      if (event.kind === 'requestOpened') opened = event
      else if (event.kind === 'requestSettled') settled.push(event)
      else adjusted.push(event)
      if (event.kind !== 'requestOpened') totalNanoUsd += costSum(event.costNanoUsd)
    }
  }
  if (opened === null && settled.length + adjusted.length + intervals.length === 0) return null
  return { requestId, opened, settled, adjusted, intervals, totalNanoUsd }
}

/** Requests that an event names, each once. */
export function requestsOf(event: LedgerEvent): readonly string[] {
  if (event.kind === 'intervalClosed') {
    const ids = [event, ...event.corrections].flatMap(({ charges }) =>
      charges.map(charge => charge.requestId),
    )
    return [...new Set(ids)]
  }
  return 'requestId' in event ? [event.requestId] : []
}
