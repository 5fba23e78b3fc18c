/** The ledger in a SQLite file, with group commit; by default in a thread of its own, so that no answer waits for the disk. */
import { Worker } from 'node:worker_threads'
import { TokenwrightError } from '../../../core/errors.ts'
import type { LedgerStore } from '../store.ts'
import {
  createGroupCommit,
  defaultGroupCommit,
  type GroupCommitSettings,
  type WriteOutcome,
} from './group-commit.ts'
import { closedStore, storeFault } from './ledger-faults.ts'
import { type LedgerAccess, openSqliteBook, type SqliteBook, type SqliteDurability } from './sqlite-book.ts'

export interface SqliteLedgerSettings {
  /** The file; `:memory:` for none. Created where there is none, in a folder that exists. */
  readonly path: string
  /** Default full. */
  readonly durability?: SqliteDurability
  /** own: the disk is waited for in another thread. caller: here; for tests and tools. Default own. */
  readonly thread?: 'own' | 'caller'
  /** read: in the caller's thread, and the file must be there. Default write. */
  readonly access?: LedgerAccess
  readonly groupCommit?: Partial<GroupCommitSettings>
}

export type BookMethod = Exclude<keyof SqliteBook, 'close'>

/** From the store to its thread. */
export interface BookCall {
  readonly id: number
  readonly method: BookMethod | 'close'
  readonly values: readonly unknown[]
}

/** A TokenwrightError, as it travels between threads. */
export interface FaultMessage {
  readonly code: TokenwrightError['code']
  readonly message: string
  readonly where: string | undefined
  readonly fix: string | undefined
}

/** And back; the first one, with id 0, says that the file is open, or why not. */
export interface BookAnswer {
  readonly id: number
  readonly value?: unknown
  /** Answers of write: what each call came to. */
  readonly outcomes?: readonly ({ readonly appended: number; readonly duplicates: number } | FaultMessage)[]
  readonly fault?: FaultMessage
}

/** Calls of a book, wherever it lies. */
interface AsyncBook {
  call<Method extends BookMethod>(
    method: Method,
    ...values: Parameters<SqliteBook[Method]>
  ): Promise<ReturnType<SqliteBook[Method]>>
  close(): Promise<void>
}

/** Opens or creates a ledger. Throws a TokenwrightError when the file cannot be opened, is no ledger or is of a newer version. */
export async function openSqliteLedger(settings: SqliteLedgerSettings): Promise<LedgerStore> {
  const { path, durability = 'full' } = settings
  const name = `sqlite ${path}`
  const book =
    settings.thread === 'caller' || settings.access === 'read'
      ? bookHere(openSqliteBook(path, durability, undefined, settings.access))
      : await bookInThread(path, durability)
  const commits = createGroupCommit({ ...defaultGroupCommit, ...settings.groupCommit }, name, calls =>
    book.call('write', calls),
  )
  let closed: Promise<void> | null = null
  const call: AsyncBook['call'] = (method, ...values) =>
    closed === null ? book.call(method, ...values) : Promise.reject(closedStore(name))

  return {
    name,
    append: commits.append,
    request: requestId => call('request', requestId),
    openRequests: (sinceMs, limit) => call('openRequests', sinceMs, limit),
    scan: (afterSequence, limit) => call('scan', afterSequence, limit),
    aggregate: query => call('aggregate', query),
    balances: () => call('balances'),
    close() {
      closed ??= commits.close().then(() => book.close())
      return closed
    },
  }
}

function bookHere(book: SqliteBook): AsyncBook {
  return {
    async call(method, ...values) {
      try {
        const call = book[method] as (...values: readonly unknown[]) => never
        return call(...values)
      } catch (error) {
        throw storeFault(error, 'use the ledger', 'sqlite')
      }
    },
    async close() {
      book.close()
    },
  }
}

/** Its garbage is short-lived; Node's default keeps several times as much of it before it looks. Chosen. */
const youngMegabytes = 8

async function bookInThread(path: string, durability: SqliteDurability): Promise<AsyncBook> {
  // As it lies in src (.ts) or in dist (.js).
  const file = import.meta.url.endsWith('.ts') ? './sqlite-thread.ts' : './sqlite-thread.js'
  const worker = new Worker(new URL(file, import.meta.url), {
    workerData: { path, durability },
    execArgv: [],
    resourceLimits: { maxYoungGenerationSizeMb: youngMegabytes },
  })
  const waiting = new Map<number, { resolve: (value: never) => void; reject: (error: unknown) => void }>()
  let lastId = 0
  let broken: TokenwrightError | null = null
  const breakUp = (error: unknown): void => {
    broken ??= storeFault(error, 'use the ledger', path)
    for (const { reject } of waiting.values()) reject(broken)
    waiting.clear()
  }
  worker.on('message', ({ id, value, outcomes, fault }: BookAnswer) => {
    const call = waiting.get(id)
    waiting.delete(id)
    if (waiting.size === 0) worker.unref()
    if (fault !== undefined) call?.reject(errorOf(fault))
    else call?.resolve((outcomes === undefined ? value : outcomes.map(outcomeOf)) as never)
  })
  worker.on('error', breakUp)
  worker.on('exit', () => breakUp(new Error('the thread of the ledger has ended')))

  const ask = <Value>(id: number, call: BookCall | null): Promise<Value> => {
    if (broken !== null) return Promise.reject(broken)
    const { promise, resolve, reject } = Promise.withResolvers<Value>()
    waiting.set(id, { resolve, reject })
    worker.ref()
    if (call !== null) worker.postMessage(call)
    return promise
  }
  await ask(0, null)
  return {
    call: (method, ...values) => ask(++lastId, { id: lastId, method, values }),
    async close() {
      await ask(++lastId, { id: lastId, method: 'close', values: [] })
      await worker.terminate()
    },
  }
}

function outcomeOf(outcome: NonNullable<BookAnswer['outcomes']>[number]): WriteOutcome {
  return 'code' in outcome ? errorOf(outcome) : outcome
}

function errorOf({ code, message, where, fix }: FaultMessage): TokenwrightError {
  return new TokenwrightError(code, message, {
    ...(where === undefined ? {} : { where }),
    ...(fix === undefined ? {} : { fix }),
  })
}
