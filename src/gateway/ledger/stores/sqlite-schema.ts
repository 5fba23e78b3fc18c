/** The tables of a ledger in SQLite, and how a file is recognised, created and brought up to date. */
import type { DatabaseSync } from 'node:sqlite'
import { TokenwrightError } from '../../../core/errors.ts'
import { dimensionColumns, measureColumns } from './column-names.ts'

/** "TWLG" in the file's header (PRAGMA application_id): tells a ledger from other databases. Chosen. */
const applicationId = 0x54574c47

/** Step n brings a file of version n to version n + 1. Steps that were released never change. */
const migrations: readonly string[] = [
  `CREATE TABLE events (
     sequence INTEGER PRIMARY KEY,
     key TEXT NOT NULL UNIQUE,
     kind TEXT NOT NULL,
     at_ms INTEGER NOT NULL,
     debits_nano_usd INTEGER NOT NULL,
     body TEXT NOT NULL
   ) STRICT;
   CREATE INDEX opened_by_time ON events (at_ms) WHERE kind = 'requestOpened';
   CREATE TABLE event_requests (
     request_id TEXT NOT NULL,
     sequence INTEGER NOT NULL,
     PRIMARY KEY (request_id, sequence)
   ) STRICT, WITHOUT ROWID;
   CREATE TABLE accounts (id INTEGER PRIMARY KEY, name TEXT NOT NULL UNIQUE) STRICT;
   CREATE TABLE postings (
     sequence INTEGER NOT NULL,
     account INTEGER NOT NULL,
     nano_usd INTEGER NOT NULL
   ) STRICT;
   CREATE TABLE facts (
     at_ms INTEGER NOT NULL,
     ${dimensionColumns.map(column => `${column} TEXT NOT NULL`).join(', ')},
     ${measureColumns.map(column => `${column} INTEGER NOT NULL`).join(', ')}
   ) STRICT;
   CREATE INDEX facts_by_time ON facts (at_ms);
   ${['events', 'event_requests', 'accounts', 'postings', 'facts']
     .flatMap(table =>
       ['UPDATE', 'DELETE'].map(
         verb => `CREATE TRIGGER ${table}_no_${verb.toLowerCase()} BEFORE ${verb} ON ${table}
                  BEGIN SELECT RAISE(ABORT, 'the ledger is append-only'); END;`,
       ),
     )
     .join('\n')}`,
]

/** Version of the schema that this program writes. */
export const sqliteSchemaVersion = migrations.length

/**
 * Creates the tables of a new file, brings those of an older version up to date, and refuses what is no ledger or was written
 * by a newer version. All in one transaction.
 */
export function prepareSqliteSchema(database: DatabaseSync, path: string): void {
  database.exec('BEGIN IMMEDIATE')
  try {
    const version = knownVersion(database, path)
    for (const migration of migrations.slice(version)) database.exec(migration)
    database.exec(`PRAGMA application_id = ${applicationId}; PRAGMA user_version = ${sqliteSchemaVersion}`)
    database.exec('COMMIT')
  } catch (error) {
    database.exec('ROLLBACK')
    throw error
  }
}

/** For reading only: throws unless it is a ledger of this version. */
export function checkSqliteSchema(database: DatabaseSync, path: string): void {
  const version = knownVersion(database, path)
  if (version === sqliteSchemaVersion) return
  throw new TokenwrightError(
    'ledger',
    version === 0
      ? 'the file is empty, and no ledger yet'
      : `the ledger has version ${version} of the schema, this program reads ${sqliteSchemaVersion}`,
    {
      where: path,
      fix:
        version === 0
          ? 'name the file that the gateway writes'
          : 'start the gateway once, which brings it up to date',
    },
  )
}

/** 0 for a file without tables; throws for databases of others and ledgers of a newer version. */
function knownVersion(database: DatabaseSync, path: string): number {
  const id = pragma(database, 'application_id')
  const version = pragma(database, 'user_version')
  const tables = database.prepare('SELECT count(*) AS n FROM sqlite_master').get() as { n: number }
  if (tables.n > 0 && id !== applicationId) {
    throw new TokenwrightError('ledger', 'the file is a database, but no ledger', {
      where: path,
      fix: 'name another file; a ledger is created where there is none',
    })
  }
  if (version > sqliteSchemaVersion) {
    throw new TokenwrightError(
      'ledger',
      `the ledger has version ${version} of the schema, this program knows ${sqliteSchemaVersion}`,
      { where: path, fix: 'use the version of Tokenwright that wrote it, or a newer one' },
    )
  }
  return version
}

function pragma(database: DatabaseSync, name: 'application_id' | 'user_version'): number {
  const row = database.prepare(`PRAGMA ${name}`).get() as Record<string, number>
  return row[name]!
}
