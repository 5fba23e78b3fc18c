/** One contract for every key store, and the life of a key in it. */
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { afterEach, describe, expect, test } from 'vitest'
import { authenticate, authenticateForModel, presentedKey, refusalMessage } from './authentication.ts'
import { keyRefusals, newKeyRecord, revokeKey, rotateKey } from './key-record.ts'
import { memoryKeyStore, stackedKeyStore } from './key-store.ts'
import { sqliteKeyStore } from './key-store-sqlite.ts'
import { keyHasher, mintKey } from './virtual-key.ts'

const hasher = keyHasher(Buffer.alloc(32, 7))
const [first, second, third] = [1, 2, 3].map(byte => mintKey(new Uint8Array(32).fill(byte))) as [
  string,
  string,
  string,
]
const nowMs = Date.UTC(2026, 10, 1)
const record = newKeyRecord(
  {
    id: 'k1',
    tenant: 'acme',
    digest: hasher(first),
    models: ['llama-*', 'gpt-x'],
    limits: [{ measure: 'usd', window: 'month', cap: 2n ** 52n, alertsAt: [0.5, 1] }],
    tags: { team: 'search' },
  },
  nowMs,
)

const folders: string[] = []
afterEach(() => {
  for (const folder of folders.splice(0)) rmSync(folder, { recursive: true })
})
function databaseFile(): string {
  const folder = mkdtempSync(join(tmpdir(), 'tokenwright-keys-'))
  folders.push(folder)
  return join(folder, 'keys.db')
}

const stores = [
  ['memory', () => memoryKeyStore()],
  ['SQLite', () => sqliteKeyStore(new DatabaseSync(':memory:'))],
  ['stacked', () => stackedKeyStore(memoryKeyStore(), memoryKeyStore([], true))],
] as const

describe.each(stores)('%s', (_, open) => {
  test('gives back what was put, by digest and by id', () => {
    const store = open()
    expect(store.find(hasher(first).hash)).toBeNull()
    store.put(record)
    expect(store.find(hasher(first).hash)).toEqual(record)
    expect(store.get('k1')).toEqual(record)
    expect(store.get('k2')).toBeNull()
    expect(store.list()).toEqual([record])
  })

  test('accepts a key until it expires or is revoked', () => {
    const store = open()
    store.put({ ...record, expiresMs: nowMs + 100 })
    const reasonAt = (ms: number, key = first) => {
      const found = authenticate(key, store, hasher, ms)
      return found.kind === 'refused' ? found.reason : 'accepted'
    }
    expect(reasonAt(nowMs + 99)).toBe('accepted')
    expect(reasonAt(nowMs + 100)).toBe('key-expired')
    store.put(revokeKey(store.get('k1')!, nowMs + 10))
    expect(reasonAt(nowMs + 10)).toBe('key-revoked')
    expect(reasonAt(nowMs, second)).toBe('key-unknown')
    expect(reasonAt(nowMs, `${first}x`)).toBe('key-malformed')
    expect(reasonAt(nowMs, '')).toBe('key-missing')
  })

  test('while a key is rotated two texts are valid, never three', () => {
    const store = open()
    store.put(record)
    const accepts = (key: string, ms: number) => authenticate(key, store, hasher, ms).kind === 'accepted'
    store.put(rotateKey(store.get('k1')!, hasher(second), nowMs, 1000))
    expect([first, second].map(key => accepts(key, nowMs + 999))).toEqual([true, true])
    expect([first, second].map(key => accepts(key, nowMs + 1000))).toEqual([false, true])
    store.put(rotateKey(store.get('k1')!, hasher(third), nowMs + 1, 1000))
    expect([first, second, third].map(key => accepts(key, nowMs + 2))).toEqual([false, true, true])
    expect(store.find(hasher(first).hash)).toBeNull()
  })

  test('two keys cannot share a digest, and the store is as before', () => {
    const store = open()
    store.put(record)
    expect(() => store.put({ ...record, id: 'k2' })).toThrow(/same digest/)
    expect(store.list()).toEqual([record])
  })

  test('text that would be SQL is text', () => {
    const store = open()
    const odd = { ...record, id: `k'; DROP TABLE virtual_key; --`, tags: { "o'": '"' } }
    store.put(odd)
    expect(store.list()).toEqual([odd])
    expect(store.find(`' OR 1=1 --`)).toBeNull()
  })
})

test('SQLite keeps keys over restarts, and holds no text of a key', () => {
  const file = databaseFile()
  const before = new DatabaseSync(file)
  sqliteKeyStore(before).put(record)
  before.close()
  const after = new DatabaseSync(file)
  expect(sqliteKeyStore(after).find(hasher(first).hash)).toEqual(record)
  const everything = JSON.stringify([
    after.prepare('SELECT * FROM virtual_key').all(),
    after.prepare('SELECT * FROM virtual_key_version').all(),
  ])
  after.close()
  expect(everything).toContain(first.slice(0, 11))
  expect(everything).not.toContain(first.slice(0, 12))
})

test('keys of the configuration cannot be changed in it', () => {
  const store = memoryKeyStore([record], true)
  expect(store.get('k1')).toEqual(record)
  expect(() => store.put(revokeKey(record, nowMs))).toThrow(/written in the configuration/)
})

test('the allow-list decides on models', () => {
  const store = memoryKeyStore([record])
  const found = authenticate(first, store, hasher, nowMs)
  const kinds = ['llama-3', 'gpt-x', 'gpt-xl', 'GPT-x', ''].map(
    model => authenticateForModel(found, model).kind,
  )
  expect(kinds).toEqual(['accepted', 'accepted', 'refused', 'refused', 'refused'])
  expect(authenticateForModel(found, 'other')).toMatchObject({ reason: 'model-not-allowed', status: 403 })
})

test('no refusal repeats the key, and unknown, revoked and expired read alike', () => {
  const store = memoryKeyStore([revokeKey(record, nowMs)])
  for (const key of [first, second, `${first}?`, 'tw-short']) {
    expect(JSON.stringify(authenticate(key, store, hasher, nowMs))).not.toContain(key.slice(3, 8))
  }
  const messages = new Set(keyRefusals.map(refusalMessage))
  expect(messages.size).toBe(4)
  expect(refusalMessage('key-unknown')).toBe(refusalMessage('key-revoked'))
})

test('keys are taken from either header', () => {
  expect(presentedKey(`Bearer ${first}`, undefined)).toBe(first)
  expect(presentedKey(`bearer  ${first} `, undefined)).toBe(first)
  expect(presentedKey(undefined, ` ${first} `)).toBe(first)
  expect(presentedKey(`Basic ${first}`, second)).toBe(second)
  expect(presentedKey(undefined, undefined)).toBeNull()
})
