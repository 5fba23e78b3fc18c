import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { request } from 'node:http'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { gunzipSync } from 'node:zlib'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { assetAnswer } from './assets.ts'
import { loadAssets } from './load-assets-file.ts'
import { type DashboardServer, serveDashboard } from './serve.ts'

const folder = mkdtempSync(join(tmpdir(), 'tokenwright-assets-'))
const script = 'console.log("a script that is long enough to be worth packing");'.repeat(8)
mkdirSync(join(folder, 'assets'))
writeFileSync(join(folder, 'index.html'), '<!doctype html><title>page</title>')
writeFileSync(join(folder, 'assets/main-abc.js'), script)
afterAll(() => rmSync(folder, { recursive: true, force: true }))

const assets = loadAssets(folder)
const ask = (target: string, headers: Readonly<Record<string, string>> = {}, method = 'GET') =>
  assetAnswer(assets, { method, target, header: name => headers[name] })
const textOf = (body: Uint8Array | null) => (body === null ? null : new TextDecoder().decode(body))

describe('answers', () => {
  test('the page is at /, checked anew every time, under a strict policy', () => {
    const { status, headers, body } = ask('/?from=somewhere')
    expect(status).toBe(200)
    expect(textOf(body)).toContain('<title>page')
    expect(headers['cache-control']).toBe('no-cache')
    expect(headers['content-security-policy']).toMatch(/^default-src 'none'; script-src 'self';/)
    expect(headers['content-security-policy']).not.toMatch(/unsafe|http/)
  })

  test('files named by their content are kept for ever, and packed for those who can unpack', () => {
    const plain = ask('/assets/main-abc.js')
    expect(textOf(plain.body)).toBe(script)
    expect(plain.headers['cache-control']).toContain('immutable')
    const packed = ask('/assets/main-abc.js', { 'accept-encoding': 'br, gzip' })
    expect(packed.headers['content-encoding']).toBe('gzip')
    expect(gunzipSync(packed.body!).toString()).toBe(script)
    expect(packed.headers.etag).not.toBe(plain.headers.etag)
  })

  test('what is known already is not sent again', () => {
    const { headers } = ask('/')
    expect(ask('/', { 'if-none-match': `"other", ${headers.etag}` })).toMatchObject({
      status: 304,
      body: null,
    })
    expect(ask('/', { 'if-none-match': '"other"' }).status).toBe(200)
  })

  test.for(['/nothing', '/../package.json', '/assets/../index.html', '/assets', '/%2e%2e/x', '//'])(
    '%s is not there',
    target => expect(ask(target).status).toBe(404),
  )

  test('only GET and HEAD; HEAD has no body', () => {
    expect(ask('/', {}, 'POST')).toMatchObject({ status: 405, headers: { allow: 'GET, HEAD' } })
    const { status, body, headers } = ask('/', {}, 'HEAD')
    expect([status, body]).toEqual([200, null])
    expect(Number(headers['content-length'])).toBeGreaterThan(0)
  })

  test('a folder that is not there says how to build it', () => {
    expect(() => loadAssets(join(folder, 'none'))).toThrow(/cannot read the dashboard/)
  })
})

describe('the server', () => {
  let server: DashboardServer
  beforeAll(async () => {
    server = await serveDashboard(assets, 0)
  })
  afterAll(() => server.close())

  const statusFor = (host: string) =>
    new Promise<number>((resolve, reject) => {
      const asked = request({ host: '127.0.0.1', port: server.port, headers: { host } }, response => {
        response.resume()
        resolve(response.statusCode ?? 0)
      })
      asked.on('error', reject)
      asked.end()
    })

  test('serves loopback by its names, and nobody who comes by another name', async () => {
    expect(await statusFor(`localhost:${server.port}`)).toBe(200)
    expect(await statusFor('127.0.0.1')).toBe(200)
    expect(await statusFor('evil.example')).toBe(421)
    expect(await statusFor('localhost.evil.example')).toBe(421)
  })

  test('says at /health that no gateway is behind it', async () => {
    const answer = await fetch(`${server.url}health`)
    expect(await answer.json()).toEqual({ status: 'up', serves: 'dashboard' })
    expect(answer.headers.get('content-security-policy')).toMatch(/^default-src 'none'/)
  })

  test('a port that is taken is said to be', async () => {
    await expect(serveDashboard(assets, server.port)).rejects.toThrow(/is taken/)
  })
})
