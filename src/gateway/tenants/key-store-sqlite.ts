/** Key records in two SQLite tables; digests are indexed, every value is a bound parameter. */
import type { DatabaseSync } from 'node:sqlite'
import type { Limit } from './account.ts'
import type { KeyRecord, KeyVersion } from './key-record.ts'
import { type KeyStore, sharedDigest } from './key-store.ts'

const schema = `
  CREATE TABLE IF NOT EXISTS virtual_key (
    id TEXT PRIMARY KEY, tenant TEXT NOT NULL, models TEXT, limits TEXT NOT NULL, tags TEXT NOT NULL,
    created_ms INTEGER NOT NULL, expires_ms INTEGER, revoked_ms INTEGER
  ) STRICT;
  CREATE TABLE IF NOT EXISTS virtual_key_version (
    hash TEXT PRIMARY KEY, key_id TEXT NOT NULL REFERENCES virtual_key (id), position INTEGER NOT NULL,
    visible TEXT NOT NULL, ends_ms INTEGER
  ) STRICT, WITHOUT ROWID;
  CREATE INDEX IF NOT EXISTS virtual_key_version_of ON virtual_key_version (key_id, position);`

/**
 * A store in a database that the caller opened and will close. Every look-up reads the database, so what another process
 * revokes counts at once.
 */
export function sqliteKeyStore(database: DatabaseSync): KeyStore {
  database.exec(schema)
  const byHash = database.prepare('SELECT key_id AS id FROM virtual_key_version WHERE hash = ?')
  const byId = database.prepare('SELECT * FROM virtual_key WHERE id = ?')
  const versions = database.prepare(
    'SELECT hash, visible, ends_ms FROM virtual_key_version WHERE key_id = ? ORDER BY position',
  )
  const ids = database.prepare('SELECT id FROM virtual_key ORDER BY created_ms, id')
  const upsert = database.prepare(`
    INSERT INTO virtual_key (id, tenant, models, limits, tags, created_ms, expires_ms, revoked_ms)
    VALUES (?, ?, ?, ?, ?, ?, ?, ?)
    ON CONFLICT (id) DO UPDATE SET tenant = excluded.tenant, models = excluded.models, limits = excluded.limits,
      tags = excluded.tags,
      created_ms = excluded.created_ms, expires_ms = excluded.expires_ms, revoked_ms = excluded.revoked_ms`)
  const dropVersions = database.prepare('DELETE FROM virtual_key_version WHERE key_id = ?')
  const addVersion = database.prepare('INSERT INTO virtual_key_version VALUES (?, ?, ?, ?, ?)')

  const get = (id: string): KeyRecord | null => {
    const row = byId.get(id)
    if (row === undefined) return null
    const models = textOrNull(row.models)
    return {
      id,
      tenant: String(row.tenant),
      versions: versions.all(id).map(
        (version): KeyVersion => ({
          hash: String(version.hash),
          visible: String(version.visible),
          endsMs: numberOrNull(version.ends_ms),
        }),
      ),
      models: models === null ? null : (JSON.parse(models) as string[]),
      limits: limitsFromText(String(row.limits)),
      tags: JSON.parse(String(row.tags)) as Record<string, string>,
      createdMs: Number(row.created_ms),
      expiresMs: numberOrNull(row.expires_ms),
      revokedMs: numberOrNull(row.revoked_ms),
    }
  }

  const write = (record: KeyRecord): void => {
    const { id, tenant, models, limits, tags, createdMs, expiresMs, revokedMs } = record
    const modelsText = models === null ? null : JSON.stringify(models)
    const [limitsText, tagsText] = [limitsToText(limits), JSON.stringify(tags)]
    upsert.run(id, tenant, modelsText, limitsText, tagsText, createdMs, expiresMs, revokedMs)
    dropVersions.run(id)
    for (const [position, { hash, visible, endsMs }] of record.versions.entries()) {
      if (byHash.get(hash) !== undefined) throw sharedDigest(id)
      addVersion.run(hash, id, position, visible, endsMs)
    }
  }

  return {
    find: hash => {
      const found = byHash.get(hash)
      return found === undefined ? null : get(String(found.id))
    },
    get,
    list: () => ids.all().map(row => get(String(row.id))!),
    put: record => {
      database.exec('BEGIN IMMEDIATE')
      try {
        write(record)
        database.exec('COMMIT')
      } catch (error) {
        database.exec('ROLLBACK')
        throw error
      }
    },
  }
}

const numberOrNull = (value: unknown): number | null => (value === null ? null : Number(value))
const textOrNull = (value: unknown): string | null => (value === null ? null : String(value))

/** Caps as decimal text: JSON's numbers are doubles. */
const limitsToText = (limits: readonly Limit[]): string =>
  JSON.stringify(limits.map(limit => ({ ...limit, cap: limit.cap.toString() })))
const limitsFromText = (text: string): Limit[] =>
  (JSON.parse(text) as (Omit<Limit, 'cap'> & { cap: string })[]).map(limit => ({
    ...limit,
    cap: BigInt(limit.cap),
  }))
