/** A ledger that tells the metrics of each append: how many events, how long until they were safe, whether it failed. */
import type { LedgerStore } from '../ledger/index.ts'
import type { GatewayMetrics } from './gateway-metrics.ts'

export type LedgerMetrics = Pick<GatewayMetrics, 'ledgerWaits' | 'ledgerAppended' | 'ledgerFailed'>

/** @param clockMs milliseconds that never go back. */
export function meteredLedger(
  store: LedgerStore,
  metrics: LedgerMetrics,
  clockMs: () => number,
): LedgerStore {
  return {
    name: store.name,
    async append(events) {
      const startMs = clockMs()
      metrics.ledgerWaits(events.length)
      try {
        const outcome = await store.append(events)
        metrics.ledgerAppended(events.length, clockMs() - startMs)
        return outcome
      } catch (error) {
        metrics.ledgerFailed(events.length)
        throw error
      }
    },
    request: requestId => store.request(requestId),
    openRequests: (sinceMs, limit) => store.openRequests(sinceMs, limit),
    scan: (afterSequence, limit) => store.scan(afterSequence, limit),
    aggregate: query => store.aggregate(query),
    balances: () => store.balances(),
    close: () => store.close(),
  }
}
