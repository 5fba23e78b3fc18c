/** Where key records are kept. Look-ups go by digest; nothing here ever sees the text of a key. */
import { TokenwrightError } from '../../core/errors.ts'
import type { KeyRecord } from './key-record.ts'

export interface KeyStore {
  /** The record one of whose versions has this digest, or null. */
  find(hash: string): KeyRecord | null
  get(id: string): KeyRecord | null
  list(): readonly KeyRecord[]
  /**
   * Adds or replaces the record of this id.
   * @throws TokenwrightError when another record has one of the digests, or the store can only be read.
   */
  put(record: KeyRecord): void
}

/** Records in memory, gone with the process; a configuration's keys are kept so, read-only. */
export function memoryKeyStore(records: readonly KeyRecord[] = [], readOnly = false): KeyStore {
  const byId = new Map<string, KeyRecord>()
  const idByHash = new Map<string, string>()
  const put = (record: KeyRecord): void => {
    for (const { hash } of record.versions) {
      if ((idByHash.get(hash) ?? record.id) !== record.id) throw sharedDigest(record.id)
    }
    for (const { hash } of byId.get(record.id)?.versions ?? []) idByHash.delete(hash)
    for (const { hash } of record.versions) idByHash.set(hash, record.id)
    byId.set(record.id, record)
  }
  for (const record of records) put(record)
  const get = (id: string): KeyRecord | null => byId.get(id) ?? null
  return {
    find: hash => {
      const id = idByHash.get(hash)
      return id === undefined ? null : get(id)
    },
    get,
    list: () => [...byId.values()],
    put: readOnly ? refusePut : put,
  }
}

/** Looks in one store after the other, and writes to the first: a configuration's keys beside a database's. */
export function stackedKeyStore(first: KeyStore, ...rest: readonly KeyStore[]): KeyStore {
  const stores = [first, ...rest]
  const firstOf = (look: (store: KeyStore) => KeyRecord | null): KeyRecord | null => {
    for (const store of stores) {
      const found = look(store)
      if (found !== null) return found
    }
    return null
  }
  return {
    find: hash => firstOf(store => store.find(hash)),
    get: id => firstOf(store => store.get(id)),
    list: () => stores.flatMap(store => store.list()),
    put: record => first.put(record),
  }
}

export function sharedDigest(id: string): TokenwrightError {
  return new TokenwrightError('usage', 'two keys have the same digest', {
    where: `key ${id}`,
    fix: 'mint a key of its own for each',
  })
}

function refusePut(record: KeyRecord): never {
  throw new TokenwrightError('usage', 'this key is written in the configuration', {
    where: `key ${record.id}`,
    fix: 'change it there, or keep keys in a database',
  })
}
