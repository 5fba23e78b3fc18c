/**
 * A process that appends to a ledger as fast as it can, until it is killed: `node crash-writer.fixture.ts FILE ACKNOWLEDGED ROUND
 * full|normal`. Each line of the file ACKNOWLEDGED is the key of an event that was acknowledged. A file, because what was written
 * to it stays when the process is killed, and because it never says "try again", as a pipe does.
 */
import { openSync, writeSync } from 'node:fs'
import { idempotencyKey, type LedgerEvent } from '../events.ts'
import { billed, charge, closed, hourMs, opened, owner, settled, startMs } from '../ledger.fixture.ts'
import { openSqliteLedger } from '../stores/sqlite-store.ts'

/** Requests in flight at once. */
const clients = 50
/** A closed interval after so many requests. */
const requestsPerInterval = 40

const [path, acknowledgedPath, roundText, durability] = process.argv.slice(2)
const round = Number(roundText)
const acknowledged = openSync(acknowledgedPath!, 'a')
const store = await openSqliteLedger({ path: path!, durability: durability === 'full' ? 'full' : 'normal' })
let requests = 0

async function append(events: readonly LedgerEvent[]): Promise<void> {
  await store.append(events)
  writeSync(acknowledged, `${events.map(idempotencyKey).join('\n')}\n`)
}

async function client(): Promise<never> {
  for (;;) {
    const number = ++requests
    const ids = owner({ requestId: `round${round}-${number}`, tenant: `tenant-${number % 5}` })
    await append([opened({ ...ids, atMs: startMs + number })])
    if (number % requestsPerInterval === 0) await append(intervalEvents(number))
    await append([settled({ ...ids, atMs: startMs + number + 1 })])
  }
}

/** A bill and how it is given out, in one call: both or none. */
function intervalEvents(number: number): LedgerEvent[] {
  const fromMs = startMs + number * hourMs
  const deployment = `deployment-${round}`
  const bill = billed({ deployment, fromMs, toMs: fromMs + hourMs })
  const charges = [charge({ requestId: `round${round}-${number}` })]
  return [bill, closed(charges, { deployment, fromMs, toMs: bill.toMs, bills: [idempotencyKey(bill)] })]
}

await Promise.all(Array.from({ length: clients }, client))
