/** What other gateways write to a ledger that is shared with them: their requests on our deployments, and the intervals they close. */
import { engineFact, type LedgerStore } from '../ledger/index.ts'
import type { Account } from './account.ts'

export interface SharedLedger {
  /** Nothing is read before it is known where to begin. */
  startAfter(sequence: number): void
  /** Reads on to the end. Requests that are known here stay as they are known. Throws when the ledger is away. */
  readOn(accounts: ReadonlyMap<string, Account>): Promise<void>
}

/** Events read at once. */
const pageEvents = 2000

/** keptMs: requests that ended earlier are of intervals that nobody corrects any more. */
export function createSharedLedger(ledger: Pick<LedgerStore, 'scan'>, keptMs: () => number): SharedLedger {
  let cursor: number | null = null
  return {
    startAfter(sequence) {
      cursor ??= sequence
    },
    async readOn(accounts) {
      while (cursor !== null) {
        const page = await ledger.scan(cursor, pageEvents)
        for (const { sequence, event } of page) {
          cursor = sequence
          if (event.kind === 'intervalClosed') {
            const account = accounts.get(event.deployment)
            if (account === undefined) continue
            account.leaderToMs = Math.max(account.leaderToMs, event.toMs)
            // Who was first on a new ledger has ended before its first whole interval had: this one goes on from there.
            if (!account.hasClosed && event.toMs < account.book.openFromMs) account.book.openAt(event.toMs)
          }
          if (event.kind !== 'requestSettled' || event.target.kind !== 'deployment') continue
          const account = accounts.get(event.target.deployment)
          const fact = engineFact(event)
          if (account === undefined || fact === null || account.book.knows(fact)) continue
          if (fact.endMs! > account.book.openFromMs - keptMs()) account.book.record(fact)
        }
        if (page.length < pageEvents) return
      }
    },
  }
}
