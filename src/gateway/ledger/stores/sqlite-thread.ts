/** The thread that holds a SQLite ledger: opens it, then answers calls one after the other. */
import { constants, getPriority, setPriority } from 'node:os'
import { parentPort, workerData } from 'node:worker_threads'
import { present } from '../../../core/assert.ts'
import { TokenwrightError } from '../../../core/errors.ts'
import type { LedgerEvent } from '../events.ts'
import { storeFault } from './ledger-faults.ts'
import { openSqliteBook, type SqliteBook, type SqliteDurability } from './sqlite-book.ts'
import type { BookAnswer, BookCall, FaultMessage } from './sqlite-store.ts'

const port = present(parentPort, 'this module runs as a thread')
const { path, durability } = workerData as { readonly path: string; readonly durability: SqliteDurability }

/** Chosen: under other threads' load it still writes what a gateway at its most takes in, within a tenth of a second (docs/models/gateway-speed.md). */
const niceness = 10

/**
 * Lets those who answer go first where processors are few: nobody waits for what is written here, and it comes in bursts. On Linux, where the
 * call means this thread alone (setpriority(2), "C library/kernel differences"); elsewhere it would mean the gateway.
 */
function goBehindAnswers(): void {
  if (process.platform !== 'linux') return
  try {
    setPriority(Math.min(constants.priority.PRIORITY_LOW, getPriority() + niceness))
  } catch {
    // Not allowed here: it goes on as it is.
  }
}

function faultOf(error: unknown): FaultMessage {
  const { code, message, where, fix } = storeFault(error, 'use the ledger', path)
  return { code, message, where, fix }
}

function answer(book: SqliteBook, { id, method, values }: BookCall): BookAnswer {
  if (method === 'write') {
    const outcomes = book.write(values[0] as readonly (readonly LedgerEvent[])[])
    return { id, outcomes: outcomes.map(each => (each instanceof TokenwrightError ? faultOf(each) : each)) }
  }
  const call = book[method] as (...values: readonly unknown[]) => unknown
  return { id, value: call(...values) }
}

function start(): void {
  goBehindAnswers()
  let book: SqliteBook
  try {
    book = openSqliteBook(path, durability)
  } catch (error) {
    port.postMessage({ id: 0, fault: faultOf(error) } satisfies BookAnswer)
    return
  }
  port.on('message', (call: BookCall) => {
    let reply: BookAnswer
    try {
      reply = answer(book, call)
    } catch (error) {
      reply = { id: call.id, fault: faultOf(error) }
    }
    port.postMessage(reply)
  })
  port.postMessage({ id: 0 } satisfies BookAnswer)
}

start()
