/** Virtual keys: seen, made, revoked, rotated. The text of a key is in one answer only, that of the call that made it. */
import { randomUUID } from 'node:crypto'
import { z } from 'zod'
import { TokenwrightError } from '../../../core/errors.ts'
import { type KeyRecord, mintKey, readTenantSection, revokeKey, rotateKey } from '../../tenants/index.ts'
import { ControlError } from '../control-error.ts'
import type { ControlParts, KeyAdministration } from '../control-parts.ts'
import { keyJson } from '../key-view.ts'
import { type ControlRoute, json } from './route.ts'

/** What readTenantSection checks further: limits, patterns, moments. */
const newKey = z.strictObject({
  id: z.string().optional(),
  tenant: z.string(),
  models: z.unknown().optional(),
  limits: z.unknown().optional(),
  tags: z.unknown().optional(),
  expires: z.unknown().optional(),
})

const dayMs = 86_400_000
/** How long the text before stays valid when nothing is said; at most a month. Assumed. */
const defaultOverlapMs = dayMs
const rotation = z.strictObject({
  overlapSeconds: z
    .int()
    .min(0)
    .max((30 * dayMs) / 1000)
    .optional(),
})

export const keyRoutes: readonly ControlRoute[] = [
  {
    method: 'GET',
    path: '/api/keys',
    openness: 'read',
    query: [],
    answer({ parts }) {
      const nowMs = parts.nowMs()
      const keys = parts.keys
      if (keys === null) return json({ writable: false, keys: [] })
      // Of stacked stores the first that knows an id has the last word.
      const byId = new Map(
        keys.store
          .list()
          .toReversed()
          .map(record => [record.id, record]),
      )
      return json({
        writable: keys.isWritable,
        keys: [...byId.values()].toReversed().map(record => keyJson(record, nowMs)),
      })
    },
  },
  {
    method: 'POST',
    path: '/api/keys',
    openness: 'write',
    query: [],
    takesBody: true,
    answer({ parts, body }) {
      const keys = writable(parts)
      const given = parsed(newKey, body)
      const id = given.id ?? `key-${randomUUID()}`
      if (keys.store.get(id) !== null) throw new ControlError('conflict', 'there is a key of this id')
      if (!keys.tenants().includes(given.tenant))
        throw new ControlError('bad_request', 'the configuration has no tenant of this name')
      const text = mintKey()
      const digest = keys.hasher(text)
      const record = { ...read({ ...given, id, ...storable(digest) }), createdMs: parts.nowMs() }
      keys.store.put(record)
      return made(parts, 'key-created', record, text, 201)
    },
  },
  {
    method: 'POST',
    path: '/api/keys/:id/revoke',
    openness: 'write',
    query: [],
    takesBody: true,
    answer({ parts, id, body }) {
      parsed(z.strictObject({}), body)
      const keys = writable(parts)
      const record = revokeKey(known(keys, id), parts.nowMs())
      keys.store.put(record)
      parts.changed?.({ kind: 'key-revoked', keyId: record.id, tenant: record.tenant })
      return json({ record: keyJson(record, parts.nowMs()) })
    },
  },
  {
    method: 'POST',
    path: '/api/keys/:id/rotate',
    openness: 'write',
    query: [],
    takesBody: true,
    answer({ parts, id, body }) {
      const { overlapSeconds } = parsed(rotation, body)
      const keys = writable(parts)
      const before = known(keys, id)
      if (before.revokedMs !== null) throw new ControlError('conflict', 'this key is revoked: make a new one')
      const text = mintKey()
      const overlapMs = overlapSeconds === undefined ? defaultOverlapMs : overlapSeconds * 1000
      const record = rotateKey(before, keys.hasher(text), parts.nowMs(), overlapMs)
      keys.store.put(record)
      return made(parts, 'key-rotated', record, text, 200)
    },
  },
]

function made(
  parts: ControlParts,
  kind: 'key-created' | 'key-rotated',
  record: KeyRecord,
  key: string,
  status: 200 | 201,
) {
  parts.changed?.({ kind, keyId: record.id, tenant: record.tenant })
  return { kind: 'json', status, value: { key, record: keyJson(record, parts.nowMs()) } } as const
}

function writable({ keys }: ControlParts): KeyAdministration {
  if (keys === null) throw new ControlError('conflict', 'this gateway asks for no keys')
  if (!keys.isWritable)
    throw new ControlError(
      'conflict',
      'keys are in the configuration: change them there, or keep keys in a database',
    )
  return keys
}

function known(keys: KeyAdministration, id: string): KeyRecord {
  const record = keys.store.get(id)
  if (record === null) throw new ControlError('not_found', 'there is no key of this id')
  return record
}

function parsed<Schema extends z.ZodType>(schema: Schema, body: unknown): z.output<Schema> {
  const result = schema.safeParse(body ?? {})
  if (result.success) return result.data
  const { path, message } = result.error.issues[0]!
  throw new ControlError('bad_request', `${path.length === 0 ? 'the body' : path.join('.')}: ${message}`)
}

function storable({ hash, visible }: { hash: string; visible: string }) {
  return { hash, visible }
}

/** By the rules of the configuration, so that a key means the same wherever it is written. */
function read(entry: { readonly id: string; readonly tenant: string }): KeyRecord {
  try {
    return readTenantSection({ tenants: { [entry.tenant]: {} }, keys: [entry] }, 'body').keys[0]!
  } catch (error) {
    if (!(error instanceof TokenwrightError)) throw error
    const where = error.where?.replace(/^body\.keys\.[^.]*\.?/, '') ?? ''
    throw new ControlError('bad_request', where === '' ? error.message : `${where}: ${error.message}`)
  }
}
