/** The ledger in memory: for tests and trials. Nothing of it survives the process. */
import type { NanoUsd } from '../../../core/money.ts'
import { aggregateFacts } from '../aggregate.ts'
import { checkEvent } from '../check-event.ts'
import { sameEvent } from '../event-text.ts'
import { idempotencyKey, type LedgerEvent, type RequestOpened } from '../events.ts'
import { factsOf, type LedgerFact } from '../facts.ts'
import { postingsOf } from '../postings.ts'
import { requestAccount, requestsOf } from '../request-account.ts'
import type { LedgerStore } from '../store.ts'
import { closedStore, contradiction } from './ledger-faults.ts'

/** An empty ledger in memory. */
export function createMemoryLedger(): LedgerStore {
  const name = 'memory'
  const events: LedgerEvent[] = []
  const byKey = new Map<string, LedgerEvent>()
  const byRequest = new Map<string, LedgerEvent[]>()
  const facts: LedgerFact[] = []
  const balances = new Map<string, NanoUsd>()
  let closed = false
  const mustBeOpen = (): void => {
    if (closed) throw closedStore(name)
  }
  const keep = (key: string, event: LedgerEvent): void => {
    byKey.set(key, event)
    events.push(event)
    for (const fact of factsOf(event)) facts.push(fact)
    for (const { account, nanoUsd } of postingsOf(event)) {
      balances.set(account, (balances.get(account) ?? 0n) + nanoUsd)
    }
    for (const requestId of requestsOf(event)) {
      const known = byRequest.get(requestId)
      if (known === undefined) byRequest.set(requestId, [event])
      else known.push(event)
    }
  }

  return {
    name,
    async append(added) {
      mustBeOpen()
      added.forEach(checkEvent)
      const fresh = new Map<string, LedgerEvent>()
      for (const event of added) {
        const key = idempotencyKey(event)
        const known = byKey.get(key) ?? fresh.get(key)
        if (known === undefined) fresh.set(key, structuredClone(event))
        else if (!sameEvent(known, event)) throw contradiction(key, name)
      }
      for (const [key, event] of fresh) keep(key, event)
      return { appended: fresh.size, duplicates: added.length - fresh.size }
    },
    async request(requestId) {
      mustBeOpen()
      return requestAccount(requestId, byRequest.get(requestId) ?? [])
    },
    async openRequests(sinceMs, limit) {
      mustBeOpen()
      const isOpen = (event: LedgerEvent): event is RequestOpened =>
        event.kind === 'requestOpened' &&
        event.atMs >= sinceMs &&
        !byRequest.get(event.requestId)!.some(other => other.kind === 'requestSettled' && other.final)
      return events
        .filter(isOpen)
        .sort((a, b) => a.atMs - b.atMs)
        .slice(0, limit)
    },
    async scan(afterSequence, limit) {
      mustBeOpen()
      return events
        .slice(afterSequence, afterSequence + limit)
        .map((event, index) => ({ sequence: afterSequence + index + 1, event }))
    },
    async aggregate(query) {
      mustBeOpen()
      return aggregateFacts(facts, query)
    },
    async balances() {
      mustBeOpen()
      return new Map(balances)
    },
    async close() {
      closed = true
    },
  }
}
