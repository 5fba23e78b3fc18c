/** What is kept of a virtual key, and how it changes: made, rotated, revoked. Pure; times are UNIX milliseconds. */
import { assert } from '../../core/assert.ts'
import type { Limit } from './account.ts'
import { matchesAny } from './name-pattern.ts'
import { type KeyDigest, sameHash } from './virtual-key.ts'

/** One text of a key. While a key is rotated two are valid. */
export interface KeyVersion extends KeyDigest {
  /** From then on this version is not accepted; null while it is the newest. */
  readonly endsMs: number | null
}

export interface KeyRecord {
  readonly id: string
  readonly tenant: string
  /** Newest first, two at most. */
  readonly versions: readonly KeyVersion[]
  /** Aliases and globs (`llama-*`). Null: every model the gateway knows. */
  readonly models: readonly string[] | null
  /** Of this key alone, beside those of its tenant. */
  readonly limits: readonly Limit[]
  /** Copied to the ledger, for reports. */
  readonly tags: Readonly<Record<string, string>>
  readonly createdMs: number
  readonly expiresMs: number | null
  readonly revokedMs: number | null
}

export interface NewKey {
  readonly id: string
  readonly tenant: string
  readonly digest: KeyDigest
  readonly models?: readonly string[] | null
  readonly limits?: readonly Limit[]
  readonly tags?: Readonly<Record<string, string>>
  readonly expiresMs?: number | null
}

/** Why a key is not accepted. Closed list. Those that need a look-up read alike to a client (see `refusalMessage`). */
export const keyRefusals = [
  'key-missing',
  'key-malformed',
  'key-unknown',
  'key-revoked',
  'key-expired',
  /** The key is of a tenant the configuration does not have: without it there would be no limits. */
  'tenant-unknown',
  'model-not-allowed',
] as const
export type KeyRefusal = (typeof keyRefusals)[number]

export function newKeyRecord(key: NewKey, nowMs: number): KeyRecord {
  return {
    id: key.id,
    tenant: key.tenant,
    versions: [{ ...key.digest, endsMs: null }],
    models: key.models ?? null,
    limits: key.limits ?? [],
    tags: key.tags ?? {},
    createdMs: nowMs,
    expiresMs: key.expiresMs ?? null,
    revokedMs: null,
  }
}

/**
 * A new text for the same key; the one before stays valid for `overlapMs`, an older one ends at once. Budgets, limits and
 * the ledger know the key by its id and notice nothing.
 */
export function rotateKey(record: KeyRecord, digest: KeyDigest, nowMs: number, overlapMs: number): KeyRecord {
  assert(overlapMs >= 0, 'an overlap is not negative')
  const previous = record.versions[0]
  assert(previous !== undefined, 'a key has a version')
  return {
    ...record,
    versions: [
      { ...digest, endsMs: null },
      { ...previous, endsMs: nowMs + overlapMs },
    ],
  }
}

/** From now on no version is accepted. The first revocation counts. */
export function revokeKey(record: KeyRecord, nowMs: number): KeyRecord {
  return record.revokedMs === null ? { ...record, revokedMs: nowMs } : record
}

/** Why this version of the key is not accepted now, or null when it is. Digests are compared in constant time. */
export function refusalOfKey(record: KeyRecord, hash: string, nowMs: number): KeyRefusal | null {
  const version = record.versions.find(candidate => sameHash(candidate.hash, hash))
  if (version === undefined) return 'key-unknown'
  if (record.revokedMs !== null && record.revokedMs <= nowMs) return 'key-revoked'
  if (record.expiresMs !== null && record.expiresMs <= nowMs) return 'key-expired'
  return version.endsMs !== null && version.endsMs <= nowMs ? 'key-expired' : null
}

/** Whether the key may use the alias a client asked for. */
export function mayUseModel(record: KeyRecord, modelAlias: string): boolean {
  return record.models === null || matchesAny(modelAlias, record.models)
}
