/** Calls that are wrong or mean harm: rebinding, smuggling, bodies and heads that are too large, paths that are nothing. */
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { TokenwrightError } from '../../core/errors.ts'
import { controlParts, errorOf, raw, rawGet, startedPlane, token } from './control.fixture.ts'
import { startControlPlane } from './start-control-plane.ts'

let made: Awaited<ReturnType<typeof startedPlane>>
beforeAll(async () => {
  made = await startedPlane()
})
afterAll(() => made.plane.close())

describe('bad calls', () => {
  test('a Host that names somebody else is refused, the more so without a token', async () => {
    const { port } = made.plane
    const answer = (headers: Record<string, string>, path = '/api/status') => rawGet(port, path, headers)
    expect(await answer({ host: 'evil.example' })).toMatch(/^HTTP\/1\.1 421 /)
    expect(await answer({ host: `evil.example:${port}` }, '/')).toMatch(/^HTTP\/1\.1 421 /)
    expect(await answer({ host: 'evil.example', authorization: `Bearer ${token}` })).toMatch(
      /^HTTP\/1\.1 200 /,
    )
    expect(await answer({ host: `127.0.0.1:${port}` })).toMatch(/^HTTP\/1\.1 401 /)
    expect(await answer({ host: 'a b' })).toMatch(/^HTTP\/1\.1 4\d\d /)
    expect(await answer({})).toMatch(/^HTTP\/1\.1 400 /)
  })

  test('without a token this machine reads, nobody writes, and pages of other sites do neither', async () => {
    const open = await startedPlane({}, { token: null })
    const { plane, call } = open
    expect((await call('/api/status', {}, null)).status).toBe(200)
    expect(await errorOf(await call('/api/reload', { method: 'POST' }, null))).toBe('403 forbidden')
    expect(await errorOf(await call('/api/keys', { method: 'POST' }, 'anything'))).toBe('403 forbidden')
    expect(await rawGet(plane.port, '/api/status', { host: 'evil.example' })).toMatch(/^HTTP\/1\.1 421 /)
    const host = `127.0.0.1:${plane.port}`
    expect(await rawGet(plane.port, '/api/status', { host, 'sec-fetch-site': 'cross-site' })).toMatch(
      /^HTTP\/1\.1 403 /,
    )
    expect(await rawGet(plane.port, '/api/status', { host, 'x-forwarded-for': '10.0.0.1' })).toMatch(
      /^HTTP\/1\.1 403 /,
    )
    await plane.close()
    expect(open.state.changes).toEqual([])
  })

  test('a body that is too large, of unknown length too', async () => {
    const big = JSON.stringify({ tenant: 'x'.repeat(70_000) })
    const headers = { 'content-type': 'application/json' }
    expect(await errorOf(await made.call('/api/keys', { method: 'POST', body: big, headers }))).toBe(
      '413 payload_too_large',
    )
    const chunk = 'x'.repeat(30_000)
    const answer = await raw(
      made.plane.port,
      [
        'POST /api/keys HTTP/1.1',
        'host: localhost',
        `authorization: Bearer ${token}`,
        'content-type: application/json',
        'connection: close',
        'transfer-encoding: chunked',
        '',
        ...Array.from({ length: 4 }, () => `${chunk.length.toString(16)}\r\n${chunk}`),
        '0',
        '',
        '',
      ].join('\r\n'),
    )
    expect(answer).toMatch(/^HTTP\/1\.1 413 /)
  })

  test('a body that is no JSON, of another type, or where none belongs', async () => {
    const post = (path: string, body: string, type = 'application/json') =>
      made.call(path, { method: 'POST', body, headers: { 'content-type': type } })
    expect(await errorOf(await post('/api/keys', '{"tenant":'))).toBe('400 bad_request')
    expect(await errorOf(await post('/api/keys', '[]'))).toBe('400 bad_request')
    expect(await errorOf(await post('/api/keys', '"acme"'))).toBe('400 bad_request')
    expect(await errorOf(await post('/api/keys', 'tenant=acme', 'application/x-www-form-urlencoded'))).toBe(
      '415 unsupported_media_type',
    )
    expect(await errorOf(await post('/api/keys', '{}', 'text/plain'))).toBe('415 unsupported_media_type')
    expect(await errorOf(await post('/api/reload', '{"now":true}'))).toBe('400 bad_request')
    expect(await errorOf(await post('/api/drain', '[1]'))).toBe('400 bad_request')
  })

  test('paths that are nothing; nobody unknown learns which are', async () => {
    for (const path of [
      '/api',
      '/api/',
      '/api/nothing',
      '/index.html',
      '/api/keys/a/b/revoke',
      '/..%2f..%2fetc/passwd',
    ])
      expect(await errorOf(await made.call(path)), path).toBe('404 not_found')
    expect(await errorOf(await made.call('/api/nothing', {}, null))).toBe('401 unauthorized')
    expect(await errorOf(await made.call('/api/status', { method: 'PUT' }, null))).toBe('401 unauthorized')
  })

  test('heads that are too large or come twice', async () => {
    const { port } = made.plane
    expect(await rawGet(port, '/health', { host: 'localhost', 'x-big': 'x'.repeat(20_000) })).toMatch(
      /^HTTP\/1\.1 431 /,
    )
    expect(
      await raw(port, 'GET /health HTTP/1.1\r\nhost: a\r\ncontent-length: 1\r\ncontent-length: 2\r\n\r\n'),
    ).toMatch(/^HTTP\/1\.1 400 /)
    expect(
      await raw(
        port,
        'POST /api/drain HTTP/1.1\r\nhost: a\r\ncontent-length: 3\r\ntransfer-encoding: chunked\r\n\r\n',
      ),
    ).toMatch(/^HTTP\/1\.1 400 /)
  })

  test('a client that does not finish its head, or its body, is sent away', async () => {
    const { parts } = await controlParts()
    const limits = { headersTimeout: 100, requestTimeout: 200, connectionsCheckingInterval: 20 }
    const plane = await startControlPlane({ host: '127.0.0.1', port: 0, token }, parts, { limits })
    expect(await raw(plane.port, 'GET /health HTTP/1.1\r\nhost: a\r\nx-slow: ', 10_000)).toMatch(
      /^HTTP\/1\.1 408 /,
    )
    const head = `POST /api/keys HTTP/1.1\r\nhost: a\r\nauthorization: Bearer ${token}\r\ncontent-length: 9\r\n\r\n{`
    expect(await raw(plane.port, head, 10_000)).not.toMatch(/^HTTP\/1\.1 2/)
    await plane.close()
  })

  test('a ledger that is away is said to be so, without its words', async () => {
    const { ledger } = await controlParts()
    const away = await startedPlane({
      ledger: {
        ...ledger,
        aggregate: async () => {
          throw new TokenwrightError('ledger', 'postgres://user:secret@db is away')
        },
      },
    })
    const response = await away.call('/api/ledger/report')
    expect(await errorOf(response)).toBe('503 unavailable')
    expect(away.state.faults).toEqual([])
    await away.plane.close()
  })

  test('a client that goes in the midst of its body is no fault of ours', async () => {
    const { plane, state, call } = await startedPlane()
    const head = `POST /api/keys HTTP/1.1\r\nhost: a\r\nauthorization: Bearer ${token}\r\ncontent-length: 9\r\n\r\n{`
    await raw(plane.port, head, 50)
    expect((await call('/api/status')).status).toBe(200)
    expect(state.faults).toEqual([])
    await plane.close()
  })

  test('a fault of our own is told in general words, and to the log in full', async () => {
    const broken = await startedPlane({
      budgets: () => {
        throw new Error('secret inside')
      },
    })
    const response = await broken.call('/api/budgets')
    const text = await response.text()
    expect(response.status).toBe(500)
    expect(text).not.toContain('secret')
    expect(broken.state.faults).toHaveLength(1)
    await broken.plane.close()
  })
})
