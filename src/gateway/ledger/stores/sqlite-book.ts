/** A ledger in a SQLite file, synchronously: one connection, prepared statements, write-ahead log. */
import { DatabaseSync, type SQLInputValue, type StatementSync } from 'node:sqlite'
import { present } from '../../../core/assert.ts'
import type { NanoUsd } from '../../../core/money.ts'
import { eventFromText, eventToText, sameEvent } from '../event-text.ts'
import { idempotencyKey, type LedgerEvent, type RequestOpened } from '../events.ts'
import { factsOf } from '../facts.ts'
import { debitsOf, postingsOf } from '../postings.ts'
import { requestAccount, requestsOf } from '../request-account.ts'
import type { AggregateQuery, AggregateRow, RequestAccount, StoredEvent } from '../store.ts'
import { aggregateRow, aggregateStatement } from './aggregate-statement.ts'
import { factColumns } from './column-names.ts'
import type { WriteOutcome } from './group-commit.ts'
import { contradiction, storeFault } from './ledger-faults.ts'
import { checkSqliteSchema, prepareSqliteSchema } from './sqlite-schema.ts'

/**
 * full: every commit waits for the disk; what was acknowledged survives a loss of power. normal: commits wait for the
 * operating system only; it survives the end of the process (kill -9), a loss of power may take the last commits, never the
 * file's consistency. After https://sqlite.org/pragma.html#pragma_synchronous.
 */
export type SqliteDurability = 'full' | 'normal'

export interface SqliteBook {
  /** One transaction for all calls of checked events; each is kept whole or refused by itself. Throws when nothing could be written. */
  write(calls: readonly (readonly LedgerEvent[])[]): readonly WriteOutcome[]
  request(requestId: string): RequestAccount | null
  openRequests(sinceMs: number, limit: number): RequestOpened[]
  scan(afterSequence: number, limit: number): StoredEvent[]
  aggregate(query: AggregateQuery): AggregateRow[]
  balances(): Map<string, NanoUsd>
  close(): void
}

/** How long to wait for another process that writes to the same file, ms. Chosen: longer than any commit should take. */
const busyTimeoutMs = 5000

/** read: nothing is created, brought up to date or written, so that looking at a ledger leaves it as it is. */
export type LedgerAccess = 'write' | 'read'

/**
 * Opens or creates the file. Throws a TokenwrightError when it cannot be opened or is no ledger. mostPages limits its size
 * (4,096 bytes a page); left out, the disk does.
 */
export function openSqliteBook(
  path: string,
  durability: SqliteDurability,
  mostPages?: number,
  access: LedgerAccess = 'write',
): SqliteBook {
  const name = `sqlite ${path}`
  let opened: DatabaseSync | null = null
  try {
    opened = new DatabaseSync(path, { timeout: busyTimeoutMs, readOnly: access === 'read' })
    if (access === 'read') checkSqliteSchema(opened, path)
    else {
      opened.exec('PRAGMA journal_mode = WAL')
      opened.exec(`PRAGMA synchronous = ${durability === 'full' ? 'FULL' : 'NORMAL'}`)
      prepareSqliteSchema(opened, path)
    }
    if (mostPages !== undefined) opened.exec(`PRAGMA max_page_count = ${Math.floor(mostPages)}`)
  } catch (error) {
    opened?.close()
    throw storeFault(error, 'open the ledger', path)
  }
  const database = opened
  const write = preparedWriter(database, name)
  const read = <Row>(statement: StatementSync, ...values: SQLInputValue[]): Row[] => {
    statement.setReadBigInts(true)
    return statement.all(...values) as Row[]
  }
  const bodiesOf = database.prepare(
    'SELECT body FROM event_requests JOIN events USING (sequence) WHERE request_id = ? ORDER BY sequence',
  )
  const scanned = database.prepare(
    'SELECT sequence, body FROM events WHERE sequence > ? ORDER BY sequence LIMIT ?',
  )
  const open = database.prepare(
    `SELECT o.body FROM events o WHERE o.kind = 'requestOpened' AND o.at_ms >= ? AND NOT EXISTS (
       SELECT 1 FROM event_requests r JOIN events s ON s.sequence = r.sequence
       WHERE r.request_id = o.body ->> '$.requestId' AND s.kind = 'requestSettled' AND s.body ->> '$.final')
     ORDER BY o.at_ms, o.sequence LIMIT ?`,
  )
  const balance = database.prepare(
    'SELECT name, sum(nano_usd) AS nano_usd FROM postings JOIN accounts ON id = account GROUP BY account',
  )

  return {
    write,
    request: requestId =>
      requestAccount(
        requestId,
        read<{ body: string }>(bodiesOf, requestId).map(({ body }) => eventFromText(body)),
      ),
    openRequests: (sinceMs, limit) =>
      read<{ body: string }>(open, sinceMs, limit).map(({ body }) => eventFromText(body) as RequestOpened),
    scan: (afterSequence, limit) =>
      read<{ sequence: bigint; body: string }>(scanned, afterSequence, limit).map(({ sequence, body }) => ({
        sequence: Number(sequence),
        event: eventFromText(body),
      })),
    aggregate(query) {
      const { sql, values } = aggregateStatement(query, 'facts', 'sqlite')
      return read<Record<string, bigint | string>>(database.prepare(sql), ...values).map(row =>
        aggregateRow(row, query),
      )
    },
    balances: () =>
      new Map(read<{ name: string; nano_usd: bigint }>(balance).map(row => [row.name, row.nano_usd])),
    close: () => database.close(),
  }
}

function preparedWriter(database: DatabaseSync, name: string): SqliteBook['write'] {
  const insertEvent = database.prepare(
    'INSERT INTO events (key, kind, at_ms, debits_nano_usd, body) VALUES (?, ?, ?, ?, ?) ON CONFLICT (key) DO NOTHING',
  )
  const knownBody = database.prepare('SELECT body FROM events WHERE key = ?')
  const insertRequest = database.prepare('INSERT INTO event_requests (request_id, sequence) VALUES (?, ?)')
  const insertPosting = database.prepare(
    'INSERT INTO postings (sequence, account, nano_usd) VALUES (?, ?, ?)',
  )
  const insertAccount = database.prepare(
    'INSERT INTO accounts (name) VALUES (?) ON CONFLICT (name) DO NOTHING',
  )
  const knownAccount = database.prepare('SELECT id FROM accounts WHERE name = ?')
  const insertFact = database.prepare(
    `INSERT INTO facts (${factColumns.join(', ')}) VALUES (${factColumns.map(() => '?').join(', ')})`,
  )
  const accounts = new Map<string, number>()
  const accountId = (account: string): number => {
    const known = accounts.get(account)
    if (known !== undefined) return known
    insertAccount.run(account)
    const row = present(knownAccount.get(account), 'the account was just written') as { id: number }
    accounts.set(account, row.id)
    return row.id
  }
  const keep = (event: LedgerEvent): boolean => {
    const key = idempotencyKey(event)
    const postings = postingsOf(event)
    const { changes, lastInsertRowid } = insertEvent.run(
      key,
      event.kind,
      event.atMs,
      debitsOf(postings),
      eventToText(event),
    )
    if (changes === 0) {
      const row = present(knownBody.get(key), 'the key is taken') as { body: string }
      if (!sameEvent(eventFromText(row.body), event)) throw contradiction(key, name)
      return false
    }
    for (const requestId of requestsOf(event)) insertRequest.run(requestId, lastInsertRowid)
    for (const posting of postings)
      insertPosting.run(lastInsertRowid, accountId(posting.account), posting.nanoUsd)
    for (const fact of factsOf(event)) insertFact.run(fact.atMs, ...fact.dimensions, ...fact.measures)
    return true
  }
  const writeCall = (events: readonly LedgerEvent[]): WriteOutcome => {
    database.exec('SAVEPOINT call')
    try {
      let appended = 0
      for (const event of events) if (keep(event)) appended++
      database.exec('RELEASE call')
      return { appended, duplicates: events.length - appended }
    } catch (error) {
      // After some faults (a full disk) SQLite has rolled everything back by itself: then all calls fail.
      if (!database.isTransaction) throw error
      database.exec('ROLLBACK TO call; RELEASE call')
      accounts.clear()
      return storeFault(error, 'write to the ledger', name)
    }
  }
  return calls => {
    database.exec('BEGIN IMMEDIATE')
    try {
      const outcomes = calls.map(writeCall)
      database.exec('COMMIT')
      return outcomes
    } catch (error) {
      accounts.clear()
      if (database.isTransaction) database.exec('ROLLBACK')
      throw error
    }
  }
}
