/** From the text a client presents to the record of its key, or a named refusal that never repeats the text. */
import { type KeyRecord, type KeyRefusal, mayUseModel, refusalOfKey } from './key-record.ts'
import type { KeyStore } from './key-store.ts'
import { isKeyText, type KeyHasher } from './virtual-key.ts'

export type Authentication =
  | { readonly kind: 'accepted'; readonly key: KeyRecord }
  | { readonly kind: 'refused'; readonly reason: KeyRefusal; readonly status: 401 | 403 }

/**
 * Form and checksum first, so that garbage reaches no store; then the digest, by index. What the look-up takes can tell only
 * of digests, which nobody can choose without knowing a key.
 */
export function authenticate(
  presented: string | null,
  keys: KeyStore,
  hasher: KeyHasher,
  nowMs: number,
): Authentication {
  if (presented === null || presented === '') return refused('key-missing')
  if (!isKeyText(presented)) return refused('key-malformed')
  const { hash } = hasher(presented)
  const record = keys.find(hash)
  if (record === null) return refused('key-unknown')
  const reason = refusalOfKey(record, hash, nowMs)
  return reason === null ? { kind: 'accepted', key: record } : refused(reason)
}

/** The same for one model alias: 403 when the key is good and the model is not on its list. */
export function authenticateForModel(authentication: Authentication, modelAlias: string): Authentication {
  if (authentication.kind === 'refused' || mayUseModel(authentication.key, modelAlias)) return authentication
  return refused('model-not-allowed')
}

/** `Authorization: Bearer tw-…` or `x-api-key: tw-…` (OpenAI's and Anthropic's clients); null when neither is there. */
export function presentedKey(authorization: string | undefined, apiKey: string | undefined): string | null {
  const bearer = /^bearer +(\S+) *$/i.exec(authorization ?? '')?.[1]
  return bearer ?? apiKey?.trim() ?? null
}

/** For the client: says what to do. Unknown, revoked and expired keys read alike, so nobody learns which keys once were. */
export function refusalMessage(reason: KeyRefusal): string {
  switch (reason) {
    case 'key-missing':
      return 'No key was sent: send one as "Authorization: Bearer tw-…" or "x-api-key: tw-…".'
    case 'key-malformed':
      return 'This is not a key of this gateway: its form or checksum is wrong. Copy it again, whole.'
    case 'model-not-allowed':
      return 'This key may not use this model: ask whoever gave you the key.'
    default:
      return 'This key is not accepted: ask whoever gave it to you for a new one.'
  }
}

function refused(reason: KeyRefusal): Authentication {
  return { kind: 'refused', reason, status: reason === 'model-not-allowed' ? 403 : 401 }
}
