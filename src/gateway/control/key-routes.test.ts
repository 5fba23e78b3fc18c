/** Keys over HTTP: made, listed, rotated, revoked; the text of a key is in one answer and nowhere else. */
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { authenticate, keyHasher, memoryKeyStore, newKeyRecord, stackedKeyStore } from '../tenants/index.ts'
import { nowMs, startedPlane } from './control.fixture.ts'

let made: Awaited<ReturnType<typeof startedPlane>>
beforeAll(async () => {
  made = await startedPlane()
})
afterAll(() => made.plane.close())

interface Made {
  readonly key: string
  readonly record: {
    readonly id: string
    readonly versions: readonly { visible: string; endsMs: number | null }[]
  }
}

async function create(body: object): Promise<Made> {
  const response = await made.post('/api/keys', body)
  expect(response.status).toBe(201)
  return (await response.json()) as Made
}

function verdict(key: string, atMs = nowMs): string {
  const result = authenticate(key, made.keys, keyHasher(), atMs)
  return result.kind === 'accepted' ? result.key.tenant : result.reason
}

async function fault(path: string, body?: unknown): Promise<string> {
  const response = await made.post(path, body)
  const { error } = (await response.json()) as { error: { code: string; message: string } }
  return `${response.status} ${error.message}`
}

test('a key is made, works, and is shown once', async () => {
  const { key, record } = await create({
    id: 'k1',
    tenant: 'acme',
    models: ['llama-*'],
    limits: [{ per: 'day', usd: '0.25' }],
    tags: { team: 'search' },
    expires: '2027-01-01',
  })
  expect(verdict(key)).toBe('acme')
  expect(record).toMatchObject({
    id: 'k1',
    state: 'valid',
    models: ['llama-*'],
    limits: [{ measure: 'usd', window: 'day', cap: '0.25' }],
    tags: { team: 'search' },
    createdMs: nowMs,
    expiresMs: Date.UTC(2027, 0, 1),
  })
  const pages = await Promise.all(
    ['/api/keys', '/api/status', '/api/config', '/api/budgets', '/metrics'].map(async path =>
      (await made.call(path)).text(),
    ),
  )
  const { hash } = made.keys.get('k1')!.versions[0]!
  for (const text of [...pages, JSON.stringify(made.state.changes)]) {
    expect(text).not.toContain(key)
    expect(text).not.toContain(key.slice(12))
    expect(text).not.toContain(hash)
    expect(text).not.toContain(hash.slice(7))
  }
  expect(pages[0]).toContain(key.slice(0, 11))
  expect(made.state.changes).toContainEqual({ kind: 'key-created', keyId: 'k1', tenant: 'acme' })
})

test('an id is made up when none is given', async () => {
  const { record } = await create({ tenant: 'globex' })
  expect(record.id).toMatch(/^key-[0-9a-f-]{36}$/)
})

test('rotated: both texts for a while, then the new one', async () => {
  const { key } = await create({ id: 'turning', tenant: 'acme' })
  const response = await made.post('/api/keys/turning/rotate', { overlapSeconds: 60 })
  const next = (await response.json()) as Made
  expect([verdict(key), verdict(next.key)]).toEqual(['acme', 'acme'])
  expect([verdict(key, nowMs + 60_000), verdict(next.key, nowMs + 60_000)]).toEqual(['key-expired', 'acme'])
  expect(next.record.versions).toEqual([
    { visible: next.key.slice(0, 11), endsMs: null },
    { visible: key.slice(0, 11), endsMs: nowMs + 60_000 },
  ])
  const again = (await (await made.post('/api/keys/turning/rotate')).json()) as Made
  expect(again.record.versions[1]!.endsMs).toBe(nowMs + 86_400_000)
})

test('revoked: at once, and it stays in the list', async () => {
  const { key } = await create({ id: 'gone', tenant: 'acme', limits: [{ per: 'day', requests: 5 }] })
  expect((await made.post('/api/keys/gone/revoke')).status).toBe(200)
  expect(verdict(key)).toBe('key-revoked')
  expect(await (await made.call('/api/keys')).json()).toMatchObject({
    writable: true,
    keys: expect.arrayContaining([expect.objectContaining({ id: 'gone', state: 'revoked' })]),
  })
  expect(await fault('/api/keys/gone/rotate')).toMatch(/^409 .*revoked/)
  const { budgets } = (await (await made.call('/api/budgets')).json()) as {
    budgets: { keyId: string | null }[]
  }
  expect(budgets.filter(({ keyId }) => keyId === 'gone')).toEqual([])
})

describe('refused', () => {
  test.each([
    [{ id: 'k1', tenant: 'acme' }, /^409 there is a key of this id/],
    [{ tenant: 'initech' }, /^400 the configuration has no tenant/],
    [{}, /^400 tenant: /],
    [{ tenant: 7 }, /^400 tenant: /],
    [{ tenant: 'acme', hash: 'sha256:0' }, /^400 .*[Uu]nrecognized/],
    [{ tenant: 'acme', id: '../x' }, /^400 id: /],
    [{ tenant: 'acme', limits: [{ per: 'year', usd: 1 }] }, /^400 limits\.0\.per: /],
    [{ tenant: 'acme', limits: [{ per: 'day' }] }, /^400 .*without a cap/],
    [{ tenant: 'acme', limits: [{ per: 'day', usd: -1 }] }, /^400 limits\.0\.usd: /],
    [{ tenant: 'acme', expires: 'soon' }, /^400 expires: /],
    [{ tenant: 'acme', models: 'all' }, /^400 models: /],
    [{ tenant: 'acme', revoked: true }, /^400 /],
    [{ tenant: '__proto__' }, /^400 /],
  ])('%j', async (body, message) => {
    const before = made.keys.list().length
    expect(await fault('/api/keys', body)).toMatch(message)
    expect(made.keys.list()).toHaveLength(before)
  })

  test('keys that are not there, and overlaps that make no sense', async () => {
    expect(await fault('/api/keys/nobody/revoke')).toMatch(/^404/)
    expect(await fault('/api/keys/nobody/rotate')).toMatch(/^404/)
    for (const overlapSeconds of [-1, 1.5, 1e9, '60'])
      expect(await fault('/api/keys/turning/rotate', { overlapSeconds })).toMatch(/^400 overlapSeconds: /)
    expect(await fault('/api/keys/turning/revoke', { now: true })).toMatch(/^400/)
  })

  test('where keys are only in the configuration, or not asked for', async () => {
    const readOnly = await startedPlane({
      keys: {
        store: memoryKeyStore([], true),
        hasher: keyHasher(),
        isWritable: false,
        tenants: () => ['acme'],
      },
    })
    expect((await readOnly.post('/api/keys', { tenant: 'acme' })).status).toBe(409)
    expect(await (await readOnly.call('/api/keys')).json()).toEqual({ writable: false, keys: [] })
    await readOnly.plane.close()
    const none = await startedPlane({ keys: null })
    expect((await none.post('/api/keys', { tenant: 'acme' })).status).toBe(409)
    expect(await (await none.call('/api/keys')).json()).toEqual({ writable: false, keys: [] })
    await none.plane.close()
  })
})

test('a configuration’s key can be revoked in the database before it, and is listed once', async () => {
  const hasher = keyHasher()
  const fixed = newKeyRecord({ id: 'fixed', tenant: 'acme', digest: hasher('tw-whatever-it-is') }, 0)
  const store = stackedKeyStore(memoryKeyStore(), memoryKeyStore([fixed], true))
  const stacked = await startedPlane({ keys: { store, hasher, isWritable: true, tenants: () => ['acme'] } })
  await stacked.post('/api/keys/fixed/revoke')
  const { keys } = (await (await stacked.call('/api/keys')).json()) as {
    keys: { id: string; state: string }[]
  }
  expect(keys.map(({ id, state }) => `${id} ${state}`)).toEqual(['fixed revoked'])
  await stacked.plane.close()
})
