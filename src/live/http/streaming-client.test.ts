import { connect } from 'node:net'
import { afterEach, describe, expect, test } from 'vitest'
import { TokenwrightError } from '../../core/errors.ts'
import {
  type Asked,
  answerOf,
  ask,
  chunkedHead,
  chunkOf,
  clientOf,
  lastChunk,
  post,
  type RawServer,
  startRawServer,
} from './raw-server.fixture.ts'
import type { StreamingClientOptions } from './streaming-client.ts'
import type { StreamingClient } from './types.ts'

const clean: (() => unknown)[] = []
afterEach(async () => {
  for (const close of clean.splice(0)) await close()
})

async function serverWith(answer: (asked: Asked) => void): Promise<RawServer> {
  const server = await startRawServer(answer)
  clean.push(server.close)
  return server
}

function client(url: string, options: Partial<StreamingClientOptions> = {}): StreamingClient {
  const made = clientOf(url, options)
  clean.push(made.close)
  return made
}

const later = (milliseconds: number) => new Promise(resolve => setTimeout(resolve, milliseconds))

describe('an answer', () => {
  test('is told in order, with times in order', async () => {
    const server = await serverWith(({ socket, text }) => {
      expect(text).toMatch(/^POST \/v1\/x HTTP\/1.1\r\n[\s\S]*\r\n\r\n\{\}$/)
      socket.write(chunkedHead + chunkOf('data: a\n\n'))
      setTimeout(() => socket.write(chunkOf('data: ä\n\n') + lastChunk), 5)
    })
    const heard = await ask(client(server.url)).over
    expect(heard.order).toEqual(['sent', 'head', 'data', 'end'])
    expect(heard).toMatchObject({ status: 200, body: 'data: a\n\ndata: ä\n\n', failure: null })
    const [sent] = heard.sent
    expect(sent).toMatchObject({ reused: false, attempt: 1 })
    const times = [sent!.connectedUs, sent!.sentUs, ...heard.dataUs, heard.endedUs]
    expect(times).toEqual([...times].sort((a, b) => a - b))
    expect(times.every(Number.isInteger)).toBe(true)
  })
  test('events of one read bear one time, and bytes are counted', async () => {
    const text = chunkedHead + chunkOf('a') + chunkOf('b') + lastChunk
    const server = await serverWith(({ socket }) => socket.write(text))
    const made = client(server.url)
    const heard = await ask(made).over
    expect(heard.dataUs.length).toBe(2)
    expect(heard.dataUs[0]).toBe(heard.dataUs[1])
    expect(made.statistics).toMatchObject({
      connectionsOpened: 1,
      staleRetries: 0,
      reads: 1,
      bytesRead: text.length,
    })
  })
  test('written byte by byte', async () => {
    const text = chunkedHead + chunkOf('data: ä\n\n') + lastChunk
    const server = await serverWith(async ({ socket }) => {
      for (const byte of Buffer.from(text)) {
        socket.write(Buffer.from([byte]))
        await new Promise(setImmediate)
      }
    })
    expect((await ask(client(server.url)).over).body).toBe('data: ä\n\n')
  })
  test('larger than the buffer for reads', async () => {
    const body = 'x'.repeat(1_000_000)
    const server = await serverWith(({ socket }) => socket.write(answerOf(body)))
    expect((await ask(client(server.url)).over).body.length).toBe(1_000_000)
  })
  test('to a large request', async () => {
    const server = await serverWith(({ socket, text }) => socket.write(answerOf(String(text.length))))
    const body = Buffer.alloc(2_000_000, 'x')
    expect(Number((await ask(client(server.url), { ...post, body }).over).body)).toBeGreaterThan(2_000_000)
  })
  test('429 is an answer, not a failure', async () => {
    const server = await serverWith(({ socket }) =>
      socket.write(answerOf('slow down', 'Retry-After: 3\r\n', '429 Too Many Requests')),
    )
    const heard = await ask(client(server.url)).over
    expect(heard).toMatchObject({ status: 429, body: 'slow down', failure: null })
    expect(heard.headers.get('retry-after')).toBe('3')
  })
  test('of an HTTP/1.0 server, until it closes', async () => {
    const server = await serverWith(({ socket }) => socket.end('HTTP/1.0 200 OK\r\n\r\nhello'))
    const made = client(server.url)
    expect(await ask(made).over).toMatchObject({ body: 'hello', failure: null })
    expect(await ask(made).over).toMatchObject({ body: 'hello', failure: null })
    expect(server.connections()).toBe(2)
  })
  test('over IPv6', async () => {
    const { createServer } = await import('node:net')
    const six = createServer(socket => socket.on('data', () => socket.write(answerOf('six'))))
    const listens = await new Promise<boolean>(resolve => {
      six.once('error', () => resolve(false))
      six.listen(0, '::1', () => resolve(true))
    })
    // A container may have no IPv6 at all.
    if (!listens) return
    const made = client(`http://[::1]:${(six.address() as { port: number }).port}`, { reuse: 'never' })
    expect((await ask(made).over).body).toBe('six')
    await new Promise(resolve => six.close(resolve))
  })
})

describe('connections', () => {
  const echo = ({ socket, connection, request }: Asked) =>
    void socket.write(answerOf(`${connection}.${request}`))

  test('are kept, and the one used last is used next', async () => {
    const server = await serverWith(echo)
    const made = client(server.url)
    const both = [ask(made), ask(made)]
    const bodies = await Promise.all(both.map(async ({ over }) => (await over).body))
    expect(bodies.sort()).toEqual(['0.0', '1.0'])
    const last = both.map(({ heard }) => heard).sort((a, b) => b.endedUs - a.endedUs)
    const heard = await ask(made).over
    expect(heard.sent[0]!.reused).toBe(true)
    // Ends that were read in the same µs have no order.
    if (last[0]!.endedUs > last[1]!.endedUs) expect(heard.body[0]).toBe(last[0]!.body[0])
    expect(server.connections()).toBe(2)
  })
  test('are asked again from within the end of an answer', async () => {
    const server = await serverWith(echo)
    const made = client(server.url)
    const bodies = await new Promise<string[]>(resolve => {
      const all: string[] = []
      const again = () => {
        const asking = ask(made, post, what => {
          if (what !== 'end') return
          all.push(asking.heard.body)
          if (all.length < 5) again()
          else resolve(all)
        })
      }
      again()
    })
    expect(bodies).toEqual(['0.0', '0.1', '0.2', '0.3', '0.4'])
  })
  test('are never reused when told so', async () => {
    const server = await serverWith(({ socket, connection, text }) => {
      expect(text).toContain('Connection: close\r\n')
      socket.write(answerOf(`${connection}`))
    })
    const made = client(server.url, { reuse: 'never' })
    expect([(await ask(made).over).body, (await ask(made).over).body]).toEqual(['0', '1'])
    expect(made.statistics.connectionsOpened).toBe(2)
  })
  test('are closed as the server says', async () => {
    const server = await serverWith(({ socket, connection }) =>
      socket.write(
        answerOf(`${connection}`, connection === 0 ? 'Connection: close\r\n' : 'Keep-Alive: timeout=0\r\n'),
      ),
    )
    const made = client(server.url)
    const bodies = [await ask(made).over, await ask(made).over, await ask(made).over].map(({ body }) => body)
    expect(bodies).toEqual(['0', '1', '2'])
    expect(made.statistics.staleRetries).toBe(0)
  })
  test('with bytes that nobody asked for are closed', async () => {
    const server = await serverWith(({ socket, connection }) =>
      socket.write(`${answerOf(`${connection}`)}HTTP/1.1 408 `),
    )
    const made = client(server.url)
    expect([(await ask(made).over).body, (await ask(made).over).body]).toEqual(['0', '1'])
  })
  test('of which there are no more than allowed', async () => {
    let open = 0
    let most = 0
    const server = await serverWith(({ socket }) => {
      most = Math.max(most, ++open)
      setTimeout(() => {
        open--
        socket.write(answerOf('ok'))
      }, 2)
    })
    const made = client(server.url, { maximumConnections: 3 })
    const all = await Promise.all(Array.from({ length: 12 }, () => ask(made).over))
    expect(all.every(({ body }) => body === 'ok')).toBe(true)
    expect([most, made.statistics.connectionsOpened]).toEqual([3, 3])
  })
  test('a connection that fails makes room for the next request', async () => {
    const server = await serverWith(({ socket, connection }) =>
      connection === 0 ? socket.destroy() : socket.write(answerOf('ok')),
    )
    const made = client(server.url, { maximumConnections: 1 })
    const [first, second] = await Promise.all([ask(made).over, ask(made).over])
    expect([first!.failure?.kind, second!.body]).toEqual(['incomplete', 'ok'])
  })
})

describe('a kept connection that the server closed', () => {
  test.each(['end', 'resetAndDestroy'] as const)(
    'before the first byte (%s): sent again, once',
    async how => {
      const server = await serverWith(({ socket, connection, request }) => {
        if (connection === 0 && request === 1) socket[how]()
        else socket.write(answerOf(`${connection}.${request}`))
      })
      const made = client(server.url)
      await ask(made).over
      const heard = await ask(made).over
      expect(heard).toMatchObject({
        body: '1.0',
        failure: null,
        order: ['sent', 'sent', 'head', 'data', 'end'],
      })
      expect(heard.sent.map(({ reused, attempt }) => [reused, attempt])).toEqual([
        [true, 1],
        [false, 2],
      ])
      expect(made.statistics).toMatchObject({ staleRetries: 1, connectionsOpened: 2 })
    },
  )
  test('and the fresh one too: a failure', async () => {
    const server = await serverWith(({ socket, connection, request }) => {
      if (connection === 0 && request === 0) socket.write(answerOf('ok'))
      else socket.end()
    })
    const made = client(server.url)
    await ask(made).over
    const heard = await ask(made).over
    expect(heard.failure?.kind).toBe('incomplete')
    expect([heard.sent.length, made.statistics.staleRetries, server.requests()]).toEqual([2, 1, 3])
  })
  test('after the first byte: a failure', async () => {
    const server = await serverWith(({ socket, request }) => {
      if (request === 0) socket.write(answerOf('ok'))
      else socket.end('HTTP')
    })
    const made = client(server.url)
    await ask(made).over
    expect(await ask(made).over).toMatchObject({
      failure: { kind: 'incomplete' },
      order: ['sent', 'failure'],
    })
    expect(made.statistics.staleRetries).toBe(0)
  })
  test('while it was idle: a fresh one, without a second attempt', async () => {
    const server = await serverWith(({ socket }) => {
      socket.write(answerOf('ok'))
      setTimeout(() => socket.end(), 1)
    })
    const made = client(server.url)
    await ask(made).over
    await later(60)
    const heard = await ask(made).over
    expect(heard).toMatchObject({ body: 'ok', failure: null })
    expect([heard.sent.length, server.connections()]).toEqual([1, 2])
  })
  test('a fresh connection that is closed without an answer is a failure', async () => {
    const server = await serverWith(({ socket }) => socket.end())
    const heard = await ask(client(server.url)).over
    expect(heard).toMatchObject({ failure: { kind: 'incomplete' }, order: ['sent', 'failure'] })
    expect(server.requests()).toBe(1)
  })
})

describe('failures', () => {
  test('nothing listens', async () => {
    const server = await startRawServer(() => {})
    await server.close()
    const heard = await ask(client(server.url)).over
    expect(heard.order).toEqual(['failure'])
    expect(heard.failure).toMatchObject({
      kind: 'connect',
      message: expect.stringMatching(/nothing listens.*ECONNREFUSED/),
    })
  })
  test('a name without an address', async () => {
    const heard = await ask(client('http://no-such-host.invalid:8000')).over
    expect(heard.failure?.kind).toBe('connect')
  })
  test('a reset in the middle of a stream', async () => {
    const server = await serverWith(({ socket }) => {
      socket.write(chunkedHead + chunkOf('a'))
      setTimeout(() => socket.resetAndDestroy(), 20)
    })
    const heard = await ask(client(server.url)).over
    expect(heard).toMatchObject({
      body: 'a',
      failure: { kind: 'reset' },
      order: ['sent', 'head', 'data', 'failure'],
    })
  })
  test('an answer that ends early', async () => {
    const server = await serverWith(({ socket }) => socket.end(chunkedHead + chunkOf('a')))
    expect((await ask(client(server.url)).over).failure?.kind).toBe('incomplete')
  })
  test('garbage', async () => {
    const server = await serverWith(({ socket }) => socket.write('SSH-2.0-nonsense\r\n'))
    expect((await ask(client(server.url)).over).failure?.kind).toBe('malformed')
  })
  test('silence before and in the middle of an answer', async () => {
    const server = await serverWith(({ socket, connection }) => {
      if (connection === 1) socket.write(chunkedHead + chunkOf('a'))
    })
    const made = client(server.url, { inactivityTimeoutMs: 50 })
    const silent = await ask(made).over
    expect(silent).toMatchObject({
      failure: { kind: 'timeout', message: 'nothing came for 0.05 s' },
      order: ['sent', 'failure'],
    })
    expect((await ask(made).over).order).toEqual(['sent', 'head', 'data', 'failure'])
    expect(silent.endedUs - silent.sent[0]!.sentUs).toBeGreaterThanOrEqual(50_000)
  })
  test('a trickle is no silence, but may take too long', async () => {
    const server = await serverWith(({ socket }) => {
      socket.write(chunkedHead)
      const timer = setInterval(() => socket.write(chunkOf('a')), 5)
      socket.on('close', () => clearInterval(timer))
    })
    const heard = await ask(client(server.url, { inactivityTimeoutMs: 10_000, totalTimeoutMs: 100 })).over
    expect(heard.failure).toMatchObject({ kind: 'timeout', message: expect.stringContaining('not complete') })
    expect(heard.dataUs.length).toBeGreaterThan(0)
  })
  test('no connection in time, and none that becomes free', async () => {
    // Address of TEST-NET-1 (RFC 5737): packets to it are dropped, or a router says that there is no way.
    const nowhere = client('http://192.0.2.1:9', { connectTimeoutMs: 50 })
    expect((await ask(nowhere).over).failure?.kind).toBe('connect')
    const server = await serverWith(() => {})
    const made = client(server.url, { maximumConnections: 1, totalTimeoutMs: 60 })
    const [first, second] = await Promise.all([ask(made).over, ask(made).over])
    expect([first!.failure?.message, second!.failure?.kind]).toEqual([
      'the answer was not complete within 0.06 s',
      'timeout',
    ])
  })
  test('headers that cannot be sent are refused at once', async () => {
    const made = client('http://127.0.0.1:9')
    expect(() => ask(made, { ...post, headers: { 'x-key': 'a\r\nb: c' } })).toThrow(TokenwrightError)
  })
})

describe('cancelling', () => {
  test('closes the connection and says nothing more', async () => {
    let closed: () => void = () => {}
    const serverSawClose = new Promise<void>(resolve => {
      closed = resolve
    })
    const server = await serverWith(({ socket }) => {
      socket.on('close', closed)
      socket.write(chunkedHead + chunkOf('a') + chunkOf('b'))
    })
    const asking = ask(client(server.url), post, what => {
      if (what === 'data') asking.cancellation.cancel()
    })
    await serverSawClose
    await later(5)
    expect([asking.heard.order, asking.heard.body]).toEqual([['sent', 'head', 'data'], 'a'])
  })
  test('before there is a connection, and after the end', async () => {
    const server = await serverWith(({ socket }) => socket.write(answerOf('ok')))
    const made = client(server.url, { maximumConnections: 1 })
    const first = ask(made)
    const second = ask(made)
    const third = ask(made)
    first.cancellation.cancel()
    second.cancellation.cancel()
    expect((await third.over).body).toBe('ok')
    third.cancellation.cancel()
    expect([first.heard.order, second.heard.order]).toEqual([[], []])
    expect((await ask(made).over).sent[0]!.reused).toBe(true)
  })
})

describe('closing', () => {
  test('lets answers end, closes what is idle and refuses the rest', async () => {
    const server = await serverWith(({ socket }) => setTimeout(() => socket.write(answerOf('ok')), 10))
    const made = clientOf(server.url, { maximumConnections: 1 })
    const running = ask(made)
    const waiting = ask(made)
    await new Promise<void>(resolve => {
      const probe = connect(server.port, '127.0.0.1', () => {
        probe.destroy()
        resolve()
      })
    })
    made.close()
    expect((await waiting.over).failure?.kind).toBe('connect')
    expect((await ask(made).over).failure?.message).toBe('the client was closed')
    expect((await running.over).body).toBe('ok')
  })
})
