/**
 * The ledger in PostgreSQL, for several gateways at once: batches of one transaction each, some statements whatever their
 * size, rows only ever inserted, so that no row is fought over. Needs the optional package `pg`.
 */
import type { TokenwrightError } from '../../../core/errors.ts'
import { eventFromText, eventToText, sameEvent } from '../event-text.ts'
import { idempotencyKey, type LedgerEvent, type RequestOpened } from '../events.ts'
import { factsOf } from '../facts.ts'
import { debitsOf, postingsOf } from '../postings.ts'
import { requestAccount, requestsOf } from '../request-account.ts'
import type { AggregateQuery, LedgerStore } from '../store.ts'
import { aggregateRow, aggregateStatement } from './aggregate-statement.ts'
import { dimensionColumns, factColumns, measureColumns } from './column-names.ts'
import {
  createGroupCommit,
  defaultGroupCommit,
  type GroupCommitSettings,
  type WriteOutcome,
} from './group-commit.ts'
import { closedStore, contradiction, storeFault } from './ledger-faults.ts'
import {
  connectPostgres,
  loadPostgresDriver,
  type PostgresClient,
  type PostgresDriver,
  type PostgresQueries,
} from './postgres-driver.ts'
import {
  advisoryLock,
  checkPostgresSchema,
  checkSchemaName,
  preparePostgresSchema,
} from './postgres-schema.ts'
import type { LedgerAccess } from './sqlite-book.ts'

export interface PostgresLedgerSettings {
  /** `postgres://user:password@host/database` */
  readonly url: string
  /** Default `tokenwright_ledger`. */
  readonly schema?: string
  /** read: nothing is created, and the ledger must be there. Default write. */
  readonly access?: LedgerAccess
  readonly groupCommit?: Partial<GroupCommitSettings>
  /** Default: the package `pg`. */
  readonly driver?: PostgresDriver
}

/** Opens or creates a ledger. Throws a TokenwrightError when the package or the database is missing, or the schema is newer. */
export async function openPostgresLedger(settings: PostgresLedgerSettings): Promise<LedgerStore> {
  const { url, schema = 'tokenwright_ledger' } = settings
  const name = `postgres schema ${schema}`
  checkSchemaName(schema)
  const client = connectPostgres(settings.driver ?? (await loadPostgresDriver()), url)
  try {
    await (settings.access === 'read' ? checkPostgresSchema : preparePostgresSchema)(client, schema)
  } catch (error) {
    await client.end()
    throw storeFault(error, 'open the ledger', name)
  }
  const commits = createGroupCommit({ ...defaultGroupCommit, ...settings.groupCommit }, name, calls =>
    writeBatch(client, schema, name, calls),
  )
  let closed: Promise<void> | null = null
  const read = async (statement: string, values: readonly (string | number)[]) => {
    if (closed !== null) throw closedStore(name)
    try {
      return await client.run(statement, values)
    } catch (error) {
      throw storeFault(error, 'read the ledger', name)
    }
  }

  return {
    name,
    append: commits.append,
    async request(requestId) {
      const rows = await read(
        `SELECT body FROM ${schema}.event_requests JOIN ${schema}.events USING (sequence)
         WHERE request_id = $1 ORDER BY sequence`,
        [requestId],
      )
      return requestAccount(requestId, rows.map(bodyOf))
    },
    async openRequests(sinceMs, limit) {
      const rows = await read(
        `SELECT o.body FROM ${schema}.events o WHERE o.kind = 'requestOpened' AND o.at_ms >= $1 AND NOT EXISTS (
           SELECT 1 FROM ${schema}.event_requests r JOIN ${schema}.events s USING (sequence)
           WHERE r.request_id = o.body::json ->> 'requestId' AND s.kind = 'requestSettled'
             AND s.body::json ->> 'final' = 'true')
         ORDER BY o.at_ms, o.sequence LIMIT $2`,
        [sinceMs, limit],
      )
      return rows.map(row => bodyOf(row) as RequestOpened)
    },
    async scan(afterSequence, limit) {
      const rows = await read(
        `SELECT sequence, body FROM ${schema}.events WHERE sequence > $1 ORDER BY sequence LIMIT $2`,
        [afterSequence, limit],
      )
      return rows.map(row => ({ sequence: Number(row.sequence), event: bodyOf(row) }))
    },
    async aggregate(query: AggregateQuery) {
      const { sql, values } = aggregateStatement(query, `${schema}.facts`, 'postgres')
      return (await read(sql, values)).map(row => aggregateRow(row, query))
    },
    async balances() {
      const rows = await read(
        `SELECT account, sum(nano_usd) AS nano_usd FROM ${schema}.postings GROUP BY account`,
        [],
      )
      return new Map(rows.map(row => [String(row.account), BigInt(String(row.nano_usd))]))
    },
    close() {
      closed ??= commits.close().then(() => client.end())
      return closed
    },
  }
}

function bodyOf(row: Readonly<Record<string, unknown>>): LedgerEvent {
  return eventFromText(String(row.body))
}

/** One transaction for all calls; each is kept whole or refused by itself. */
async function writeBatch(
  client: PostgresClient,
  schema: string,
  name: string,
  calls: readonly (readonly LedgerEvent[])[],
): Promise<WriteOutcome[]> {
  return client.begin(async queries => {
    await queries.run(`SELECT pg_advisory_xact_lock(${advisoryLock})`)
    const keys = calls.flatMap(events => events.map(idempotencyKey))
    const rows = await queries.run(
      `SELECT key, body FROM ${schema}.events WHERE key IN (SELECT json_array_elements_text($1::text::json))`,
      [JSON.stringify(keys)],
    )
    const known = new Map(rows.map(row => [String(row.key), bodyOf(row)]))
    const fresh = new Map<string, LedgerEvent>()
    const outcomes = calls.map(events => {
      const outcome = sortOut(events, known, name)
      if (!('appended' in outcome)) return outcome
      for (const [key, event] of outcome.appended) {
        known.set(key, event)
        fresh.set(key, event)
      }
      return { appended: outcome.appended.size, duplicates: events.length - outcome.appended.size }
    })
    if (fresh.size > 0) await insert(queries, schema, fresh)
    return outcomes
  })
}

/** The events of a call that are new, or what contradicts the ledger. */
function sortOut(
  events: readonly LedgerEvent[],
  known: ReadonlyMap<string, LedgerEvent>,
  name: string,
): { readonly appended: ReadonlyMap<string, LedgerEvent> } | TokenwrightError {
  const appended = new Map<string, LedgerEvent>()
  for (const event of events) {
    const key = idempotencyKey(event)
    const other = known.get(key) ?? appended.get(key)
    if (other === undefined) appended.set(key, event)
    else if (!sameEvent(other, event)) return contradiction(key, name)
  }
  return { appended }
}

/** Rows travel as JSON, one statement for each table; integers beyond 2^53 as strings, which PostgreSQL reads alike. */
async function insert(
  queries: PostgresQueries,
  schema: string,
  fresh: ReadonlyMap<string, LedgerEvent>,
): Promise<void> {
  const entries = [...fresh].map(([key, event]) => ({ key, event, postings: postingsOf(event) }))
  const inserted = await queries.run(
    `INSERT INTO ${schema}.events (key, kind, at_ms, debits_nano_usd, body)
     SELECT * FROM json_to_recordset($1::text::json)
       AS row (key text, kind text, at_ms bigint, debits_nano_usd bigint, body text)
     RETURNING key, sequence`,
    [
      rowsText(
        entries.map(({ key, event, postings }) => ({
          key,
          kind: event.kind,
          at_ms: event.atMs,
          debits_nano_usd: debitsOf(postings),
          body: eventToText(event),
        })),
      ),
    ],
  )
  const sequences = new Map(inserted.map(row => [String(row.key), String(row.sequence)]))
  const requests: object[] = []
  const postings: object[] = []
  const facts: object[] = []
  for (const entry of entries) {
    const sequence = sequences.get(entry.key)!
    for (const request_id of requestsOf(entry.event)) requests.push({ request_id, sequence })
    for (const { account, nanoUsd } of entry.postings) postings.push({ sequence, account, nano_usd: nanoUsd })
    for (const { atMs, dimensions, measures } of factsOf(entry.event)) {
      const values = [atMs, ...dimensions, ...measures]
      facts.push(Object.fromEntries(factColumns.map((column, index) => [column, values[index]])))
    }
  }
  const columns = [
    'at_ms bigint',
    ...dimensionColumns.map(column => `${column} text`),
    ...measureColumns.map(column => `${column} bigint`),
  ]
  await insertRows(queries, `${schema}.event_requests`, ['request_id text', 'sequence bigint'], requests)
  await insertRows(
    queries,
    `${schema}.postings`,
    ['sequence bigint', 'account text', 'nano_usd bigint'],
    postings,
  )
  await insertRows(queries, `${schema}.facts`, columns, facts)
}

async function insertRows(
  queries: PostgresQueries,
  table: string,
  columns: readonly string[],
  rows: readonly object[],
): Promise<void> {
  if (rows.length === 0) return
  const names = columns.map(column => column.split(' ')[0]).join(', ')
  await queries.run(
    `INSERT INTO ${table} (${names}) SELECT ${names} FROM json_to_recordset($1::text::json) AS row (${columns.join(', ')})`,
    [rowsText(rows)],
  )
}

function rowsText(rows: readonly object[]): string {
  return JSON.stringify(rows, (_, value: unknown) => (typeof value === 'bigint' ? value.toString() : value))
}
