/** The tables of a ledger in PostgreSQL, in a schema of their own. */
import { TokenwrightError } from '../../../core/errors.ts'
import { dimensionColumns, measureColumns } from './column-names.ts'
import type { PostgresClient } from './postgres-driver.ts'

/** Writers of all gateways take turns on this lock, so that sequences rise in the order of commits. "TWLG", chosen. */
export const advisoryLock = 0x54574c47

/** Step n brings a schema of version n to version n + 1. Steps that were released never change. */
function migrations(schema: string): readonly (readonly string[])[] {
  const tables = ['events', 'event_requests', 'postings', 'facts']
  return [
    [
      `CREATE TABLE ${schema}.events (
         sequence bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
         key text NOT NULL UNIQUE,
         kind text NOT NULL,
         at_ms bigint NOT NULL,
         debits_nano_usd bigint NOT NULL,
         body text NOT NULL)`,
      `CREATE INDEX opened_by_time ON ${schema}.events (at_ms) WHERE kind = 'requestOpened'`,
      `CREATE TABLE ${schema}.event_requests (
         request_id text NOT NULL, sequence bigint NOT NULL, PRIMARY KEY (request_id, sequence))`,
      `CREATE TABLE ${schema}.postings (
         sequence bigint NOT NULL, account text NOT NULL, nano_usd bigint NOT NULL)`,
      `CREATE TABLE ${schema}.facts (
         at_ms bigint NOT NULL,
         ${dimensionColumns.map(column => `${column} text NOT NULL`).join(', ')},
         ${measureColumns.map(column => `${column} bigint NOT NULL`).join(', ')})`,
      `CREATE INDEX facts_by_time ON ${schema}.facts (at_ms)`,
      `CREATE FUNCTION ${schema}.refuse() RETURNS trigger LANGUAGE plpgsql AS
         $$ BEGIN RAISE EXCEPTION 'the ledger is append-only'; END $$`,
      ...tables.map(
        table => `CREATE TRIGGER append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON ${schema}.${table}
                  FOR EACH STATEMENT EXECUTE FUNCTION ${schema}.refuse()`,
      ),
    ],
  ]
}

/** Refuses anything that is not a plain lower-case name: it becomes part of statements. */
export function checkSchemaName(schema: string): void {
  if (/^[a-z_][a-z0-9_]{0,62}$/.test(schema)) return
  throw new TokenwrightError('ledger', `"${schema}" cannot be the name of a schema`, {
    where: 'PostgreSQL ledger',
    fix: 'use lower-case letters, digits and _, at most 63',
  })
}

/** For reading only: throws unless the schema is there and of this version. */
export async function checkPostgresSchema(client: PostgresClient, schema: string): Promise<void> {
  const known = migrations(schema).length
  const where = `PostgreSQL schema ${schema}`
  const [found] = await client.run('SELECT to_regclass($1) IS NOT NULL AS there', [`${schema}.version`])
  const rows = found?.there === true ? await client.run(`SELECT version FROM ${schema}.version`, []) : []
  const version = Number(rows[0]?.version ?? 0)
  if (version === known) return
  throw new TokenwrightError(
    'ledger',
    version === 0
      ? 'the database holds no ledger'
      : `the ledger has version ${version} of the schema, this program reads ${known}`,
    {
      where,
      fix:
        version === 0
          ? 'name the database that the gateway writes to'
          : version < known
            ? 'start the gateway once, which brings it up to date'
            : 'use the version of Tokenwright that wrote it',
    },
  )
}

/** Creates the schema, brings an older one up to date, refuses a newer one. In one transaction, one program at a time. */
export async function preparePostgresSchema(client: PostgresClient, schema: string): Promise<void> {
  const steps = migrations(schema)
  await client.begin(async queries => {
    await queries.run(`SELECT pg_advisory_xact_lock(${advisoryLock})`)
    await queries.run(`CREATE SCHEMA IF NOT EXISTS ${schema}`)
    await queries.run(`CREATE TABLE IF NOT EXISTS ${schema}.version (version integer NOT NULL)`)
    const rows = await queries.run(`SELECT version FROM ${schema}.version`)
    const version = rows.length === 0 ? 0 : Number(rows[0]!.version)
    if (version > steps.length) {
      throw new TokenwrightError(
        'ledger',
        `the ledger has version ${version} of the schema, this program knows ${steps.length}`,
        {
          where: `PostgreSQL schema ${schema}`,
          fix: 'use the version of Tokenwright that wrote it, or a newer one',
        },
      )
    }
    for (const step of steps.slice(version)) for (const statement of step) await queries.run(statement)
    await queries.run(
      rows.length === 0
        ? `INSERT INTO ${schema}.version VALUES (${steps.length})`
        : `UPDATE ${schema}.version SET version = ${steps.length}`,
    )
  })
}
