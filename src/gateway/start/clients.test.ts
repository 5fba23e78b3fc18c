/** Clients that go away, stand still, or send what no client should. */
import { connect } from 'node:net'
import { describe, expect, test } from 'vitest'
import {
  chatAnswer,
  chatEvents,
  hello,
  oneModel,
  sendJson,
  startTestGateway,
  startUpstream,
  type Upstream,
} from './gateway.fixture.ts'

/** A stream that begins with two tokens and goes on when the test says so. */
async function heldStream(): Promise<{ upstream: Upstream; go: () => void }> {
  const events = chatEvents(['a', 'b', 'c'])
  const rest: (() => void)[] = []
  const upstream = await startUpstream((_, response) => {
    response.writeHead(200, { 'content-type': 'text/event-stream' })
    response.write(events.slice(0, 3).join(''))
    rest.push(() => response.end(events.slice(3).join('')))
  })
  return { upstream, go: () => rest.forEach(end => void end()) }
}

/** Asks for a stream, reads its first piece, and can go away. */
async function askStream(url: string): Promise<{ first: string; leave: () => void }> {
  const leaving = new AbortController()
  const response = await fetch(`${url}/v1/chat/completions`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ ...hello, stream: true }),
    signal: leaving.signal,
  })
  const { value } = await response.body!.getReader().read()
  return { first: new TextDecoder().decode(value), leave: () => leaving.abort() }
}

describe('a client that goes away', () => {
  test('from one’s own engine: it stops at once, and what came is estimated', async () => {
    const { upstream } = await heldStream()
    const { url, settlements, summaries } = await startTestGateway(oneModel([upstream.url]))
    const { first, leave } = await askStream(url)
    expect(first).toContain('"content":"a"')
    leave()
    await expect.poll(() => upstream.requests[0]!.isCancelled).toBe(true)
    expect((await settlements())[0]).toMatchObject({
      state: 'estimated',
      final: true,
      bearer: 'tenant',
      usage: { output: 2 },
    })
    expect(summaries[0]).toMatchObject({ outcome: 'cancelled', reason: 'client_closed_request' })
  })
  test('from an API: its answer is read on for its usage', async () => {
    const { upstream, go } = await heldStream()
    const { url, settlements, summaries } = await startTestGateway({
      offers: { api: { url: upstream.url, apiKey: 'none', price: { uncachedInput: '1', output: '2' } } },
      models: { llama: { candidates: ['api'] } },
    })
    const { leave } = await askStream(url)
    leave()
    await new Promise(resolve => setTimeout(resolve, 50))
    expect(upstream.requests[0]!.isCancelled).toBe(false)
    go()
    expect((await settlements())[0]).toMatchObject({
      state: 'drained',
      usage: { cachedInput: 40, output: 5 },
    })
    expect(summaries[0]!.outcome).toBe('cancelled')
  })
  test('from an API that goes on for too long: it is cut, and estimated', async () => {
    const { upstream } = await heldStream()
    const { url, settlements } = await startTestGateway({
      limits: { drainSeconds: 0.1 },
      offers: { api: { url: upstream.url, apiKey: 'none', price: { uncachedInput: '1', output: '2' } } },
      models: { llama: { candidates: ['api'] } },
    })
    const { leave } = await askStream(url)
    leave()
    await expect.poll(() => upstream.requests[0]!.isCancelled).toBe(true)
    expect((await settlements())[0]).toMatchObject({ state: 'estimated' })
  })
  test('while its request waits for a place: nothing is sent, nothing is owed', async () => {
    const { upstream, go } = await heldStream()
    const { url, post, summaries, events } = await startTestGateway(
      oneModel([upstream.url], { deployment: { capacity: 1 } }),
    )
    const first = await post('/v1/chat/completions', { ...hello, stream: true })
    const leaving = new AbortController()
    const waiting = fetch(`${url}/v1/chat/completions`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify(hello),
      signal: leaving.signal,
    }).catch(() => 'aborted')
    await new Promise(resolve => setTimeout(resolve, 60))
    leaving.abort()
    expect(await waiting).toBe('aborted')
    await expect.poll(() => summaries.length).toBe(1)
    expect(summaries[0]).toMatchObject({ outcome: 'cancelled', status: 499, attempts: [] })
    go()
    await first.text()
    expect(upstream.requests).toHaveLength(1)
    expect((await events()).filter(({ kind }) => kind === 'requestSettled')).toHaveLength(1)
  })
})

test('a client that takes nothing holds its upstream up, not the gateway’s memory, and is sent away at last', async () => {
  const piece = chatEvents(['x'.repeat(10_000)])[1]!
  let sent = 0
  const upstream = await startUpstream((_, response) => {
    response.writeHead(200, { 'content-type': 'text/event-stream' })
    const more = (): void => {
      while (sent < 20_000 && !response.destroyed) {
        sent++
        if (!response.write(piece)) {
          response.once('drain', more)
          return
        }
      }
    }
    more()
  })
  const { gateway, summaries } = await startTestGateway({
    limits: { stalledClientSeconds: 1, waitingAnswerBytes: 65_536 },
    ...oneModel([upstream.url]),
  })
  const socket = connect(Number(new URL(gateway.url).port), '127.0.0.1')
  const body = JSON.stringify({ ...hello, stream: true })
  socket.write(
    `POST /v1/chat/completions HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\nContent-Length: ${body.length}\r\n\r\n${body}`,
  )
  socket.pause()
  await new Promise(resolve => setTimeout(resolve, 500))
  const before = sent
  await new Promise(resolve => setTimeout(resolve, 200))
  // 200 MB would have come by now.
  expect(sent).toBe(before)
  expect(sent).toBeLessThan(5000)
  await expect.poll(() => summaries.length, { timeout: 5000 }).toBe(1)
  expect(summaries[0]!.outcome).toBe('cancelled')
  socket.destroy()
})

/** Sends bytes, and gives back all that comes until the gateway ends the connection or a while has passed. */
function raw(url: string, text: string, waitMs = 300): Promise<string> {
  return new Promise(resolve => {
    const socket = connect(Number(new URL(url).port), '127.0.0.1')
    let heard = ''
    const end = (): void => {
      socket.destroy()
      resolve(heard)
    }
    socket.on('data', data => {
      heard += data.toString('latin1')
    })
    socket.on('close', () => resolve(heard))
    socket.on('error', () => {})
    setTimeout(end, waitMs)
    socket.write(text)
  })
}

describe('what no client should send', () => {
  const body = JSON.stringify(hello)
  const head = (more: string): string =>
    `POST /v1/chat/completions HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\n${more}\r\n`

  const smuggled: Readonly<Record<string, string>> = {
    'two lengths': head(`Content-Length: ${body.length}\r\nContent-Length: 5\r\n`) + body,
    'a length and chunks': `${head('Content-Length: 5\r\nTransfer-Encoding: chunked\r\n')}0\r\n\r\n`,
    'a coding that is not chunked': `${head('Transfer-Encoding: xchunked\r\n')}0\r\n\r\n`,
    'a space before the colon': head(`Content-Length : ${body.length}\r\n`) + body,
    'a folded header': head(`X-Long: a\r\n b\r\nContent-Length: ${body.length}\r\n`) + body,
    'a line feed alone': head(`X: y\nContent-Length: ${body.length}\r\n`) + body,
    'a negative length': head('Content-Length: -5\r\n') + body,
    'two keys':
      head(`Authorization: Bearer a\r\nAuthorization: Bearer b\r\nContent-Length: ${body.length}\r\n`) + body,
  }
  for (const [name, text] of Object.entries(smuggled)) {
    test(`${name}: refused, nothing reaches the upstream, and no second request is answered`, async () => {
      const upstream = await startUpstream((_, response) => sendJson(response, 200, chatAnswer()))
      const { url } = await startTestGateway(oneModel([upstream.url]))
      const heard = await raw(url, `${text}${head(`Content-Length: ${body.length}\r\n`)}${body}`)
      expect(heard).toMatch(/^HTTP\/1\.1 4\d\d /)
      expect(heard.match(/HTTP\/1\.1/g)).toHaveLength(1)
      expect(upstream.requests).toHaveLength(0)
    })
  }
  test('headers that choose a host, a path or a key reach nobody', async () => {
    const upstream = await startUpstream((_, response) => sendJson(response, 200, chatAnswer()))
    const stranger = await startUpstream((_, response) => sendJson(response, 200, chatAnswer()))
    const { post } = await startTestGateway(oneModel([upstream.url]))
    const response = await post('/v1/chat/completions', hello, {
      'x-portkey-custom-host': stranger.url,
      'x-forwarded-host': 'evil.example',
      forwarded: 'host=evil.example',
      'x-tokenwright-upstream': stranger.url,
      authorization: 'Bearer client-key',
      cookie: 'session=1',
      'x-api-key': 'client-key',
      'proxy-authorization': 'Basic eA==',
    })
    expect(response.status).toBe(200)
    expect(stranger.requests).toHaveLength(0)
    const [{ headers }] = upstream.requests as [(typeof upstream.requests)[number]]
    expect(JSON.stringify(headers)).not.toMatch(/client-key|evil|session|portkey|tokenwright/)
    expect(headers.host).toBe(new URL(upstream.url).host)
  })
  test('paths that are not here, methods that are not theirs, absolute addresses', async () => {
    const { url } = await startTestGateway(oneModel(['http://127.0.0.1:9']))
    for (const [method, path] of [
      ['POST', '/v1/proxy/http://169.254.169.254/latest'],
      ['POST', '/v1/chat/completions/../../admin'],
      ['GET', '/v1/chat/completions'],
      ['DELETE', '/v1/models/llama'],
      ['GET', '/v1/models/%ff'],
    ] as const) {
      expect((await fetch(`${url}${path}`, { method })).status).toBe(404)
    }
    expect(
      await raw(
        url,
        `POST http://evil.example/v1/chat/completions HTTP/1.1\r\nHost: evil.example\r\nContent-Length: 0\r\n\r\n`,
      ),
    ).toMatch(/^HTTP\/1\.1 404/)
    expect(await raw(url, 'CONNECT evil.example:443 HTTP/1.1\r\nHost: evil.example:443\r\n\r\n')).toBe('')
  })
  test('too large, by its word or in fact', async () => {
    const { url, post } = await startTestGateway({
      limits: { bodyBytes: 1000, headerBytes: 2000 },
      ...oneModel(['http://127.0.0.1:9']),
    })
    expect((await post('/v1/chat/completions', { ...hello, user: 'x'.repeat(2000) })).status).toBe(413)
    const chunk = 'x'.repeat(600)
    const chunked = `258\r\n${chunk}\r\n`.repeat(3)
    expect(await raw(url, head('Transfer-Encoding: chunked\r\n') + chunked)).toMatch(/^HTTP\/1\.1 413/)
    expect((await post('/v1/chat/completions', hello, { 'x-request-id': 'y'.repeat(3000) })).status).toBe(431)
  })
  test('a compressed body, which could unpack to anything', async () => {
    const { post } = await startTestGateway(oneModel(['http://127.0.0.1:9']))
    expect((await post('/v1/chat/completions', hello, { 'content-encoding': 'gzip' })).status).toBe(415)
  })
  test('a request that never ends is sent away', async () => {
    const { url } = await startTestGateway({
      limits: { headersSeconds: 1, requestSeconds: 1 },
      ...oneModel(['http://127.0.0.1:9']),
    })
    const heard = await raw(url, 'POST /v1/chat/completions HTTP/1.1\r\nHost: x\r\nContent-Le', 6000)
    expect(heard).toMatch(/^HTTP\/1\.1 408|^$/)
  })
})

describe('secrets', () => {
  test('are in no answer, summary, notice or event', async () => {
    const upstream = await startUpstream(({ headers }, response) => {
      expect(headers.authorization).toBe('Bearer secret-of-upstream')
      sendJson(response, 500, JSON.stringify({ error: { message: 'boom' } }))
    })
    const { post, events, summaries, notices, gateway } = await startTestGateway(
      oneModel([upstream.url], { deployment: { apiKey: 'env:KEY' } }),
    )
    const prompt = 'a very private prompt'
    const response = await post('/v1/chat/completions', {
      model: 'llama',
      messages: [{ role: 'user', content: prompt }],
    })
    const text = (value: unknown): string =>
      JSON.stringify(value, (_, item) => (typeof item === 'bigint' ? `${item}` : item))
    const control = await Promise.all(
      ['/api/config', '/api/requests', '/api/candidates', '/metrics', '/api/status'].map(async path =>
        (await fetch(`${gateway.controlUrl}${path}`)).text(),
      ),
    )
    const everything = [
      await response.text(),
      text(await events()),
      text(summaries),
      text(notices),
      ...control,
    ].join('\n')
    expect(everything).not.toContain('secret-of-upstream')
    expect(everything).not.toContain(prompt)
    expect(control[0]).toContain('own')
  })
})

test('a gateway that is closed lets requests under way end, and takes no more', async () => {
  const { upstream, go } = await heldStream()
  const { gateway, post, url, summaries } = await startTestGateway(oneModel([upstream.url]))
  const response = await post('/v1/chat/completions', { ...hello, stream: true })
  const closing = gateway.close(5000)
  await new Promise(resolve => setTimeout(resolve, 50))
  await expect(fetch(`${url}/v1/models`)).rejects.toThrow()
  go()
  expect(await response.text()).toContain('[DONE]')
  await closing
  expect(summaries).toHaveLength(1)
  expect(summaries[0]).toMatchObject({ outcome: 'served', attempts: [{ state: 'reported' }] })
})

test('a stream of events that the upstream leaves open after its end mark is over for the client', async () => {
  const upstream = await startUpstream((_, response) => {
    response.writeHead(200, { 'content-type': 'text/event-stream' })
    response.write(chatEvents(['a']).join(''))
  })
  const { post } = await startTestGateway(oneModel([upstream.url]))
  const text = await (await post('/v1/chat/completions', { ...hello, stream: true })).text()
  expect(text.endsWith('data: [DONE]\n\n')).toBe(true)
})
