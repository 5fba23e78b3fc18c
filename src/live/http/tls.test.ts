import { afterEach, describe, expect, test } from 'vitest'
import { TokenwrightError } from '../../core/errors.ts'
import { certificate } from './localhost-certificate.fixture.ts'
import {
  answerOf,
  ask,
  chunkedHead,
  chunkOf,
  clientOf,
  lastChunk,
  post,
  startRawServer,
} from './raw-server.fixture.ts'

const clean: (() => unknown)[] = []
afterEach(async () => {
  for (const close of clean.splice(0)) await close()
})

async function tlsServer() {
  const server = await startRawServer(({ socket, text }) => {
    socket.write(chunkedHead + chunkOf('data: a\n\n'))
    setTimeout(() => socket.write(chunkOf(`data: ${text.length}\n\n`) + lastChunk), 2)
  }, true)
  clean.push(server.close)
  return server
}

describe('TLS', () => {
  test('with the authority given; connections are kept; large bodies go through', async () => {
    const server = await tlsServer()
    const client = clientOf(server.url, { tls: { ca: certificate } })
    clean.push(client.close)
    const first = await ask(client).over
    expect(first).toMatchObject({
      status: 200,
      failure: null,
      body: expect.stringMatching(/^data: a\n\ndata: \d+\n\n$/),
    })
    const second = await ask(client, { ...post, body: Buffer.alloc(500_000, 'x') }).over
    expect(second).toMatchObject({ failure: null, body: expect.stringContaining('data: 500') })
    expect([second.sent[0]!.reused, server.connections()]).toEqual([true, 1])
  })
  test('by address, without looking at the certificate, for another name', async () => {
    const server = await tlsServer()
    const byAddress = clientOf(`https://127.0.0.1:${server.port}`, { tls: { ca: certificate } })
    const insecure = clientOf(server.url, { tls: { insecure: true } })
    const otherName = clientOf(server.url, { tls: { ca: certificate, serverName: 'example.org' } })
    clean.push(byAddress.close, insecure.close, otherName.close)
    expect((await ask(byAddress).over).failure).toBe(null)
    expect((await ask(insecure).over).failure).toBe(null)
    expect((await ask(otherName).over).failure).toMatchObject({
      kind: 'connect',
      message: expect.stringContaining('another name'),
    })
  })
  test('a certificate that nobody vouches for', async () => {
    const server = await tlsServer()
    const client = clientOf(server.url)
    clean.push(client.close)
    const heard = await ask(client).over
    expect(heard.failure).toMatchObject({
      kind: 'connect',
      message: expect.stringContaining('signed by itself'),
    })
    expect(heard.order).toEqual(['failure'])
  })
  test('one of the two does not speak it', async () => {
    const plain = await startRawServer(({ socket }) => socket.write(answerOf('ok')))
    const server = await tlsServer()
    clean.push(plain.close)
    const client = clientOf(`https://localhost:${plain.port}`, { connectTimeoutMs: 100 })
    const plainClient = clientOf(`http://localhost:${server.port}`)
    clean.push(client.close, plainClient.close)
    expect((await ask(client).over).failure?.kind).toBe('connect')
    // The server may say so in TLS's own words, or just close.
    expect(['malformed', 'incomplete', 'reset']).toContain((await ask(plainClient).over).failure?.kind)
  })
  test('a stream of many records', async () => {
    const server = await startRawServer(({ socket }) => {
      socket.write(chunkedHead)
      for (let index = 0; index < 300; index++)
        socket.write(chunkOf(`data: ${index} ${'x'.repeat(1000)}\n\n`))
      socket.write(lastChunk)
    }, true)
    const client = clientOf(server.url, { tls: { insecure: true } })
    clean.push(server.close, client.close)
    const heard = await Promise.all(Array.from({ length: 5 }, () => ask(client).over))
    for (const { body } of heard)
      expect(body.split('\n\n').map(event => event.split(' ')[1])).toEqual(
        [...Array(300).keys()].map(String).concat([undefined as never]),
      )
  })
  test('authorities that cannot be read', () => {
    expect(() =>
      clientOf('https://localhost:1', {
        tls: { ca: '-----BEGIN CERTIFICATE-----\nnonsense\n-----END CERTIFICATE-----\n' },
      }),
    ).toThrow(TokenwrightError)
  })
})
