/**
 * Do the books balance? Reads every event again and compares: what events say with what accounts hold, what was billed with
 * what was given out. Holds one event at a time, and per deployment what is not yet given out.
 */
import type { NanoUsd } from '../../core/money.ts'
import { type IntervalClosed, idempotencyKey, type LedgerEvent } from './events.ts'
import { deploymentAccount, postingsOf } from './postings.ts'
import type { LedgerStore } from './store.ts'

export interface LedgerAudit {
  readonly events: number
  /** Empty when everything holds. */
  readonly problems: readonly string[]
  /** Billed and not given out yet: intervals that are still open. */
  readonly openNanoUsd: NanoUsd
}

/** Events read at once. Chosen: some 10 MB. */
const pageEvents = 2000

/** Goes through the whole ledger; some seconds for a million events. */
export async function auditLedger(store: LedgerStore): Promise<LedgerAudit> {
  const books = createBooks()
  let events = 0
  let cursor = 0
  for (;;) {
    const page = await store.scan(cursor, pageEvents)
    if (page.length === 0) break
    for (const { sequence, event } of page) {
      if (sequence <= cursor) books.problems.push(`event ${sequence} is out of order`)
      cursor = sequence
      events++
      books.enter(event)
    }
  }
  return {
    events,
    problems: [...books.problems, ...compare(books.balances, await store.balances())],
    openNanoUsd: books.open(),
  }
}

function createBooks() {
  const balances = new Map<string, NanoUsd>()
  const problems: string[] = []
  /** Keys of events so far; 100 bytes each, so 100 MB for a million. */
  const keys = new Set<string>()
  /** Bills that no interval has given out yet. */
  const bills = new Map<string, { readonly devices: NanoUsd; readonly energy: NanoUsd }>()
  const lastEnd = new Map<string, { fromMs: number; toMs: number }[]>()
  const deployments = new Set<string>()

  const close = (event: IntervalClosed): void => {
    let devices = 0n
    let energy = 0n
    for (const key of event.bills) {
      const bill = bills.get(key)
      if (bill === undefined)
        problems.push(`${idempotencyKey(event)} gives out ${key}, which is not there or given out already`)
      devices += bill?.devices ?? 0n
      energy += bill?.energy ?? 0n
      bills.delete(key)
    }
    if (devices !== event.deviceNanoUsd || energy !== event.energyNanoUsd) {
      problems.push(
        `${idempotencyKey(event)} gives out ${event.deviceNanoUsd} + ${event.energyNanoUsd} nano-dollars, its bills are ${devices} + ${energy}`,
      )
    }
    const others = lastEnd.get(event.deployment) ?? []
    if (others.some(other => other.fromMs < event.toMs && event.fromMs < other.toMs)) {
      problems.push(`${idempotencyKey(event)} overlaps another interval of the deployment`)
    }
    lastEnd.set(event.deployment, [...others, { fromMs: event.fromMs, toMs: event.toMs }])
  }

  return {
    balances,
    problems,
    enter(event: LedgerEvent): void {
      const key = idempotencyKey(event)
      if (keys.has(key)) problems.push(`${key} is there twice`)
      keys.add(key)
      for (const { account, nanoUsd } of postingsOf(event)) {
        balances.set(account, (balances.get(account) ?? 0n) + nanoUsd)
      }
      if (event.kind === 'capacityBilled') {
        deployments.add(event.deployment)
        bills.set(key, { devices: event.deviceNanoUsd, energy: event.energyNanoUsd })
      }
      if (event.kind === 'intervalClosed') close(event)
    },
    open(): NanoUsd {
      let open = 0n
      for (const deployment of deployments) open += balances.get(deploymentAccount(deployment, 'cost')) ?? 0n
      return open
    },
  }
}

/** Accounts by the events against accounts by the store's postings. */
function compare(expected: ReadonlyMap<string, NanoUsd>, actual: ReadonlyMap<string, NanoUsd>): string[] {
  const problems: string[] = []
  for (const account of new Set([...expected.keys(), ...actual.keys()])) {
    const wanted = expected.get(account) ?? 0n
    const found = actual.get(account) ?? 0n
    if (wanted !== found) problems.push(`${account} holds ${found} nano-dollars, its events say ${wanted}`)
  }
  const sum = [...actual.values()].reduce((total, balance) => total + balance, 0n)
  if (sum !== 0n) problems.push(`all accounts together hold ${sum} nano-dollars, not 0`)
  return problems
}
