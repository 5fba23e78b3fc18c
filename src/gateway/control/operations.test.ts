/** Reload, drain, and the dashboard's files. */
import { describe, expect, test } from 'vitest'
import { TokenwrightError } from '../../core/errors.ts'
import { type Asset, type Assets, assetAnswer } from '../../dashboard/assets.ts'
import { securityHeaders } from '../../dashboard/index.ts'
import { rawGet, startedPlane } from './control.fixture.ts'
import type { ControlFiles } from './control-parts.ts'

describe('reload', () => {
  test('taken, or refused with the fault', async () => {
    const { plane, post, state } = await startedPlane()
    const reload = async (body?: object) => {
      const response = await post('/api/reload', body)
      return [response.status, await response.json()]
    }
    expect(await reload()).toEqual([200, { taken: true, changed: true, digest: 'd1' }])
    state.reload = { kind: 'unchanged' }
    expect(await reload()).toEqual([200, { taken: true, changed: false, digest: 'd1' }])
    const error = new TokenwrightError('usage', 'no such candidate', { where: 'models[0]' })
    state.reload = { kind: 'refused', error }
    const refusal = { code: 'usage', message: 'no such candidate', where: 'models[0]', fix: null }
    expect(await reload({})).toEqual([422, { taken: false, refusal }])
    expect(state.changes.map(change => ('outcome' in change ? change.outcome : change.kind))).toEqual([
      'applied',
      'unchanged',
      'refused',
    ])
    await plane.close()
  })
})

describe('drain', () => {
  test('is accepted, makes the gateway not ready, and may be repeated', async () => {
    const { plane, call, post } = await startedPlane()
    for (let time = 0; time < 2; time++) {
      const response = await post('/api/drain')
      expect([response.status, await response.json()]).toEqual([202, { draining: true, inFlight: 3 }])
    }
    const ready = await call('/ready', {}, null)
    expect([ready.status, await ready.json()]).toEqual([503, { ready: false, reasons: ['draining'] }])
    expect((await call('/health', {}, null)).status).toBe(200)
    await plane.close()
  })
})

describe('files of the dashboard', () => {
  const asset = (text: string, contentType: string, immutable: boolean): Asset => ({
    contentType,
    etag: `"${text.length}"`,
    immutable,
    body: new TextEncoder().encode(text),
    gzip: null,
  })
  const built: Assets = new Map([
    ['index.html', asset('<!doctype html>', 'text/html; charset=utf-8', false)],
    ['assets/a-1b2c.js', asset('export {}', 'text/javascript', true)],
  ])
  const assets: ControlFiles = request => assetAnswer(built, request)

  test('load without the token, under a strict policy of their own', async () => {
    const { plane, call } = await startedPlane({ assets })
    const page = await call('/', {}, null)
    expect([page.status, await page.text()]).toEqual([200, '<!doctype html>'])
    for (const [name, value] of Object.entries(securityHeaders)) expect(page.headers.get(name)).toBe(value)
    expect(page.headers.get('content-security-policy')).not.toMatch(/unsafe|https?:|\*/)
    expect(page.headers.get('cache-control')).toBe('no-cache')
    const script = await call('/assets/a-1b2c.js?x=1', {}, null)
    expect([script.status, await script.text()]).toEqual([200, 'export {}'])
    expect(script.headers.get('cache-control')).toContain('immutable')
    const known = await call('/', { headers: { 'if-none-match': page.headers.get('etag')! } }, null)
    expect([known.status, await known.text()]).toEqual([304, ''])
    const head = await call('/', { method: 'HEAD' }, null)
    expect([head.status, await head.text(), head.headers.get('content-length')]).toEqual([200, '', '15'])
    await plane.close()
  })

  test('are the built ones only; other methods and the API find none', async () => {
    const { plane, call } = await startedPlane({ assets })
    // As they are: fetch would resolve them before they are sent.
    const status = async (path: string) =>
      (await rawGet(plane.port, path, { host: 'localhost' })).slice(9, 12)
    const paths = ['/nothing', '/..%2findex.html', '/a%5c..%5cb', '//index.html', '/assets/a%00.js', '/.env']
    for (const path of paths) expect(await status(path), path).toBe('404')
    expect((await call('/', { method: 'POST' }, null)).status).toBe(405)
    expect((await call('/api/index.html')).status).toBe(404)
    expect((await call('/api/index.html', {}, null)).status).toBe(401)
    expect(await rawGet(plane.port, '/', { host: 'evil.example' })).toMatch(/^HTTP\/1\.1 421 /)
    await plane.close()
  })

  test('on this machine only, where there is no token', async () => {
    const { plane, call } = await startedPlane({ assets }, { token: null })
    expect((await call('/', {}, null)).status).toBe(200)
    await plane.close()
  })
})
